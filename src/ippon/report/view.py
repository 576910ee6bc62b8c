"""How the screen is, and the few ways in which lines are laid out for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ippon.records.options import Options
from ippon.report.escape import columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GAP = "      "
OPENS = frozenset({"..", "=", "<", "->", ">=", "n", "of", "run", "min", "h"})  # after these a line is not broken
GOES_ON = frozenset({"..", "<", "->", "of", "s", "min", "h"})  # nor between a number and these
STACKED, NARROW, WIDE = 40, 60, 80
WHOLE = 100  # as wide as a screen is taken to be, and what is read by programs
COLOURS = {
    "pass": "32",
    "fail": "31",
    "inconclusive": "33",
    "incomplete": "33",
    "interrupted": "33",
    "FAIL": "31",
    "warn": "33",
}


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The screen and who looks at it.

    `options` are what was asked for, and `taken` the flags that each verb takes: what the commands to type next repeat.
    """

    width: int = 100
    colour: bool = False
    quiet: bool = False
    verbose: bool = False
    options: Options = Options()
    taken: dict[str, list[str]] = {}


def painted(word: str, view: View) -> str:
    """A verdict word in its colour, where there is colour."""
    code = COLOURS.get(word)
    return f"\x1b[{code}m{word}\x1b[0m" if view.colour and code else word


def quoted(word: str) -> str:
    """A word as a shell takes it for one."""
    if word.isascii() and word.replace("/", "").replace(".", "").replace("-", "").replace("_", "").isalnum():
        return word
    from shlex import quote  # noqa: PLC0415 - rarely needed

    return quote(word)


def spread(parts: Iterable[str], view: View, *, gap: str = GAP) -> list[str]:
    """The parts side by side as far as they fit, the others below; a part alone too long is wrapped at its spaces."""
    lines: list[str] = []
    for part in parts:
        if part and lines and columns(lines[-1]) + len(gap) + columns(part) <= view.width:
            lines[-1] += gap + part
        elif part:
            lines.append(part)
    return [each for line in lines for each in wrapped(line.rstrip(), view.width)]


def wrapped(text: str, width: int, *, indent: str = "  ") -> list[str]:
    """The text in lines of at most that width, broken at spaces; what is longer and has none stays whole."""
    if columns(text) <= width:
        return [text]
    lines: list[str] = []
    line = start = text[: len(text) - len(text.lstrip(" "))]
    for unit in _units(text.strip(" ")):
        longer = line + unit if line == start else f"{line} {unit}"
        if columns(longer) > width and line != start:
            lines.append(line.rstrip(" "))
            start, longer = indent, indent + unit
        line = longer
    return [*lines, line]


def _units(text: str) -> list[str]:
    """The words of a text; those that make one figure (`0.81 .. 0.91`, `7 min 21 s`, `= 294`) stay together."""
    units: list[str] = []
    for word in text.split(" "):
        if units and (_before(units[-1], word) or units[-1].rpartition(" ")[2] in OPENS):
            units[-1] += f" {word}"
        else:
            units.append(word)
    return units


def _before(unit: str, word: str) -> bool:
    """Whether a word goes on with the figure that stands before it."""
    return unit[-1:].isdigit() and word.rstrip(",;)") in GOES_ON


def in_columns(rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), gap: str = "  ") -> list[str]:
    """Rows under each other, each column as wide as its widest cell; those named by `right` end alike."""
    widths = [max(columns(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines: list[str] = []
    for row in rows:
        padded = [
            _padded(cell, width, right=i in right) for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(gap.join(padded).rstrip())
    return lines


def _padded(cell: str, width: int, *, right: bool) -> str:
    space = " " * (width - columns(cell))
    return space + cell if right else cell + space
