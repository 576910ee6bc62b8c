"""Bytes -> text: UTF-8 with or without BOM, LF or CRLF; any other encoding is refused by its name."""

from __future__ import annotations

import codecs

from ippon.errors import Problem, SuiteError
from ippon.read.compiled import LARGEST

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_ASCII = 128


def decoded(body: bytes, file: str, *, limit: int | None = LARGEST) -> str:
    """The text of a file, every line ending with LF; SuiteError with the place of the first byte that is no UTF-8."""
    if limit is not None and len(body) > limit:
        raise SuiteError(
            Problem(
                message=f"{file} is larger than {limit // 1_000_000} MB",
                file=file,
                hint="put data in files of their own",
            )
        )
    body = body.removeprefix(codecs.BOM_UTF8)
    wide = _wide(body)
    if wide is not None:
        raise _encoding(f"this is {wide}, not UTF-8", file, 1, 1)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        before = body[: error.start].decode()
        bad = body[error.start]
        raise _encoding(
            f"byte 0x{bad:02x} is not UTF-8; the file looks like {_narrow(body)}", file, *place(before, len(before))
        ) from None
    if "\0" in text:
        line, column = place(text, text.index("\0"))
        raise SuiteError(Problem(message="a NUL byte: this is no text", file=file, line=line, column=column))
    return text.replace("\r\n", "\n")


def place(text: str, index: int) -> tuple[int, int]:
    """Line and column of a position, counted from 1 in characters."""
    start = text.rfind("\n", 0, index) + 1
    return text.count("\n", 0, start) + 1, index - start + 1


def _encoding(message: str, file: str, line: int, column: int) -> SuiteError:
    return SuiteError(Problem(message=message, file=file, line=line, column=column, hint="save it as UTF-8"))


def _wide(body: bytes) -> str | None:
    """UTF-16 or UTF-32, by its mark or by the NUL that stands beside each ASCII character."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return name
    head = body[:2]
    return "UTF-16" if len(head) == 2 and head.count(0) == 1 and max(head) < _ASCII else None  # noqa: PLR2004 - one unit


def _narrow(body: bytes) -> str:
    """Windows-1252 has letters and quotes where Latin-1 has only control characters."""
    return "Windows-1252" if any(0x80 <= byte <= 0x9F for byte in body) else "Latin-1"  # noqa: PLR2004 - the C1 range
