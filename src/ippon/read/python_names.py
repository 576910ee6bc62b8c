"""Names and parameters of functions, from the syntax tree of their module."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DEEPEST = 20  # modules that a name may be passed on through


class Module(NamedTuple):
    """A module's syntax tree, and a name inside its package, from which relative imports start."""

    tree: ast.Module
    inner: str


class Parameters(NamedTuple):
    """What a function is bound by. `needed` have no default; `open`: it takes any further name."""

    names: tuple[str, ...]
    needed: tuple[str, ...]
    open: bool


def names_in(tree: ast.Module) -> dict[str, ast.stmt]:
    """The names that a module binds at its top, each with the last statement that does."""
    return {name: statement for statement in _statements(tree.body) for name in _bound(statement)}


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, those inside `if` and `try` included."""
    for each in body:
        yield each
        match each:
            case ast.If():
                yield from _statements([*each.body, *each.orelse])
            case ast.Try():
                handlers = [inner for handler in each.handlers for inner in handler.body]
                yield from _statements([*each.body, *handlers, *each.orelse, *each.finalbody])
            case _:
                pass


def _bound(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield statement.name
        case ast.Assign():
            yield from (each.id for each in statement.targets if isinstance(each, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.Import() | ast.ImportFrom():
            yield from (each.asname or each.name.partition(".")[0] for each in statement.names)
        case _:
            return


def parameters_of(modules: Mapping[str, Module], module: str, name: str) -> Parameters | None:
    """The parameters of a function; None where the text does not say."""
    for _ in range(_DEEPEST):
        found = modules.get(module)
        statement = names_in(found.tree).get(name) if found is not None else None
        if found is None or not isinstance(statement, ast.ImportFrom):
            return _signature(statement)
        name = next(each.name for each in statement.names if (each.asname or each.name) == name)
        module = source_of(statement, found.inner)
    return None


def source_of(statement: ast.ImportFrom, inner: str) -> str:
    """The module that a `from ... import` takes from, seen from a name inside the package."""
    if not statement.level:
        return statement.module or ""
    parents = inner.split(".")[: -statement.level]
    return ".".join([*parents, *([statement.module] if statement.module else [])])


def _signature(statement: ast.stmt | None) -> Parameters | None:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return _parameters(statement.args)
        case ast.Assign(value=ast.Lambda() as function) | ast.AnnAssign(value=ast.Lambda() as function):
            return _parameters(function.args)
        case _:
            return None


def _parameters(arguments: ast.arguments) -> Parameters:
    first = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    later = [each.arg for each in arguments.kwonlyargs]
    needed = first[: len(first) - len(arguments.defaults)]
    needed += [name for name, default in zip(later, arguments.kw_defaults, strict=True) if default is None]
    return Parameters((*first, *later), tuple(needed), open=arguments.kwarg is not None)
