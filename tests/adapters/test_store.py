"""The history's file: sheets in the order of the plan, each response once, older formats brought up to date."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ippon.adapters.sqlite_file import APPLICATION_ID
from ippon.adapters.store_sqlite import SCHEMA, SqliteStore
from ippon.errors import StoreError
from ippon.records.kept import Kept
from ippon.records.run import Counts, Result, Run

RUN = Run(
    run_id="r1",
    suite="s",
    tier="full",
    target="default",
    started_at=1.0,
    verdict="none",
    exit_code=0,
    stopped_because="all",
    counts=Counts(total=4, planned=4),
    wall_s=1.0,
)


def row(position, *, text=None, response=None, score=0.5):
    """A result in its place."""
    result = Result(example=f"e{position}", evaluator="tone", response="target", status="answered", text=text)
    key = position.to_bytes(32, "big")
    return Kept(position, key, msgspec.structs.replace(result, score=score), response)


@given(
    st.permutations(range(30)),
    st.lists(st.integers(1, 7), min_size=30, max_size=30),
    st.lists(st.sampled_from(["a", "b", None, "c \0 \u202e"]), min_size=30, max_size=30),
    st.booleans(),
)
@settings(max_examples=50, deadline=None)
def test_results_stand_in_the_order_of_the_plan(tmp_path_factory, order, sizes, texts, ends):
    """In whatever order and groups they came, during the run, after it and after the file was closed."""
    store = SqliteStore(str(tmp_path_factory.mktemp("h") / "h.sqlite"))
    store.begin(msgspec.structs.replace(RUN, finished=False))
    rows = [row(position, text=texts[position]) for position in order]
    last = rows[25:] if ends else []
    left = rows[:25] if ends else rows
    for size in sizes:
        some, left = left[:size], left[size:]
        if some:
            store.record("r1", some)
    assert [each.result for each in sorted(rows[: 25 if ends else 30], key=lambda one: one.position)] == list(
        store.results("r1")
    )
    store.finish(RUN, last)
    expected = [each.result for each in sorted(rows, key=lambda one: one.position)]
    results = store.load("latest").results

    assert (30, expected) == (len(results), list(results))
    store.close()
    assert (30, expected, expected[7]) == (len(results), list(results), results[7])
    assert {each.key: each.result for each in rows} == store.known("r1").results
    store.close()


def test_a_closed_history_is_not_left_open(tmp_path):
    """Who looks at results afterwards opens it for as long as that takes."""
    store = SqliteStore(str(tmp_path / "h.sqlite"))
    store.begin(RUN)
    store.finish(RUN, [row(0), row(1)])
    results = store.results("r1")
    store.close()

    assert (2, "e1", "e0") == (len(results), results[-1].example, next(iter(results)).example)
    assert [] == [each for each in Path("/proc/self/fd").iterdir() if str(tmp_path) in os.path.realpath(each)]


@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
def test_results_that_are_gone_are_not_none(tmp_path, replaced):
    """Who looks at them is told where they were."""
    path = tmp_path / "h.sqlite"
    store = SqliteStore(str(path))
    store.begin(RUN)
    store.finish(RUN, [row(0)])
    results = store.results("r1")
    store.close()
    path.unlink()
    if replaced:
        other = SqliteStore(str(path))
        other.begin(msgspec.structs.replace(RUN, run_id="r2"))
        other.close()

    for look in (len, list):
        with pytest.raises(StoreError, match=r"the results of run r1 are gone: they were in .*h\.sqlite"):
            look(results)


def test_a_response_is_kept_once_a_run(tmp_path):
    """However many evaluators judged it, in however many groups; fetched ones are known by their keys."""
    path = tmp_path / "h.sqlite"
    store = SqliteStore(str(path))
    store.begin(RUN)
    long = "a response of some length " * 1000
    for position in range(100):
        store.record("r1", [row(position, text=long, response=b"k" * 32)])
    store.finish(RUN, [row(100, text=long), row(101, text="short", response=b"s" * 32)])
    store.close()

    assert path.stat().st_size < 5 * len(long)
    assert {b"k" * 32: long, b"s" * 32: "short"} == store.known("r1").responses
    assert long == store.results("r1")[100].text
    store.close()


def test_runs_do_not_share_numbers(tmp_path):
    """Two runs of one process, the second begun while the first is open."""
    store = SqliteStore(str(tmp_path / "h.sqlite"))
    other = msgspec.structs.replace(RUN, run_id="r2", started_at=2.0)
    store.begin(RUN)
    store.record("r1", [row(0, text="a")])
    store.begin(other)
    store.record("r2", [row(0, text="b"), row(1, text="a")])
    store.record("r1", [row(1, text="b")])
    store.finish(RUN, [])
    store.finish(other, [])

    assert ["a", "b"] == [each.text for each in store.results("r1")]
    assert ["b", "a"] == [each.text for each in store.results("r2")]
    store.close()


def test_what_could_not_be_written_takes_no_number(tmp_path):
    """A group that fails leaves the next one whole."""
    path = tmp_path / "h.sqlite"
    store = SqliteStore(str(path))
    store.begin(RUN)
    other = sqlite3.connect(path)
    other.execute("ALTER TABLE results RENAME TO hidden")
    with pytest.raises(StoreError):
        store.record("r1", [row(0, text="lost")])
    other.execute("ALTER TABLE hidden RENAME TO results")
    other.close()
    store.record("r1", [row(1, text="kept")])

    assert ["kept"] == [each.text for each in store.results("r1")]
    store.close()


@pytest.fixture
def older(tmp_path):
    """A history of format 1: a closed run with its sheet, and a killed one with its journal."""
    path = tmp_path / "h.sqlite"
    db = sqlite3.connect(path)
    db.executescript(SCHEMA + f"; PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1")
    for run_id, started_at, finished in (("closed", 1.0, True), ("killed", 2.0, False)):
        run = msgspec.structs.replace(RUN, run_id=run_id, started_at=started_at, finished=finished)
        rows = [[n, bytes(32), n % 2, row(n).result] for n in range(3)]
        sheet = msgspec.json.encode([["a", "b"], rows, [[b"k" * 32, 1]]])
        body = msgspec.json.encode(run)
        db.execute(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?)",
            (run_id, started_at, "s", "default", body, sheet if finished else None),
        )
        if not finished:
            db.execute("INSERT INTO journal VALUES (?, ?, ?)", (run_id, 0, sheet))
    db.commit()
    db.close()
    return path


def test_an_older_history_is_brought_up_to_date(older):
    """Runs, results and responses are what they were; the open one is still open."""
    store = SqliteStore(str(older))

    assert [("killed", False), ("closed", True)] == [(run.run_id, run.finished) for run in store.runs()]
    assert "closed" == store.last("s", "default").run_id
    for run_id in ("closed", "killed"):
        assert ["a", "b", "a"] == [each.text for each in store.results(run_id)]
        assert 3 == len(store.results(run_id))
        assert {b"k" * 32: "b"} == store.known(run_id).responses
    assert 3 == store.runs()[0].counts.answered
    store.close()


def test_an_older_history_that_cannot_be_written_says_so(older):
    """One clear line; nothing is lost."""
    other = sqlite3.connect(older, isolation_level=None)
    other.execute("CREATE TABLE results (a)")
    other.close()
    store = SqliteStore(str(older))

    with pytest.raises(StoreError, match=r"the history .* cannot be used"):
        store.runs()
    store.close()
