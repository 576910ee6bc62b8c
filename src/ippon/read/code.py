"""What python functions and commands consist of: the digest of their files, and the names a function is bound by.

Code is read as text and parsed; nothing is imported and nothing is run.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ippon.errors import SuiteError, TrustError
from ippon.read.check_columns import RESPONSE, readable
from ippon.read.finding import Finding, meant
from ippon.read.python_files import Modules
from ippon.read.python_names import names_in, parameters_of
from ippon.read.raw import is_list, is_table
from ippon.records.evaluators import CommandEvaluator, PythonEvaluator
from ippon.records.suite import Code, CommandTarget, Fields, PythonTarget

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ippon.read.draft import Draft
    from ippon.read.files import Files
    from ippon.read.finding import Path

EXAMPLE = "example"
_FUNCTION = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*")


class Coded(NamedTuple):
    """The code that a suite names, as `Suite.code` holds it, and what is wrong with it."""

    code: dict[str, Code]
    findings: list[Finding]


def code_of(draft: Draft, files: Files, *, suite: str) -> Coded:
    """The code of all functions and commands; without trust, who needs it."""
    coded = Coded({}, [])
    for path, each in {**draft.every, **draft.targets}.items():
        if isinstance(each, PythonEvaluator | PythonTarget):
            given = () if isinstance(each, PythonTarget) else (RESPONSE,)
            coded.findings.extend(_function(coded.code, draft, files, each.function, (*path, "function"), given))
        elif isinstance(each, CommandEvaluator | CommandTarget):
            coded.findings.extend(_command(coded.code, files, each.command, (*path, "command")))
    hint = f"read the suite and its code, then   ippon trust {suite}   or, for one run, --trust"
    return coded._replace(
        findings=[each._replace(hint=hint) if each.error is TrustError else each for each in coded.findings]
    )


def _function(
    code: dict[str, Code],
    draft: Draft,
    files: Files,
    function: str,
    path: Path,
    given: tuple[str, ...],
) -> Iterator[Finding]:
    if not _FUNCTION.fullmatch(function):
        yield Finding(f"`{function}` names no function", path, 'function = "module:name"')
    elif not files.trusted:
        yield Finding(f"`{function}` is code, and this suite is not trusted", path, error=TrustError)
    else:
        module, _, name = function.partition(":")
        try:
            found = _found(files, module, name)
        except SuiteError as error:
            yield from (
                Finding(each.message, path, each.hint, each.file, each.line, each.column) for each in error.problems
            )
            return
        code[function] = found.code
        if draft.rows is not None:
            yield from _unbound(draft, function, found.needed, path, given)


class _Found(NamedTuple):
    """A function's code, and the parameters that have no default."""

    code: Code
    needed: tuple[str, ...]


def _found(files: Files, module: str, name: str) -> _Found:
    modules = Modules(files)
    modules.add(module)
    if module not in modules.known:
        raise SuiteError(
            f"there is no module `{module}` beside the suite", hint=meant(module, modules.beside(), what="modules")
        )
    names = names_in(modules.known[module].tree)
    if name not in names:
        raise SuiteError(f"`{module}` has no function `{name}`", hint=meant(name, names, what="it has"))
    parameters = parameters_of(modules.known, module, name)
    whole = parameters is None or parameters.open or EXAMPLE in parameters.names
    code = Code(digest=modules.digest(), parameters=None if whole or parameters is None else parameters.names)
    return _Found(code, () if parameters is None else tuple(each for each in parameters.needed if each != EXAMPLE))


def _unbound(
    draft: Draft, function: str, needed: Sequence[str], path: Path, given: tuple[str, ...]
) -> Iterator[Finding]:
    columns = draft.columns()
    known = [*given, EXAMPLE, *(each for each in Fields.__struct_fields__ if readable(draft, each, columns)), *columns]
    for name in needed:
        if name not in known:
            yield Finding(
                f"`{function}` takes `{name}`, which no example has",
                path,
                meant(name, dict.fromkeys(known), what="there are"),
            )


def wrong_bindings(draft: Draft, needed: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Functions that are known by name: parameters without a default (`needed`) that nothing is bound to."""
    for path, each in {**draft.every, **draft.targets}.items():
        if isinstance(each, PythonEvaluator | PythonTarget) and draft.rows is not None:
            given = () if isinstance(each, PythonTarget) else (RESPONSE,)
            yield from _unbound(draft, each.function, needed.get(each.function, ()), (*path, "function"), given)


def _command(code: dict[str, Code], files: Files, words: list[str], path: Path) -> Iterator[Finding]:
    if not words[0].strip():
        yield Finding("the first word of a command is the program", path, 'command = ["./check", "--stdin"]')
    elif not files.trusted:
        yield Finding(f"`{' '.join(words)}` is code, and this suite is not trusted", path, error=TrustError)
    elif words[0].startswith("./") and not files.has(words[0]):
        missing = files.missing(words[0])
        yield Finding(missing.message, path, missing.hint)
    else:
        code["\0".join(words)] = Code(digest=command_digest(files, words))


def command_digest(files: Files, words: Sequence[str]) -> str:
    """A digest over the files of the suite's folder that a command names, and over what Python ones import."""
    modules = Modules(files)
    for word in words:
        for name in dict.fromkeys((word, word.partition("=")[2])):
            if name and files.has(name):
                modules.script(name)
    return hashlib.sha256(modules.digest().encode()).hexdigest()


def function_digest(files: Files, function: str) -> str:
    """A digest over what a function's module consists of, as far as it can be found."""
    modules = Modules(files)
    modules.add(function.partition(":")[0])
    return modules.digest()


def functions_in(value: Any) -> Iterator[tuple[str, Any]]:
    """Every function and command in a raw suite file, wherever it stands: ("function", text), ("command", words)."""
    if is_table(value):
        for key, each in value.items():
            if key in {"function", "command"}:
                yield key, each
            yield from functions_in(each)
    elif is_list(value):
        for each in value:
            yield from functions_in(each)
