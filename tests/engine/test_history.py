"""The history through the door: runs that were killed, several suites in one folder, and what a run took."""

from __future__ import annotations

import json
import time

import pytest

from bench.endpoint import serving
from bench.script import Script
from tests.door import coaching, ippon
from tests.engine.test_stopping import started, until


@pytest.fixture(params=[False, True], ids=["nothing known", "some cached"])
def killed(request, tmp_path, capsys):
    """(suite, endpoint, evaluations known before) of a run that was killed half-way."""
    suite = coaching(tmp_path)
    with serving(Script(latency_s=0.05)) as endpoint:
        known = 0
        if request.param:
            at = ["--base-url", endpoint.base_url]
            known = ippon(capsys, "run", suite, "-t", "medium", "--json", *at).object["evaluations"]["answered"]
        before = endpoint.stats().answered
        process = started(suite, endpoint)
        until(lambda: endpoint.stats().answered >= before + 30)
        process.kill()
        process.communicate()
        yield suite, endpoint, known


def test_a_killed_run_shows_what_is_kept(killed, capsys):
    """Its counts add up; what it took and cost nobody knows; it says that it has no end, and how to go on."""
    suite, _, known = killed
    run = ippon(capsys, "runs", "ls", suite, "--json").object["runs"][0]
    counts = run["evaluations"]
    screen = ippon(capsys, "runs", "ls", suite).out.splitlines()[1]
    shown = ippon(capsys, "runs", "show", run["run_id"], suite).out
    whole = ippon(capsys, "runs", "show", run["run_id"], suite, "--json").object

    assert known == counts["cached"]
    assert counts["answered"] >= 30 - 4 - 16
    assert 294 == counts["planned"] == counts["cached"] + counts["answered"] + counts["missing"]
    assert ("incomplete", 3, None, None) == (run["verdict"], run["exit_code"], run["cost_usd"], run["wall_s"])
    assert "not finished: killed, or still at work" == run["stopped_because"]
    assert ["full", "incomplete", str(counts["answered"]), str(known), "unknown", "unknown"] == screen.split()[3:9]
    assert f"cached {known} + answered {counts['answered']} + missing {counts['missing']}" in shown
    assert f"--resume {run['run_id']}" in shown
    assert (counts, known + counts["answered"]) == (whole["evaluations"], len(whole["results"]))


def test_a_killed_run_goes_on_without_a_cache(killed, capsys):
    """What it knew before it asked is in its history too."""
    suite, endpoint, _ = killed
    before = endpoint.stats().requests
    kept = ippon(capsys, "runs", "ls", suite, "--json").object["runs"][0]["evaluations"]
    words = ["--resume", "latest", "--no-cache", "--json", "--base-url", endpoint.base_url, "-j", "64"]
    again = ippon(capsys, "run", suite, *words).object

    assert 294 - kept["cached"] - kept["answered"] == again["calls_sent"] == endpoint.stats().requests - before
    assert 294 == again["evaluations"]["cached"] + again["evaluations"]["answered"]


def test_each_run_names_its_suite_where_there_are_several(tmp_path, capsys):
    """In one folder they share a history; the list as a whole is then of no suite."""
    path = coaching(tmp_path)
    other = tmp_path / "other.toml"
    other.write_text((tmp_path / "ippon.toml").read_text().replace('name = "coach"', 'name = "other"'))
    with serving(Script()) as endpoint:
        at = ["--base-url", endpoint.base_url]
        ippon(capsys, "run", path, *at)
        alone = ippon(capsys, "runs", "ls", path)
        alone_object = ippon(capsys, "runs", "ls", path, "--json").object
        ippon(capsys, "run", str(other), *at)
    both = ippon(capsys, "runs", "ls", path).out.splitlines()
    both_object = ippon(capsys, "runs", "ls", path, "--json").object

    assert ("coach", "suite" in alone.out, "target" in alone.out) == (alone_object["suite"], False, False)
    assert ["suite", "other", "coach"] == [both[0].split()[2], both[1].split()[3], both[2].split()[3]]
    assert (None, ["other", "coach"]) == (both_object["suite"], [run["suite"] for run in both_object["runs"]])
    assert "other" == ippon(capsys, "runs", "ls", str(other), "--store", "none.sqlite", "--json").object["suite"]


def test_what_a_run_took_is_the_same_figure_everywhere(tmp_path, capsys):
    """From the start of its command: in its object, its file, the list and `runs show`."""
    path = coaching(tmp_path)
    file = tmp_path / "run.json"
    with serving(Script(latency_s=0.02)) as endpoint:
        began = time.monotonic()
        run = ippon(capsys, "run", path, "--json", "-o", str(file), "--base-url", endpoint.base_url).object
        waited_s = time.monotonic() - began
    listed = ippon(capsys, "runs", "ls", path, "--json").object["runs"][0]
    shown = ippon(capsys, "runs", "show", run["run_id"], path, "--json").object

    assert {run["wall_s"]} == {listed["wall_s"], shown["wall_s"], json.loads(file.read_text())["wall_s"]}
    assert 0.02 < run["wall_s"] <= waited_s
