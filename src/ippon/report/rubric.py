"""How a rubric has changed, on a screen of any width: what differs stays in sight."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ippon.report.escape import columns, cut, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

INDENT = "    "
MARK = 2  # columns of `- ` and `+ `
LEFT_OUT = "..."
BEFORE = 4  # this part of the room is for what stands before a change
LEAST = 10  # columns of a line that tell anything


def rubric_lines(change: Sequence[str], width: int) -> list[str]:
    """The lines that were (`- `) and are (`+ `), each cut so that it can be told from the line that it takes the place of."""
    lines = [visible(line) for line in change]
    room = max(LEAST, width - len(INDENT) - MARK)
    return [
        INDENT + line[:MARK] + _seen(line[MARK:], twin[MARK:], room)
        for line, twin in zip(lines, _twins(lines), strict=True)
    ]


def _twins(lines: Sequence[str]) -> list[str]:
    """For each line the one that it is to be told from: the next one of what is, or the last one of what was."""
    twins = [*lines]
    for i, (was, now) in enumerate(pairwise(lines)):
        if was.startswith("-") and now.startswith("+"):
            twins[i], twins[i + 1] = now, was
    return twins


def _seen(text: str, twin: str, room: int) -> str:
    """As much of a line as there is room for, from a little before the place where the two part."""
    parts_at = next((i for i, (a, b) in enumerate(zip(text, twin, strict=False)) if a != b), min(len(text), len(twin)))
    if text == twin or max(columns(text), columns(twin)) <= room or columns(text[:parts_at]) < room // 2:
        return cut(text, room)
    return LEFT_OUT + cut(text[parts_at - room // BEFORE :], room - len(LEFT_OUT))
