"""Real processes, stopped: what was answered is kept, and the same command goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from bench.endpoint import serving
from bench.script import Script
from tests.door import coaching

LATENCY_S = 0.15


def started(suite: str, endpoint, *words: str) -> subprocess.Popen[str]:
    """`ippon run` as a process of its own."""
    command = [
        sys.executable,
        "-m",
        "ippon",
        "run",
        suite,
        "-t",
        "full",
        "-j",
        "4",
        "--json",
        "--base-url",
        endpoint.base_url,
        *words,
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))


def until(condition, *, within_s: float = 20.0) -> None:
    """Wait for the world to get somewhere."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it did not get there"
        time.sleep(0.01)


def test_kill_9_in_the_middle_and_again(tmp_path):
    """Nothing that was acknowledged is asked twice: repeated are at most those in flight and one unflushed group."""
    suite = coaching(tmp_path)
    with serving(Script(latency_s=LATENCY_S)) as endpoint:
        process = started(suite, endpoint)
        until(lambda: endpoint.stats().answered >= 40)
        process.kill()
        process.communicate()
        before = endpoint.stats()
        again = started(suite, endpoint, "-j", "64")
        out, err = again.communicate(timeout=60)
        after = endpoint.stats()
    run = json.loads(out)

    assert 0 == again.returncode, err
    assert 294 == after.distinct
    assert run["evaluations"]["cached"] >= 40 - 4 - 16
    assert after.requests - before.requests == run["calls_sent"] == 294 - run["evaluations"]["cached"]
    assert after.requests - 294 <= 4 + 16


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_with_its_results_kept(tmp_path, stop):
    """Within two seconds and a bit, exit 130, and what was answered is there."""
    suite = coaching(tmp_path)
    with serving(Script(latency_s=LATENCY_S)) as endpoint:
        process = started(suite, endpoint)
        until(lambda: endpoint.stats().answered >= 12)
        sent = time.monotonic()
        process.send_signal(stop)
        out, err = process.communicate(timeout=20)
        took_s = time.monotonic() - sent
        answered = endpoint.stats().answered
    run = json.loads(out)

    assert (130, "interrupted") == (process.returncode, run["verdict"]), err
    assert took_s < 4
    assert answered == run["evaluations"]["answered"]
    assert 294 == run["evaluations"]["answered"] + run["evaluations"]["missing"]


def test_a_second_ctrl_c_stops_at_once(tmp_path):
    """What is in flight is given up."""
    suite = coaching(tmp_path)
    with serving(Script(latency_s=30)) as endpoint:
        process = started(suite, endpoint)
        until(lambda: endpoint.stats().in_flight == 4)
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)

    assert 130 == process.returncode
    assert time.monotonic() - sent < 1.5


def test_a_closed_pipe_is_quiet(tmp_path):
    """`ippon run | head -0` prints no trace."""
    suite = coaching(tmp_path)
    with serving(Script()) as endpoint:
        process = started(suite, endpoint)
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        err = process.stderr.read()
        process.wait(timeout=20)
        process.stderr.close()

    assert "Traceback" not in err
    assert "bug" not in err
