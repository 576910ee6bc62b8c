"""The warm door: what the memo keeps, when it is believed, and which suite is the nearest."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import msgspec
import pytest

from ippon.errors import SuiteError
from ippon.read.suite import LARGEST_KEPT, find, load
from tests.read.written import EXACT, HEAD, JUDGE, ROWS, lines, refused, write


class Kept(dict[bytes, bytes]):
    """A memo in memory, that counts what it is told to keep."""

    def __init__(self) -> None:
        super().__init__()
        self.times = 0

    def recall(self, key: bytes) -> bytes | None:
        """What was kept."""
        return self.get(key)

    def keep(self, key: bytes, body: bytes) -> None:
        """Keep it."""
        self.times += 1
        self[key] = body


def read_twice(memo: Kept, *, trusted: bool = False) -> bool:
    """Whether a second reading was answered by the memo; both give the same suite."""
    first = load("ippon.toml", trusted=trusted, memo=memo)
    times = memo.times
    assert first == load("ippon.toml", trusted=trusted, memo=memo)
    return times == memo.times


def test_a_compiled_suite_is_taken_from_the_memo():
    """The same suite comes back, and nothing is compiled again."""
    write({"ippon.toml": HEAD + EXACT, **ROWS})

    assert read_twice(Kept())


@pytest.mark.parametrize(
    "change",
    [
        {"ippon.toml": HEAD + EXACT + "weight = 2.0\n"},
        {"a.jsonl": '{"reference": "b", "response": "b"}\n'},
        {"rubric.md": "Be kind."},
        {"more/2.jsonl": '{"reference": "b", "response": "b"}\n'},
        {"shots.jsonl": '{"input": "a", "response": "b", "label": "poor"}\n'},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_of_any_file_compiles_again(change):
    """Suite, data, text, few-shot rows, and a file that a glob matches from now on."""
    judge = '[[evaluators]]\nname = "j"\nrubric = { file = "rubric.md" }\nshots = "shots.jsonl"\n'
    write({
        "ippon.toml": 'ippon = 1\nexamples = ["a.jsonl", "more/*.jsonl"]\n' + EXACT + judge,
        **ROWS, "more/1.jsonl": ROWS["a.jsonl"], "rubric.md": "kind",
        "shots.jsonl": '{"input": "a", "response": "b", "label": "good"}\n',
    })  # fmt: skip
    memo = Kept()
    before = load("ippon.toml", trusted=False, memo=memo)

    write(change)
    after = load("ippon.toml", trusted=False, memo=memo)

    assert before.content != after.content
    assert 2 == memo.times
    assert read_twice(memo)


def test_a_file_that_is_gone_is_missed():
    """The memo knows it by its digest; without it there is an error, not an old suite."""
    write({"ippon.toml": HEAD + EXACT, **ROWS})
    memo = Kept()
    load("ippon.toml", trusted=False, memo=memo)
    Path("a.jsonl").unlink()

    with pytest.raises(SuiteError, match=r"no file a\.jsonl"):
        load("ippon.toml", trusted=False, memo=memo)


def test_trust_is_part_of_the_key():
    """What a trusted suite was compiled to is not given to an untrusted one."""
    write({"ippon.toml": HEAD + EXACT, **ROWS})
    memo = Kept()

    load("ippon.toml", trusted=True, memo=memo)
    load("ippon.toml", trusted=False, memo=memo)

    assert 2 == len(memo)


@pytest.mark.parametrize("body", [b"", b"garbled", bytes(40), hashlib.sha256(b"{}").digest() + b"{}"])
def test_a_garbled_memo_is_a_miss(body):
    """Cut short, altered, or of another version: compiled again, never an error."""
    write({"ippon.toml": HEAD + EXACT, **ROWS})
    memo = Kept()
    expected = load("ippon.toml", trusted=False, memo=memo)
    for key in memo:
        memo[key] = body

    assert expected == load("ippon.toml", trusted=False, memo=memo)
    assert 2 == memo.times


def test_the_warm_path_imports_no_parser():
    """Nothing is imported for a suite that the memo knows: counts before clocks."""
    write({"ippon.toml": 'ippon = 1\nexamples = "*.jsonl"\n' + EXACT, **ROWS})
    memo = Kept()
    load("ippon.toml", trusted=False, memo=memo)
    Path("memo").write_bytes(msgspec.msgpack.encode(dict(memo)))
    program = """
        import sys, msgspec, ippon.errors, ippon.records.suite, ippon.records.version, ippon.records.fingerprint
        kept = msgspec.msgpack.decode(open("memo", "rb").read())
        class Memo:
            recall = staticmethod(kept.get)
        before = set(sys.modules)
        from ippon.read.suite import load
        load("ippon.toml", trusted=False, memo=Memo)
        print(*sorted(set(sys.modules) - before))
    """

    done = subprocess.run([sys.executable, "-c", dedent(program)], capture_output=True, text=True, check=False)

    assert "ippon.read ippon.read.compiled ippon.read.matching_files ippon.read.suite" == done.stdout.strip(), (
        done.stderr
    )


def test_two_suites_in_one_folder_are_told_apart():
    """The path is part of the key, as the name may come from the folder."""
    write({"ippon.toml": HEAD + EXACT, "two.toml": HEAD + EXACT, **ROWS})
    memo = Kept()

    assert load("ippon.toml", trusted=False, memo=memo).path == str(Path("ippon.toml").absolute())
    assert load("two.toml", trusted=False, memo=memo).path == str(Path("two.toml").absolute())


def test_a_suite_that_is_not_there():
    """The hint is the verb that writes one."""
    assert ["None [None] no suite at ippon.toml -> ippon init"] == lines(refused("ippon.toml"))


@pytest.mark.parametrize("path", [".", "a\0b"])
def test_a_path_that_cannot_be_opened(path):
    """A folder, and a name that no file can have."""
    error = refused(path)

    assert "name a suite file" == error.problems[0].hint


@pytest.mark.parametrize("name", ["ippon.toml", "ippon.yaml", "ippon.yml"])
def test_the_nearest_suite_is_found_from_below(name):
    """Here, or in a folder above."""
    write({"ippon.toml": "", f"a/{name}": "", "a/b/c/x": ""})

    assert str(Path("a", name).resolve()) == find("a/b/c")
    assert str(Path("a", name).resolve()) == find("a")


def test_a_project_names_its_suite():
    """`[tool.ippon] suite` counts where no suite file stands beside it."""
    write({"pyproject.toml": '[tool.ippon]\nsuite = "evals/mine.toml"\n', "src/x": ""})

    assert str(Path("evals/mine.toml").resolve()) == find("src")


@pytest.mark.parametrize("project", ["", "[tool]\n", "tool = 3\n", "broken [", "[tool.ippon]\n"])
def test_a_project_that_names_none_is_passed_over(project):
    """Nor is a broken one ours to judge."""
    write({"ippon.toml": "", "a/pyproject.toml": project})

    assert str(Path("ippon.toml").resolve()) == find("a")


def test_a_project_that_names_nonsense():
    """`suite` is a path."""
    write({"pyproject.toml": "[tool.ippon]\nsuite = 3\n"})

    with pytest.raises(SuiteError, match="`suite` takes text"):
        find(".")


def test_the_search_ends_at_the_repository():
    """What lies above it belongs to somebody else."""
    write({"ippon.toml": "", "repo/.git/HEAD": "", "repo/src/x": ""})

    with pytest.raises(SuiteError, match=r"no ippon\.toml or ippon\.yaml in repo/src or above it") as found:
        find("repo/src")
    assert "ippon init" == found.value.problems[0].hint


def test_the_search_ends_at_home(monkeypatch):
    """A suite above the home folder is nobody's."""
    write({"ippon.toml": "", "home/me/x": ""})
    monkeypatch.setenv("HOME", str(Path("home").resolve()))

    with pytest.raises(SuiteError, match="no ippon"):
        find("home/me")


def test_the_search_ends_at_the_root(monkeypatch):
    """There is nothing above it."""
    monkeypatch.setenv("HOME", "/nowhere")

    with pytest.raises(SuiteError, match="no ippon"):
        find("/")


def test_the_search_ends_where_the_owner_changes(monkeypatch):
    """A suite that somebody else put above our folder is not run (CVE-2022-24765)."""
    write({"ippon.toml": "", "mine/x": ""})
    mine = Path("mine").resolve()
    if os.getuid() != 0:
        pytest.skip("only root gives folders away")
    os.chown(mine, 12345, -1)

    with pytest.raises(SuiteError, match="no ippon"):
        find("mine")


def test_a_folder_that_is_not_there_has_no_suite():
    """Nor has what is above it, as far as anyone can tell."""
    with pytest.raises(SuiteError, match="no ippon"):
        find("/proc/nowhere/at/all")


def test_judges_say_good_or_poor_unless_told():
    """The default scale is written into the suite."""
    write({"ippon.toml": HEAD + JUDGE, **ROWS})

    (judge,) = load("ippon.toml", trusted=False, memo=None).evaluators

    assert "good/poor" == judge.scale


def test_a_very_large_suite_is_read_no_further_than_it_may_be():
    """A file of a gigabyte costs no more than one of five megabytes."""
    with Path("ippon.toml").open("wb") as file:
        file.truncate(1_000_000_000)

    assert ["ippon.toml [None] ippon.toml is larger than 5 MB -> put data in files of their own"] == lines(
        refused("ippon.toml")
    )


def test_what_is_large_or_has_odd_names_is_not_kept():
    """The suite is read all the same, each time."""
    large = '{"id": "a", "reference": "%s", "response": "b"}\n' % ("x" * (LARGEST_KEPT + 1))
    write({"ippon.toml": HEAD + EXACT, **ROWS, "a.jsonl": large})
    memo = Kept()
    load("ippon.toml", trusted=False, memo=memo)
    write({"caf\udce9/ippon.toml": HEAD + EXACT, "caf\udce9/a.jsonl": ROWS["a.jsonl"]})

    assert "caf\ufffd" == load("caf\udce9/ippon.toml", trusted=False, memo=memo).name
    assert {} == memo
