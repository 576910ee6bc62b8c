"""The Python files that a module is made of: its own and, inside the suite's folder, those it imports."""

from __future__ import annotations

import ast
import hashlib
import os
import sys
from typing import TYPE_CHECKING

from ippon.errors import Problem, SuiteError
from ippon.read.python_names import Module, source_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ippon.read.files import Files


class Modules:
    """Modules as they are gathered, by name, and the digest of all their files."""

    def __init__(self, files: Files) -> None:
        self.known: dict[str, Module] = {}
        self._files = files
        self._digests: dict[str, bytes] = {}

    def digest(self) -> str:
        """SHA-256 over the names and contents of the files, as hexadecimal text."""
        whole = hashlib.sha256()
        for name, digest in sorted(self._digests.items()):
            whole.update(hashlib.sha256(name.encode(errors="surrogateescape")).digest() + digest)
        return whole.hexdigest()

    def beside(self) -> list[str]:
        """The modules in the suite's folder."""
        return sorted(each.removesuffix(".py") for each in os.listdir(self._files.folder) if each.endswith(".py"))  # noqa: PTH208

    def add(self, module: str) -> None:
        """Gather a module and what it imports; one from elsewhere is taken from where Python would."""
        self._gather([(module, "")])
        if module not in self.known:
            path = self._installed(module)
            if path is not None:
                self._read(module, path)

    def script(self, name: str) -> None:
        """Gather a file that a command runs; of a Python one, what it imports from its own folder."""
        body = self._note(name, name)
        if name.endswith(".py"):
            folder = os.path.dirname(name)  # noqa: PTH120
            self._gather([(each, folder) for each in _imports(Module(_parsed(body, self._files.shown(name)), ""))])

    def _gather(self, todo: list[tuple[str, str]]) -> None:
        """Read modules by (name, folder), and those that they import."""
        seen: set[str] = set()
        while todo:
            module, folder = todo.pop()
            if module in seen:
                continue
            seen.add(module)
            name = self._place(module, folder)
            if name is not None:
                todo.extend((each, folder) for each in self._read(module, name))

    def _place(self, module: str, folder: str) -> str | None:
        """The file of a module, if it lies in the suite's folder; an empty place is remembered as such."""
        path = os.path.join(folder, *module.split("."))  # noqa: PTH118
        return next((name for name in (f"{path}/__init__.py", f"{path}.py") if self._files.has(name)), None)

    @staticmethod
    def _installed(module: str) -> str | None:
        """The file of a module that Python would find elsewhere."""
        ends = [os.path.join(*module.split("."), "__init__.py"), os.path.join(*module.split(".")) + ".py"]  # noqa: PTH118
        places = (os.path.join(folder, end) for folder in sys.path for end in ends)  # noqa: PTH118
        return next((each for each in places if os.path.isfile(each)), None)  # noqa: PTH113

    def _read(self, module: str, name: str) -> list[str]:
        """Take a module's file in; returns the modules that it imports."""
        package = module if name.endswith("__init__.py") else module.rpartition(".")[0]
        found = Module(_parsed(self._note(name, module), self._files.shown(name)), f"{package}.x" if package else "x")
        self.known[module] = found
        parents = [".".join(module.split(".")[:count]) for count in range(1, module.count(".") + 1)]
        return [*parents, *_imports(found)]

    def _note(self, name: str, known_as: str) -> bytes:
        body = self._files.opened(name)
        self._digests[known_as] = hashlib.sha256(body).digest()
        return body


def _parsed(body: bytes, file: str) -> ast.Module:
    if b"\0" in body:
        raise SuiteError(Problem(message="broken Python: a NUL byte", file=file))
    try:
        return ast.parse(body)
    except SyntaxError as error:
        raise SuiteError(
            Problem(message=f"broken Python: {error.msg}", file=file, line=error.lineno, column=error.offset)
        ) from None
    except (RecursionError, MemoryError):
        raise SuiteError(Problem(message="broken Python: too many levels", file=file)) from None


def _imports(module: Module) -> Iterator[str]:
    """Every module that one imports, wherever in it; of `from a import b` both `a` and `a.b`."""
    for each in ast.walk(module.tree):
        if isinstance(each, ast.Import):
            yield from (alias.name for alias in each.names)
        elif isinstance(each, ast.ImportFrom):
            source = source_of(each, module.inner)
            names = [source, *(f"{source}.{alias.name}" if source else alias.name for alias in each.names)]
            yield from (name for name in names if name)
