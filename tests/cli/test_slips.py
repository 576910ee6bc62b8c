"""Slips of the hand: names that are nearly right, in words, files and the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from ippon import api
from ippon.cli.scan import scan
from ippon.errors import SuiteError, UsageError
from ippon.read.suite import load
from ippon.records.options import Options
from ippon.wiring.settle import settle
from tests.door import coaching, ippon
from tests.read.written import write

SUITE = 'ippon = 1\nexamples = "a.jsonl"\n[[evaluators]]\nname = "a"\nkind = "exact"\n'


@pytest.mark.parametrize(
    ("name", "meant"),
    [("IPPON_TEIR", "IPPON_TIER"), ("IPPON_MAX_INFLIGHT", "IPPON_MAX_IN_FLIGHT"), ("IPPON_APIKEY", "IPPON_API_KEY")],
)
def test_a_misspelt_name_in_the_environment_is_named(name, meant):
    """Silence would be worst: the run would not be the one that was wanted."""
    with pytest.raises(UsageError) as caught:
        settle({}, {name: "full", "PATH": "/bin"})

    (problem,) = caught.value.problems
    assert (f"{name} is set, and nothing reads it", f"did you mean {meant}?   or   unset {name}") == (
        problem.message,
        problem.hint,
    )


def test_other_names_in_the_environment_are_somebody_elses():
    """Our own, and those that are like none of ours."""
    settle({}, {"IPPON_API_KEY": "k", "IPPON_WRITE_DOCS": "1"})


@pytest.mark.parametrize(
    ("word", "message", "hint"),
    [
        ("-t=full", "--tier =full begins with `=`", "-t full   or   --tier=full"),
        ("-j=4", "--max-in-flight =4 begins with `=`", "-j 4   or   --max-in-flight=4"),
        ("-e=a b", "--evaluator =a b begins with `=`", "-e 'a b'   or   --evaluator='a b'"),
        ("--max-s==2", "--max-s =2 begins with `=`", "--max-s=2"),
        ("-t=", "--tier = begins with `=`", "-t TIER"),
    ],
)
def test_a_short_flag_takes_no_equals_sign(word, message, hint):
    """The long one does."""
    given = scan([word])
    assert given is not None
    with pytest.raises(UsageError) as caught:
        settle(given, {})

    assert (message, hint) == (caught.value.problems[0].message, caught.value.problems[0].hint)


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("ipon.toml", "did you mean ippon.toml?"),
        ("ippon.yml", "did you mean ippon.toml?"),
        ("other.yaml", "did you mean ippon.toml?"),
        ("project.toml", "did you mean ippon.toml?"),
        ("sub/swete.toml", "did you mean sub/sweet.yaml?"),
        ("sub/ippon.toml", "ippon init"),
        ("gone/ippon.toml", "ippon init"),
    ],
)
def test_a_suite_that_is_not_there_names_the_nearest(path, hint):
    """In the same folder; the usual one where none is near."""
    write({"ippon.toml": SUITE, "pyproject.toml": "", "sub/sweet.yaml": SUITE})
    with pytest.raises(SuiteError) as caught:
        load(path, trusted=False, memo=None)

    assert (f"no suite at {path}", hint) == (caught.value.problems[0].message, caught.value.problems[0].hint)


@pytest.mark.parametrize(("path", "hint"), [("sub", "did you mean sub/ippon.toml?"), ("bare/", "name a suite file")])
def test_a_folder_is_no_suite(path, hint):
    """The one in it may be meant."""
    write({"sub/ippon.toml": SUITE, "bare/a.txt": ""})
    with pytest.raises(SuiteError) as caught:
        load(path, trusted=False, memo=None)

    assert (f"{path} cannot be read: is a directory", hint) == (
        caught.value.problems[0].message,
        caught.value.problems[0].hint,
    )


@pytest.fixture
def words():
    """A suite with one example, `one`, and one evaluator, `a`."""
    write({
        "ippon.toml": SUITE.replace("exact", "length") + "max = 9\n",
        "j.toml": SUITE.replace('kind = "exact"', 'rubric = "r"'),
        "a.jsonl": '{"id": "one", "input": "i", "response": "r"}\n',
    })  # fmt: skip


@pytest.mark.parametrize(
    ("variable", "value", "given", "message"),
    [
        ("IPPON_TIER", "ful", ["run"], "IPPON_TIER: unknown tier `ful`"),
        ("IPPON_TIER", "ful", ["plan"], "IPPON_TIER: unknown tier `ful`"),
        ("IPPON_TIER", "quick", ["run", "-tful"], "unknown tier `ful`"),
        ("IPPON_TIER", "quick", ["run", "--tier=ful"], "unknown tier `ful`"),
        ("IPPON_TARGET", "x", ["run"], "IPPON_TARGET: the suite has no target `x`"),
        ("IPPON_EVALUATOR", "x,y", ["run"], "IPPON_EVALUATOR x, y matches nothing"),
        ("IPPON_EXAMPLE", "x", ["run"], "IPPON_EXAMPLE x matches nothing"),
        ("IPPON_WHERE", "x", ["run"], "IPPON_WHERE x is no condition"),
        ("IPPON_WHERE", "x=1", ["run"], "IPPON_WHERE x=1: no example has a column `x`"),
        ("IPPON_WHERE", "input=1", ["run"], "IPPON_WHERE input=1 matches no example"),
        ("IPPON_RESUME", "x", ["run"], "IPPON_RESUME: the suite has no run `x`"),
        ("IPPON_JUDGE", "x", ["run", "j.toml"], "IPPON_JUDGE: `x` is no model name"),
        ("IPPON_JUDGE", "opnai/x", ["run", "j.toml"], "IPPON_JUDGE: unknown provider `opnai`"),
        ("IPPON_JUDGE", "local/x", ["run", "j.toml"], "IPPON_JUDGE: there is no embedded model `x`"),
    ],
)
@pytest.mark.usefixtures("words")
def test_a_variable_that_is_wrong_is_named(capsys, monkeypatch, variable, value, given, message):
    """A flag would win, so it is the flag that is wrong where there is one."""
    monkeypatch.setenv(variable, value)
    said = ippon(capsys, *given, "--json")

    assert (2, [message]) == (said.code, [each["message"] for each in said.object["errors"]])


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        (
            ["try", "a", "one", "j.toml", "--judge", "openai/x"],
            [
                (
                    "`a` is the evaluator and `one` the example: they are swapped",
                    "ippon try one a j.toml --judge openai/x",
                )
            ],
        ),
        (
            ["cache", "why", "a", "one"],
            [("`a` is the evaluator and `one` the example: they are swapped", "ippon cache why one a")],
        ),
        (
            ["try", "b", "one"],
            [("there is no example `b`", "nearest: one"), ("there is no evaluator `one`", "nearest: a")],
        ),
        (["try", "one", "b"], [("there is no evaluator `b`", "nearest: a")]),
    ],
)
@pytest.mark.usefixtures("words")
def test_names_that_are_swapped_are_put_right(capsys, given, errors):
    """With the command as it was meant."""
    said = ippon(capsys, *given, "--json")

    assert (2, errors) == (said.code, [(each["message"], each["hint"]) for each in said.object["errors"]])


@pytest.mark.usefixtures("words")
def test_who_calls_from_python_is_told_the_order():
    """No command was typed."""
    with pytest.raises(UsageError) as caught:
        api.attempt(Options(), "a", "one")

    assert "one a" == caught.value.problems[0].hint


def test_a_folder_that_comes_in_the_way_leaves_no_draft(capsys):
    """Known only when the run is over: its verdict is shown, and no half of a file stays."""
    write({
        "ippon.toml": SUITE.replace('kind = "exact"', 'kind = "command"\ncommand = ["mkdir", "late.json"]'),
        "a.jsonl": '{"id": "one", "input": "i", "response": "r"}\n',
    })  # fmt: skip
    said = ippon(capsys, "run", "--trust", "-o", "late.json", "-o", "other.csv")

    assert (2, "verdict: none") == (said.code, said.last[:13])
    assert "error: --output late.json cannot be written: Is a directory" in said.err
    assert ["a.jsonl", "ippon.toml", "late.json", "other.csv"] == sorted(each.name for each in Path().glob("[!.]*"))


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (("cache", "--json"), "ippon cache alone takes no flags", "ippon cache stats --json"),
        (("runs", "--store", "x"), "ippon runs alone takes no flags", "ippon runs ls --store PATH"),
        (("cache", "--nope"), "unknown flag `--nope` of ippon cache", "ippon cache --help"),
        (("--store", "x"), "unknown flag `--store` of ippon", "ippon --help"),
    ],
)
def test_a_flag_before_the_verb_of_a_group_names_the_verb(capsys, words, message, hint):
    """What a group does alone takes flags only by its name."""
    said = ippon(capsys, *words)
    shown = said.err or said.out
    assert 2 == said.code
    assert message in shown
    assert hint in shown


@pytest.mark.parametrize("flag", ["--cache", "--store"])
def test_a_folder_is_neither_cache_nor_history(tmp_path, capsys, flag):
    """It is called what it is."""
    said = ippon(capsys, "run", coaching(tmp_path, n=1), flag, str(tmp_path))
    assert 2 == said.code
    assert "it is a directory" in " ".join(said.err.split())
