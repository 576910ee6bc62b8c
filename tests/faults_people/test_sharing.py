"""Rows 69, 70 and 74: the same suite in several terminals at once, the one that asks gone, an example edited meanwhile."""

from __future__ import annotations

import json
import signal
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest

from bench.endpoint import serving
from bench.script import Script
from tests.door import coaching, ippon
from tests.faults_people.processes import ended, started, until

if TYPE_CHECKING:
    import subprocess

IN_FLIGHT, GROUP = 4, 50  # of one process: calls under way, and rows that are not written yet
ROW_69 = pytest.mark.row(69, "identical runs at once")
ROW_70 = pytest.mark.row(70, "who asks dies, is told to end, fails")
WITHIN_S = 45.0
SOONER_S = 25.0  # than a lease is over


def asked(suite: str, endpoint, *words: str) -> subprocess.Popen[bytes]:
    """A run in a terminal of its own."""
    return started("run", suite, "-t", "full", "--json", "--base-url", endpoint.base_url, *words)


def repeated(endpoint) -> Counter[bytes]:
    """Bodies that came more than once, and how often."""
    return Counter({body: n for body, n in Counter(endpoint.bodies).items() if n > 1})


@ROW_69
@pytest.mark.parametrize("terminals", [2, 8])
def test_identical_runs_at_once(tmp_path, terminals):
    """Each evaluation is asked once in all; each run has all results, and a history of its own."""
    suite = coaching(tmp_path, n=42 if terminals == 2 else 12)
    total = 294 if terminals == 2 else 84
    with serving(Script(latency_s=0.05, keep_bodies=True)) as endpoint:
        went = [ended(each, within_s=WITHIN_S) for each in [asked(suite, endpoint) for _ in range(terminals)]]
        assert (total, Counter()) == (endpoint.stats().requests, repeated(endpoint))

    runs = [each.run for each in went]
    assert {0} == {each.code for each in went}
    assert total == sum(run["calls_sent"] for run in runs) == sum(run["evaluations"]["answered"] for run in runs)
    assert {total} == {run["evaluations"]["cached"] + run["evaluations"]["answered"] for run in runs}
    scores = [[(each["example"], each["evaluator"], each["score"]) for each in run["results"]] for run in runs]
    assert all(each == scores[0] for each in scores)
    listed = ended(started("runs", "ls", suite, "--json")).run["runs"]
    assert {run["run_id"] for run in runs} == {run["run_id"] for run in listed}


@ROW_69
def test_who_looks_while_a_run_writes_does_not_end_it(tmp_path):
    """Cache and history are opened and left by others meanwhile: the run keeps all that it gets."""
    suite = coaching(tmp_path, n=6)
    with serving(Script(latency_s=0.2)) as endpoint:
        ended(started("run", suite, "-t", "quick", "--base-url", endpoint.base_url))
        sent = endpoint.stats().requests
        run = asked(suite, endpoint, "-j", "1")
        until(lambda: endpoint.stats().requests > sent)
        looked = [ended(started(*words)).code for words in (("cache", "stats"), ("runs", "ls", suite), ("plan", suite))]
        went = ended(run, within_s=WITHIN_S)

    assert ([0, 0, 0], 0, 42) == (looked, went.code, len(went.run.get("results", ()))), went.err


@ROW_69
@pytest.mark.parametrize("flag", ["--refresh", "--no-cache"])
def test_who_asks_anew_waits_for_nobody(tmp_path, flag):
    """Nor does anybody wait for it."""
    suite = coaching(tmp_path, n=2)
    with serving(Script(latency_s=600)) as endpoint:
        first = asked(suite, endpoint)
        until(lambda: endpoint.stats().in_flight == 14)
        second = asked(suite, endpoint, flag)
        until(lambda: endpoint.stats().in_flight == 28)
        endpoint.reset(Script())
        first.kill()
        ended(first)
        went = ended(asked(suite, endpoint), within_s=WITHIN_S)
        second.kill()
        ended(second)

    assert (0, 14) == (went.code, went.run["evaluations"]["answered"])


@ROW_70
@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT])
def test_who_asks_is_ended(tmp_path, stop):
    """The other takes over, long before a lease is over, and misses nothing."""
    suite = coaching(tmp_path, n=2)
    with serving(Script(latency_s=600)) as endpoint:
        first = asked(suite, endpoint)
        until(lambda: endpoint.stats().in_flight == 14)
        second = asked(suite, endpoint)
        until(lambda: len(ended(started("runs", "ls", suite, "--json")).run["runs"]) == 2)
        assert 14 == endpoint.stats().requests
        endpoint.reset(Script())
        first.send_signal(stop)
        ended(first)
        went = ended(second, within_s=WITHIN_S)
        sent = endpoint.stats().requests

    assert (0, 14, 14) == (went.code, sent, went.run["evaluations"]["answered"])
    assert went.took_s < SOONER_S


@ROW_70
def test_a_failure_that_may_pass_is_not_shared(tmp_path):
    """The first run gives up after four attempts; the other asks for itself, and is answered."""
    suite = coaching(tmp_path, n=1)
    with serving(Script(latency_s=0.5, faults={"500": 1.0}, faults_until=4)) as endpoint:
        first = asked(suite, endpoint, "-e", "tone")
        until(lambda: endpoint.stats().in_flight == 1)
        second = asked(suite, endpoint, "-e", "tone")
        failed, went = (ended(each, within_s=WITHIN_S).run["evaluations"] for each in (first, second))
        sent = endpoint.stats().requests

    assert (5, 1, 1) == (sent, failed["failed"], went["answered"])


@ROW_70
@pytest.mark.parametrize("seed", [1, 2])
def test_processes_that_are_killed_at_random(tmp_path, seed):
    """No key is asked more often than once and once for each kill, and only what the killed had in hand is asked again."""
    random = Random(seed)
    suite = coaching(tmp_path, n=18)
    words = ("-j", str(IN_FLIGHT))
    with serving(Script(latency_s=0.1, keep_bodies=True)) as endpoint:
        running = [asked(suite, endpoint, *words) for _ in range(3)]
        kills = 0
        for share in sorted(random.uniform(0.1, 0.8) for _ in range(3)):
            until(lambda share=share: endpoint.stats().answered >= share * 126, within_s=WITHIN_S)
            killed = running.pop(random.randrange(len(running)))
            kills += killed.poll() is None
            killed.kill()
            ended(killed)
            running.append(asked(suite, endpoint, *words))
        went = [ended(each, within_s=WITHIN_S) for each in running]
        again = repeated(endpoint)
        distinct = endpoint.stats().distinct

    assert {0} == {each.code for each in went}
    assert 126 == distinct
    assert all(n <= 1 + kills for n in again.values())
    assert sum(again.values()) - len(again) <= kills * (IN_FLIGHT + GROUP)


@pytest.mark.row(74, "an example edited between run and resume")
def test_an_example_that_is_edited_before_the_run_goes_on(tmp_path, capsys):
    """It is asked again and judged by its new text; nothing else that was answered is."""

    def answer(body):
        return {"reason": "r", "label": "good" if "rewritten" in json.dumps(body) else "poor"}

    suite = coaching(tmp_path, n=6)
    examples = tmp_path / "examples.jsonl"
    with serving(Script(keep_bodies=True), answer=answer) as endpoint:
        words = ("--json", "--base-url", endpoint.base_url)
        stopped = ippon(capsys, "run", suite, "-t", "full", "--max-calls", "30", "-j", "1", *words).object
        done = Counter(each["example"] for each in stopped["results"] if each["status"] == "answered")
        edited, n = done.most_common(1)[0]
        number = int(edited.removeprefix("ex-"))
        text = examples.read_text()
        examples.write_text(text.replace(f'"answer {number}"', f'"rewritten {number}"'))
        endpoint.reset(Script(keep_bodies=True))
        run = ippon(capsys, "run", suite, "--resume", "latest", *words).object
        asked_anew = [body for body in endpoint.bodies if b"rewritten" in body]

    results = [each for each in run["results"] if each["example"] == edited]
    assert (30, 7, 42 - 30 + n) == (sum(done.values()), len(asked_anew), run["calls_sent"])
    assert {(f"rewritten {number}", 1.0, "answered")} == {(r["text"], r["score"], r["status"]) for r in results}
    assert {0.0} == {each["score"] for each in run["results"] if each["example"] != edited}
    assert 30 - n == run["evaluations"]["cached"]
