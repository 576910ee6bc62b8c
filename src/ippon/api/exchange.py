"""A cache file to lines of text and back: to seed a CI, or another machine."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any

import msgspec

from ippon.api.caches import require_looked_at
from ippon.errors import Problem, UsageError
from ippon.records.entry_lines import LARGEST_LINE, entries_in, entry_in, line_of
from ippon.report.view import quoted
from ippon.wiring.upkeep import require_all, require_file, snapshot_named, upkept

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from ippon.records.kept import Entry
    from ippon.records.options import Options

STANDARD = "-"  # standard output or input, in place of a file
NAMED = 100  # damaged lines that are told
BEGINNING = 4096  # bytes that tell a text from what is none
GZIP, SQLITE = b"\x1f\x8b", b"SQLite format 3\0"
EXPORTS = "ippon cache export FILE   makes what can be imported"


def cache_export(
    options: Options, path: str, *, out: BinaryIO | None = None, environ: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    """Write every whole entry of the cache file as a line: to a file, the old one or the new one whole, or with `-` to `out`.

    UsageError for a file that is there and is no export.
    """
    verb = f"ippon cache export {quoted(path)}"
    require_looked_at(options, environ, verb)
    require_all(options, verb)
    with upkept(options, environ) as upkeep:
        if upkeep.cache.file.reader() is None:
            raise UsageError("there is no cache yet, so there is nothing to export", hint="ippon run")
        held = upkeep.count()
        if path == STANDARD:
            written = _streamed(upkeep.entries(), out or sys.stdout.buffer)
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
    _require_written(options, environ, f"ippon cache import {quoted(path)}")
    with _opened(path, source) as lines:
        read = _checked(path, lines)
        lines.seek(0)
        with upkept(options, environ) as upkeep:
            added = upkeep.add(_of_the_past(lines))
            return {"read": read, "added": added, "file": path, "path": upkeep.cache.file.path}


def _require_written(options: Options, environ: Mapping[str, str], verb: str) -> None:
    """An import is written to the file that is named, all of it, or nowhere."""
    require_file(options, environ, verb, why=f"{verb} writes to a cache file, and --cache names a Redis")
    if (snapshot := snapshot_named(options)) is not None:
        hint = f"{verb} --cache {quoted(snapshot)}   writes to the file itself"
        raise UsageError(f"a snapshot (mode=ro) is never written: {snapshot}", hint=hint)
    require_all(options, verb)


def _written(entries: Iterator[Entry], file: BinaryIO) -> int:
    count = 0
    for entry in entries:
        file.write(line_of(entry))
        count += 1
    file.flush()
    return count


def _streamed(entries: Iterator[Entry], file: BinaryIO) -> int:
    try:
        return _written(entries, file)
    except BrokenPipeError:  # the reader has seen enough
        raise
    except OSError as error:
        raise UsageError(f"standard output cannot be written: {error.strerror}", hint="name a file") from error


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
    _require_text(path, lines)
    wrong: list[Problem] = []
    count = 0
    for number, found in entries_in(lines):
        count += 1
        if isinstance(found, ValueError) and len(wrong) < NAMED:
            wrong.append(Problem(message=str(found), file=path, line=number, column=1, hint="nothing was imported"))
    if wrong:
        raise UsageError(*wrong)
    if not count:
        raise UsageError(f"there is nothing in {_shown(path)}, so nothing was imported", hint=EXPORTS)
    return count


def _require_text(path: str, lines: BinaryIO) -> None:
    """UsageError, one line, for what is no text at all; one for each line of it would help nobody."""
    start = lines.read(BEGINNING)
    lines.seek(0)
    if start.startswith(GZIP):
        raise UsageError(f"{_shown(path)} is packed with gzip", hint=f"gunzip {quoted(path)}   then import that")
    if start.startswith(SQLITE):
        hint = f"ippon cache export FILE --cache {quoted(path)}   then import FILE"
        raise UsageError(f"{_shown(path)} is a database, no export of a cache", hint=hint)
    if b"\0" in start:
        raise UsageError(f"{_shown(path)} is no text, so no export of a cache", hint=EXPORTS)


def _shown(path: str) -> str:
    return "standard input" if path == STANDARD else path


def _of_the_past(lines: BinaryIO) -> Iterator[Entry]:
    """The entries; one from a clock that runs ahead is of today, or it would outlive its time."""
    now = time.time()
    for _, found in entries_in(lines):
        assert not isinstance(found, ValueError), "all lines have been looked at"
        yield found if found.created_at <= now else msgspec.structs.replace(found, created_at=now)
