"""Entries that are sealed as ours are and hold what nobody can read: a miss each, and never an error."""

from __future__ import annotations

import msgspec
import pytest

from bench.endpoint import serving
from bench.script import Script
from ippon.adapters.cache_sqlite import SqliteCache
from tests.door import coaching, ippon

TARGET = '[target]\nkind = "model"\nmodel = "ours/bot"\nprompt = "{{ input }}"'


def spoiled(path: str, *kinds: str) -> None:
    """Give the entries of these kinds a body that is neither text nor JSON, sealed anew."""
    cache = SqliteCache(path)
    keys = [key for key, kind in cache.file.rows("SELECT key, kind FROM entries") if kind in kinds]
    entries = cache.read(keys, now=0.0).values()
    cache.write([msgspec.structs.replace(each, body=b"\xff{") for each in entries])
    cache.close()


@pytest.mark.parametrize(
    ("kinds", "asked"),
    [((), 0), (("score",), 0), (("response",), 0), (("score", "response"), 0), (("score", "response", "call"), 32)],
)
def test_bodies_that_nobody_can_read(tmp_path, capsys, kinds, asked):
    """What else is there serves in their place; what is not is asked again."""
    cache = str(tmp_path / "cache.sqlite")
    with serving(
        Script(), answer=lambda body: "fine" if body["model"] == "bot" else {"reason": "r", "label": "good"}
    ) as it:
        own = f'[providers.ours]\nbase_url = "{it.base_url}"\n'
        suite = coaching(tmp_path, n=4, target=TARGET, more=own)
        words = ["run", suite, "-t", "full", "--json", "--cache", cache, "--judge", "vllm/scripted"]
        assert 0 == ippon(capsys, *words, "--base-url", it.base_url).code
        before = it.stats().requests
        spoiled(cache, *kinds)
        again = ippon(capsys, *words, "--base-url", it.base_url)
        sent = it.stats().requests - before

    assert (0, asked, 28) == (again.code, sent, again.object["evaluations"]["planned"])
    assert 0 == again.object["evaluations"]["failed"]
