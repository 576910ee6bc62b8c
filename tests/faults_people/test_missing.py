"""Row 80: a few results are missing, the rest pass. Nothing gets green by leaving out what failed."""

from __future__ import annotations

import json
import re

import pytest

from bench.endpoint import serving
from bench.script import Script
from ippon.cli.main import main
from tests.door import coaching

pytestmark = pytest.mark.row(80, "5% failed, the rest passes")
BOUNDS = re.compile(r"were the missing all 0 or all 1: (\d\.\d\d) \.\. (\d\.\d\d)")


def gates(least: float) -> str:
    """Every evaluator has to reach this."""
    return f'[[gates]]\nevaluator = "*"\nmin_score = {least}\n'


def failing(*examples: int):
    """A judge that finds all good, and fails on these examples."""

    def answer(body):
        number = int(re.search(r"answer (\d+)", json.dumps(body["messages"]))[1])
        return "nonsense" if number in examples else {"reason": "r", "label": "good"}

    return answer


def test_five_in_a_hundred_failed(tmp_path, capsys):
    """Incomplete, exit 3, with the score as it would be were they all 0, and all 1."""
    suite = coaching(tmp_path, gates=gates(0.97))
    with serving(answer=failing(7, 8)) as endpoint:
        code = main(["run", suite, "-t", "full", "--base-url", endpoint.base_url])
        shown = capsys.readouterr().out
        again = main(["run", suite, "-t", "full", "--base-url", endpoint.base_url, "--json"])
        run = json.loads(capsys.readouterr().out)

    worst = 40 / 42
    assert (3, 3, "incomplete") == (code, again, run["verdict"])
    assert shown.rstrip().splitlines()[-1].startswith("verdict: incomplete  14 of 294 failed")
    assert (f"{worst:.2f}", "1.00") == BOUNDS.search(shown).groups()
    for its in run["evaluators"].values():
        assert (40, 2, "missing-bounds") == (its["n"], its["failed"], its["method"])
        assert [worst, 1.0] == pytest.approx(its["interval"])
    assert {"inconclusive"} == {gate["verdict"] for gate in run["gates"]}


def test_failures_that_cannot_matter_still_leave_a_run_incomplete(tmp_path, capsys):
    """Each gate passes whatever the missing are; the run as a whole is no pass all the same."""
    suite = coaching(tmp_path, gates=gates(0.5))
    with serving(answer=failing(7, 8)) as endpoint:
        code = main(["run", suite, "-t", "full", "--base-url", endpoint.base_url, "--json"])
        run = json.loads(capsys.readouterr().out)

    assert (3, "incomplete", {"pass"}) == (code, run["verdict"], {gate["verdict"] for gate in run["gates"]})


def test_what_fails_for_certain_fails(tmp_path, capsys):
    """Missing ones are no excuse: were they all 1, the gate would not be reached."""
    suite = coaching(tmp_path, gates=gates(0.9))

    def answer(body):
        return "nonsense" if "answer 7" in json.dumps(body["messages"]) else {"reason": "r", "label": "poor"}

    with serving(answer=answer) as endpoint:
        code = main(["run", suite, "-t", "full", "--base-url", endpoint.base_url, "--json"])
        run = json.loads(capsys.readouterr().out)

    assert (1, "fail", {"fail"}) == (code, run["verdict"], {gate["verdict"] for gate in run["gates"]})


def test_five_in_a_hundred_came_to_nothing(tmp_path, capsys):
    """Refused by the provider, at random; the pass comes once they are there."""
    suite = coaching(tmp_path, gates=gates(0.8))
    with serving(Script(faults={"400": 0.05}), answer=failing()) as endpoint:
        code = main(["run", suite, "-t", "full", "--base-url", endpoint.base_url])
        shown = capsys.readouterr().out
        endpoint.reset(Script())
        mended = main(["run", suite, "-t", "full", "--base-url", endpoint.base_url, "--retry-failed", "--json"])
        run = json.loads(capsys.readouterr().out)

    assert (3, 0, "pass", 294) == (code, mended, run["verdict"], run["evaluations"]["cached"] + run["calls_sent"])
    assert BOUNDS.search(shown)
