"""The script's arithmetic: what strikes which request, without a socket."""

import pytest

from bench.script import Bucket, Script, expected_faults, fault_of, is_down, latency_of


def test_shares_hold_over_many_requests() -> None:
    """The draws are even: each share comes out within a few standard deviations, and nothing outside its window."""
    script = Script(seed=3, faults={"429": 0.1, "500": 0.3}, faults_until=20_000)
    counts = expected_faults(script, 30_000)

    assert 2000 == pytest.approx(counts["429"], abs=170)
    assert 6000 == pytest.approx(counts["500"], abs=260)
    assert {None} == {fault_of(script, number) for number in range(20_000, 30_000)}


def test_latency_of_each_request() -> None:
    """Jitter and spikes are drawn per request, the same each time; refusals do not wait."""
    script = Script(latency_s=1, jitter_s=1, spike_share=0.1, spike_factor=20)
    latencies = [latency_of(script, number, None) for number in range(1000)]

    assert latencies == [latency_of(script, number, None) for number in range(1000)]
    assert 1 <= min(latencies) < 1.1
    assert 60 < sum(latency > 20 for latency in latencies) < 140
    assert 0 == latency_of(script, 1, "429")


def test_shares_that_are_none_are_refused() -> None:
    """More than everything cannot fail."""
    with pytest.raises(ValueError, match="add up to at most 1"):
        Script(faults={"429": 0.7, "500": 0.7})


def test_bucket_refills_evenly() -> None:
    """After the burst a token comes every interval, and an idle bucket holds no more than the burst."""
    bucket = Bucket(Script(requests_per_minute=60, burst=2), 0.0)
    waits_s = [bucket.wait_s(now_s) for now_s in (0, 0, 0.25, 1, 100, 100, 100)]

    assert waits_s == pytest.approx([0, 0, 0.75, 0, 0, 0, 1])


def test_flapping_begins_up() -> None:
    """Up, down, up, by the clock since the start; without both stretches there is no flapping."""
    script = Script(flap_up_s=20, flap_down_s=10)

    assert [False, True, True, False] == [is_down(script, since_s) for since_s in (0, 20, 29, 30)]
    assert is_down(Script(), 0)
