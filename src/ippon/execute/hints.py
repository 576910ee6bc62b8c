"""How long a server asks to wait, in any of the forms of its headers. Total: every text gives seconds or None."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ippon.records.call import Allowances, Told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST_S = 120.0
ABSURD_S = 366 * 86_400.0
EXPLICIT = ("retry-after-ms", "retry-after")
LIMITS = (
    "x-ratelimit-reset-requests",
    "x-ratelimit-reset-tokens",
    "x-ratelimit-reset",
    "anthropic-ratelimit-requests-reset",
    "anthropic-ratelimit-tokens-reset",
    "anthropic-ratelimit-input-tokens-reset",
    "anthropic-ratelimit-output-tokens-reset",
)
# (remaining, limit, reset) as OpenAI and its likes, and Anthropic, write them
_REQUESTS = (
    ("x-ratelimit-remaining-requests", "x-ratelimit-limit-requests", "x-ratelimit-reset-requests"),
    (
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-limit",
        "anthropic-ratelimit-requests-reset",
    ),
)
_TOKENS = (
    ("x-ratelimit-remaining-tokens", "x-ratelimit-limit-tokens", "x-ratelimit-reset-tokens"),
    ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-reset"),
)
_LONGEST_TEXT = 64
_EPOCH_S, _EPOCH_MS = 1e9, 1e12  # numbers from here on are moments, not durations

_NUMBER = r"[0-9]{1,15}(\.[0-9]{0,9})?"
_DURATION = (
    r"(?=[0-9])((?P<d>[0-9.]+)d)?((?P<h>[0-9.]+)h)?((?P<m>[0-9.]+)m(?!s))?((?P<s>[0-9.]+)s)?((?P<ms>[0-9.]+)ms)?"
)
_SECONDS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_HTTP_DATE = (
    r"[A-Za-z]{3,9}, ([0-9]{1,2})[ -]([A-Za-z]{3})[ -]([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) (?:GMT|UTC|\+0000)"
)
_ISO_TIME = (
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2}(?:\.[0-9]{1,9})?)"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def wait_s(
    headers: Mapping[str, str], now: float, explicit: Sequence[str] = EXPLICIT, limits: Sequence[str] = LIMITS
) -> float | None:
    """Seconds to wait, above 0: the first explicit header that makes sense, else the longest of the limits' resets.

    A reset says when all of a limit is back, not when the next call may come: one that is far away is no hint.
    """
    for name in explicit:
        found = _plausible(headers.get(name), now, scale=0.001 if name.endswith("-ms") else 1.0)
        if found is not None:
            return found
    resets = [found for name in limits if (found := _plausible(headers.get(name), now)) is not None]
    return max((each for each in resets if each <= LONGEST_S), default=None)


def told_in(headers: Mapping[str, str], now: float) -> Allowances | None:
    """What an answer's headers tell of its server's limits; None where they tell nothing."""
    requests, tokens = (_told(headers, names, now) for names in (_REQUESTS, _TOKENS))
    return None if requests is None and tokens is None else Allowances(requests=requests, tokens=tokens)


def _told(headers: Mapping[str, str], forms: Sequence[tuple[str, str, str]], now: float) -> Told | None:
    for remaining, limit, reset in forms:
        left = headers.get(remaining)
        if left is None:
            continue
        most, reset_s = headers.get(limit, ""), _plausible(headers.get(reset), now)
        if re.fullmatch(_NUMBER, left) and re.fullmatch(_NUMBER, most) and reset_s is not None:
            return Told(remaining=float(left), limit=float(most), reset_s=reset_s)
    return None


def _plausible(text: str | None, now: float, *, scale: float = 1.0) -> float | None:
    if text is None or len(text) > _LONGEST_TEXT:
        return None
    found = _seconds(text.strip(), now)
    return found * scale if found is not None and 0 < found * scale <= ABSURD_S else None


def _seconds(text: str, now: float) -> float | None:
    """Seconds from now that a number, a duration (1m30s, 500ms) or a moment means."""
    if re.fullmatch(_NUMBER, text):
        number = float(text)
        if number >= _EPOCH_S:
            return number / (1000 if number >= _EPOCH_MS else 1) - now
        return number
    moment = _moment(text)
    return moment - now if moment is not None else _duration(text)


def _duration(text: str) -> float | None:
    found = re.fullmatch(_DURATION, text)
    if found is None:
        return None
    try:
        return sum(float(value) * _SECONDS[unit] for unit, value in found.groupdict().items() if value is not None)
    except ValueError:  # 1.2.3s
        return None


def _moment(text: str) -> float | None:
    """Unix time of an HTTP date or an ISO 8601 time."""
    dated = re.fullmatch(_HTTP_DATE, text)
    if dated is not None:
        month = dated[2].lower()
        return (
            _unix_time(dated[3], _MONTHS.index(month) + 1, dated[1], dated.groups()[3:]) if month in _MONTHS else None
        )
    timed = re.fullmatch(_ISO_TIME, text)
    if timed is None:
        return None
    moment = _unix_time(timed[1], int(timed[2]), timed[3], timed.groups()[3:6])
    zone = timed[7]
    if moment is None or zone is None or zone in "Zz":
        return moment
    ahead_s = 3600 * int(zone[1:3]) + 60 * int(zone[-2:])
    return moment + ahead_s if zone[0] == "-" else moment - ahead_s


def _unix_time(year: str, month: int, day: str, clock: Sequence[str]) -> float | None:
    """Days since 1970 of a date, and the time of its day.

    (Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013: days_from_civil.)
    """
    if not (1 <= month <= 12 and 1 <= int(day) <= 31):  # noqa: PLR2004 - the calendar
        return None
    years = int(year) - (month <= 2)  # noqa: PLR2004 - years that begin in March
    era, of_era = divmod(years, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + int(day) - 1
    days = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return days * 86_400.0 + int(clock[0]) * 3600 + int(clock[1]) * 60 + float(clock[2])
