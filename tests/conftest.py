"""What every test has: folders of its own for cache and state, no key, no flag from the environment."""

from __future__ import annotations

import os

import pytest

from ippon.records.providers import PROVIDERS


@pytest.fixture(autouse=True)
def own_places(tmp_path_factory, monkeypatch):
    """Cache, state and working folder of this test alone."""
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    keys = {its.key_env for its in PROVIDERS.values() if its.key_env}
    for name in list(os.environ):
        if name.startswith("IPPON_") or name in keys | {"NO_COLOR", "FORCE_COLOR", "CI", "GITHUB_ACTIONS", "COLUMNS"}:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path_factory.mktemp("work"))
