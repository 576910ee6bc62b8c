"""Functions and commands: their digest, what a function is bound by, and that reading runs nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ippon.errors import TrustError
from ippon.read.trust_hash import trust_digest
from tests.read.test_suite import Kept, read_twice
from tests.read.written import EXACT, HEAD, ROWS, lines, problems, refused, suite, write

PYTHON = HEAD + '[[evaluators]]\nname = "p"\nkind = "python"\nfunction = "checks:f"\n'
COMMAND = (
    HEAD + '[[evaluators]]\nname = "c"\nkind = "command"\ncommand = ["python", "tools/check.py", "--rules=rules.txt"]\n'
)


def code(files, text=PYTHON):
    """The code of a trusted suite with these files."""
    return suite(text, {**ROWS, **files}, trusted=True).code


def parameters(source, **files):
    """What the function `f` of a module is bound by."""
    return code({"checks.py": source, **files})["checks:f"].parameters


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(response): ...", ("response",)),
        ("async def f(response, /, reference, *, input='x'): ...", ("response", "reference", "input")),
        ("def f(response, unknown=None): ...", ("response", "unknown")),
        ("def f(*args, response): ...", ("response",)),
        ("def f(response, **rest): ...", None),
        ("def f(example): ...", None),
        ("f = lambda response: 1", ("response",)),
        ("f: object = lambda response: 1", ("response",)),
        ("import functools\nf = functools.partial(print, 1)", None),
        ("class f: ...", None),
        ("import os as f", None),
        ("from os.path import join as f", None),
        ("import decorators\n@decorators.any(version='1')\ndef f(category): ...", ("category",)),
        ("if True:\n    def f(input): ...\nelse:\n    pass", ("input",)),
        ("try:\n    from fast import f\nexcept ImportError:\n    def f(input): ...\nfinally:\n    x.y = 1", ("input",)),
        ("def f(a): ...\ndef f(response): ...\ng: int\nx, y = 1, 2\nz[0] = 3", ("response",)),
    ],
)
def test_what_a_function_is_bound_by(source, expected):
    """Read from its text: the last definition, behind `if`, `try` and decorators; None for the whole example."""
    assert expected == parameters(source)


@pytest.mark.parametrize(
    ("source", "files"),
    [
        ("from other import f", {"other.py": "def f(response): ..."}),
        (
            "from pkg import g as f",
            {"pkg/__init__.py": "from .inner import f as g", "pkg/inner.py": "def f(response): ..."},
        ),
        ("from pkg.a.b import f", {"pkg/a/b.py": "from ..c import f", "pkg/c.py": "def f(response): ..."}),
    ],
)
def test_a_function_that_another_module_has(source, files):
    """Followed through imports, relative ones too."""
    write(files)

    assert ("response",) == parameters(source)


def test_a_name_that_is_passed_round_in_a_circle():
    """Ends with the whole example, not with a hang."""
    assert parameters("from other import f", **{"other.py": "from checks import f"}) is None


def test_reading_runs_no_code():
    """Neither in the module nor in what it imports."""
    source = "import helper\nopen('ran', 'w')\ndef f(response): ..."

    code({"checks.py": source, "helper.py": "open('ran', 'w')"})

    assert not Path("ran").exists()
    assert "checks" not in sys.modules


CHANGES = {
    "the module": ({"checks.py": "import helper\ndef f(response): return 1"}, True),
    "what it imports": ({"helper.py": "x = 2"}, True),
    "what that imports": ({"pkg/deep.py": "y = 2"}, True),
    "a package on the way": ({"pkg/__init__.py": "z = 1"}, True),
    "a module that hides another": ({"json.py": ""}, True),
    "a module that nobody imports": ({"unused.py": "x = 1"}, False),
    "a text": ({"notes.txt": "x"}, False),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_digest_follows_the_files(name):
    """The module and what it imports inside the folder, at any depth; the memo notices as well."""
    change, expected = CHANGES[name]
    files = {
        "checks.py": "import helper\ndef f(response): ...",
        "helper.py": "import json, numpy\ndef g():\n    from pkg.deep import y",
        "pkg/deep.py": "y = 1",
    }
    before = code(files)["checks:f"].digest
    memo = Kept()
    assert read_twice(memo, trusted=True)

    write(change)

    assert expected == (before != code({})["checks:f"].digest)
    assert read_twice(memo, trusted=True)
    assert expected == (memo.times == 2)


def test_a_digest_is_the_same_everywhere():
    """Not a matter of the folder's name."""
    one = code({"checks.py": "def f(response): ..."})
    write({"s/ippon.toml": PYTHON, "s/a.jsonl": ROWS["a.jsonl"], "s/checks.py": "def f(response): ..."})
    from ippon.read.suite import load

    assert one == load("s/ippon.toml", trusted=True, memo=None).code


def test_an_installed_module_may_be_named():
    """What Python would find elsewhere is found, and its own file counts."""
    text = (
        HEAD
        + '[[evaluators]]\nname = "p"\nkind = "python"\nfunction = "textwrap:indent"\n[target]\nkind = "recorded"\n'
    )
    text = text.replace('kind = "recorded"\n', 'kind = "python"\nfunction = "checks:f"\n')

    write({"ippon.toml": text, **ROWS, "checks.py": "def f(input, response=''): ..."})
    error = refused("ippon.toml", trusted=True)

    assert [
        (
            "ippon.toml:6:1 [evaluators[0].function] `textwrap:indent` takes `prefix`, which no example has"
            " -> there are: response, example, input, reference, category"
        ),
        (
            "ippon.toml:6:1 [evaluators[0].function] `textwrap:indent` takes `text`, which no example has"
            " -> there are: response, example, input, reference, category"
        ),
    ] == sorted(lines(error))


WRONG = {
    "no such module": ("chekcs:f", {}, ":6:1 [evaluators[0].function] there is no module `chekcs` beside the suite -> did you mean `checks`?"),
    "no such function": ("checks:ff", {}, ":6:1 [evaluators[0].function] `checks` has no function `ff` -> did you mean `f`?"),
    "a name no example has": ("checks:f", {"checks.py": "def f(respnse): ..."}, ":6:1 [evaluators[0].function] `checks:f` takes `respnse`, which no example has -> did you mean `response`?"),
    "broken Python": ("checks:f", {"checks.py": "def f(:"}, "checks.py:1:7 [evaluators[0].function] broken Python: invalid syntax -> None"),
    "a NUL byte": ("checks:f", {"checks.py": "def f(): '\0'"}, "checks.py [evaluators[0].function] broken Python: a NUL byte -> None"),
    "too deep": ("checks:f", {"checks.py": "x = x" + ".a" * 100_000}, "checks.py [evaluators[0].function] broken Python: too many levels -> None"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_functions_that_are_none(name):
    """Said before anything runs."""
    function, files, expected = WRONG[name]
    text = PYTHON.replace("checks:f", function)

    found = problems({"ippon.toml": text, "checks.py": "def f(response): ...", **files, **ROWS}, trusted=True)

    assert [expected if expected.startswith("checks") else "ippon.toml" + expected] == found


def test_a_target_is_given_no_response():
    """It makes one."""
    text = HEAD + EXACT + '[target]\nkind = "python"\nfunction = "checks:f"\n'
    rows = {"a.jsonl": '{"input": "a", "reference": "b"}\n'}

    found = problems({"ippon.toml": text, "checks.py": "def f(response, example): ...", **rows}, trusted=True)

    assert [
        (
            "ippon.toml:8:1 [target.function] `checks:f` takes `response`, which no example has"
            " -> there are: example, input, reference"
        )
    ] == found


def test_a_function_without_data_is_read_as_far_as_it_goes():
    """Broken data is what is said; nothing is made up about columns."""
    found = problems({"ippon.toml": PYTHON, "a.jsonl": "[1]\n", "checks.py": "def f(x): ..."}, trusted=True)

    assert ["a.jsonl:1:1 [examples] a row is a JSON object, not a list -> None"] == found


KEY = "python\0tools/check.py\0--rules=rules.txt"
COMMANDS = {
    "the script": ({"tools/check.py": "import near\n1"}, True),
    "what it imports": ({"tools/near.py": "x = 2"}, True),
    "a file after =": ({"rules.txt": "b"}, True),
    "a module of another folder": ({"near.py": "x"}, False),
    "an unnamed text": ({"notes.txt": "x"}, False),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_the_files_that_it_names(name):
    """By its words, `--option=file` too, and what Python ones import from their own folder."""
    change, expected = COMMANDS[name]
    before = code({"tools/check.py": "import near", "tools/near.py": "x = 1", "rules.txt": "a"}, COMMAND)

    write(change)

    assert [KEY] == list(before)
    assert expected == (before[KEY].digest != code({}, COMMAND)[KEY].digest)
    assert before[KEY].parameters is None


def test_a_command_without_files():
    """Programs of the system are not looked into, be they named by their whole path."""
    text = HEAD + '[[evaluators]]\nname = "c"\nkind = "command"\ncommand = ["/bin/cat", "../secret"]\n'
    write({"../secret": "x"})

    assert 64 == len(code({}, text)["/bin/cat\0../secret"].digest)


def test_a_program_that_is_not_there():
    """One of the suite's own folder is missed before anything runs."""
    text = HEAD + EXACT + '[target]\nkind = "command"\ncommand = ["./bto", "--stdin"]\n'

    found = problems({"ippon.toml": text, "bot": "x", **ROWS}, trusted=True)

    assert ["ippon.toml:8:1 [target.command] no file ./bto -> did you mean `./bot`?"] == found


def test_trust_comes_after_other_mistakes():
    """All of it is said; only trust alone is a TrustError."""
    write({"ippon.toml": PYTHON + "weigth = 1\n", "checks.py": "", **ROWS})
    error = refused("ippon.toml")
    write({"ippon.toml": PYTHON})

    assert [
        "ippon.toml:7:1 [evaluators[0].weigth] unknown key `weigth` in [[evaluators]] (1st) -> did you mean `weight`?"
    ] == lines(error)
    assert isinstance(refused("ippon.toml"), TrustError)


TRUSTED = {
    "the suite": ({"ippon.toml": COMMAND + "# more\n"}, True),
    "a module": ({"checks.py": "x"}, True),
    "a module further down": ({"a/b/c.py": "y"}, True),
    "a new script": ({"new.sh": "y"}, True),
    "a script that a command names": ({"rules.txt": "b"}, True),
    "data": ({"a.jsonl": "{}"}, False),
    "a hidden folder": ({".ippon/x.py": "y"}, False),
    "compiled code": ({"__pycache__/checks.pyc": "y"}, False),
}


@pytest.mark.parametrize("name", TRUSTED)
def test_trust_is_bound_to_suite_and_code(name):
    """Not to data, not to what tools keep in folders of their own."""
    change, expected = TRUSTED[name]
    write({"ippon.toml": COMMAND, "checks.py": "", "a/b/c.py": "", "rules.txt": "a", **ROWS})
    before = trust_digest("ippon.toml")

    write(change)

    assert expected == (before != trust_digest("ippon.toml"))
    assert 64 == len(before)


def test_trust_is_bound_to_programs():
    """Whatever may be executed is code."""
    write({"ippon.toml": HEAD + EXACT, "bot": "a"})
    before = trust_digest("ippon.toml")

    Path("bot").chmod(0o755)

    assert before != trust_digest("ippon.toml")


def test_trust_follows_functions_through_links():
    """A package that a link brings in is not below the folder, but it would run."""
    write({"s/ippon.toml": PYTHON, "other/x.py": "y = 1", "s/checks.py": "import linked.x\ndef f(response): ..."})
    Path("s/linked").symlink_to(Path("other").absolute())
    before = trust_digest("s/ippon.toml")

    write({"other/x.py": "y = 2"})

    assert before != trust_digest("s/ippon.toml")


def test_trust_in_nothing():
    """A suite that is none is not trusted."""
    with pytest.raises(Exception, match="no suite at"):
        trust_digest("ippon.toml")


def test_trust_in_odd_functions():
    """What the shape of the file forbids is hashed with the file and no further."""
    write({"ippon.toml": 'ippon = 1\nfunction = 3\ncommand = "x"\nx = [{ function = "a" }]\n'})

    assert 64 == len(trust_digest("ippon.toml"))


def test_trust_has_an_end(monkeypatch):
    """A suite in a folder of very many files is asked to move."""
    write({"ippon.toml": HEAD + EXACT, **{f"d/{i}": "" for i in range(20)}})
    monkeypatch.setattr("ippon.read.trust_hash.MOST", 20)

    with pytest.raises(Exception, match="more than 20 files below"):
        trust_digest("ippon.toml")


def test_code_that_cannot_be_read_is_not_trusted():
    """Who trusts code has to see it."""
    write({"ippon.toml": HEAD + EXACT, "checks.py": ""})
    Path("checks.py").unlink()
    Path("checks.py").symlink_to("/proc/self/mem")

    with pytest.raises(Exception, match="cannot be read"):
        trust_digest("ippon.toml")
