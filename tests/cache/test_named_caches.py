"""`ippon cache` with a Redis, a snapshot or a part of a file: of the cache that is named, or refused."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.cache.kept import entries, execute, path_of
from tests.door import ippon

REDIS = "redis://:bad@127.0.0.1:1/0"
SNAPSHOT = "sqlite:///s.sqlite?mode=ro"
PART = "sqlite:///s.sqlite?namespace=nope"


@pytest.fixture
def ran(tmp_path, capsys, monkeypatch):
    """Two evaluations in the default cache, in an export and in a snapshot; how a command is called here."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f'[[examples]]\nid = "{name}"\nresponse = "r"\nreference = "{name}"\n' for name in "rs")
    (tmp_path / "ippon.toml").write_text(f'ippon = 1\n[[evaluators]]\nname = "e"\nkind = "exact"\n{rows}')

    def call(*words):
        return ippon(capsys, *words)

    call("run", "-t", "full")
    call("cache", "export", "seed.jsonl")
    call("cache", "import", "seed.jsonl", "--cache", "s.sqlite")
    return call


@pytest.mark.parametrize("words", [["stats"], ["verify"], ["export", "-"], ["import", "seed.jsonl"]])
def test_a_redis_is_no_file(ran, words):
    """The file in front of it is another cache; the hint is the command for that, and the password is not shown."""
    shown = ran("cache", *words, "--cache", REDIS)

    assert (2, False) == (shown.code, "bad" in shown.err)
    assert f"ippon cache {' '.join(words)} --cache {path_of()}" in " ".join(shown.err.split())
    assert 2 == len(entries())


def test_a_snapshot_is_looked_at_itself(ran):
    """Its damaged rows are named and stay, and what is whole goes out; it is not written, and no file appears beside it."""
    execute("UPDATE entries SET reason = 'flipped' WHERE rowid = 1", path="s.sqlite")
    shutil.copy("s.sqlite", "before.sqlite")
    there = sorted(os.listdir())
    found = ran("cache", "verify", "--cache", SNAPSHOT, "--json")
    shown = " ".join(ran("cache", "verify", "--cache", SNAPSHOT).out.split())

    assert (1, 2, 1, False) == (
        found.code,
        found.object["entries"],
        len(found.object["damaged"]),
        found.object["removed"],
    )
    assert "2 entries checked in s.sqlite, 1 damaged: a snapshot is never written" in shown
    assert 2 == ran("cache", "stats", "--cache", SNAPSHOT, "--json").object["entries"]
    assert sorted(os.listdir()) == there
    assert 1 == ran("cache", "export", "o.jsonl", "--cache", SNAPSHOT, "--json").object["written"]
    with open("s.sqlite", "rb") as now, open("before.sqlite", "rb") as before:  # noqa: PTH123
        assert before.read() == now.read()


def test_a_snapshot_takes_nothing_in(ran):
    """The hint is how the file itself is written."""
    found = ran("cache", "import", "seed.jsonl", "--cache", SNAPSHOT, "--json")
    (error,) = found.object["errors"]

    assert (2, "a snapshot (mode=ro) is never written: s.sqlite") == (found.code, error["message"])
    assert error["hint"].startswith("ippon cache import seed.jsonl --cache s.sqlite ")


def test_half_a_snapshot_says_how_it_is_made_whole(ran):
    """What is beside it is read with it when the file itself is named, and so goes into an export."""
    with open("s.sqlite-wal", "wb") as log:  # noqa: PTH123
        log.write(b"x")
    (error,) = ran("cache", "stats", "--cache", SNAPSHOT, "--json").object["errors"]

    assert error["hint"].startswith(
        "ippon cache export FILE --cache s.sqlite   then   ippon cache import FILE --cache "
    )


@pytest.mark.parametrize(
    "words", [["clear"], ["prune", "--failed"], ["export", "o.jsonl"], ["import", "seed.jsonl"]]
)  # fmt: skip
def test_a_part_of_a_file_is_not_told_apart(ran, words):
    """Keys are digests: nothing is deleted, written or taken in for more than what was named."""
    found = ran("cache", *words, "--cache", PART, "--json")
    (error,) = found.object["errors"]

    assert (2, 2, False) == (found.code, len(entries("s.sqlite")), os.path.exists("o.jsonl"))  # noqa: PTH110
    assert error["message"].startswith("no entry tells of which namespace it is, so ippon cache ")
    assert "--cache s.sqlite   means all namespaces" == error["hint"]


def test_a_part_of_a_snapshot_neither(ran):
    """The hint keeps that it is one."""
    found = ran("cache", "export", "o.jsonl", "--cache", f"{SNAPSHOT}&namespace=nope", "--json")

    assert f"--cache '{SNAPSHOT}'   means all namespaces" == found.object["errors"][0]["hint"]


def test_without_a_suite_a_cache_was_worth_nothing(ran, tmp_path, monkeypatch):
    """It is shown all the same; no run is to be found."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "ippon.toml").unlink()
    monkeypatch.chdir(tmp_path / "empty")
    found = ran("cache", "stats", "--json")

    assert (0, 2, 0) == (found.code, found.object["entries"], found.object["runs"])


@pytest.mark.parametrize("verb", ["stats", "verify"])
def test_all_of_a_file_is_counted_and_that_is_said(ran, verb):
    """Whatever part was named."""
    assert "in s.sqlite, all its namespaces" in " ".join(ran("cache", verb, "--cache", PART).out.split())


@pytest.mark.parametrize(
    ("store", "message"), [("nosuch", "there is no history nosuch"), ("ippon.toml", "cannot be used")]
)
def test_a_history_that_is_none_is_refused(ran, store, message):
    """A typing error would look like a cache that was worth nothing."""
    found = ran("cache", "stats", "--store", store, "--json")

    assert (2, True) == (found.code, message in found.object["errors"][0]["message"])
