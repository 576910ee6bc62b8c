"""What the cache holds, why it does not know an evaluation, and what a check-up found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ippon.report.escape import visible
from ippon.report.view import View, in_columns, painted, spread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KILO = 1000
UNITS = ("B", "kB", "MB", "GB", "TB")


def size(count: float) -> str:
    """Bytes: `41 MB`."""
    for unit in UNITS[:-1]:
        if count < KILO:
            return f"{count:.3g} {unit}"
        count /= KILO
    return f"{count:.3g} {UNITS[-1]}"


def counted(entries: int) -> str:
    """Entries of a cache: `1 entry`."""
    return f"{entries:,} entr{'y' if entries == 1 else 'ies'}"


def stats_lines(stats: Mapping[str, Any], view: View) -> list[str]:
    """The lines of `ippon cache stats`."""
    if stats["path"] is None:
        return ["there is no cache yet; the first run makes it"]
    rate = stats["hit_rate"]
    known = (
        "no run looked anything up yet"
        if rate is None
        else f"{stats['hits']} hits, {stats['misses']} misses ({100 * rate:.0f}% hits)"
    )
    lines = spread([f"{counted(stats['entries'])}, {size(stats['bytes'])}", known], view)
    classes = [f"{name} {count:,}" for name, count in sorted(stats["by_class"].items())]
    lines += spread(["by class", *classes], view, gap="   ") if classes else []
    return [*lines, f"in {visible(stats['path'])}"]


def why_lines(why: Mapping[str, Any], view: View) -> list[str]:
    """The lines of `ippon cache why`."""
    if why["hit"]:
        return ["hit: this evaluation is known", f"  key {why['key']}"]
    changed, equal = why["changed"], why.get("equal")
    lines = spread([f"miss: {visible(why['because'])}"], view)
    rows = [
        (f"  {visible(each['field'])}", f"{_short(each['was'])} -> {_short(each['now'])}", "changed")
        for each in changed
    ]
    lines += in_columns(rows) if rows else []
    lines += [f"  the other {equal} parts of its key are equal"] if changed and equal else []
    return lines + spread(["would not have missed: ids, order, paths, thresholds"], view)


def _short(digest: str | None) -> str:
    return "none" if digest is None else visible(digest)[:8]


def doctor_lines(found: Sequence[tuple[str, str, str]], view: View) -> list[str]:
    """The lines of `ippon doctor`; what is to be fixed is counted last."""
    width = max((len(name) for _, name, _ in found), default=0)
    lines: list[str] = []
    for state, name, text in found:
        lines += spread([f"{state:<4}  {name:<{width}}  {visible(text)}"], view)
    lines = (
        [line.replace(state, painted(state, view), 1) for line in lines for state in [line[:4].strip()]]
        if view.colour
        else lines
    )
    bad = sum(state == "FAIL" for state, _, _ in found)
    exit_code = 2 if bad else 0
    return [*lines, f"{bad} to fix (exit {exit_code})" if bad else "nothing to fix (exit 0)"]
