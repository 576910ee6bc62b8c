"""`ippon doctor`: each row has a name of its own, and says what matters on a line."""

from __future__ import annotations

import os

import pytest

from ippon.wiring.doctor import sqlite_finding
from tests.door import coaching, ippon


def test_no_two_rows_have_one_name(tmp_path, capsys):
    """The folder of the cache is not the cache."""
    path = coaching(tmp_path)
    ippon(capsys, "run", path, "--max-calls", "0")
    found = ippon(capsys, "doctor", path, "--base-url", "http://127.0.0.1:9/v1", "--json").object["findings"]
    names = [each["name"] for each in found]

    assert len(names) == len({*names})
    assert {"cache", "cache folder", "state folder", "history"} <= {*names}


@pytest.mark.parametrize(
    ("version", "has_it"),
    [
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 0), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
        ((4, 0, 0), False),
    ],
)
def test_the_wal_reset_bug_is_named_where_it_is(version, has_it):
    """Mended in three lines of releases."""
    found, name, text = sqlite_finding(version)

    assert ("ok", "sqlite", ".".join(map(str, version))) == (found, name, text.partition(" ")[0])
    assert has_it == ("WAL-reset bug" in text)


def test_a_cache_folder_that_nobody_may_write_is_to_be_fixed(capsys, monkeypatch):
    """Told where, and the exit code of a check-up that found something."""
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and allowed(path, mode))
    checked = ippon(capsys, "doctor", "--json")
    findings = {each["name"]: each for each in checked.object["findings"]}

    assert (2, "FAIL") == (checked.code, findings["cache folder"]["state"])
    assert "cannot be written" in findings["cache folder"]["text"]
