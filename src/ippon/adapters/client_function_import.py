"""Finds the functions that a suite names, as the files beside it are now."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from ippon.adapters.client_function_bytecode import release, sources_only

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import ModuleType

_MARK = "__ippon_loaded__"  # on a module that was imported here: what its file was like then
_importing = threading.Lock()
_visiting = threading.Lock()  # held for a moment only, while an import may take for ever


def imported(name: str, folder: str) -> Callable[..., Any]:
    """The function `module:name`, imported from the folder or from what is installed. Raises what the import raises.

    A module of the folder that has changed since is imported again, with all that came along: keys hold code.
    """
    module_name, _, path = name.partition(":")
    with _importing, visiting(folder):
        _forget_outdated(module_name.partition(".")[0], folder)
        before = set(sys.modules)
        importlib.invalidate_caches()
        found: Any = importlib.import_module(module_name)
        for new in set(sys.modules) - before:
            _mark(sys.modules[new], folder)
    for part in path.split("."):
        found = getattr(found, part)
    if not callable(found):
        raise TypeError(f"{name} is no function")
    return found


@contextmanager
def visiting(folder: str) -> Generator[None]:
    """Code of the folder may be imported: it stands first in the import path, and its bytecode is not looked at.

    Clients that are open at once each have an entry of their own in the path, so that none takes away another's.
    """
    with _visiting:
        sources = sources_only()
        sys.path.insert(0, folder)
    try:
        yield
    finally:
        with _visiting:
            with suppress(ValueError):  # user code has changed the path itself
                sys.path.remove(folder)
            release(sources)


def _mark(module: ModuleType, folder: str) -> None:
    file = _file_of(module)
    if file is not None and is_beside(file, folder):
        setattr(module, _MARK, _state(file))


def _forget_outdated(top: str, folder: str) -> None:
    """Forget the folder's modules if one of them has changed, and another folder's module of the wanted name."""
    known = sys.modules.copy()  # other threads import meanwhile
    ours = {name: each for name, each in known.items() if hasattr(each, _MARK) and _is_in(each, folder)}
    changed = any(getattr(each, _MARK) != _state(_file_of(each) or "") for each in ours.values())
    doomed = set(ours) if changed else set[str]()
    present = known.get(top)
    if present is not None and _has_own(top, folder) and not _is_in(present, folder):
        doomed |= {name for name in known if name == top or name.startswith(f"{top}.")}
    for name in doomed:
        del sys.modules[name]


def _has_own(top: str, folder: str) -> bool:
    return any(os.path.exists(f"{folder}/{top}{rest}") for rest in (".py", "/__init__.py"))  # noqa: PTH110


def _is_in(module: ModuleType, folder: str) -> bool:
    file = _file_of(module)
    return file is not None and is_beside(file, folder)


def is_beside(file: str, folder: str) -> bool:
    """Whether a file is the suite's own code: in its folder, and not a library's in there."""
    real = os.path.realpath(file)
    return real.startswith(f"{os.path.realpath(folder)}{os.sep}") and "site-packages" not in real


def _file_of(module: ModuleType) -> str | None:
    file: Any = getattr(module, "__file__", None)
    return file if isinstance(file, str) else None


def _state(file: str) -> tuple[int, int] | None:
    try:
        found = os.stat(file)  # noqa: PTH116
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
