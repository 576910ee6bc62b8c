"""A cache file to lines of text and back: to seed a CI, or another machine."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any

import msgspec

from ippon.api.caches import require_named
from ippon.errors import Problem, UsageError
from ippon.records.entry_lines import LARGEST_LINE, entries_in, entry_in, line_of
from ippon.wiring.upkeep import upkept

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from ippon.records.kept import Entry
    from ippon.records.options import Options

STANDARD = "-"  # standard output or input, in place of a file
NAMED = 100  # damaged lines that are told


def cache_export(
    options: Options, path: str, *, out: BinaryIO | None = None, environ: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    """Write every whole entry of the cache file as a line: to a file, the old one or the new one whole, or with `-` to `out`.

    UsageError for a file that is there and is no export.
    """
    require_named(options)
    with upkept(options, environ) as upkeep:
        if upkeep.cache.file.reader() is None:
            raise UsageError("there is no cache yet, so there is nothing to export", hint="ippon run")
        held = upkeep.cache.stats()["entries"]
        if path == STANDARD:
            written = _written(upkeep.entries(), out or sys.stdout.buffer)
        else:
            _require_ours(path)
            written = _replaced(path, upkeep.entries())
        return {"written": written, "damaged": held - written, "file": path, "path": upkeep.cache.file.path}


def cache_import(
    options: Options, path: str, *, source: BinaryIO | None = None, environ: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    """Put the entries of an export into the cache file, where nothing better is there. `-` is `source`, standard input.

    UsageError with each damaged line; nothing is imported then.
    """
    with _opened(path, source) as lines:
        read = _checked(path, lines)
        lines.seek(0)
        with upkept(options, environ) as upkeep:
            added = upkeep.add(_of_the_past(lines))
            return {"read": read, "added": added, "file": path, "path": upkeep.cache.file.path}


def _written(entries: Iterator[Entry], file: BinaryIO) -> int:
    count = 0
    for entry in entries:
        file.write(line_of(entry))
        count += 1
    file.flush()
    return count


def _replaced(path: str, entries: Iterator[Entry]) -> int:
    """Write a draft beside the file, and put it in its place once it is whole."""
    draft = f"{path}.{os.getpid()}.part"
    try:
        with open(draft, "wb") as file:  # noqa: PTH123
            count = _written(entries, file)
        os.replace(draft, path)  # noqa: PTH105
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", hint="name another file") from None
    finally:
        with suppress(OSError):
            os.unlink(draft)  # noqa: PTH108
    return count


def _require_ours(path: str) -> None:
    """UsageError for a file that is there and was not written by an export: nor is a device, a pipe or a folder replaced."""
    foreign = UsageError(f"{path} is there and no export of a cache", hint="name another file")
    if os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113
        raise foreign
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            if first := file.readline(LARGEST_LINE):  # an empty one is what an empty cache leaves
                entry_in(first)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", hint="name another file") from None
    except ValueError:
        raise foreign from None


def _opened(path: str, source: BinaryIO | None) -> BinaryIO:
    """The lines to import, to be read twice: before the first is put anywhere, all are looked at."""
    if path == STANDARD:
        return BytesIO((source or sys.stdin.buffer).read())
    try:
        file = open(path, "rb")  # noqa: PTH123, SIM115 - closed by the caller
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint="ippon cache export FILE") from None
    if file.seekable():
        return file
    with file:  # a pipe with a name
        return BytesIO(file.read())


def _checked(path: str, lines: BinaryIO) -> int:
    """How many entries there are; UsageError with the lines that are none."""
    wrong: list[Problem] = []
    count = 0
    for number, found in entries_in(lines):
        count += 1
        if isinstance(found, ValueError) and len(wrong) < NAMED:
            wrong.append(Problem(message=str(found), file=path, line=number, column=1, hint="nothing was imported"))
    if wrong:
        raise UsageError(*wrong)
    return count


def _of_the_past(lines: BinaryIO) -> Iterator[Entry]:
    """The entries; one from a clock that runs ahead is of today, or it would outlive its time."""
    now = time.time()
    for _, found in entries_in(lines):
        assert not isinstance(found, ValueError), "all lines have been looked at"
        yield found if found.created_at <= now else msgspec.structs.replace(found, created_at=now)
