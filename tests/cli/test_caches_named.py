"""`ippon cache`: which cache is meant, and who agrees to empty it."""

from __future__ import annotations

import pytest

from ippon import api
from ippon.errors import UsageError
from ippon.records.options import Options


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
        api.cache_clear(Options(), environ=full)
    (problem,) = caught.value.problems
    path = f"{full['XDG_CACHE_HOME']}/ippon/cache.sqlite"
    assert (f"{path} is shared by all your projects; it holds 1 entries", f"ippon cache clear --cache {path}") == (
        problem.message,
        problem.hint,
    )

    assert 1 == api.cache_clear(Options(), confirm=lambda _problem: True, environ=full)
    assert 0 == api.cache_clear(Options(), environ=full)


def test_a_cache_that_is_named_is_meant(full):
    """`--cache` is agreement enough."""
    assert 1 == api.cache_clear(Options(cache="sqlite:///own.sqlite"), environ=full)


@pytest.mark.parametrize(
    "look",
    [
        api.cache_stats,
        api.cache_clear,
        lambda options, environ: api.cache_why(options, "a", "e", environ=environ),
    ],
)
def test_a_cache_that_is_not_there_is_not_made_by_looking_at_it(full, tmp_path, look):
    """A typing error would look like an empty cache."""
    with pytest.raises(UsageError, match=r"there is no cache owm\.sqlite"):
        look(Options(cache="owm.sqlite"), environ=full)

    assert [] == [*tmp_path.glob("owm*")]
