"""The default cache file, which nobody named: where it cannot be used, a run goes on without, and says so."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from bench.cache_rows import NOW, entry, key
from bench.endpoint import serving
from bench.script import Script
from ippon.adapters import sqlite_opening
from ippon.adapters.cache_memory import Forgiving
from ippon.adapters.cache_sqlite import SqliteCache
from ippon.adapters.cache_upkeep import Upkeep
from ippon.errors import Problem, StoreError
from tests.door import coaching, ippon

FORGETS = "from there on this run remembers nothing for the next"


@pytest.fixture(scope="module")
def endpoint():
    """A model that answers."""
    with serving(Script()) as served:
        yield served


@pytest.fixture
def path() -> Path:
    """Where the default file of this test is; its folder is there."""
    made = Path(os.environ["XDG_CACHE_HOME"], "ippon", "cache.sqlite")
    made.parent.mkdir(parents=True)
    return made


class Run:
    """A suite of 21 evaluations, run again and again."""

    def __init__(self, folder, endpoint, capsys) -> None:
        self.words = [coaching(folder, n=3), "-t", "full", "--base-url", endpoint.base_url]
        self.endpoint = endpoint
        self.capsys = capsys

    def __call__(self, *more, verb="run"):
        """(what was said, how many calls it took)."""
        before = self.endpoint.stats().requests
        said = ippon(self.capsys, verb, *self.words, *more)
        return said, self.endpoint.stats().requests - before


@pytest.fixture
def run(tmp_path, endpoint, capsys):
    """Runs one suite."""
    return Run(tmp_path, endpoint, capsys)


def full(_self, *_given):
    """A write for which there is no room."""
    raise StoreError(Problem(message="the cache X cannot be used: database or disk is full", hint="make room"))


def test_a_default_file_that_fails_in_mid_run_ends_nothing(run, path, monkeypatch):
    """One warning; what was learned goes into the history, where a run can be gone on with. A named one is exit 2."""
    monkeypatch.setattr(SqliteCache, "write", full)
    said, calls = run("--json")

    assert (0, 21, 21) == (said.code, calls, said.object["evaluations"]["answered"])
    assert [f"the cache X cannot be used: database or disk is full; {FORGETS}: make room"] == said.object["warnings"]
    assert (0, 0) == ((again := run("--resume", "latest"))[0].code, again[1])
    assert 2 == run("--cache", str(path))[0].code


def test_a_default_file_that_takes_no_compiled_suite(run, path, monkeypatch):
    """It is written no more; the run goes on."""
    monkeypatch.setattr(SqliteCache, "keep", full)
    said, calls = run()

    assert (0, 21) == (said.code, calls)
    assert FORGETS in " ".join(said.err.split())


class Failing:
    """A cache file that fails at what it is told to."""

    def __init__(self, *at: str) -> None:
        self.at = at
        self.asked = 0
        self.rows = {key(0): entry(0)}

    def read(self, keys, *, now):
        """What is there."""
        self.asked += 1
        if "read" in self.at:
            raise StoreError("locked")
        return {each: self.rows[each] for each in keys if each in self.rows}

    def write(self, entries):
        """Keep them."""
        if "write" in self.at:
            raise StoreError("full")
        self.rows |= {each.key: each for each in entries}

    def recall(self, _key):
        """A suite."""
        return b"suite"

    def keep(self, _key, _body):
        """Nothing is left to do."""

    def close(self):
        """Nothing is open."""


def failed(n):
    """The failure that was kept in the place of a row."""
    return replace(entry(n), failure="too_long", created_at=NOW)


def test_memory_stands_in_from_the_first_failure_to_write_on():
    """What the file has is read on; no failure in memory hides a success in the file."""
    cache = Forgiving(Failing("write"))
    assert (None, b"suite") == (cache.note, cache.recall(b""))
    cache.keep(b"", b"")
    cache.write([failed(0), entry(1)])
    cache.write([entry(2)])
    cache.keep(b"", b"")
    found = cache.read([key(n) for n in range(4)], now=NOW)
    cache.close()

    assert f"full; {FORGETS}" == cache.note
    assert {key(n): entry(n) for n in range(3)} == found
    assert (False, True) == (cache.writes, cache.reads)


def test_a_file_that_cannot_be_read_is_asked_once():
    """Each further look would wait as long for whoever keeps it locked."""
    file = Failing("read", "write")
    cache = Forgiving(file)
    assert {} == cache.read([key(0)], now=NOW)
    cache.write([failed(0)])

    assert {key(0): failed(0)} == cache.read([key(0)], now=NOW)
    assert (1, f"locked; {FORGETS}") == (file.asked, cache.note)


def test_a_file_that_can_be_written_is():
    """Memory is for what cannot."""
    file = Failing()
    Forgiving(file).write([entry(1)])

    assert entry(1) == file.rows[key(1)]


def test_plan_and_why_say_what_a_run_would(run, path, monkeypatch):
    """The same warning, and no guess at why it is not known."""
    path.mkdir()
    warnings = run("--json")[0].object["warnings"]
    plan, _ = run("--json", verb="plan")
    why = ippon(run.capsys, "cache", "why", "ex-001", "pace", run.words[0], "--json")

    assert "cannot be used" in warnings[0]
    assert warnings == plan.object["warnings"] == why.object["warnings"]
    cannot = "cannot be told: the cache file cannot be used"
    assert {cannot} == {each["because"] for each in plan.object["misses"]} | {why.object["because"]}
    assert all("warning: " in each.err for each in (plan, why))


def test_plan_refuses_a_named_file_that_a_run_would(run, tmp_path):
    """A file where a folder should be: exit 2 for both, and nothing is made."""
    (tmp_path / "text").touch()
    named = str(tmp_path / "text" / "cache.sqlite")

    assert [2, 2] == [run("--cache", named, verb=verb)[0].code for verb in ("run", "plan")]
    assert 0 == run("--cache", str(tmp_path / "new.sqlite"), verb="plan")[0].code
    assert not (tmp_path / "new.sqlite").exists()


def locked(_self, _keys, **_given):
    """A read that waited for long."""
    raise StoreError("the cache X cannot be used: database is locked")


def test_a_default_file_that_another_keeps_is_told_by_plan_and_why(run, path, monkeypatch):
    """It could be opened, and not be read."""
    run()
    monkeypatch.setattr(SqliteCache, "read", locked)
    plan, _ = run("--json", verb="plan")
    why = ippon(run.capsys, "cache", "why", "ex-001", "pace", run.words[0], "--json").object

    assert [0, 21] == [plan.object["evaluations"][each] for each in ("cached", "to_run")]
    assert "database is locked" in plan.object["warnings"][0]
    assert "cannot be told: the cache file cannot be used" == why["because"]


def test_what_may_not_be_written_is_read_all_the_same(run, path, monkeypatch):
    """Nothing is asked that is known; the rest is kept in memory, and the file stays as it was."""
    run("-e", "pace")
    access = os.access
    monkeypatch.setattr(os, "access", lambda place, mode: str(place) != str(path) and access(place, mode))
    said, calls = run("--json")

    assert (0, 18) == (said.code, calls)
    assert [f"the cache {path} cannot be written: it is read-only; this run remembers nothing for the next"] == (
        said.object["warnings"]
    )
    assert said.object["warnings"] == run("--json", verb="plan")[0].object["warnings"]
    assert 18 == run()[1]


@pytest.mark.parametrize("holds", ["nothing", "a log", "an open folder"])
def test_a_file_in_a_closed_folder_is_read_as_it_stands(path, monkeypatch, holds):
    """SQLite would make files beside it; where a log lies there, or it could have made them, it is another trouble."""
    with closing(SqliteCache(str(path))) as cache:
        cache.write([entry(0)])
    if holds == "a log":
        Path(f"{path}-wal").write_bytes(b"what was written last")
    connected = sqlite_opening.connected

    def shut(place, kind, *, how="mode=rw"):
        if "immutable" in how:
            return connected(place, kind, how=how)
        cause = sqlite3.OperationalError("attempt to write a readonly database")
        cause.sqlite_errorcode = sqlite3.SQLITE_READONLY_DIRECTORY
        raise StoreError("shut") from cause

    monkeypatch.setattr(sqlite_opening, "connected", shut)
    if holds != "an open folder":
        monkeypatch.setattr(os, "access", lambda _place, _mode: False)
    with closing(SqliteCache(str(path))) as cache:
        if holds == "nothing":
            assert ([key(0)], 1) == (list(cache.read([key(0)], now=NOW)), cache.stats()["entries"])
        else:
            with pytest.raises(StoreError, match="shut"):
                cache.read([key(0)], now=NOW)


def test_a_torn_page_is_damage_and_no_end(tmp_path, monkeypatch):
    """What `cache why` looks for may lie on it."""

    def torn(_query, _values=()):
        raise StoreError("malformed")

    with closing(SqliteCache(str(tmp_path / "cache.sqlite"))) as cache:
        cache.write([entry(0)])
        upkeep = Upkeep(cache)
        monkeypatch.setattr(cache.file, "rows", torn)

        assert ({key(0): None}, [], []) == (upkeep.held([key(0)]), [*upkeep.memos(3)], upkeep.explanations("a", "b"))
