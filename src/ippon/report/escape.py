r"""Text from data made inert: nothing that a model or a file says can steer a terminal, a log or a spreadsheet.

`visible` shows control, format, bidirectional and private characters as `\x1b`, `\u202e`, `\U000e0041`.
"""

from __future__ import annotations

SPACES = frozenset("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000")
NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# What a spreadsheet takes for a formula at the start of a cell, their full-width twins too.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
LAST_BYTE, LAST_PLANE_0 = 0xFF, 0xFFFF


def visible(text: str) -> str:
    """The text with every character that does not simply stand there written out."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each in SPACES else _written_out(each) for each in text)


def _written_out(character: str) -> str:
    code = ord(character)
    if character in NAMED:
        return NAMED[character]
    if code <= LAST_BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= LAST_PLANE_0 else f"\\U{code:08x}"


def no_command(line: str) -> str:
    """A line of a CI log that no runner takes for a command (`::` at its start, `##[` and `##vso[` anywhere)."""
    if "##" in line:
        line = line.replace("##[", "## [").replace("##vso[", "## vso[")
    start = len(line) - len(line.lstrip())
    return f"{line[:start]}: {line[start + 1 :]}" if line.startswith("::", start) else line


def annotation(message: str) -> str:
    """A GitHub error annotation; its text cannot end it or start another."""
    return "::error title=ippon::" + visible(message).replace("%", "%25")


def cell(text: str) -> str:
    """A text cell of a CSV file that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # noqa: PLC0415 - plain text, the usual case, needs no tables

    return sum(0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in text)


def cut(text: str, room: int) -> str:
    """The text in at most so many columns, `...` where something is left out."""
    if columns(text) <= room:
        return text
    kept = text[: max(0, room - 3)]
    while kept and columns(kept) > room - 3:
        kept = kept[:-1]
    return kept.rstrip() + "..."[: max(0, room)]
