"""Data files that need more than a text to be written: Parquet, pipes, files that cannot be opened."""

from __future__ import annotations

import io
import os
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ippon.errors import MissingExtraError
from ippon.read.matching_files import matching_files, same
from tests.read.written import EXACT, HEAD, ROWS, lines, problems, refused, suite, write

PARQUET = 'ippon = 1\nexamples = "d.parquet"\n' + EXACT


def parquet(columns, names=None):
    """A Parquet file of columns."""
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet as format_of

    table = arrow.table(list(columns.values()), names=names or list(columns))
    sink = io.BytesIO()
    format_of.write_table(table, sink)
    return sink.getvalue()


def test_parquet_rows_are_json_values():
    """Dates are ISO text, decimals numbers; lists and tables as they are."""
    body = parquet({
        "id": [1, 2], "response": ["a", "b"], "reference": ["a", "b"], "day": [date(2024, 1, 2), None],
        "at": [datetime(2024, 1, 2, 3, tzinfo=UTC), None], "price": [Decimal("1.50"), Decimal("2.00")],
        "tags": [["x", "y"], []], "more": [{"a": 1}, None],
    })  # fmt: skip

    one, two = suite(PARQUET, {"d.parquet": body}).examples

    assert ("1", "2") == (one.id, two.id)
    assert {
        "id": 1, "response": "a", "reference": "a", "day": "2024-01-02", "at": "2024-01-02T03:00:00+00:00", "price": 1.5,
        "tags": ["x", "y"], "more": {"a": 1},
    } == one.row  # fmt: skip
    assert (2, None) == (two.row["price"], two.row["day"])


def test_parquet_values_that_no_record_holds():
    """NaN, bytes and spans of time are named with the number of their row."""
    arrow = pytest.importorskip("pyarrow")
    body = parquet({
        "response": ["a", "b"], "reference": ["a", "b"], "x": [0.5, float("nan")], "y": [b"a", None],
        "z": arrow.array([None, 3], arrow.duration("s")),
    })  # fmt: skip

    assert [
        "d.parquet:1:1 [examples] column `y`: bytes are no text -> None",
        "d.parquet:2:1 [examples] column `x`: NaN and infinity are no numbers here -> None",
        "d.parquet:2:1 [examples] column `z`: a date or time is no value here -> write it as text, in quotes",
    ] == problems({"ippon.toml": PARQUET, "d.parquet": body})


def test_parquet_columns_of_one_name():
    """No column is dropped in silence."""
    body = parquet({"a": ["x"], "b": ["y"]}, names=["response", "response"])

    assert ["d.parquet [examples] two columns are called `response` -> None"] == problems({
        "ippon.toml": PARQUET, "d.parquet": body,
    })  # fmt: skip


def test_parquet_without_its_part(monkeypatch):
    """The error is the command that adds it."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    write({"ippon.toml": PARQUET, "d.parquet": b"PAR1"})

    error = refused("ippon.toml")

    assert isinstance(error, MissingExtraError)
    assert [
        "d.parquet [examples] d.parquet is Parquet, which needs a part that is not installed -> pip install 'ippon[parquet]'"
    ] == lines(error)


def test_a_pipe_is_no_file():
    """Opening one would wait for ever."""
    write({"ippon.toml": HEAD + EXACT})
    os.mkfifo("a.jsonl")

    assert ["ippon.toml:2:1 [examples] a.jsonl is no file -> None"] == lines(refused("ippon.toml"))


def test_a_file_that_cannot_be_read():
    """The system says why."""
    write({"ippon.toml": HEAD + EXACT})
    Path("a.jsonl").symlink_to("/proc/self/mem")

    assert ["ippon.toml:2:1 [examples] a.jsonl cannot be read: input/output error -> None"] == lines(
        refused("ippon.toml", trusted=True)
    )


def test_a_file_in_a_folder_that_is_not_there():
    """There is nothing near it to propose."""
    text = HEAD.replace("a.jsonl", "data/a.jsonl") + EXACT

    assert ["ippon.toml:2:1 [examples] no file data/a.jsonl -> None"] == problems({"ippon.toml": text})


def test_a_name_like_a_glob_may_be_a_file():
    """What is there counts first."""
    text = HEAD.replace("a.jsonl", "a[1].jsonl") + EXACT

    assert 1 == len(suite(text, {"a[1].jsonl": ROWS["a.jsonl"]}).examples)


def test_a_link_in_a_circle_is_outside():
    """It leads nowhere."""
    write({"ippon.toml": HEAD + EXACT})
    Path("a.jsonl").symlink_to("a.jsonl")

    assert ["ippon.toml:2:1 [examples] no file a.jsonl -> None"] == [
        each.replace("did you mean `a.jsonl`?", "None") for each in lines(refused("ippon.toml"))
    ]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.jsonl", ["a.jsonl", "b.jsonl"]),
        ("?.jsonl", ["a.jsonl", "b.jsonl"]),
        ("[ac].jsonl", ["a.jsonl"]),
        ("[!a].jsonl", ["b.jsonl"]),
        ("[b-z].jsonl", ["b.jsonl"]),
        ("*/*.jsonl", ["d/c.jsonl", "link/c.jsonl"]),
        ("**/*.jsonl", ["a.jsonl", "b.jsonl", "d/c.jsonl", "d/e/f.jsonl"]),
        ("./**/**/f.jsonl", ["d/e/f.jsonl"]),
        ("d/**", []),
        ("**", []),
        (".h*/*.jsonl", [".hidden/x.jsonl"]),
        ("d/e/../*.jsonl", ["d/e/../c.jsonl"]),
        ("none/*.jsonl", []),
        ("..", []),
        ("a.jsonl/*", []),
        ("d", []),
        ("*[", []),
    ],
)
def test_which_files_a_glob_matches(pattern, expected):
    """Sorted; files only; hidden ones only where the dot is written; `**` follows no link."""
    write(dict.fromkeys(("a.jsonl", "b.jsonl", "c.txt", "d/c.jsonl", "d/e/f.jsonl", ".hidden/x.jsonl", ".y.jsonl"), ""))
    Path("link").symlink_to("d")

    assert expected == matching_files(".", pattern)


def test_an_absolute_glob():
    """Gives absolute paths."""
    write({"a.jsonl": ""})

    assert [f"{Path.cwd()}/a.jsonl"] == matching_files(".", f"{Path.cwd()}/*.jsonl")


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("abc", "a*c", True), ("abc", "*", True), ("abc", "a*b", False), ("", "*", True), ("abc", "a?", False),
        ("a*c", "a[*]c", True), ("a[", "a[", True), ("ab", "a[", False), ("a]", "a[]]", True), ("a" * 40, "a*" * 20 + "b", False),
        ("abcabd", "*abd", True), ("*", "?", True), (".a", "*", False), (".a", ".*", True), ("b", "[a-c]", True), ("d", "[^a-c]", True),
    ],
)  # fmt: skip
def test_what_a_part_of_a_glob_matches(name, pattern, expected):
    """As shells have it; many stars take no exponential time."""
    assert expected == same(name, pattern)


def test_a_folder_that_is_not_there_has_no_matches():
    """Nor is that an error here."""
    assert [] == matching_files("nowhere", "*")
