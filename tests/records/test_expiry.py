"""How long what is kept stays valid, by its class, and how spans of time are written."""

from __future__ import annotations

from math import inf, nextafter

import pytest

from ippon.records.duration import duration_s
from ippon.records.expiry import WEEK_S, expired_by, is_expired, is_floating
from ippon.records.kept import Entry

MADE = 1_000_000.0
PINNED, FLOATING = "openai/gpt-4o-2024-08-06", "openai/gpt-4o"


def entry(*, failure=None, model=None):
    """An entry of a class."""
    return Entry(key=b"k", kind="call", created_at=MADE, failure=failure, model=model)


@pytest.mark.parametrize(
    ("failure", "model", "ttl_s", "life_s"),
    [
        (None, PINNED, None, inf),
        (None, None, None, inf),
        (None, FLOATING, None, WEEK_S),
        (None, FLOATING, inf, inf),
        (None, FLOATING, 30 * 86400.0, 30 * 86400.0),
        (None, PINNED, 3600.0, 3600.0),
        ("rejected", PINNED, None, WEEK_S),
        ("rejected", PINNED, inf, WEEK_S),
        ("rejected", FLOATING, 60.0, 60.0),
    ],
)
def test_each_class_has_its_time(failure, model, ttl_s, life_s):
    """Valid up to its last instant, and not one after it."""
    kept = entry(failure=failure, model=model)

    assert not is_expired(kept, ttl_s, now=min(MADE + life_s, 1e12))
    assert (life_s < inf) == is_expired(kept, ttl_s, now=nextafter(min(MADE + life_s, 1e12), inf))


def test_a_clock_that_was_set_back_expires_nothing():
    """An entry of tomorrow is younger than any time to live."""
    assert not is_expired(entry(failure="rejected"), 60.0, now=MADE - 1e6)


@pytest.mark.parametrize(
    ("failure", "ttl_s", "said"),
    [
        ("rejected", None, "a failure is kept 7 days"),
        ("rejected", inf, "a failure is kept 7 days"),
        ("rejected", 60.0, "[cache] ttl"),
        (None, 60.0, "[cache] ttl"),
        (None, None, "openai/gpt-4o is a name that floats, so it is kept 7 days"),
    ],
)
def test_which_time_it_was(failure, ttl_s, said):
    """As `cache why` says it."""
    assert said == expired_by(entry(failure=failure, model=FLOATING), ttl_s)


@pytest.mark.parametrize(
    ("model", "floats"),
    [
        ("openai/gpt-4o", True),
        ("openai/gpt-4o-2024-08-06", False),
        ("openai/gpt-4-0613", False),
        ("openai/gpt-4-32k", True),
        ("anthropic/claude-haiku-4-5", True),
        ("anthropic/claude-haiku-4-5-20251001", False),
        ("gemini/gemini-1.5-pro-002", False),
        ("gemini/gemini-2.5-flash", True),
        ("mistral/mistral-small-latest", True),
        ("mistral/mistral-small-2503", False),
        ("openrouter/openai/gpt-5-mini", True),
        ("openrouter/openai/gpt-4o-2024-08-06:free", False),
        ("openrouter/meta-llama/llama-3.3-70b-instruct", False),
        ("groq/llama-3.3-70b-versatile", False),
        ("local/smollm2-135m", False),
        ("vllm/scripted", False),
        ("ollama/llama3:latest", True),
        ("ours/whatever", False),
        ("", False),
        (None, False),
    ],
)
def test_names_that_float(model, floats):
    """A date or a version pins a name of those who move theirs; elsewhere only `latest` floats."""
    assert floats == is_floating(model)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30m", 1800.0), ("12h", 43200.0), ("7d", WEEK_S), ("2w", 2 * WEEK_S), ("never", inf), ("9" * 400 + "d", inf)],
)
def test_spans_of_time(text, seconds):
    """As suites and flags have them."""
    assert seconds == duration_s(text)


@pytest.mark.parametrize("text", ["", "d", "0d", "-1d", "1.5h", "3x", "7 d", "d7", "²d", "٣d", "7D"])
def test_what_is_no_span_of_time(text):
    """Is refused."""
    with pytest.raises(ValueError, match=r".*"):
        duration_s(text)
