"""Spans of time as a user writes them."""

from __future__ import annotations

from math import inf

UNITS_S = {"m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
NEVER = "never"


def duration_s(text: str) -> float:
    """Seconds of `30m`, `12h`, `7d`, `2w`, and of `never`: without end. ValueError for anything else."""
    if text == NEVER:
        return inf
    count, unit = text[:-1], text[-1:]
    if not (count.isascii() and count.isdigit() and float(count) and unit in UNITS_S):
        raise ValueError(text)
    return float(count) * UNITS_S[unit]  # more digits than a number has: without end
