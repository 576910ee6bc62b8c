"""Runs what the source says: bytecode that lies beside a suite's code is never looked at.

Python runs `__pycache__/m.cpython-311.pyc` unseen where its header says that nobody should compare it with `m.py` (PEP
552, "unchecked"). Trust and keys hash sources, so while a suite's code may be imported Python is sent to a place for
bytecode where nothing can ever be. The interpreter's own libraries keep theirs: compiling them would take seconds.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from importlib.machinery import PathFinder, SourceFileLoader
from importlib.util import cache_from_source
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec

NOWHERE = os.devnull  # no folder, and nobody can make it one
LIBRARIES = ("stdlib", "platstdlib", "purelib", "platlib")


class SourcesOnly:
    """Stands in `sys.meta_path` for as long as anyone uses it. Those who begin and end to use it hold one lock."""

    def __init__(self, libraries: Sequence[str]) -> None:
        self.users = 0
        self._libraries = tuple(f"{each}{os.sep}" for each in libraries)
        self._before = sys.pycache_prefix
        sys.pycache_prefix = NOWHERE
        first = next((n for n, each in enumerate(sys.meta_path) if each is PathFinder), len(sys.meta_path))
        sys.meta_path.insert(first, self)

    def find_spec(self, name: str, path: Sequence[str] | None = None, _target: object = None) -> ModuleSpec | None:
        """What Python's own finder finds; only a library's module is read with its bytecode."""
        spec = PathFinder.find_spec(name, path)
        loader = None if spec is None else spec.loader
        if spec is not None and type(loader) is SourceFileLoader and loader.path.startswith(self._libraries):
            spec.loader = _Library(name, loader.path)
        return spec

    def end(self) -> None:
        """Leave Python as it was."""
        sys.meta_path.remove(self)
        sys.pycache_prefix = self._before


class _Library(SourceFileLoader):
    def get_data(self, path: str) -> bytes:
        """The content of a file; the module's bytecode is where it would be without us."""
        if path == cache_from_source(self.path):
            folder, name = os.path.dirname(self.path), os.path.basename(path)  # noqa: PTH119, PTH120 - pathlib is slow
            path = os.path.join(folder, "__pycache__", name)  # noqa: PTH118
        return super().get_data(path)


def sources_only(libraries: Sequence[str] | None = None) -> SourcesOnly:
    """Begin to use it; who begins hands it to `release`, once. `libraries` are folders, the interpreter's own without."""
    found = next((each for each in sys.meta_path if isinstance(each, SourcesOnly)), None)
    if found is None:
        found = SourcesOnly([sysconfig.get_path(each) for each in LIBRARIES] if libraries is None else libraries)
    found.users += 1
    return found


def release(found: SourcesOnly) -> None:
    """End to use it; the last one leaves Python as it was."""
    found.users -= 1
    if not found.users:
        found.end()
