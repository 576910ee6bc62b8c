"""`ippon cache stats`, `verify` and `prune`: what a cache holds, whether it is whole, and what is taken out of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from bench.cache_rows import entry
from bench.endpoint import serving
from bench.script import Script
from ippon.adapters.cache_sqlite import SqliteCache
from tests.cache.kept import entries, execute, make_older, path_of
from tests.door import coaching, ippon

DAY = 86_400.0


@pytest.fixture(scope="module")
def endpoint():
    """A model that answers, but for every fifth request, that it refuses."""
    with serving(Script(faults={"400": 0.2})) as served:
        yield served


@pytest.fixture
def ran(tmp_path, endpoint, capsys, monkeypatch):
    """Seven examples by seven judges, some refused; how a command is called here."""
    monkeypatch.chdir(tmp_path)
    path = coaching(tmp_path, n=7)
    ippon(capsys, "run", path, "-t", "full", "--base-url", endpoint.base_url)

    def call(*words):
        return ippon(capsys, *words)

    return call


def failures():
    """How many entries are of failures."""
    return sum(each.failure is not None for each in entries())


def test_what_the_cache_was_worth(ran, endpoint, tmp_path):
    """Over the last runs: hits, seconds; and how old what it holds is."""
    again = ran("run", "-t", "full", "--json", "--base-url", endpoint.base_url).object
    found = ran("cache", "stats", "--json").object

    assert (2, again["cache"]["hits"], True) == (found["runs"], found["hits"], found["saved_s"] > 0)
    assert found["oldest_at"] <= found["newest_at"] <= found["oldest_at"] + 600
    assert (failures(), len(entries())) == (found["by_class"]["failed: rejected"], found["entries"])
    shown = ran("cache", "stats").out
    assert all(word in shown for word in ("saved ", "oldest today", "last 2 runs, whatever cache"))


def test_a_cache_that_is_whole(ran):
    """Every digest, those of the compiled suites too."""
    found = ran("cache", "verify", "--json")

    assert (0, len(entries()) + 1, []) == (found.code, found.object["rows"], found.object["damaged"])
    assert len(entries()) == found.object["entries"] == ran("cache", "stats", "--json").object["entries"]
    assert f"{len(entries())} entries and 1 compiled suite checked in {path_of()}, " in " ".join(
        ran("cache", "verify").out.split()
    )


def test_damaged_rows_are_named_and_taken_out(ran):
    """A score, an answer, a compiled suite, a key; the next check finds nothing, the others are all there."""
    held = len(entries())
    scored = "kind = 'score' AND evaluator = 'pace' AND score IS NOT NULL"
    assert 1 == execute(
        f"UPDATE entries SET reason = 'flipped' WHERE key = (SELECT min(key) FROM entries WHERE {scored})"
    )
    assert 1 == execute(
        "UPDATE entries SET body = body || x'20' WHERE key = (SELECT min(key) FROM entries WHERE kind = 'call')"
    )
    assert 1 == execute("UPDATE entries SET key = 'text' WHERE rowid = (SELECT max(rowid) FROM entries)")
    assert 1 == execute("UPDATE memo SET body = body || x'20'")
    found = ran("cache", "verify", "--json")
    damaged = found.object["damaged"]

    assert (1, 4, None) == (found.code, len(damaged), found.object["trouble"])
    assert ["entries"] * 3 + ["memo"] == sorted(each["table"] for each in damaged)
    assert {"pace", None} == {each["evaluator"] for each in damaged}
    assert (0, held - 3) == (ran("cache", "verify").code, len(entries()))


def test_a_damaged_row_is_shown(ran):
    """What it was a score of, and what becomes of it."""
    execute("UPDATE entries SET score = 0.123 WHERE evaluator = 'tone' AND score IS NOT NULL")
    said = ran("cache", "verify")

    assert (1, True, True) == (
        said.code,
        " tone on ex-" in said.out,
        "damaged: they are taken out" in " ".join(said.out.split()),
    )


def test_a_file_with_a_torn_page_is_read_around(ran):
    """What cannot be read is named; what can be is not lost, and no other value is ever shown."""
    before = {each.key: each for each in entries()}
    with closing(sqlite3.connect(path_of())) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with open(path_of(), "r+b") as file:  # noqa: PTH123
        file.seek(4096 * 12 + 50)
        file.write(b"\xff" * 3000)
    said = ran("cache", "verify", "--json")

    assert (True, True) == (said.code in {0, 1}, said.object["rows"] > 0)
    assert all(before[each.key] == each for each in entries())


def test_a_file_that_is_damaged_beyond_its_rows_is_told(ran):
    """Nothing is deleted; what to do is said."""
    with closing(sqlite3.connect(path_of())) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'entries'").fetchone()
    with open(path_of(), "r+b") as file:  # noqa: PTH123
        file.seek(4096 * (root - 1))
        file.write(b"\xff" * 100)
    said = ran("cache", "verify", "--json")

    assert (1, True) == (said.code, "cannot be used" in said.object["trouble"])
    shown = " ".join(ran("cache", "verify").out.split())
    assert f"ippon cache export FILE --cache {path_of()} then move it away, and the next run makes a new one" in shown


@pytest.mark.parametrize(
    ("words", "goes"),
    [
        (["--evaluator", "pace"], lambda each: each.evaluator == "pace"),
        (["--model", "vllm/scripted"], lambda each: each.model == "vllm/scripted"),
        (["--failed"], lambda each: each.failure is not None),
        (["--failed", "--evaluator", "tone"], lambda each: each.failure is not None and each.evaluator == "tone"),
        (["--older-than", "2d"], lambda _each: False),
    ],
)
def test_what_is_pruned_is_what_all_filters_hold_for(ran, words, goes):
    """First counted, then deleted; nothing else is."""
    before = entries()
    expected = sum(map(goes, before))
    dry = ran("cache", "prune", *words, "--dry-run", "--json").object
    assert (expected, len(before), True) == (dry["deleted"], len(entries()), dry["dry_run"])
    found = ran("cache", "prune", *words, "--json").object

    assert (expected, len(before) - expected) == (found["deleted"], found["left"])
    assert [each for each in before if not goes(each)] == entries()


def test_what_is_old_is_pruned(ran):
    """All of it here; the file stays where it is."""
    make_older(3 * DAY)
    held = len(entries())

    assert (held, 0) == (ran("cache", "prune", "--older-than", "2d", "--json").object["deleted"], len(entries()))


def test_explanations_of_what_is_gone_are_kept_for_a_while(ran, monkeypatch):
    """So that `cache why` can say that there was something; not without end."""
    monkeypatch.setattr("ippon.adapters.cache_upkeep.REMEMBERED", 5)
    ran("cache", "prune", "--evaluator", "pace")
    left = execute("UPDATE explanations SET example = example WHERE key NOT IN (SELECT key FROM entries)")

    assert 5 == left


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        ([], "cache prune: which entries?", "--older-than 30d"),
        (["--evaluator", "pice"], "no entry is of evaluator `pice`", "did you mean `pace`?"),
        (["--model", "vllm/scriptd"], "no entry is of model `vllm/scriptd`", "did you mean `vllm/scripted`?"),
        (["--older-than", "3 days"], "--older-than 3 days is no span of time", "30m, 12h, 7d or 2w"),
        (["--older-than", "never"], "--older-than never is no span of time", "30m, 12h, 7d or 2w"),
        (["--failed", "--cache", "redis://127.0.0.1/0"], "this deletes from a cache file only", "--cache PATH"),
    ],
)
def test_what_cannot_be_pruned_is_told(ran, words, message, hint):
    """With the nearest name that is in the cache; nothing is deleted."""
    held = len(entries())
    found = ran("cache", "prune", *words, "--json").object["errors"][0]

    assert (message, True, held) == (found["message"], found["hint"].startswith(hint), len(entries()))


def test_in_a_cache_that_is_not_there_nothing_is_found(tmp_path, capsys, monkeypatch):
    """A name is then nobody's, and a check is at its end at once."""
    monkeypatch.chdir(tmp_path)
    wrong = ippon(capsys, "cache", "prune", "--model", "m/x", "--json").object["errors"][0]

    assert ("no entry is of model `m/x`", "the cache is empty") == (wrong["message"], wrong["hint"])
    assert 0 == ippon(capsys, "cache", "prune", "--failed", "--json").object["deleted"]
    assert 0 == ippon(capsys, "cache", "verify", "--json").object["rows"]


@pytest.mark.parametrize(
    ("torn", "least", "most"), [(None, 1, 299), ("sqlite_autoindex_entries_1", 0, 0), ("explanations", 300, 300)]
)
def test_what_is_whole_goes_out_of_a_torn_file(tmp_path, capsys, torn, least, most):
    """A page of entries, or the first one of an index or a table: what can be read is exported, the rest is counted."""
    path = str(tmp_path / "torn.sqlite")
    with closing(SqliteCache(path)) as cache:
        cache.write([entry(i) for i in range(300)])
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        roots = {None: 0, **dict(db.execute("SELECT name, rootpage FROM sqlite_master"))}
    with open(path, "r+b") as file:  # noqa: PTH123
        page = roots[torn] or file.read().rindex(b"because of") // 4096 + 1
        file.seek(4096 * (page - 1))
        file.write(b"\xff" * 4096)
    found = ippon(capsys, "cache", "export", str(tmp_path / "o.jsonl"), "--cache", path, "--json").object

    assert 300 == found["written"] + found["damaged"]
    assert least <= found["written"] <= most
