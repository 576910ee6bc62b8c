"""Rows 47, 48 and 75: too much of everything: bodies, lines, examples. Memory stays bounded."""

from __future__ import annotations

import gzip
import json
import re
import time

import pytest

from bench.endpoint import serving
from ippon.cli.main import main
from tests.door import ippon
from tests.faults.raw import chat, http, saying
from tests.faults_people.conftest import rows_of, suite_of
from tests.faults_people.processes import measured

TONE = '[[evaluators]]\nname = "tone"\nrubric = "The reply shows tone."\n'
LIMIT_MIB = 8
SPARE_MIB = 4  # what an allocator keeps back
BIG = 500_000_000
BLANKS = b" " * 1_000_000


async def big(_asked, writer):
    """Half a gigabyte, as fast as it is taken."""
    writer.write(http(b"", "200 OK", ("content-length", str(BIG))))
    for _ in range(BIG // len(BLANKS)):
        writer.write(BLANKS)
        await writer.drain()


BOMB = gzip.compress(BLANKS * 100, 9)  # 1:1000


async def bomb(_asked, writer):
    """A hundred megabytes in a tenth of one."""
    writer.write(http(BOMB, "200 OK", ("content-encoding", "gzip")))


async def good(asked, writer):
    """An answer."""
    writer.write(http(chat(asked)))


@pytest.mark.row(47, "500 MB body, gzip bomb")
def test_bodies_without_end(tmp_path):
    """Are cut off at the limit, by name, and never held: the process grows by twice the limit at most."""
    rows_of(tmp_path, *({"response": f"answer {i}"} for i in range(3)))
    suite = suite_of(tmp_path, TONE)
    sizes = {}
    for say in (big, bomb, good):
        with saying(say) as raw:
            went = measured("run", suite, "-t", "full", "-j", "1", "--json", "--base-url", raw.base_url)
        sizes[say] = went.peak_mib
        errors = {(each["class"], each["message"]) for each in (r["error"] for r in went.run["results"]) if each}
        assert (0 if say is good else 3) == went.code
        assert (
            set() if say is good else {("not_a_provider", "the answer of 127.0.0.1 is larger than 8 MiB")}
        ) == errors

    assert sizes[big] - sizes[good] <= 2 * LIMIT_MIB + SPARE_MIB
    assert sizes[bomb] - sizes[good] <= 2 * LIMIT_MIB + SPARE_MIB


@pytest.mark.row(48, "2 MB line, 100k-token item")
def test_a_huge_item(go, tmp_path, capsys):
    """Is judged; screens show its beginning, the object all of it, and neither takes long."""
    text = "a word and " * 200_000
    rows_of(tmp_path, {"response": text, "input": "long " * 100_000})
    suite = suite_of(tmp_path, TONE)
    with serving(answer=lambda _body: {"reason": "why " * 50_000, "label": "poor"}) as endpoint:
        went = go(suite, "--base-url", endpoint.base_url)
        began = time.monotonic()
        shown = ippon(capsys, "runs", "show", "latest", suite)
        took_s = time.monotonic() - began
        tried = ippon(capsys, "try", "ex-000", "tone", suite, "--base-url", endpoint.base_url)
        whole = ippon(capsys, "runs", "show", "latest", suite, "--json")

    assert (0, 1, 0, 0) == (went.code, went.counts["answered"], shown.code, tried.code), (
        went.run["results"][0]["error"],
        went.err,
    )
    assert took_s < 2
    assert max(map(len, shown.out.splitlines())) <= 100
    assert "..." in shown.out
    assert [text] == [result["text"] for result in whole.object["results"]]


@pytest.mark.row(75, "0, 1, equal and a million examples")
def test_no_example(tmp_path, capsys):
    """There is nothing to do, which is no pass."""
    (tmp_path / "examples.jsonl").write_text("")
    said = ippon(capsys, "run", suite_of(tmp_path, TONE))

    assert (2, "") == (said.code, said.out)
    assert "holds no rows" in said.err
    assert "ippon.toml:3:1" in said.err


@pytest.mark.row(75, "0, 1, equal and a million examples")
def test_one_example(go, tmp_path):
    """Is a suite."""
    rows_of(tmp_path, {"response": "answer 1"})
    with serving() as endpoint:
        went = go(suite_of(tmp_path, TONE), "--base-url", endpoint.base_url)

    assert (0, 1, 1) == (went.code, went.counts["answered"], went.run["calls_sent"])


@pytest.mark.row(75, "0, 1, equal and a million examples")
def test_equal_examples(go, tmp_path):
    """Share one call; each has its result."""
    (tmp_path / "examples.jsonl").write_text(
        "".join(json.dumps({"id": f"ex-{i}", "input": "q", "response": "the same"}) + "\n" for i in range(100))
    )
    with serving() as endpoint:
        went = go(suite_of(tmp_path, TONE), "--base-url", endpoint.base_url)
        seen = endpoint.stats().requests

    assert (0, 100, 1, 1) == (went.code, went.counts["answered"], went.run["calls_sent"], seen)


@pytest.mark.row(75, "0, 1, equal and a million examples")
def test_what_a_million_evaluations_would_take(tmp_path):
    """A plan grows by so little an evaluation that a million of them stay below 500 MB."""
    judges = "".join(f'[[evaluators]]\nname = "e{n}"\nrubric = "It shows {n}."\n' for n in range(10))
    peaks = {}
    for n in (500, 3_000):
        rows_of(tmp_path, *({"response": f"answer {i}"} for i in range(n)))
        went = measured("plan", suite_of(tmp_path, judges), "-t", "full")
        assert 0 == went.code
        peaks[10 * n] = went.peak_mib
    (few, small), (many, large) = peaks.items()
    each = (large - small) / (many - few)

    assert small + each * (1_000_000 - few) <= 500


@pytest.mark.row(75, "0, 1, equal and a million examples")
def test_a_plan_of_many_is_read_only_where_it_is_wanted(tmp_path, capsys):
    """The screen counts, the object lists."""
    rows_of(tmp_path, *({"response": f"answer {i}"} for i in range(300)))
    suite = suite_of(tmp_path, TONE)
    assert 0 == main(["plan", suite, "-t", "full"])
    shown = capsys.readouterr().out
    whole = ippon(capsys, "plan", suite, "-t", "full", "--json")

    assert re.search(r"why 300 miss\s+300 never asked", shown)
    assert 300 == len(whole.object["misses"])
