"""What a user sees when a command cannot be followed, and when ippon itself is wrong."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from ippon.errors import IpponError, Problem
from ippon.records.flags import FLAGS, Flag
from ippon.report.escape import cut, visible
from ippon.report.view import wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SHOWN_AT_MOST = 5
BUG = 3  # nothing was decided: never 1, which says that a gate failed
LARGEST_FILE = 5_000_000
KEY_ENDS = frozenset("=:,[]{} \t\r\n")
SECRET_WORDS = ("key", "token", "secret", "password", "authorization")
LEAST_SECRET = 8


def error_lines(problems: Sequence[Problem], width: int) -> list[str]:
    """The first five problems, each with its place in the file and what to do; `source` of a problem is read here."""
    lines: list[str] = []
    for problem in problems[:SHOWN_AT_MOST]:
        lines += _problem_lines(problem, width)
    more = len(problems) - SHOWN_AT_MOST
    return [*lines, f"{more} more; --json shows all"] if more > 0 else lines


def _problem_lines(problem: Problem, width: int) -> list[str]:
    lines = wrapped(f"error: {visible(problem.message)}", width)
    if problem.file is not None:
        lines.append(f"  --> {_place(problem)}")
        lines += _source(problem, width)
    if problem.hint:
        lines += [line for each in problem.hint.splitlines() for line in wrapped(f"hint: {visible(each)}", width)]
    return lines


def _place(problem: Problem) -> str:
    assert problem.file is not None, "a place is a file"
    relative = os.path.relpath(problem.file)
    path = relative if len(relative) < len(problem.file) else problem.file
    return ":".join([visible(path), *(str(each) for each in (problem.line, problem.column) if each is not None)])


def _source(problem: Problem, width: int) -> list[str]:
    """The line of the file with a caret under the key; nothing where it cannot be read or could hold a secret."""
    text = None if problem.line is None else _line_of(problem.file or "", problem.line)
    if not text or not text.strip() or any(word in text.lower() for word in SECRET_WORDS):
        return []
    margin = f"{problem.line} | "
    shown = cut(visible(text.replace("\t", " ").rstrip()), width - len(margin))
    if problem.column is None or problem.column > len(text):
        return [margin + shown]
    start = problem.column - 1
    end = next((i for i in range(start + 1, len(text)) if text[i] in KEY_ENDS), len(text))
    caret = "^" * max(1, min(end, len(shown)) - start)
    return (
        [margin + shown, " " * (len(margin) - 2) + "| " + " " * start + caret]
        if start < len(shown)
        else [margin + shown]
    )


def _line_of(path: str, number: int) -> str | None:
    try:
        if os.path.getsize(path) > LARGEST_FILE:  # noqa: PTH202 - pathlib is slow to import
            return None
        with open(path, encoding="utf-8-sig", errors="replace") as file:  # noqa: PTH123
            return next((line for i, line in enumerate(file, 1) if i == number), None)
    except OSError:
        return None


class Bug(msgspec.Struct, frozen=True, kw_only=True):
    """A mistake of ippon's own: what it was, and the trace with every secret of the environment taken out."""

    problem: Problem
    trace: str


def bug_of(error: BaseException, environ: Mapping[str, str], *, debug: bool) -> Bug:
    """What to say of an exception that should not have been, its trace written to a file unless it is shown."""
    from traceback import format_exception  # noqa: PLC0415 - only a bug needs it

    trace = without_secrets("".join(format_exception(error)), environ)
    path = None if debug else _keep_trace(trace, environ)
    where = f"the trace is in {path}" if path else "--debug shows the trace"
    said = without_secrets(f"{type(error).__name__}: {error}".rstrip(": "), environ)
    problem = Problem(
        message=f"this is a bug in ippon, not in your suite: {said}", hint=f"{where}; please report it with that file"
    )
    if debug or path is None:
        problem = msgspec.structs.replace(problem, hint="please report it with the trace" if debug else where)
    return Bug(problem=problem, trace=trace)


def without_secrets(text: str, environ: Mapping[str, str]) -> str:
    """The text with the values of secret environment variables replaced by their names."""
    for name, value in environ.items():
        if name.upper().endswith(("KEY", "TOKEN", "SECRET", "PASSWORD")) and len(value) >= LEAST_SECRET:
            text = text.replace(value, f"[{name}]")
    return text


def _keep_trace(trace: str, environ: Mapping[str, str]) -> str | None:
    from tempfile import mkstemp  # noqa: PLC0415

    from ippon.wiring.trust import state_folder  # noqa: PLC0415 - nothing heavy comes along, whatever is broken

    folder = state_folder(environ)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
        handle, path = mkstemp(prefix="trace-", suffix=".txt", dir=folder)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(trace)
    except OSError:
        return None
    return path


def problems_of(error: IpponError) -> tuple[Problem, ...]:
    """What is wrong, in the user's words."""
    return error.problems or (Problem(message=str(error) or type(error).__name__),)


def attributed(problems: Sequence[Problem], words: Sequence[str], environ: Mapping[str, str]) -> tuple[Problem, ...]:
    """The problems; where an option is wrong that nobody typed, the variable of the environment that says it is named."""
    return tuple(_attributed(each, words, environ) for each in problems)


def _attributed(problem: Problem, words: Sequence[str], environ: Mapping[str, str]) -> Problem:
    flag = next((each for each in FLAGS if each.name == problem.key and problem.file is None), None)
    if flag is None or flag.twin not in environ or any(_types(word, flag) for word in words):
        return problem
    known = flag.long in problem.message
    message = problem.message.replace(flag.long, flag.twin) if known else f"{flag.twin}: {problem.message}"
    return msgspec.structs.replace(problem, message=message)


def _types(word: str, flag: Flag) -> bool:
    return word.partition("=")[0] == flag.long or (flag.short is not None and word.startswith(flag.short))
