"""Programs as plugs: real processes, bounded in time and output, none of them left behind."""

from __future__ import annotations

import asyncio
import importlib.util
import py_compile
import sys
import tempfile
import time
from pathlib import Path

import pytest

from ippon.adapters.client_command import CommandClient
from ippon.records.call import Answer, CommandRequest, Failure, FunctionRequest

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/home/me", "OPENAI_API_KEY": "k", "my_token": "t", "KEYBOARD": "de"}


def running(
    *command: str, stdin: str = "", folder: str = ".", timeout_s: float = 20, targets: tuple[tuple[str, ...], ...] = ()
) -> Answer | Failure:
    """What comes of a command."""

    async def run() -> Answer | Failure:
        client = CommandClient(folder, ENVIRONMENT, timeout_s=timeout_s, targets=targets)
        try:
            return await client.send(CommandRequest(command=command, stdin=stdin, code=""))
        finally:
            await client.close()

    return asyncio.run(run())


def python(code: str, **options: object) -> Answer | Failure:
    """What comes of a Python program."""
    return running(sys.executable, "-c", code, **options)  # type: ignore[arg-type]


def is_alive(pid: int) -> bool:
    """Whether a process runs (and is not only waiting to be taken note of)."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def gone(pid: int) -> bool:
    """Whether a process is gone, given a moment."""
    for _ in range(200):
        if not is_alive(pid):
            return True
        time.sleep(0.01)
    return False


def test_a_command_is_given_its_input_and_its_output_comes_back() -> None:
    """Standard input to standard output, in UTF-8."""
    assert Answer(text='{"a": "é👍"}', exit_code=0) == running("cat", stdin='{"a": "é👍"}')


def test_a_command_runs_in_the_folder_of_the_suite(tmp_path: Path) -> None:
    """So do programs named by a path."""
    program = tmp_path / "bot"
    program.write_text("#!/bin/sh\npwd\n")
    program.chmod(0o755)

    assert Answer(text=f"{tmp_path}\n", exit_code=0) == running("./bot", folder=str(tmp_path))


def test_the_environment_is_handed_on_without_secrets() -> None:
    """Threat 29: names that end like those of keys stay here."""
    got = python(
        "import os; print(sorted(set(os.environ) & {'PATH', 'HOME', 'OPENAI_API_KEY', 'my_token', 'KEYBOARD'}))"
    )

    assert Answer(text="['HOME', 'KEYBOARD', 'PATH']\n", exit_code=0) == got


def holds(folder: str, glob: str) -> bool:
    """Whether there is such a file somewhere in a folder."""
    return any(Path(folder).rglob(glob))


def test_bytecode_beside_a_program_is_not_run(tmp_path: Path) -> None:
    """It was never trusted: Python programs keep theirs in a folder that is gone when the client is closed."""
    (tmp_path / "ours.py").write_text("import sys\nWORD = sys.pycache_prefix\n")
    (tmp_path / "bot.py").write_text("import ours\nprint(ours.WORD)\n")
    (tmp_path / "other.txt").write_text("WORD = 'planted'\n")
    py_compile.compile(
        str(tmp_path / "other.txt"),
        cfile=importlib.util.cache_from_source(str(tmp_path / "ours.py")),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )

    async def run() -> tuple[str, bool]:
        client = CommandClient(str(tmp_path), ENVIRONMENT)
        request = CommandRequest(command=(sys.executable, "bot.py"), stdin="", code="")
        said = [await client.send(request) for _ in range(2)]
        [folder] = {each.text.strip() for each in said if isinstance(each, Answer)}
        kept = holds(folder, "ours.*.pyc")  # the second time it need not be compiled
        await client.close()
        await client.close()
        return folder, kept

    folder, kept = asyncio.run(run())

    assert "planted" != folder
    assert (True, False) == (kept, Path(folder).exists())


def test_no_place_for_bytecode_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than what somebody else put there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))

    message = "the command true cannot be started: No such file or directory"
    assert Failure(reason="evaluator", message=message) == running("true")


def test_no_shell_reads_the_words() -> None:
    """Threat: `;` and `$` are characters."""
    assert Answer(text="$HOME; ls\n", exit_code=0) == running("echo", "$HOME; ls")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import sys; print('out'); sys.exit(1)", Answer(text="out\n", exit_code=1)),
        ("import sys; print('err', file=sys.stderr); sys.exit(3)", Answer(text="err\n", exit_code=3)),
        ("import sys; print('err', file=sys.stderr)", Answer(text="", exit_code=0)),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", Answer(text="\ufffd", exit_code=0)),
        ("import sys; sys.stderr.write('x' * 100_000); sys.exit(2)", Answer(text="x" * 8192, exit_code=2)),
    ],
)
def test_how_it_ended_comes_along(code: str, expected: Answer) -> None:
    """Exit code; errors, at their end, only where a failed command printed nothing."""
    assert expected == python(code)


def test_input_that_nobody_reads_is_no_trouble() -> None:
    """Linters that look at files."""
    assert Answer(text="", exit_code=0) == running("true", stdin="x" * 1_000_000)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("no-such-program",), "the command no-such-program cannot be started: No such file or directory"),
        (("/etc/passwd",), "the command /etc/passwd cannot be started: Permission denied"),
        (("a\0b",), "the command a\\x00b cannot be started: embedded null byte"),
    ],
)
def test_a_program_that_cannot_be_started_is_named(command: tuple[str, ...], message: str) -> None:
    """With the reason."""
    assert Failure(reason="evaluator", message=message) == running(*command)


def test_a_target_that_fails_is_the_targets_failure() -> None:
    """Whose trouble it is decides what is said of it."""
    failure = running("no-such-program", targets=(("no-such-program",),))

    assert isinstance(failure, Failure)
    assert "target" == failure.reason


@pytest.mark.parametrize(("number", "name"), [(9, "SIGKILL"), (40, "signal 40")])
def test_a_program_that_is_killed_says_by_what(number: int, name: str) -> None:
    """An exit code it has none."""
    failure = python(f"import os, sys; print('why', file=sys.stderr, flush=True); os.kill(os.getpid(), {number})")

    assert isinstance(failure, Failure)
    assert failure.message.endswith(f"was ended by {name}: why")


def test_output_without_end_is_cut_off() -> None:
    """Row 47 for commands."""
    failure = running("yes")

    assert Failure(reason="evaluator", message="the command yes printed more than 8 MiB") == failure


def test_a_program_that_takes_too_long_ends_with_all_it_started(tmp_path: Path) -> None:
    """Row 71: its whole process group."""
    code = (
        "import subprocess, sys, pathlib, time\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        "pathlib.Path('pid').write_text(str(child.pid))\n"
        "time.sleep(60)"
    )
    failure = python(code, folder=str(tmp_path), timeout_s=1.0)

    assert isinstance(failure, Failure)
    assert failure.message.endswith("did not end within 1 s")
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_child_that_holds_the_output_open_is_not_waited_for() -> None:
    """What the program itself said counts, after a moment; the rest is ended."""
    started = time.monotonic()
    got = running("sh", "-c", "sleep 60 & echo $!")

    assert isinstance(got, Answer)
    assert time.monotonic() - started < 10
    assert gone(int(got.text))


def test_cancelling_ends_the_program(tmp_path: Path) -> None:
    """Ctrl-C."""

    async def run() -> None:
        client = CommandClient(str(tmp_path), ENVIRONMENT)
        code = "import os, pathlib, time; pathlib.Path('pid').write_text(str(os.getpid())); time.sleep(60)"
        asking = asyncio.create_task(
            client.send(CommandRequest(command=(sys.executable, "-c", code), stdin="", code=""))
        )
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await client.close()

    asyncio.run(run())

    assert gone(int((tmp_path / "pid").read_text()))


def test_commands_run_side_by_side() -> None:
    """Ten that wait take as long as one."""

    async def run() -> float:
        client = CommandClient(".", ENVIRONMENT)
        started = time.monotonic()
        await asyncio.gather(
            *(client.send(CommandRequest(command=("sleep", "0.5"), stdin="", code="")) for _ in range(10))
        )
        await client.close()
        return time.monotonic() - started

    assert asyncio.run(run()) < 3


def test_another_kind_of_request_is_a_mistake_of_ours() -> None:
    """Wiring decides who gets what."""
    with pytest.raises(AssertionError):
        asyncio.run(CommandClient(".").send(FunctionRequest(function="a:b", arguments={}, code="")))
