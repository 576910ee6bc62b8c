"""What `--cache` may name beside a file and a Redis: a snapshot, a part of a cache; and what it may not."""

from __future__ import annotations

import pytest

import ippon as ippon_package
from tests.door import coaching, ippon
from tests.redis.counted import CALLS, EXAMPLES, SECRET, counts


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"redsi://:{SECRET}@h/0", "--cache redsi://***@h/0 is no cache: a path, sqlite:///PATH or redis://HOST/DB"),
        (f"redis://:{SECRET}@h:x/0", "cache redis://***@h:x/0 has a port that is no number"),
        ("redis://h/zero", "has a database `zero` that is no number"),
        ("sqlite:///x.sqlite?mode=rw", "cache sqlite:///x.sqlite?mode=rw says `mode=rw`, which nothing reads"),
        ("sqlite:///x.sqlite?namespace=a b", "says `namespace=a b`, which nothing reads"),
        ("sqlite:///x.sqlite?mode=ro&mode=ro", "says `mode=ro`, which nothing reads"),
        ("sqlite:///", "--cache sqlite:/// is no cache: a path, sqlite:///PATH or redis://HOST/DB"),
        ("sqlite:///?namespace=a", "--cache sqlite:///?namespace=a is no cache"),
        ("sqlite:///nowhere.sqlite?mode=ro", "there is no cache nowhere.sqlite"),
        ("rediss://h/0?ca=nowhere.pem", "cache rediss://h:6379/0 names a certificate nowhere.pem that is no file"),
    ],
)
def test_a_cache_that_is_misspelt(person, endpoint, url, why):
    """One clear line, no call, no password."""
    said = person("ann", "--cache", url)

    assert (2, 0) == (said.code, endpoint.stats().requests)
    assert why in said.err
    assert SECRET not in said.out + said.err


@pytest.mark.parametrize("kind", ["redis", "sqlite"])
def test_a_namespace_feeds_nobody_else(person, endpoint, server, tmp_path, kind):
    """What a job wrote under its own name is not even read from the file at hand without that name, nor the reverse."""
    url = server.url() if kind == "redis" else f"sqlite:///{tmp_path / 'shared.sqlite'}?"
    forks = f"{url.rstrip('?')}{'&' if kind == 'redis' else '?'}namespace=forks"
    assert (0, 0, CALLS) == counts(person("ci", "--cache", forks, "--json"))
    assert (0, 0, CALLS) == counts(person("ci", "--cache", url.rstrip("?"), "--json"))
    assert 2 * CALLS == endpoint.stats().requests

    assert (0, CALLS, 0) == counts(person("ci", "--cache", forks, "--json"))
    assert (0, CALLS, 0) == counts(person("ci", "--cache", url.rstrip("?"), "--json"))


@pytest.mark.parametrize("namespace", ["", "&namespace=ci"])
def test_a_snapshot_is_read_and_never_touched(person, endpoint, tmp_path, capsys, namespace):
    """Behind the default cache, in a folder that cannot be written; what it lacks is kept in the default one."""
    path = coaching(tmp_path, n=EXAMPLES - 1)
    whole, lines = str(tmp_path / "whole.sqlite"), str(tmp_path / "entries.jsonl")
    person("ann", "--cache", f"sqlite:///{whole}" + namespace.replace("&", "?"), suite=path)
    place = tmp_path / "committed"
    place.mkdir()
    snapshot = place / "snapshot.sqlite"
    assert 0 == ippon(capsys, "cache", "export", lines, "--cache", whole).code
    assert 0 == ippon(capsys, "cache", "import", lines, "--cache", str(snapshot)).code
    before = {each: each.read_bytes() for each in place.iterdir()}
    place.chmod(0o500)
    name = f"sqlite:///{snapshot}?mode=ro{namespace}"
    path = coaching(tmp_path, n=EXAMPLES)

    assert (0, CALLS - 7, 7) == counts(person("ci", "--cache", name, "--json", suite=path))
    assert (0, CALLS, 0) == counts(person("ci", "--cache", name, "--json", suite=path))
    assert CALLS == endpoint.stats().requests
    assert before == {each: each.read_bytes() for each in place.iterdir()}


def test_time_to_live_is_that_of_a_part_of_a_file_as_well(person, tmp_path):
    """Its file is what the suite's time to live is set on."""
    path = coaching(tmp_path, n=EXAMPLES, more='[cache]\nttl = "1d"\n')
    part = f"sqlite:///{tmp_path / 'x.sqlite'}?namespace=ci"
    assert (0, 0, CALLS) == counts(person("ci", "--cache", part, "--json", suite=path))
    assert (0, CALLS, 0) == counts(person("ci", "--cache", part, "--json", suite=path))


def test_what_python_names_is_looked_at_as_well(tmp_path):
    """No flag was settled before."""
    with pytest.raises(ippon_package.UsageError, match=r"cache redsi://\*\*\*@h is no cache"):
        ippon_package.load(coaching(tmp_path, n=1)).run(cache=f"redsi://:{SECRET}@h")


def test_a_snapshot_that_is_no_cache(person, endpoint, tmp_path):
    """Exit 2, and it stays as it is: a text, an empty file, one whose rows are still in a log beside it."""
    text = tmp_path / "notes.sqlite"
    text.write_text("no database, but long enough to be taken for one " * 20)
    empty = tmp_path / "empty.sqlite"
    empty.touch()
    half = tmp_path / "half.sqlite"
    person("ann", "--cache", str(half))
    endpoint.reset()
    for path, why in (
        (text, "file is not a database"),
        (empty, f"there is no cache {empty}"),
        (half, f"{half} is no whole snapshot: {half}-wal holds what was written last"),
    ):
        said = person("ann", "--cache", f"sqlite:///{path}?mode=ro")
        assert (2, 0) == (said.code, endpoint.stats().requests)
        assert why in " ".join(said.err.split())


def test_a_snapshot_from_python(person, endpoint, tmp_path, capsys):
    """The same URL as an option of a run."""
    path = coaching(tmp_path, n=EXAMPLES)
    person("ann", "--cache", str(tmp_path / "whole.sqlite"), suite=path)
    lines, snapshot = str(tmp_path / "entries.jsonl"), str(tmp_path / "snapshot.sqlite")
    ippon(capsys, "cache", "export", lines, "--cache", str(tmp_path / "whole.sqlite"))
    ippon(capsys, "cache", "import", lines, "--cache", snapshot)
    options = {"judge": "vllm/scripted", "base_url": endpoint.base_url, "cache": f"sqlite:///{snapshot}?mode=ro"}
    run = ippon_package.load(path).run(tier="full", **options)

    assert (CALLS, CALLS) == (run.counts.cached, endpoint.stats().requests)
