"""`ippon cache export` and `import`: a cache as lines of text, each with its digest."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.endpoint import serving
from bench.script import Script
from ippon.adapters.cache_sqlite import SqliteCache
from ippon.adapters.cache_upkeep import Upkeep
from ippon.api.exchange import cache_export, cache_import
from ippon.errors import UsageError
from ippon.records.call import DETERMINISTIC
from ippon.records.entry_lines import entries_in, entry_in, line_of
from ippon.records.kept import Entry
from ippon.records.options import Options
from tests.cache.kept import entries, execute
from tests.door import coaching, ippon

TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
ENTRIES = st.builds(
    Entry,
    key=st.binary(min_size=32, max_size=32),
    kind=st.sampled_from(["call", "score", "response"]),
    created_at=st.floats(0, 1e9),
    body=st.binary(max_size=50),
    score=NUMBERS,
    label=TEXTS,
    reason=TEXTS,
    failure=st.none() | st.sampled_from(sorted(DETERMINISTIC)),
    evaluator=TEXTS,
    model=TEXTS,
    cost_usd=NUMBERS,
    seconds=NUMBERS,
    example=st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
    explain=st.binary(max_size=20),
)


@given(st.lists(ENTRIES, unique_by=lambda each: each.key, max_size=5))
@settings(deadline=None)
def test_what_goes_out_comes_in(found):
    """Every field, whatever is in it."""
    lines = b"".join(map(line_of, found))

    assert found == [each for _, each in entries_in(io.BytesIO(lines))]
    assert len(found) == lines.count(b"\n")


@given(ENTRIES, st.data())
@settings(deadline=None)
def test_a_changed_line_is_never_another_entry(entry, data):
    """One byte of it: the same entry, or none."""
    line = bytearray(line_of(entry))
    place = data.draw(st.integers(0, len(line) - 2))
    line[place] = data.draw(st.integers(0, 255))
    try:
        found = entry_in(bytes(line))
    except ValueError:
        return
    assert found == entry


@pytest.fixture
def ran(tmp_path, capsys, monkeypatch):
    """Seven examples by seven judges, in a cache; how a command is called here."""
    monkeypatch.chdir(tmp_path)
    with serving(Script(faults={"400": 0.2})) as endpoint:
        path = coaching(tmp_path, n=7)
        at = ["--base-url", endpoint.base_url]
        ippon(capsys, "run", path, "-t", "full", *at)

        def call(*words, asks=False):
            return ippon(capsys, *words, *(at if asks else []))

        call.stats = endpoint.stats
        yield call


def test_a_cache_seeds_another(ran):
    """All of it, failures and explanations too: nothing is asked there."""
    before = entries()
    assert len(before) == ran("cache", "export", "seed.jsonl", "--json").object["written"]
    found = ran("cache", "import", "seed.jsonl", "--cache", "new.sqlite", "--json").object
    assert (len(before), len(before)) == (found["read"], found["added"])
    assert before == entries("new.sqlite")
    sent = ran.stats().requests
    again = ran("run", "-t", "full", "--cache", "new.sqlite", "--json", asks=True).object
    assert (sent, 0, 49) == (
        ran.stats().requests,
        again["evaluations"]["answered"],
        again["evaluations"]["cached"] + again["evaluations"]["failed"],
    )
    assert 0 == ran("cache", "import", "seed.jsonl", "--cache", "new.sqlite", "--json").object["added"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda line: line.replace(b'"created_at":1', b'"created_at":2'), "this entry is damaged"),
        (lambda line: line[: len(line) // 2], "this is no entry of a cache"),
        (lambda _line: b'{"id": "ex-1"}', "this is no entry of a cache"),
        (lambda _line: line_of(Entry(key=b"short", kind="call", created_at=0.0)).strip(), "this entry is damaged"),
    ],
)
def test_a_damaged_line_is_named_and_nothing_is_imported(ran, tmp_path, damage, message):
    """Its number; neither the lines before it nor those after it, and no file is made."""
    ran("cache", "export", "seed.jsonl")
    lines = (tmp_path / "seed.jsonl").read_bytes().splitlines()
    lines[3] = damage(lines[3])
    (tmp_path / "seed.jsonl").write_bytes(b"\n".join([*lines, b"", b""]))
    said = ran("cache", "import", "seed.jsonl", "--cache", "new.sqlite", "--json")
    (error,) = said.object["errors"]

    assert (2, 4, "nothing was imported") == (said.code, error["line"], error["hint"])
    assert (True, "seed.jsonl") == (error["message"].startswith(message), error["file"])
    assert not (tmp_path / "new.sqlite").exists()


def test_many_damaged_lines_are_told_to_an_end(tmp_path, monkeypatch, capsys):
    """The first hundred."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "no.jsonl").write_text("no\n" * 150)

    assert 100 == len(ippon(capsys, "cache", "import", "no.jsonl", "--json").object["errors"])


def test_what_is_there_gives_way_to_better_only(tmp_path):
    """A success to a newer one, never to a failure; a failure to any success."""
    key = [bytes([n]) * 32 for n in range(4)]
    there = [
        Entry(key=key[0], kind="call", created_at=50.0, body=b"answer"),
        Entry(key=key[1], kind="call", created_at=50.0, body=b"no", failure="rejected"),
        Entry(key=key[2], kind="call", created_at=50.0, body=b"old"),
        Entry(key=key[3], kind="call", created_at=50.0, body=b"new"),
    ]
    coming = [
        Entry(key=key[0], kind="call", created_at=90.0, body=b"no", failure="rejected"),
        Entry(key=key[1], kind="call", created_at=10.0, body=b"answer"),
        Entry(key=key[2], kind="call", created_at=90.0, body=b"new"),
        Entry(key=key[3], kind="call", created_at=10.0, body=b"old"),
    ]
    with closing(SqliteCache(str(tmp_path / "c.sqlite"))) as cache:
        cache.write(there)
        assert 2 == Upkeep(cache).add(coming)
        kept = {each.key: each.body for each in Upkeep(cache).entries()}
    assert {key[0]: b"answer", key[1]: b"answer", key[2]: b"new", key[3]: b"new"} == kept


def test_an_entry_of_tomorrow_is_of_today(tmp_path):
    """Or it would outlive every time to live."""
    lines = io.BytesIO(line_of(Entry(key=b"k" * 32, kind="call", created_at=time.time() + 1e9, body=b"b")))
    path = str(tmp_path / "c.sqlite")
    cache_import(Options(cache=path), "-", source=lines)

    assert entries(path)[0].created_at <= time.time()


def test_through_pipes(ran, tmp_path):
    """`-` is standard output, and nothing but entries on it; `-` is standard input."""
    command = [sys.executable, "-m", "ippon", "cache"]
    out = subprocess.run([*command, "export", "-"], capture_output=True, check=True, env=os.environ)
    into = [*command, "import", "-", "--cache", "new.sqlite", "--json"]
    done = subprocess.run(into, input=out.stdout, capture_output=True, check=True, cwd=tmp_path, env=os.environ)

    assert (len(entries()), b"") == (json.loads(done.stdout)["added"], done.stderr)
    assert b"written to standard output" in out.stderr


def test_the_entries_alone_are_on_standard_output(ran):
    """What is said of them is on standard error."""
    said = ran("cache", "export", "-")

    assert [len(entries())] * 2 == [said.out.count("\n"), said.out.count('{"schema":"ippon.cache_entry/1"')]
    assert f"{len(entries())} entries written to standard output\n" == said.err


def test_what_is_damaged_does_not_go_out(ran):
    """Nor does it stop the rest."""
    held = len(entries())
    execute("UPDATE entries SET reason = 'flipped' WHERE evaluator = 'pace'")
    found = ran("cache", "export", "seed.jsonl", "--json").object

    assert (held, 7) == (found["written"] + found["damaged"], found["damaged"])
    shown = " ".join(ran("cache", "export", "seed.jsonl").out.split())
    assert "7 damaged left out: ippon cache verify --cache /" in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["export", "ippon.toml"], "ippon.toml is there and no export of a cache"),
        (["export", "."], ". is there and no export of a cache"),
        (["export", "ippon.toml/seed.jsonl"], "ippon.toml/seed.jsonl cannot be written: Not a directory"),
        (["export", "no/seed.jsonl"], "no/seed.jsonl cannot be written: No such file or directory"),
        (["export", "-"], "the entries and --json cannot both be on standard output"),
        (["export", "new.jsonl", "--cache", "gone.sqlite"], "there is no cache gone.sqlite"),
        (["import", "no.jsonl"], "no.jsonl cannot be read: No such file or directory"),
        (["import", "ippon.toml"], "this is no entry of a cache"),
    ],
)
def test_files_that_are_none_are_refused(ran, tmp_path, words, message):
    """And left as they are; nothing is made beside them."""
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir() if each.is_file()}
    said = ran("cache", *words, "--json")

    assert (2, message) == (said.code, said.object["errors"][0]["message"])
    assert before == {each.name: each.read_bytes() for each in tmp_path.iterdir() if each.is_file()}


def test_an_export_replaces_an_export(ran, tmp_path):
    """Whole, by the new one."""
    ran("cache", "export", "seed.jsonl")
    before = (tmp_path / "seed.jsonl").read_bytes()
    ran("cache", "prune", "--failed")
    ran("cache", "export", "seed.jsonl")
    after = (tmp_path / "seed.jsonl").read_bytes()

    assert (True, len(entries())) == (after != before, after.count(b"\n"))
    assert {"schema", "digest", "entry"} == set(msgspec.json.decode(after.splitlines()[0]))


def test_without_a_cache_nothing_goes_out(tmp_path, capsys, monkeypatch):
    """No empty file either."""
    monkeypatch.chdir(tmp_path)
    said = ippon(capsys, "cache", "export", "seed.jsonl")

    assert (2, True, []) == (said.code, "there is no cache yet" in said.err, [*tmp_path.iterdir()])


def test_an_export_of_nothing_is_replaced_too(ran, tmp_path):
    """An empty cache leaves an empty file, and nothing is lost with that."""
    (tmp_path / "seed.jsonl").write_bytes(b"")

    assert 0 == ran("cache", "export", "seed.jsonl").code
    assert len(entries()) == (tmp_path / "seed.jsonl").read_bytes().count(b"\n")


def test_a_pipe_is_read_and_never_replaced(ran, tmp_path):
    """Nor is a device: what somebody else writes to stays what it is."""
    os.mkfifo(tmp_path / "pipe")
    ran("cache", "export", "seed.jsonl")
    said = ran("cache", "export", "pipe", "--json")
    assert (2, "pipe is there and no export of a cache") == (said.code, said.object["errors"][0]["message"])
    with ThreadPoolExecutor() as pool:
        pool.submit((tmp_path / "pipe").write_bytes, (tmp_path / "seed.jsonl").read_bytes())
        found = ran("cache", "import", "pipe", "--cache", "new.sqlite", "--json").object

    assert (True, len(entries())) == ((tmp_path / "pipe").is_fifo(), found["added"])


def test_of_two_exports_in_one_file_the_better_entry_is_kept(tmp_path):
    """Whichever stands first."""
    key = b"k" * 32
    new = Entry(key=key, kind="call", created_at=90.0, body=b"new")
    old = msgspec.structs.replace(new, created_at=10.0, body=b"old")
    no = msgspec.structs.replace(new, created_at=95.0, body=b"no", failure="rejected")
    with closing(SqliteCache(str(tmp_path / "c.sqlite"))) as cache:
        assert 1 == Upkeep(cache).add([no, new, old, no])
        assert [b"new"] == [each.body for each in Upkeep(cache).entries()]


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (b"", "there is nothing in seed.jsonl", "ippon cache export FILE   makes"),
        (b"\n\n", "there is nothing in seed.jsonl", "ippon cache export FILE   makes"),
        (b"\x1f\x8b\x08 and so on", "seed.jsonl is packed with gzip", "gunzip seed.jsonl"),
        (b"SQLite format 3\0", "seed.jsonl is a database", "ippon cache export FILE --cache seed.jsonl"),
        (b"\x7fELF\0\0\nno\nno\n", "seed.jsonl is no text", "ippon cache export FILE   makes"),
        (b'{"schema":"ippon.cache_entry/2"}', "this entry was written by a newer version of ippon", "nothing was"),
        (b'{"schema":"ippon.cache_entry/1"}', "this is no entry of a cache", "nothing was"),
        (b'{"schema":"ippon.run/2"}', "this is no entry of a cache", "nothing was"),
    ],
)
def test_what_is_no_export_is_called_what_it_is(tmp_path, monkeypatch, capsys, content, message, hint):
    """In one line, and nothing is made of it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "seed.jsonl").write_bytes(content)
    said = ippon(capsys, "cache", "import", "seed.jsonl", "--cache", "new.sqlite", "--json")
    (error,) = said.object["errors"]

    assert (2, True, True) == (said.code, error["message"].startswith(message), error["hint"].startswith(hint))
    assert not (tmp_path / "new.sqlite").exists()


def test_nothing_on_standard_input_is_no_import():
    """A pipe whose other end failed."""
    with pytest.raises(UsageError, match="there is nothing in standard input"):
        cache_import(Options(cache="new.sqlite"), "-", source=io.BytesIO())


class Broken(io.BytesIO):
    """Where nothing can be written."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, _text, /):
        """Never."""
        raise self.error


def test_a_full_disk_behind_standard_output_is_told(ran):
    """In the words of the other verbs; a reader who went away is no error."""
    with pytest.raises(UsageError, match="standard output cannot be written: No space left on device"):
        cache_export(Options(), "-", out=Broken(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))
    with pytest.raises(BrokenPipeError):
        cache_export(Options(), "-", out=Broken(BrokenPipeError()))
