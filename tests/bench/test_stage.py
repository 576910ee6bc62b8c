"""Claims and their bounds, which benchmarks a name stands for, and the suite that is made for them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import BENCHMARKS, GROUPS, chosen, passes
from bench.endpoint import Script, serving
from bench.stage import Claim, Effort, generated, stage
from tests.door import ippon

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("claim", "holds", "words"),
    [
        (Claim("time", 1.04, 1.05, "x"), True, ["1.04 x", "at most", "1.05 x", "holds"]),
        (Claim("time", 8.0, 8.5, "s", aim=7.5), True, ["8.00 s", "at most", "8.50 s", "aim 7.50 s", "holds"]),
        (Claim("lost", 1, 0), False, ["1", "at most", "0", "TOO MUCH"]),
        (Claim("used", 0.93, 0.9, "%", is_least=True), True, ["93.0%", "at least", "90.0%", "holds"]),
        (Claim("used", 0.89, 0.9, "%", is_least=True), False, ["89.0%", "at least", "90.0%", "TOO LITTLE"]),
    ],
)
def test_a_claim_says_whether_it_holds(claim: Claim, holds: bool, words: list[str]) -> None:
    """What, measured, bound, aim, and whether it holds: a line each."""
    assert holds == claim.holds
    assert " ".join([claim.what, *words]).split() == claim.row.split()


def test_only_counts_are_judged_of_a_smoke_run() -> None:
    """One round says nothing of seconds; a lost call is one too many at any time."""
    slow, lost = Claim("time", 9.0, 8.0, "s"), Claim("lost", 1, 0)

    assert passes([slow], smoke=True)
    assert not passes([slow], smoke=False)
    assert not passes([lost], smoke=True)


def test_a_group_stands_for_its_benchmarks() -> None:
    """Each once, in their order; nothing named is everything."""
    assert list(GROUPS["load"]) == chosen(["load"])
    assert ["cold", *(name for name in GROUPS["load"] if name != "cold")] == chosen(["cold", "load"])
    assert list(BENCHMARKS) == chosen([])


def test_short_is_shorter() -> None:
    """A fifth of the latency, and no round beforehand."""
    assert (1.0, 1) == (Effort(3).latency_s(1.0), Effort(3).unmeasured)
    assert (0.2, 0) == (Effort(1, short=True).latency_s(1.0), Effort(1, short=True).unmeasured)


def test_made_suites_are_suites(capsys: pytest.CaptureFixture[str]) -> None:
    """So many examples by so many rubrics, each asked so often."""
    with generated(examples=3, evaluators=2, repeats=4) as path:
        said = ippon(capsys, "plan", str(path), "-t", "full", "--json")

    assert 24 == said.object["evaluations"]["selected"]


def test_a_loop_sends_the_bodies_of_a_file(tmp_path: Path) -> None:
    """The floor asks for the very same as the run beside it, a line a request."""
    schema = {"type": "object", "properties": {"label": {"enum": ["good"]}}}
    bodies = [{"response_format": {"json_schema": {"schema": schema}}, "prompt": f"number {n}"} for n in range(5)]
    (tmp_path / "bodies.jsonl").write_text("".join(json.dumps(body) + "\n" for body in bodies))
    with serving(Script(keep_bodies=True)) as endpoint:
        command = [sys.executable, "-m", "bench.load", endpoint.base_url, "--bodies", str(tmp_path / "bodies.jsonl")]
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

        assert bodies == sorted((json.loads(body) for body in endpoint.bodies), key=lambda body: body["prompt"])
    assert {"good": 5} == json.loads(found)["labels"]


def test_a_stage_forgets(tmp_path: Path) -> None:
    """Cache and history are gone, what else is in the folder stays."""
    with stage(None) as there:
        for name in ("cache.sqlite", "cache.sqlite-wal", "bodies.jsonl"):
            (there.folder / name).touch()
        there.forget()

        assert ["bodies.jsonl"] == [path.name for path in there.folder.iterdir()]
    assert not there.folder.exists()
