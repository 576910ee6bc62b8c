"""Values as text, and texts as inert parts of a prompt or a report."""

from __future__ import annotations

from typing import Any

import msgspec

REASON_LIMIT = 4_000
QUOTE_LIMIT = 60
_C1_CONTROLS = range(0x7F, 0xA0)
_LINE_ENDS = (0x2028, 0x2029)
_TAGS = range(0xE0000, 0xE0080)


def _escape(code: int) -> str:
    """A character as JSON escapes it, in two halves beyond the basic plane."""
    units = chr(code).encode("utf-16-be")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


_ESCAPES = {code: _escape(code) for code in (ord("<"), *_C1_CONTROLS, *_LINE_ENDS, *_TAGS)}


def as_text(value: Any) -> str:
    """A text as it is, any other JSON value as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def encodable(text: str) -> str:
    """The text with lone surrogates written out as escapes, as no UTF-8 store takes them."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def quoted(value: Any) -> str:
    """A value as JSON on one line, with more escaped than JSON asks for.

    `<`, so that no text opens a tag or a chat model's special token; what some readers take for a line's end; and the
    invisible characters that a text can be hidden in.
    """
    plain = encodable(value) if isinstance(value, str) else value
    line = msgspec.json.encode(plain).decode()
    is_plain = line.isascii() and "<" not in line and "\x7f" not in line  # a text as most are: ten times as fast
    return line if is_plain else line.translate(_ESCAPES)


def reason_text(text: str) -> str | None:
    """A reason fit to be kept: encodable, at most 4,000 characters, None when there is nothing in it."""
    clean = encodable(text).strip()
    return (clean if len(clean) <= REASON_LIMIT else f"{clean[:REASON_LIMIT]}...") or None


def fragment(text: str) -> str:
    """A short quotation for a message: one line, escaped, at most 60 characters of the text."""
    return quoted(text if len(text) <= QUOTE_LIMIT else f"{text[:QUOTE_LIMIT]}...")
