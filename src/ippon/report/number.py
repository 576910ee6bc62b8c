"""Numbers in words: seconds, money, scores, intervals. Never `0s`, never a made-up figure for an unknown one."""

from __future__ import annotations

UNKNOWN = "unknown"
MINUTE, HOUR, DAY = 60, 3600, 86400
MOST_DECIMALS = 6
TINY = 1e-9  # what floats are off by


def seconds(value: float | None) -> str:
    """A duration: `0.06 s`, `4.8 s`, `23 s`, `7 min 21 s`, `3 h 5 min`."""
    if value is None:
        return UNKNOWN
    if value < 0.005:  # noqa: PLR2004 - what two decimals would round to nothing
        return "<0.01 s"
    if value < 0.995:  # noqa: PLR2004
        return f"{value:.2f} s"
    if value < 9.95:  # noqa: PLR2004
        return f"{value:.1f} s"
    return _whole_seconds(round(value))


def _whole_seconds(whole: int) -> str:
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return _two(whole // MINUTE, "min", whole % MINUTE, "s")
    minutes = round(whole / MINUTE)
    return _two(minutes // 60, "h", minutes % 60, "min")


def _two(large: int, unit: str, small: int, small_unit: str) -> str:
    return f"{large} {unit} {small} {small_unit}" if small else f"{large} {unit}"


def money(usd: float | None) -> str:
    """US dollars: `$0.06`, `<$0.01`, `$0.00` for nothing at all."""
    if usd is None:
        return UNKNOWN
    if 0 < usd < 0.01:  # noqa: PLR2004 - a cent
        return "<$0.01"
    return f"${usd:,.2f}"


def score(value: float | None, decimals: int = 2) -> str:
    """A score of 0..1, `-` for none."""
    return "-" if value is None else f"{value + 0.0:.{decimals}f}"


def gap(value: float | None, decimals: int = 2) -> str:
    """A difference of scores with its sign: `+0.71`, `0.00`."""
    if value is None:
        return "-"
    text = f"{value:+.{decimals}f}"
    return text[1:] if not float(text) else text


def interval(ends: tuple[float, float] | None, decimals: int = 2, *, signed: bool = False) -> str:
    """Both ends: `0.87 .. 0.95`."""
    if ends is None:
        return "-"
    show = gap if signed else score
    return f"{show(ends[0], decimals)} .. {show(ends[1], decimals)}"


def decimals_of(threshold: float) -> int:
    """How many decimals the scores beside a gate are shown with: as many as the gate has, at least 2."""
    return next((n for n in range(2, MOST_DECIMALS) if abs(threshold - round(threshold, n)) < TINY), MOST_DECIMALS)


def apart(value: float, threshold: float) -> tuple[str, str]:
    """Two numbers that differ, with as many decimals as it takes to see it."""
    decimals = decimals_of(threshold)
    while score(value, decimals) == score(threshold, decimals) and decimals < MOST_DECIMALS:
        decimals += 1
    return score(value, decimals), score(threshold, decimals_of(threshold))


def ago(age_s: float) -> str:
    """How long ago, roughly: `40 s ago`, `2 min ago`, `3 h ago`, `5 days ago`."""
    for size, unit in ((DAY, "day"), (HOUR, "h"), (MINUTE, "min")):
        if age_s >= size:
            count = int(age_s // size)
            return f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''} ago"
    return f"{max(1, round(age_s))} s ago"
