"""What is known of a lane before its first call: flags, `[limits]`, and what was learned within the hour."""

from __future__ import annotations

import pytest

from ippon.adapters.cache_sqlite import SqliteCache
from ippon.adapters.rates_memory import MemoryRates
from ippon.adapters.rates_sqlite import SqliteRates
from ippon.execute.events import Asked, Send
from ippon.execute.limits import Bounds
from ippon.records.lane import Learned, Shared
from ippon.records.options import Options
from ippon.records.suite import Limits
from ippon.testing import FakeClock
from ippon.wiring.lanes import EVERYTHING, bounds_of, limit_of, rates_of, scheduler_of
from tests.suites import suite

LIMITS = {
    "openai": Limits(rpm=500, max_in_flight=64),
    "openai/gpt-5-mini": Limits(tpm=200_000, max_in_flight=8),
    "vllm": Limits(rpm=60),
    "local": Limits(rpm=600),
}
PROVIDER = Shared(name="openai", rpm=500, max_in_flight=64)
MODEL = Shared(name="openai/gpt-5-mini", tpm=200_000, max_in_flight=8)
VLLM = Shared(name="vllm", rpm=60)
LOCAL = Shared(name="local", rpm=600)
KNOWN = Learned(limit=40, was_cut=True, rate=9.0)


def given(j: int) -> Shared:
    """The pool of all lanes of a run with `-j`."""
    return Shared(name=EVERYTHING, max_in_flight=j)


@pytest.mark.parametrize(
    ("lane", "j", "expected"),
    [
        ("anthropic/claude", None, Bounds(learned=KNOWN)),
        ("anthropic/claude", 50, Bounds(start=50, ceiling=50, shared=(given(50),))),
        ("openai/gpt-5", None, Bounds(ceiling=64, shared=(PROVIDER,), learned=KNOWN)),
        ("openai/gpt-5-mini", None, Bounds(start=8, ceiling=8, shared=(MODEL, PROVIDER), learned=KNOWN)),
        ("openai/gpt-5-mini at http://x", None, Bounds(start=8, ceiling=8, shared=(MODEL, PROVIDER), learned=KNOWN)),
        ("openai/gpt-5", 100, Bounds(start=64, ceiling=64, shared=(PROVIDER, given(100)))),
        ("openai/gpt-5", 2, Bounds(start=2, ceiling=2, shared=(PROVIDER, given(2)))),
        ("vllm/m", 500, Bounds(start=500, ceiling=500, shared=(VLLM, given(500)))),
        ("local/smollm2-135m", None, Bounds(start=1, ceiling=1, shared=(LOCAL,))),
        ("local/smollm2-135m", 50, Bounds(start=1, ceiling=1, shared=(LOCAL,))),
        ("python bot:answer", None, Bounds(ceiling=16)),
        ("command ./bot", None, Bounds(ceiling=16)),
        ("command ./bot", 3, Bounds(start=3, ceiling=3, shared=(given(3),))),
        ("http://x", None, Bounds(learned=KNOWN)),
    ],
)
def test_bounds(lane, j, expected):
    """`-j` is start and ceiling, a declared limit the ceiling; else what was learned; this machine's own lanes do not adapt."""
    asked = suite(limits=LIMITS)

    assert expected == bounds_of(lane, asked, Options(max_in_flight=j), lambda _lane: KNOWN)
    assert expected.start == limit_of(lane, asked, Options(max_in_flight=j))


def test_a_scheduler_knows_the_bounds_of_each_lane():
    """Eight of the declared model, and what was remembered of another."""

    class Remembering(MemoryRates):
        def recall(self, lane, *, now):
            return Learned(limit=3) if (lane, now) == ("vllm/m", 7.0) else None

    s = scheduler_of(
        suite(limits={"openai/gpt-5-mini": Limits(max_in_flight=8)}),
        Options(),
        FakeClock(7.0),
        Remembering(),
        may_send=lambda _pending: None,
        hedges=False,
    )
    sent = [s.handle(Asked(n, lane), 0.0) for n, lane in enumerate(["openai/gpt-5-mini"] * 9 + ["vllm/m"] * 4)]

    assert [1] * 8 + [0] + [1] * 3 + [0] == [len(each) for each in sent]
    assert [Send(0, 1)] == sent[0]


def test_rates_are_shared_through_the_caches_file(tmp_path):
    """Without a cache they are this process's own."""
    cache = SqliteCache(str(tmp_path / "cache.sqlite"))

    assert isinstance(rates_of(None), MemoryRates)
    shared = rates_of(cache)
    assert isinstance(shared, SqliteRates)
    shared.remember({"vllm/m": KNOWN}, now=1.0)
    shared.close()
    assert (tmp_path / "cache.sqlite").exists()
    cache.close()
