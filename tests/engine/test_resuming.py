"""Going on with a run: the same work, and nothing that was answered is asked twice."""

from __future__ import annotations

import functools

import pytest

import ippon as library
from bench.endpoint import serving
from bench.script import Script
from tests.door import coaching, ippon

GOOD = {"reason": "r", "label": "good"}
WORDS = ["-t", "medium", "--target", "v2", "--seed", "7", "-e", "tone", "-e", "trust"]


@pytest.fixture
def stopped(tmp_path, capsys):
    """(suite, endpoint, run) of a run that its budget ended."""
    path = coaching(tmp_path, more='[targets.v2]\nkind = "recorded"\nfield = "good"\n')
    with serving(Script()) as endpoint:
        words = [*WORDS, "--max-calls", "3", "--json", "--base-url", endpoint.base_url]
        yield path, endpoint, ippon(capsys, "run", path, *words).object["run_id"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-t", "quick"], "tier quick is other work: run {} was asked with tier medium"),
        (["--target", "default"], "target default is other work: run {} was asked with target v2"),
        (["--judge", "vllm/other"], "judge vllm/other is other work: run {} was asked without judge"),
        (["--seed", "8"], "seed 8 is other work: run {} was asked with seed 7"),
        (["--repeats", "2"], "repeats 2 is other work: run {} was asked without repeats"),
        (["-e", "tone"], "evaluator tone is other work: run {} was asked with evaluator tone, trust"),
        (["--example", "ex-1*"], "example ex-1* is other work: run {} was asked without example"),
        (["--where", "category=tone"], "where category=tone is other work: run {} was asked without where"),
    ],
    ids=lambda each: each[0].strip("-") if isinstance(each, list) else "",
)
def test_a_flag_that_makes_other_work_of_it_is_refused(stopped, capsys, words, said):
    """Both are named, and the command to type; nothing is asked, nothing is written."""
    path, endpoint, run_id = stopped
    refused = ippon(capsys, "run", path, "--resume", run_id, *words, "--json", "--base-url", endpoint.base_url)
    [error] = refused.object["errors"]

    assert (2, said.format(run_id)) == (refused.code, error["message"])
    assert error["hint"].startswith(f"leave it out: ippon run {path} --resume {run_id}")
    assert 3 == endpoint.stats().requests
    assert [run_id] == [run["run_id"] for run in ippon(capsys, "runs", "ls", path, "--json").object["runs"]]


def test_all_of_them_are_named_at_once(stopped, capsys, monkeypatch):
    """One that the environment says by its variable; the suite's path is left out where nobody named it."""
    path, _, _ = stopped
    monkeypatch.chdir(path.rpartition("/")[0])
    monkeypatch.setenv("IPPON_TIER", "full")
    errors = ippon(capsys, "run", "--resume", "latest", "--seed", "8", "--json").object["errors"]

    assert ["IPPON_TIER", "seed 8"] == [
        error["message"].partition(" is other")[0].partition(":")[0] for error in errors
    ]
    assert all("leave it out: ippon run --resume" in error["hint"] for error in errors)


def test_the_same_flags_again_are_no_contradiction(stopped, capsys):
    """In another order either; the budget and what bounds the speed may change."""
    path, endpoint, run_id = stopped
    same = [
        "-t",
        "medium",
        "--target",
        "v2",
        "--seed",
        "7",
        "-e",
        "trust",
        "-e",
        "tone",
        "-j",
        "2",
        "--max-calls",
        "50",
    ]
    went = ippon(capsys, "run", path, "--resume", run_id, *same, "--json", "--base-url", endpoint.base_url)

    assert (0, 6, 6) == (went.code, went.object["evaluations"]["planned"], endpoint.stats().requests), went.err


def test_defaults_may_be_named(tmp_path, capsys):
    """What a run was asked without a word is the same work with one."""
    path = coaching(tmp_path)
    with serving(Script()) as endpoint:
        at = ["--json", "--base-url", endpoint.base_url]
        ippon(capsys, "run", path, "--max-calls", "3", *at)
        words = ["-t", "quick", "--seed", "0", "--target", "default"]
        assert 0 == ippon(capsys, "run", path, "--resume", "latest", *words, *at).code
        assert 7 == endpoint.stats().requests


def test_the_judge_of_a_run_goes_on_judging(tmp_path, capsys):
    """It makes the scores what they are."""
    path = coaching(tmp_path)
    with serving(Script(keep_bodies=True)) as endpoint:
        at = ["--json", "--base-url", endpoint.base_url]
        ippon(capsys, "run", path, "--judge", "vllm/other", "--max-calls", "3", *at)
        went = ippon(capsys, "run", path, "--resume", "latest", *at).object

        assert (3, 4, 7) == (went["evaluations"]["cached"], went["calls_sent"], endpoint.stats().requests)


def test_the_run_of_another_suite_is_refused_by_name(tmp_path, capsys):
    """Both suites are named."""
    path = coaching(tmp_path)
    other = tmp_path / "other.toml"
    other.write_text((tmp_path / "ippon.toml").read_text().replace('name = "coach"', 'name = "other"'))
    with serving(Script()) as endpoint:
        run_id = ippon(capsys, "run", path, "--json", "--base-url", endpoint.base_url).object["run_id"]
    refused = ippon(capsys, "run", str(other), "--resume", run_id)

    assert 2 == refused.code
    assert f"run {run_id} is of the suite coach, and this one is other" in refused.err
    assert "the suite has no run `latest`" in ippon(capsys, "run", str(other), "--resume", "latest").err


def test_a_promoted_run_goes_on_at_its_tier(tmp_path, capsys):
    """It was asked a tier above the one that was named."""
    gates = '[[gates]]\nevaluator = "*"\nmin_score = 0.5\n'
    path = coaching(tmp_path, gates=gates, more='[tiers.medium]\nper_evaluator = 3\non_inconclusive = "promote"\n')
    with serving(Script(), answer=lambda _body: GOOD) as endpoint:
        at = ["--json", "--no-cache", "--base-url", endpoint.base_url]
        first = ippon(capsys, "run", path, "-t", "medium", "--max-calls", "100", *at).object
        went = ippon(capsys, "run", path, "--resume", first["run_id"], *at).object

    assert ("full", "full", 294) == (first["tier"], went["tier"], went["evaluations"]["planned"])


def called(tmp_path, endpoint, *, n: int = 4) -> str:
    """A suite whose system under test is a model behind the same endpoint as its judges."""
    path = coaching(tmp_path, target='[target]\nkind = "model"\nmodel = "ours/bot"', n=n)
    config = tmp_path / "ippon.toml"
    config.write_text(
        config.read_text().replace("vllm/scripted", "ours/judge")
        + f'[providers.ours]\nbase_url = "{endpoint.base_url}"\n'
    )
    return path


def replies(body):
    """The target's words, the judge's object."""
    return f"hi {body['messages'][-1]['content']}" if body["model"] == "bot" else GOOD


@pytest.mark.parametrize("memory", [["--no-cache"], ["--refresh"]], ids=["no cache", "refreshed"])
def test_no_response_is_fetched_twice(tmp_path, capsys, memory):
    """Twice resumed: every call that was answered was of use."""
    with serving(Script(), answer=replies) as endpoint:
        path = called(tmp_path, endpoint)
        first = ippon(capsys, "run", path, "-t", "full", "-j", "1", "--max-calls", "6", "--json", *memory).object
        second = ippon(
            capsys, "run", path, "--resume", "latest", "-j", "1", "--max-calls", "7", "--json", *memory
        ).object
        third = ippon(capsys, "run", path, "--resume", "latest", "--json", *memory).object

        assert [6, 7, 4 + 28 - 13] == [run["calls_sent"] for run in (first, second, third)]
        assert 4 + 28 == endpoint.stats().requests == endpoint.stats().distinct
    assert (0, 28) == (third["exit_code"], third["evaluations"]["cached"] + third["evaluations"]["answered"])


def test_an_edited_target_is_asked_again(tmp_path, capsys):
    """Its responses were another system's."""
    with serving(Script(), answer=replies) as endpoint:
        path = called(tmp_path, endpoint, n=2)
        ippon(capsys, "run", path, "-t", "full", "--no-cache")
        before = endpoint.stats().requests
        config = tmp_path / "ippon.toml"
        config.write_text(config.read_text().replace('"ours/bot"', '"ours/bot"\nprompt = "Well: {{ input }}"'))
        went = ippon(capsys, "run", path, "--resume", "latest", "--no-cache", "--json").object

        assert 2 + 14 == went["calls_sent"] == endpoint.stats().requests - before


def test_what_failed_is_judged_anew_where_its_response_is_fetched_again(tmp_path, monkeypatch):
    """A target that may be anything is called every time; a bad answer of its judge is not read a second time."""
    monkeypatch.chdir(tmp_path)
    said = ["this is no JSON"]

    def base(word, input):
        return word + input

    with serving(Script(), answer=lambda _body: said[0]) as endpoint:

        def ran(**options):
            judge = library.Judge(name="kind", rubric="It is kind.", model="vllm/m")
            target = functools.partial(base, "one ")
            suite = library.Suite(name="p", examples=[{"id": "a", "input": "q"}], evaluators=[judge], target=target)
            return suite.run(base_url=endpoint.base_url, **options).results[0].status

        first = ran()
        said[0] = GOOD
        assert ["failed", "failed", "answered"] == [first, ran(), ran(retry_failed=True)]
        assert 2 + 1 == endpoint.stats().requests


def test_a_tier_above_goes_on_with_the_one_below(tmp_path, capsys):
    """Without a cache as well."""
    gates = '[[gates]]\nevaluator = "*"\nmin_score = 0.5\n'
    path = coaching(tmp_path, gates=gates, more='[tiers.medium]\nper_evaluator = 3\non_inconclusive = "promote"\n')
    with serving(Script(), answer=lambda _body: GOOD) as endpoint:
        words = ["-t", "medium", "--no-cache", "--json", "--base-url", endpoint.base_url]
        run = ippon(capsys, "run", path, *words).object

        assert ("full", 21, 294) == (run["tier"], run["evaluations"]["cached"], endpoint.stats().requests)
