"""`ippon cache why` and `ippon plan`: what is known since when, and of what is not known, why."""

from __future__ import annotations

import re

import pytest

from bench.endpoint import serving
from bench.script import Script
from ippon.evaluate.identity import PARSER_VERSION
from ippon.read.earlier import rubrics_in
from tests.cache.kept import execute, make_older
from tests.door import coaching, ippon

DAY = 86_400.0


@pytest.fixture(scope="module")
def endpoint():
    """A model that answers."""
    with serving(Script()) as served:
        yield served


class Coaching:
    """A coaching suite of seven examples, run once."""

    def __init__(self, folder, endpoint, capsys, **more) -> None:
        self.path = coaching(folder, n=7, **more)
        self.config = folder / "ippon.toml"
        self.endpoint = endpoint
        self.capsys = capsys
        self.at = ["--base-url", endpoint.base_url]
        assert 0 == self("run", "-t", "full").code

    def __call__(self, *words):
        return ippon(self.capsys, *words, self.path, *self.at)

    def change(self, old, new):
        text = self.config.read_text()
        assert old in text
        self.config.write_text(text.replace(old, new))

    def why(self, example="ex-003", evaluator="pace"):
        return self("cache", "why", example, evaluator, "--json").object

    def scores(self):
        """Every score of a whole run."""
        rows = self("run", "-t", "full", "--json").object["results"]
        return {(row["example"], row["evaluator"]): row["score"] for row in rows}

    def sent(self, *words):
        """How many calls a command takes."""
        before = self.endpoint.stats().requests
        self(*words)
        return self.endpoint.stats().requests - before


@pytest.fixture
def suite(tmp_path, endpoint, capsys):
    """Run once, everything known."""
    return Coaching(tmp_path, endpoint, capsys)


def test_what_is_known_is_known_since_when_and_from_where(suite):
    """With its score and the run that asked."""
    found = suite.why()
    run = ippon(suite.capsys, "runs", "ls", suite.path, "--json").object["runs"][0]

    assert (True, "kept", "vllm/scripted", run["run_id"]) == (
        found["hit"],
        found["because"],
        found["model"],
        found["run_id"],
    )
    assert run["started_at"] <= found["kept_at"] <= run["started_at"] + run["wall_s"] + 5
    assert re.match(
        rf"hit: kept since today \d\d:\d\d \(run {run['run_id']}\)      score [01]\.00 \((good|poor)\)\n  from vllm/scripted",
        suite("cache", "why", "ex-003", "pace").out,
    )


@pytest.mark.parametrize(
    ("old", "new", "changed", "others", "asked"),
    [
        ('"The reply shows pace."', '"The reply has a pace."', ["evaluator.rubric"], 6, 7),
        ('name = "pace"\n', 'name = "pace"\nversion = "2"\n', ["evaluator.version"], 6, 0),
        ('"vllm/scripted"', '"vllm/another"', ["evaluator.model"], 48, 49),
        ("[judge]\n", "[judge.params]\ntop_p = 0.5\n[judge]\n", ["evaluator.params.top_p"], 48, 49),
        ('name = "pace"\n', 'name = "pace"\nscale = "yes/no"\n', ["evaluator.scale"], 6, 7),
    ],
)
def test_the_part_that_changed_is_named(suite, old, new, changed, others, asked):
    """Of a rubric, a version, a model, a parameter, a scale; and how many more miss for it."""
    suite.change(old, new)
    why = suite.why()
    plan = suite("plan", "-t", "full", "--json").object

    assert (False, changed, others) == (why["hit"], why["changed"], why["others"])
    assert f"{changed[0].partition('.')[2]} changed" == why["because"]
    assert {why["because"]} == {each["because"] for each in plan["misses"]}
    whose = " (pace)" if others < 48 else ""
    assert f"why {others + 1} miss      {others + 1} {why['because']}{whose}\n" in suite("plan", "-t", "full").out
    assert (others + 1, asked) == (len(plan["misses"]), suite.sent("run", "-t", "full"))


def test_a_rubric_is_compared_line_by_line(suite):
    """With the one before, as long as some compiled suite has it."""
    long = "The reply has a pace that the client can follow,\\nand never hurries them on."
    suite.change("The reply shows pace.", long)
    suite("run", "-t", "full")
    suite.change("the client", "a client")
    lines = ["- The reply has a pace that the client can follow,", "+ The reply has a pace that a client can follow,"]

    assert lines == suite.why()["rubric"]
    assert f"    {lines[0]}\n    {lines[1]}\n" in suite("cache", "why", "ex-003", "pace").out
    execute("UPDATE memo SET body = x'00' || body")
    assert [] == suite.why()["rubric"]


def test_a_new_name_is_read_again_for_nothing(suite):
    """The answer has no evaluator's name in its key: the plan announces no call, and none is sent."""
    suite.change('name = "pace"', 'name = "speed"')
    plan = suite("plan", "-t", "full", "--json").object
    said = suite("plan", "-t", "full").out

    assert ({"the answer is kept, and read again for nothing"}, 7) == (
        {each["because"] for each in plan["misses"]},
        plan["evaluations"]["to_run"],
    )
    assert (0, 0.0, True) == (plan["calls"], plan["est_s"], "calls, at most: 0" in said)
    assert 7 == suite("plan", "-t", "full", "--refresh", "-e", "speed", "--json").object["calls"]
    execute("UPDATE entries SET created_at = 0 WHERE kind = 'call'")
    suite.change("[judge]\n", '[cache]\nttl = "30d"\n[judge]\n')
    assert "never asked" == suite.why(evaluator="speed")["because"]


def test_a_better_reader_reads_again_what_is_kept(suite, monkeypatch):
    """The version of the parser is in the key of a score and not in that of an answer: nothing is asked."""
    monkeypatch.setitem(PARSER_VERSION, "judge", 2)

    assert ["evaluator.parser"] == suite.why()["changed"]
    assert 0 == suite.sent("run", "-t", "full")
    assert suite.why()["hit"]


def test_of_a_memo_that_is_none_nothing_is_read():
    """Another program's body, or another shape."""
    assert [] == [*rubrics_in(bytes(32) + b"{}", "pace"), *rubrics_in(b"short", "pace")]


def test_what_is_too_old_comes_back_with_a_longer_time(suite):
    """The time to live is looked at when an entry is read, and in no key."""
    suite.change("[judge]\n", '[cache]\nttl = "3d"\n[judge]\n')
    assert 0 == suite.sent("run", "-t", "full")
    make_older(4 * DAY)

    why = suite.why()
    assert (False, "expired: [cache] ttl", 48) == (why["hit"], why["because"], why["others"])
    assert {"expired: [cache] ttl"} == {
        each["because"] for each in suite("plan", "-t", "full", "--json").object["misses"]
    }
    for longer in ('ttl = "5d"', 'ttl = "never"'):
        suite.change(re.search('ttl = "[^"]*"', suite.config.read_text())[0], longer)
        assert 0 == suite.sent("run", "-t", "full")


def test_a_model_whose_name_floats_is_asked_again_after_a_week(tmp_path, capsys, endpoint, monkeypatch):
    """Unless the suite says how long."""
    monkeypatch.setenv("IPPON_JUDGE", "openai/gpt-4o")
    suite = Coaching(tmp_path, endpoint, capsys)
    make_older(6 * DAY)
    assert 0 == suite.sent("run", "-t", "full")
    make_older(2 * DAY)
    assert "expired: openai/gpt-4o is a name that floats, so it is kept 7 days" == suite.why()["because"]
    suite.change("[judge]\n", '[cache]\nttl = "30d"\n[judge]\n')
    assert suite.why()["hit"]


@pytest.mark.parametrize(
    ("statement", "because"),
    [
        ("UPDATE entries SET score = 1 - score", "the entry is damaged"),
        ("DELETE FROM entries", "no longer kept: evicted, pruned or damaged"),
    ],
)
def test_what_is_damaged_or_gone_says_so(suite, statement, because):
    """A flipped score is never shown; it is asked again, or read again from the answer."""
    scores = suite.scores()
    execute(statement)
    why = suite.why()

    assert (False, because, 48) == (why["hit"], why["because"], why["others"])
    assert scores == suite.scores()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE explanations SET fields = x'ff' || fields",
        "UPDATE explanations SET fields = 7",
        "UPDATE explanations SET created_at = 'no time'",
        "UPDATE explanations SET fields = CAST(x'ff' AS TEXT)",
    ],
)
def test_what_cannot_be_explained_was_never_asked(suite, statement):
    """A damaged explanation is none, and nothing breaks for it."""
    suite.change("shows pace", "has pace")
    execute(statement)

    assert "never asked" == suite.why()["because"]


def test_of_a_pair_the_one_that_is_not_known_is_told_about(tmp_path, capsys, endpoint):
    """And of repeats."""
    suite = Coaching(tmp_path, endpoint, capsys, target="")
    assert ("good", 0) == (suite.why()["response"], suite.why()["repeat"])
    rows = tmp_path / "examples.jsonl"
    rows.write_text(rows.read_text().replace('"poor 3"', '"another"'))

    assert ("poor", ["response"]) == (suite.why()["response"], suite.why()["changed"])


def test_without_a_cache_nothing_is_guessed(suite, tmp_path, monkeypatch):
    """With `--no-cache`, and where the file is none of ours."""
    for flag, said in (("--no-cache", "not looked up (--no-cache)"), ("--refresh", "asked anew (--refresh)")):
        assert {said} == {each["because"] for each in suite("plan", flag, "--json").object["misses"]}
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "broken"))
    (tmp_path / "broken" / "ippon").mkdir(parents=True)
    (tmp_path / "broken" / "ippon" / "cache.sqlite").write_text("no database " * 200)

    cannot = "cannot be told: the cache file cannot be used"
    assert cannot == suite.why()["because"]
    assert {cannot} == {each["because"] for each in suite("plan", "--json").object["misses"]}


def test_what_lies_in_a_namespace_is_found_there(suite, tmp_path):
    """Since when it is known, and that it is too old, damaged: not that it is gone."""
    path = str(tmp_path / "shared.sqlite")
    at = ("--cache", f"sqlite:///{path}?namespace=forks")

    def why():
        return suite("cache", "why", "ex-003", "pace", "--json", *at).object

    suite("run", "-t", "full", *at)
    assert (True, "vllm/scripted") == (why()["hit"], why()["model"])
    suite.config.write_text(suite.config.read_text() + '\n[cache]\nttl = "7d"\n')
    make_older(8 * DAY, path=path)
    assert "expired: [cache] ttl" == why()["because"]
    execute("UPDATE entries SET reason = 'flipped'", path=path)
    assert "the entry is damaged" == why()["because"]
