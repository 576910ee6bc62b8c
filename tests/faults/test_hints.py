"""Rows 16 to 20: how long a server asks to wait, in all its spellings and in garbage."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from bench.endpoint import serving
from bench.script import Script
from tests.faults.raw import chat, error, http, saying

LIMITED = error("Rate limit reached.", type="rate_limit_error", code="rate_limit_exceeded")


def refusing(n: int, *headers: tuple[str, str], status: str = "429 Too Many Requests"):
    """Refuse the first so many requests, answer the others."""

    async def say(asked, writer):
        writer.write(http(LIMITED, status, *headers) if asked.number < n else http(chat(asked)))

    return say


@pytest.mark.row(16, "429 with retry-after: 7")
def test_a_lane_waits_as_long_as_it_is_told(run, quick):
    """After an episode, three refusals in a row, nothing is sent for seven seconds."""
    quick(10)
    with saying(refusing(16, ("retry-after", "7"))) as raw:
        went = run(raw.base_url, within_s=30)

    assert (0, 42, 58) == (went.code, went.counts["answered"], len(raw.asked))
    assert went.run["calls_sent"] == len(raw.asked)
    assert all(10 * (late.at_s - raw.asked[2].at_s) >= 7 for late in raw.asked[18:])  # two had come to free places
    assert {1, 2} == {result["tries"] for result in went.run["results"]}


@pytest.mark.row(16, "429 with retry-after: 7")
def test_one_refusal_is_its_items_matter(run, quick):
    """The item waits, the others go on."""
    quick(10)
    with saying(refusing(1, ("retry-after", "15"))) as raw:
        went = run(raw.base_url, within_s=30)

    assert (0, 43) == (went.code, len(raw.asked))
    assert 10 * raw.asked[41].at_s < 15 <= 10 * raw.asked[42].at_s
    assert raw.asked[0].about == raw.asked[42].about


GARBAGE = (
    [("retry-after", "-1")],
    [("retry-after", "0")],
    [("retry-after", "nan")],
    [("retry-after", "inf")],
    [("retry-after", "1" + "0" * 35)],
    [("retry-after", "Fri, 01 Jan 100000 00:00:00 GMT")],
    [("retry-after", "Zun, 06 Nov 1994 08:49:37 GMT")],
    [("retry-after", "")],
    [("retry-after", "\xff\xfe")],
    [("retry-after", "soon"), ("retry-after", "later")],
    [("retry-after-ms", "-5"), ("retry-after", "1e999"), ("x-ratelimit-reset", "yesterday")],
)


@pytest.mark.row(17, "hint garbage")
@pytest.mark.parametrize("headers", GARBAGE)
def test_a_hint_that_is_none_is_ignored(run, quick, headers):
    """Our own backoff is used, and the error keeps its words."""
    quick(20)
    with saying(refusing(1, *headers)) as raw:
        went = run(raw.base_url, "-j", "1", n=1, within_s=5)

    assert (0, 7, 8) == (went.code, went.counts["answered"], len(raw.asked))
    assert (8, 1) == (went.run["calls_sent"], went.run["retries"])


@pytest.mark.row(18, "hint of 15 minutes")
def test_a_long_hint_ends_the_lane(run):
    """Told when to come back; not hammered, and not waited for."""
    with serving(Script(faults={"429": 1}, retry_after="900")) as endpoint:
        went = run(endpoint.base_url)
        requests = endpoint.stats().requests

    assert (3, "incomplete", 42, {"rate_limit"}) == (
        went.code,
        went.run["verdict"],
        went.counts["missing"],
        went.errors,
    )
    assert went.run["calls_sent"] == requests <= 16
    assert "in 15 min the same command goes on" in went.err


@pytest.mark.row(19, "limits of nothing")
@pytest.mark.parametrize(
    ("remaining", "limit", "reset"),
    [
        ("-1", "0", "0"),
        ("-1", "1000", "0"),
        ("0", "0", "60"),
        ("nan", "inf", "1"),
        ("10", "5", "1"),
        ("5", "10", "1e300"),
    ],
)
def test_allowances_that_make_no_sense_are_ignored(run, remaining, limit, reset):
    """Nothing freezes, and nothing is divided by zero."""
    told = [
        (f"x-ratelimit-{what}-{kind}", value)
        for kind in ("requests", "tokens")
        for what, value in (("remaining", remaining), ("limit", limit), ("reset", reset))
    ]
    with serving(Script(headers=tuple(told))) as endpoint:
        went = run(endpoint.base_url)
        requests = endpoint.stats().requests

    assert (0, 42, 42) == (went.code, went.counts["answered"], requests)
    assert went.took_s < 5


def in_a_minute(form) -> str:
    """A moment 60 seconds from now."""
    return form(datetime.now(UTC) + timedelta(seconds=60))


@pytest.mark.row(20, "forms of resets")
@pytest.mark.parametrize(
    ("headers", "least_s", "most_s"),
    [
        ([("x-ratelimit-reset-requests", "1m30s")], 90, 100),
        ([("x-ratelimit-reset-requests", "500ms")], 0.5, 1),
        ([("x-ratelimit-reset-requests", "2s"), ("x-ratelimit-reset-tokens", "6.5s")], 6.5, 8),
        ([("anthropic-ratelimit-requests-reset", lambda: in_a_minute(datetime.isoformat))], 50, 70),
        ([("retry-after", lambda: in_a_minute(lambda at: format_datetime(at, usegmt=True)))], 50, 70),
        ([("retry-after-ms", "1500"), ("retry-after", "60")], 1.5, 2),
        ([("x-ratelimit-reset", lambda: f"{time.time() + 60:.0f}")], 50, 70),
    ],
)
def test_a_reset_is_waited_for(run, quick, headers, least_s, most_s):
    """The larger one of two; the explicit hint before any reset."""
    speed = 120 if least_s > 20 else 50
    quick(speed)
    told = [(name, value() if callable(value) else value) for name, value in headers]
    with saying(refusing(1, *told)) as raw:
        went = run(raw.base_url, "-j", "1", n=1, within_s=150)

    first, second = (asked.at_s for asked in raw.asked if asked.about == raw.asked[0].about)
    waited_s = speed * (second - first)
    assert (0, 7, 8) == (went.code, went.counts["answered"], len(raw.asked))
    assert least_s <= waited_s <= most_s + speed / 8  # a busy machine loses an eighth of a second
