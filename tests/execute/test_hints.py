"""What headers say: how long to wait, what is left of a limit; and any text at all."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ippon.execute.hints import ABSURD_S, EXPLICIT, LIMITS, told_in, wait_s
from ippon.records.call import Allowances, Told

NOW = 1_795_574_964.0  # 2026-11-25T02:49:24Z
TOLD = [
    "x-ratelimit-remaining-requests", "x-ratelimit-limit-requests", "x-ratelimit-reset-requests",
    "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-reset",
]  # fmt: skip
# Texts that look like a header's, and those that are any text or any bytes.
SHAPED = st.from_regex(r"\A[-+]?[0-9]{0,30}(\.[0-9]{0,12})?(d|h|m|s|ms)?([0-9.]{0,4}(h|m|s|ms))?\Z")
ANY = st.text() | st.binary().map(lambda raw: raw.decode("latin-1")) | SHAPED | st.floats().map(str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0.5", 0.5),
        ("120", 120.0),
        ("121", 121.0),
        ("0", None),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("1" + "0" * 35, None),
        ("9" * 5000, None),
        ("٣", None),
        ("", None),
        ("1m30s", 90.0),
        ("500ms", 0.5),
        ("0h0m2.5s", 2.5),
        ("1d", 86_400.0),
        ("367d", None),
        ("1.2.3s", None),
        ("s", None),
        ("soon", None),
        ("2026-11-25T02:49:54Z", 30.0),
        ("2026-11-25 02:49:54.5", 30.5),
        ("2026-11-25T03:49:54+01:00", 30.0),
        ("2026-11-24T21:49:54-0500", 30.0),
        ("2026-13-25T02:49:54Z", None),
        ("2026-11-32T02:49:54Z", None),
        (formatdate(NOW + 30, usegmt=True), 30.0),
        ("Wed, 25-Nov-2026 02:49:54 GMT", 30.0),
        ("Sun, 06 Nov 100000 08:49:37 GMT", None),
        ("Zun, 06 Nox 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 08:49:37 GMT", None),
        (f"{NOW + 30:.0f}", 30.0),
        (f"{(NOW + 30) * 1000:.0f}", 30.0),
    ],
)
@pytest.mark.parametrize("name", ["retry-after", "x-ratelimit-reset-tokens", "anthropic-ratelimit-requests-reset"])
def test_a_hint_is_read_in_all_its_forms(name: str, text: str, expected: float | None) -> None:
    """Rows 16 to 20: seconds, durations, dates, moments, and rubbish. When all of a limit is back, far away, is no hint."""
    is_hint = name == "retry-after" or expected is None or expected <= 120

    assert (expected if is_hint else None) == wait_s({name: text}, NOW)


def test_milliseconds_are_a_header_of_their_own() -> None:
    """`retry-after-ms` is finer, so it comes first."""
    assert 1.5 == wait_s({"retry-after-ms": "1500", "retry-after": "2"}, NOW)


def test_the_larger_of_two_resets_counts() -> None:
    """Row 20: both limits must have passed; a reset of 0 says nothing (row 19)."""
    headers = {"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6s", "x-ratelimit-reset": "0"}

    assert 6.0 == wait_s(headers, NOW)


def test_a_hint_that_makes_no_sense_gives_way_to_one_that_does() -> None:
    """Row 17."""
    assert 3.0 == wait_s({"retry-after": "-1", "x-ratelimit-reset-tokens": "3s"}, NOW)


def openai(what: str, left: str, limit: str, reset: str) -> dict[str, str]:
    """The three headers of a limit as OpenAI and its likes write them."""
    names = ("remaining", "limit", "reset")
    return {f"x-ratelimit-{name}-{what}": value for name, value in zip(names, (left, limit, reset), strict=True)}


def anthropic(what: str, left: str, limit: str, reset: str) -> dict[str, str]:
    """The same as Anthropic writes them."""
    names = ("remaining", "limit", "reset")
    return {
        f"anthropic-ratelimit-{what}-{name}": value for name, value in zip(names, (left, limit, reset), strict=True)
    }


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        (
            openai("requests", "499", "500", "120ms"),
            Allowances(requests=Told(remaining=499, limit=500, reset_s=0.12)),
        ),
        (openai("tokens", "0", "30000", "6m0s"), Allowances(tokens=Told(remaining=0, limit=30_000, reset_s=360))),
        (
            anthropic("requests", "49", "50", "2026-11-25T02:49:54Z")
            | anthropic("tokens", "5", "9", "2026-11-25T02:50:24Z"),
            Allowances(
                requests=Told(remaining=49, limit=50, reset_s=30), tokens=Told(remaining=5, limit=9, reset_s=60)
            ),
        ),
        (openai("requests", "-1", "500", "1s"), None),
        (openai("requests", "5", "many", "1s"), None),
        (openai("requests", "5", "500", "0"), None),
        (openai("requests", "5", "500", "soon"), None),
        (openai("requests", "nan", "500", "1s"), None),
        (openai("requests", "1e9", "500", "1s"), None),
        ({"x-ratelimit-remaining-requests": "5"}, None),
        (
            openai("requests", "-1", "", "") | anthropic("requests", "1", "50", "2026-11-25T02:49:54Z"),
            Allowances(requests=Told(remaining=1, limit=50, reset_s=30)),
        ),
    ],
)
def test_what_is_left_of_a_limit_is_read_or_left(headers: dict[str, str], expected: Allowances | None) -> None:
    """Row 19: what makes no sense is not heard, and the next spelling is looked at."""
    assert expected == told_in(headers, NOW)


@settings(deadline=None, max_examples=400)
@given(st.dictionaries(st.sampled_from([*EXPLICIT, *LIMITS, *TOLD]), ANY), st.floats(0, 4e9))
def test_any_text_is_seconds_or_nothing(headers: dict[str, str], now: float) -> None:
    """Property 19: no header raises; what comes out is above nothing, a year at most, and numbers that are finite."""
    found, told = wait_s(headers, now), told_in(headers, now)

    assert found is None or 0 < found <= ABSURD_S
    for each in (told.requests, told.tokens) if told else ():
        assert each is None or (0 < each.reset_s <= ABSURD_S and 0 <= each.remaining < 1e16 and 0 <= each.limit < 1e16)
