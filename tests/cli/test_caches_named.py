"""`ippon cache`: which cache is meant, and who agrees to empty it."""

from __future__ import annotations

import re

import pytest

from ippon import api
from ippon.api import caches
from ippon.api.exchange import cache_export
from ippon.api.why import cache_why
from ippon.cli.main import main
from ippon.errors import UsageError
from ippon.records.options import Options
from tests.cli.terminal import a_terminal
from tests.door import ippon


@pytest.fixture
def full(tmp_path, monkeypatch):
    """A folder with a suite, a run of it in the default cache, and one in a cache of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ippon.toml").write_text(
        'ippon = 1\n[[evaluators]]\nname = "e"\nkind = "exact"\n[[examples]]\nid = "a"\nresponse = "r"\nreference = "r"\n'
    )
    environ = {"XDG_CACHE_HOME": str(tmp_path / "shared"), "XDG_STATE_HOME": str(tmp_path / "state")}
    for options in (Options(), Options(cache="own.sqlite")):
        api.execute(options, environ=environ)
    return environ


def test_the_cache_of_all_projects_is_emptied_only_when_somebody_agrees(full):
    """The message says whose it is and how much would be lost; the hint is the command that means it."""
    with pytest.raises(UsageError) as caught:
        caches.cache_clear(Options(), environ=full)
    (problem,) = caught.value.problems
    path = f"{full['XDG_CACHE_HOME']}/ippon/cache.sqlite"
    assert problem.message.startswith(f"{path} is shared by all your projects; it holds 1 entry, ")
    assert (True, f"ippon cache clear --cache {path}") == (problem.message.endswith(" kB"), problem.hint)

    assert 1 == caches.cache_clear(Options(), confirm=lambda _problem: True, environ=full)
    assert 0 == caches.cache_clear(Options(), environ=full)


def test_a_cache_that_is_named_is_meant(full):
    """`--cache` is agreement enough."""
    assert 1 == caches.cache_clear(Options(cache="sqlite:///own.sqlite"), environ=full)


@pytest.mark.parametrize(
    "look",
    [
        caches.cache_stats,
        caches.cache_clear,
        caches.cache_verify,
        lambda options, environ: caches.cache_prune(options, caches.Which(failed=True), environ=environ),
        lambda options, environ: cache_export(options, "x.jsonl", environ=environ),
        lambda options, environ: cache_why(options, "a", "e", environ=environ),
    ],
)
def test_a_cache_that_is_not_there_is_not_made_by_looking_at_it(full, tmp_path, look):
    """A typing error would look like an empty cache."""
    with pytest.raises(UsageError, match=r"there is no cache owm\.sqlite"):
        look(Options(cache="owm.sqlite"), environ=full)

    assert [] == [*tmp_path.glob("owm*")]


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ("owm.sqlite", "did you mean own.sqlite?"),
        ("sqlite:///./owm.sqlite", "did you mean ./own.sqlite?"),
        ("other", "without --cache: the one that all projects share"),
        ("nowhere/own.sqlite", "without --cache: the one that all projects share"),
    ],
)
def test_a_cache_that_is_not_there_has_a_nearest_name(full, named, hint):
    """A file beside it, if one is called nearly so."""
    with pytest.raises(UsageError) as caught:
        caches.cache_stats(Options(cache=named), environ=full)

    assert hint == caught.value.problems[0].hint


def test_a_lock_of_a_cache_is_not_what_was_meant(full, tmp_path):
    """Nor its log: they are no caches."""
    (tmp_path / "far.sqlite-asking").touch()
    with pytest.raises(UsageError) as caught:
        caches.cache_stats(Options(cache=str(tmp_path / "far.sqlite-askin")), environ=full)

    assert "asking" not in caught.value.problems[0].hint


@pytest.mark.parametrize(
    "words", [["cache"], ["cache", "stats"], ["cache", "why", "a", "e"], ["cache", "clear"], ["cache", "verify"], ["cache", "prune", "--failed"], ["plan"], ["runs"], ["doctor"]]
)  # fmt: skip
def test_looking_makes_no_cache(full, tmp_path, capsys, monkeypatch, words):
    """Not even the one that all projects share."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "new"))

    assert 0 == ippon(capsys, *words).code
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(("typed", "code", "left"), [("y\n", 0, 0), ("\n", 2, 1)])
def test_a_terminal_is_asked(full, monkeypatch, typed, code, left):
    """With the path and how much would be lost; anything but a yes keeps it."""
    monkeypatch.setenv("XDG_CACHE_HOME", full["XDG_CACHE_HOME"])
    with a_terminal(typed) as seen:
        found = main(["cache", "clear"])

    assert (code, left) == (found, caches.cache_stats(Options(), environ=full)["entries"])
    shown = " ".join(seen[0].split())
    assert re.search(
        r"cache.sqlite is shared by all your projects; it holds 1 entry, [\d.]+ kB; go on\? \[y/N\]", shown
    ), shown
