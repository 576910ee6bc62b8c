"""Rows 71 and 72: code of the user's own that hangs, ends the process, shouts, blocks or breaks. The run names it and goes on."""

from __future__ import annotations

import sys
import threading
import time
import types

import pytest

from bench.endpoint import serving
from tests.faults_people.conftest import rows_of, suite_of
from tests.faults_people.processes import ended, started

ROW_71, ROW_72 = pytest.mark.row(71, "user code misbehaves"), pytest.mark.row(72, "blocking async code")
TIMEOUT_S = 120
FINE = '[[evaluators]]\nname = "fine"\nkind = "length"\nmax = 80\n'
RESPONSES = [{"response": f"answer {i}"} for i in range(3)]


def python(module: str, *names: str) -> str:
    """Evaluators that call these functions."""
    return "".join(f'[[evaluators]]\nname = "{n}"\nkind = "python"\nfunction = "{module}:{n}"\n' for n in names)


def command(name: str, *words: str) -> str:
    """An evaluator that runs a command."""
    return f'[[evaluators]]\nname = "{name}"\nkind = "command"\ncommand = {list(words)}\n'.replace("'", '"')


def errors_of(went, evaluator: str) -> set[str]:
    """The messages of an evaluator's failures; each of its results is one."""
    found = [result["error"] for result in went.run["results"] if result["evaluator"] == evaluator]
    assert {"evaluator"} == {error["class"] for error in found}
    return {error["message"] for error in found}


RAISING = """
import asyncio, os, sys

class Odd(BaseException):
    pass

def exits(response): sys.exit(3)
def interrupts(response): raise KeyboardInterrupt
def closes(response): raise GeneratorExit
def odd(response): raise Odd("very")
def deep(response): return deep(response)
def huge(response): return {"score": 1, "details": object()}
async def late_exit(response): await asyncio.sleep(0); sys.exit(3)
async def late_odd(response): await asyncio.sleep(0); raise Odd("very")
async def cancels(response): raise asyncio.CancelledError
"""
RAISED = {
    "exits": "SystemExit: 3 (raising.py:7)",
    "interrupts": "KeyboardInterrupt (raising.py:8)",
    "closes": "GeneratorExit (raising.py:9)",
    "odd": "Odd: very (raising.py:10)",
    "deep": "RecursionError: maximum recursion depth exceeded (raising.py:11)",
    "huge": "TypeError: Encoding objects of type object is unsupported",
    "late_exit": "SystemExit: 3 (raising.py:13)",
    "late_odd": "Odd: very (raising.py:14)",
    "cancels": "CancelledError (raising.py:15)",
}


@ROW_71
def test_functions_that_raise_whatever_there_is(go, tmp_path):
    """Each fails alone, with its line; the others have their scores."""
    rows_of(tmp_path, *RESPONSES)
    (tmp_path / "raising.py").write_text(RAISING)
    went = go(suite_of(tmp_path, python("raising", *RAISED) + FINE))

    assert {name: {message} for name, message in RAISED.items()} == {name: errors_of(went, name) for name in RAISED}
    assert (3, 3, 3 * len(RAISED)) == (went.code, went.counts["answered"], went.counts["failed"])
    assert 1.0 == went.run["evaluators"]["fine"]["score"]


HANGING = """
import asyncio, pathlib, time

GO = pathlib.Path(__file__).parent / "go"

def hangs(response):
    while not GO.exists():
        time.sleep(0.01)

async def sleeps(response):
    await asyncio.sleep(3600)
"""


@ROW_71
def test_functions_and_commands_that_hang(go, quick, tmp_path):
    """Are given up after two minutes, once, by name; nothing waits for them at the end."""
    quick(TIMEOUT_S / 5)  # not more: clients and their overseer are 4% apart, longer than a busy machine stalls
    before = threading.active_count()
    rows_of(tmp_path, *RESPONSES)
    (tmp_path / "hanging.py").write_text(HANGING)
    try:
        suite = suite_of(tmp_path, python("hanging", "hangs", "sleeps") + command("waits", "sleep", "3600") + FINE)
        went = go(suite)
    finally:
        (tmp_path / "go").touch()
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)

    assert {f"hanging:hangs did not end within {TIMEOUT_S} s"} == errors_of(went, "hangs")
    assert {f"hanging:sleeps did not end within {TIMEOUT_S} s"} == errors_of(went, "sleeps")
    assert {f"the command sleep did not end within {TIMEOUT_S} s"} == errors_of(went, "waits")
    assert (3, 3, 9) == (went.code, went.counts["answered"], went.counts["failed"])
    assert {1} == {result["tries"] for result in went.run["results"] if result["error"]}
    assert TIMEOUT_S <= went.took_s


@ROW_71
def test_an_import_that_hangs(go, quick, tmp_path):
    """Is a function that hangs: named, given up, and in nobody's way."""
    quick(TIMEOUT_S)
    rows_of(tmp_path, *RESPONSES)
    (tmp_path / "importing.py").write_text(
        "import pathlib, time\nGO = pathlib.Path(__file__).parent / 'go'\n"
        "while not GO.exists():\n    time.sleep(0.01)\ndef score(response):\n    return 1\n"
    )
    try:
        went = go(suite_of(tmp_path, python("importing", "score") + FINE))
    finally:
        (tmp_path / "go").touch()
    deadline = time.monotonic() + 5
    while any(each.name == "ippon function" for each in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.01)

    assert {f"importing:score did not end within {TIMEOUT_S} s"} == errors_of(went, "score")
    assert (3, 3) == (went.code, went.counts["answered"])


SHOUTING = """
import os, subprocess, sys, threading

def prints(response):
    for _ in range(20):
        print("x" * 100_000)
    return 1

def writes(response):
    os.write(1, b"y" * 100_000)
    return 1

def runs(response):
    subprocess.run(["echo", "from a child"], check=True)
    return 1

def threads(response):
    for _ in range(3):
        threading.Thread(target=lambda: (print("from a thread"), threading.Event().wait(3600))).start()
    return 1
"""


@ROW_71
def test_code_that_prints_megabytes_and_leaves_threads_behind(tmp_path):
    """Standard output holds the object alone, whoever writes there; threads that never end hold nothing up."""
    rows_of(tmp_path, *RESPONSES)
    (tmp_path / "shouting.py").write_text(SHOUTING)
    suite = suite_of(tmp_path, python("shouting", "prints", "writes", "runs", "threads") + FINE)
    went = ended(started("run", suite, "-t", "full", "--json", "--trust"))
    tried = ended(started("try", "ex-000", "runs", suite, "--json", "--trust"))

    assert (0, 15) == (went.code, went.run["evaluations"]["answered"])
    assert 3 * 20 * 100_000 <= went.err.count("x")
    assert (3, 9) == (went.err.count("from a child"), went.err.count("from a thread"))
    assert (0, 1.0) == (tried.code, tried.run["result"]["score"])


@ROW_71
def test_commands_that_print_megabytes_or_break(go, tmp_path):
    """Too much is cut off, a death is named; the others go on."""
    rows_of(tmp_path, *RESPONSES)
    loud = command("loud", sys.executable, "-c", "print(chr(120) * 20_000_000)")
    dies = command("dies", "sh", "-c", "kill -9 $$")
    went = go(suite_of(tmp_path, loud + dies + command("gone", "no-such-program-at-all") + FINE))

    assert {f"the command {sys.executable} printed more than 8 MiB"} == errors_of(went, "loud")
    assert {"the command sh was ended by SIGKILL:"} == errors_of(went, "dies")
    assert {"the command no-such-program-at-all cannot be started: No such file or directory"} == errors_of(
        went, "gone"
    )
    assert (3, 3, 9) == (went.code, went.counts["answered"], went.counts["failed"])


BLOCKING = """
import asyncio, time

def sleeps(response):
    time.sleep(1)
    return 1

async def lag(response):
    longest, until = 0.0, time.monotonic() + 1
    while time.monotonic() < until:
        before = time.monotonic()
        await asyncio.sleep(0.01)
        longest = max(longest, time.monotonic() - before)
    return longest

async def blocks(response):
    await asyncio.sleep(0)
    time.sleep(0.3)
    return 1
"""


@ROW_71
def test_functions_that_block(go, tmp_path):
    """Sync ones have threads: the loop turns all the while, and all sleep at once."""
    rows_of(tmp_path, *RESPONSES)
    (tmp_path / "blocking.py").write_text(BLOCKING)
    went = go(suite_of(tmp_path, python("blocking", "sleeps", "lag")), within_s=6)

    lags = [result["score"] for result in went.run["results"] if result["evaluator"] == "lag"]
    assert (0, 6, []) == (went.code, went.counts["answered"], went.run["warnings"])
    assert min(lags) < 0.5


@ROW_72
def test_an_async_function_that_blocks(go, tmp_path):
    """Works, and the run says which it is, for how long, and what to do."""
    rows_of(tmp_path, *RESPONSES)
    (tmp_path / "blocking_too.py").write_text(BLOCKING)
    suite = suite_of(tmp_path, python("blocking_too", "blocks") + FINE)
    with serving() as endpoint:
        went = go(suite, "--base-url", endpoint.base_url)

    (warning,) = went.run["warnings"]
    assert (0, 6) == (went.code, went.counts["answered"])
    assert warning.startswith("blocking_too:blocks held up everything else for 0.3")
    assert "a plain `def` gets a thread of its own" in warning
    assert warning in went.err


@ROW_71
def test_what_is_imported_while_functions_are_found(go, tmp_path, monkeypatch):
    """Other threads import as they need, which is nobody's failure."""

    class Restless(types.ModuleType):
        def __getattr__(self, name):
            monkeypatch.setitem(sys.modules, f"restless_{len(sys.modules)}", types.ModuleType("restless"))
            raise AttributeError(name)

    rows_of(tmp_path, *RESPONSES)
    (tmp_path / "calm.py").write_text("def one(response):\n    return 1\n")
    monkeypatch.setitem(sys.modules, "restless", Restless("restless"))
    went = go(suite_of(tmp_path, python("calm", "one")))

    assert (0, 3) == (went.code, went.counts["answered"])
