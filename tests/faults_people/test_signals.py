"""Rows 66 to 68: Ctrl-C, polite and impolite ends, pipes that close. What was answered is kept, and the run goes on later."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from bench.endpoint import serving
from bench.script import Script
from tests.door import coaching
from tests.faults_people.processes import ended, started, until

SUMMARY_S = 2.0
SLOW_MACHINE_S = 1.0
ROW_66, ROW_67 = pytest.mark.row(66, "Ctrl-C once, twice"), pytest.mark.row(67, "SIGTERM, SIGHUP, closed pipe")


def asked(suite: str, endpoint, *words: str, **more):
    """A run, four calls at a time."""
    return started("run", suite, "-t", "full", "-j", "4", "--base-url", endpoint.base_url, *words, **more)


@pytest.mark.parametrize(
    "stop",
    [
        pytest.param(signal.SIGINT, marks=ROW_66),
        pytest.param(signal.SIGTERM, marks=ROW_67),
        pytest.param(signal.SIGHUP, marks=ROW_67),
    ],
)
def test_a_run_that_is_told_to_end(tmp_path, stop):
    """Says so at once; summary and resume line stand within two seconds; the rest is asked later."""
    suite = coaching(tmp_path, n=6)
    with serving(Script(latency_s=0.05)) as endpoint:
        process = asked(suite, endpoint)
        until(lambda: endpoint.stats().answered >= 8)
        endpoint.reset(Script(latency_s=60 if stop == signal.SIGINT else 0.3))  # some never come
        until(lambda: endpoint.stats().in_flight >= 4)
        process.send_signal(stop)
        went = ended(process)
        endpoint.reset(Script())
        resumed = ended(started("run", suite, "--resume", "latest", "--json", "--base-url", endpoint.base_url))
        sent = endpoint.stats().requests

    last = went.out.splitlines()
    kept = resumed.run["evaluations"]["cached"]
    assert (130, True) == (went.code, went.took_s < SUMMARY_S + SLOW_MACHINE_S)
    assert "stopping: 4 in flight, 1.5 s at most; ^C again stops at once" in went.err
    assert last[-1].startswith("verdict: interrupted")
    assert any(line.startswith("next     ippon run --resume ") for line in last)
    assert "all results kept" in went.out
    assert (0, 42 - kept) == (resumed.code, resumed.run["calls_sent"])
    assert 8 <= kept
    assert sent == resumed.run["calls_sent"]


@ROW_66
def test_ctrl_c_twice(tmp_path):
    """Waits for nothing, and still says what stands."""
    suite = coaching(tmp_path, n=6)
    with serving(Script(latency_s=60)) as endpoint:
        process = asked(suite, endpoint, "--json")
        until(lambda: endpoint.stats().in_flight == 4)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        went = ended(process)

    assert (130, "interrupted", 42) == (went.code, went.run["verdict"], went.run["evaluations"]["missing"])
    assert went.took_s < SLOW_MACHINE_S


@ROW_66
@pytest.mark.parametrize(("words", "out"), [((), ""), (("--json",), "ippon.error/1")])
def test_ctrl_c_before_anything_is_asked(words, out):
    """130, no trace, and the object that `--json` promises."""
    early = (
        "import ippon.cli.run as it, sys; sys.argv = ['ippon', 'run', *sys.argv[1:]]\n"
        "def stop(*_, **__): raise KeyboardInterrupt\n"
        "it._check_outputs = stop\nfrom ippon.__main__ import main; main()"
    )
    process = subprocess.run([sys.executable, "-c", early, *words], capture_output=True, text=True, check=False)

    assert (130, "") == (process.returncode, process.stderr)
    assert (out in process.stdout, bool(out)) == (True, bool(process.stdout))


@ROW_66
def test_ctrl_c_while_python_still_imports():
    """Nothing could say anything yet: 130 and silence."""
    early = (
        "import ippon.__main__ as it\ndef stop(): raise KeyboardInterrupt\nit._open_what_is_closed = stop\nit.main()"
    )
    process = subprocess.run([sys.executable, "-c", early], capture_output=True, text=True, check=False)

    assert (130, "", "") == (process.returncode, process.stdout, process.stderr)


@ROW_67
@pytest.mark.parametrize("closed", ["out", "both"])
def test_a_reader_that_has_seen_enough(tmp_path, closed):
    """`ippon run --json | head -c1`: the run ends as it would have, without a word about the pipe."""
    suite = coaching(tmp_path)
    with serving() as endpoint:
        both = {"stderr": subprocess.STDOUT} if closed == "both" else {}
        process = asked(suite, endpoint, "--json", **both)
        head = subprocess.Popen(["head", "-c", "1"], stdin=process.stdout, stdout=subprocess.PIPE)
        process.stdout.close()
        err = process.stderr.read() if closed == "out" else b""
        code = process.wait(timeout=30)
        seen, _ = head.communicate(timeout=30)
        if closed == "out":
            process.stderr.close()
        again = ended(asked(suite, endpoint, "--json"))

    assert (0, 1) == (code, len(seen))
    assert not {b"Traceback", b"error", b"pipe"} & set(err.split())
    assert 294 == again.run["evaluations"]["cached"]


@pytest.mark.row(68, "kill -9 and resume")
def test_a_run_that_is_killed(tmp_path):
    """Its answers are there; the list of runs shows that it has no end; resumed, it asks only for what is missing."""
    suite = coaching(tmp_path, n=12)
    with serving(Script(latency_s=0.1)) as endpoint:
        process = asked(suite, endpoint)
        until(lambda: endpoint.stats().answered >= 40)
        process.kill()
        ended(process)
        before = endpoint.stats()
        listed = ended(started("runs", "ls", suite, "--json"))
        endpoint.reset(Script())
        resumed = ended(started("run", suite, "--resume", "latest", "--json", "--base-url", endpoint.base_url))
        sent = endpoint.stats().requests

    (run,) = listed.run["runs"]
    found = resumed.run
    assert -signal.SIGKILL == process.returncode
    assert "incomplete" == run["verdict"]
    assert (0, 84) == (resumed.code, found["evaluations"]["cached"] + found["evaluations"]["answered"])
    assert sent == found["calls_sent"]
    assert before.requests + sent <= 84 + 4 + 50  # repeated: those in flight, and one group that was not written
