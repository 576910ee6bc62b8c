"""Cache entries as lines of text, each with its digest: what `ippon cache export` writes and `import` reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from ippon.records.fingerprint import digest
from ippon.records.kept import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

KEY_BYTES = 32
LARGEST_LINE = 64_000_000  # bytes; what is longer is no entry
NO_ENTRY = "this is no entry of a cache"
NEWER = "this entry was written by a newer version of ippon"
FORMAT = "ippon.cache_entry/"


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    schema: Literal["ippon.cache_entry/1"] = "ippon.cache_entry/1"
    digest: str
    entry: Entry


class _Named(msgspec.Struct):
    schema: str


def line_of(entry: Entry) -> bytes:
    """An entry as one line of JSON; bytes in it as base64. Its digest covers all of it."""
    return msgspec.json.encode(_Line(digest=digest(entry).hex(), entry=entry)) + b"\n"


def entry_in(line: bytes) -> Entry:
    """The entry of a line. ValueError, with what is wrong in words, for a damaged or foreign one."""
    try:
        found = msgspec.json.decode(line, type=_Line)
    except msgspec.MsgspecError:
        raise ValueError(NEWER if _is_newer(line) else NO_ENTRY) from None
    if digest(found.entry).hex() != found.digest or len(found.entry.key) != KEY_BYTES:
        message = "this entry is damaged: its digest is another one"
        raise ValueError(message)
    return found.entry


def _is_newer(line: bytes) -> bool:
    """Whether a line that is no entry of this version says that it is one of a later one."""
    try:
        format_, _, version = msgspec.json.decode(line, type=_Named).schema.rpartition("/")
    except msgspec.MsgspecError:
        return False
    return f"{format_}/" == FORMAT and version.isdecimal() and version.lstrip("0") not in {"", "1"}


def entries_in(stream: BinaryIO) -> Iterator[tuple[int, Entry | ValueError]]:
    """(number of the line, its entry or what is wrong with it) of each line that is not empty."""
    number = 0
    while line := stream.readline(LARGEST_LINE):
        number += 1
        if line.strip():
            try:
                yield number, entry_in(line)
            except ValueError as error:
                yield number, error
