"""JSON and JSON Lines -> rows."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import msgspec

from ippon.read.finding import Finding
from ippon.read.raw import is_list, is_table
from ippon.read.row import Row, Rows
from ippon.read.text import decoded, place
from ippon.read.wording import sort_of

_BYTE = re.compile(r" \(byte (\d+)\)$")
_ESCAPE = re.compile(r"\\(?:u(?P<code>[0-9a-fA-F]{4})|.)", re.DOTALL)
_NO_NUMBER = re.compile(r"-?(?:NaN|Infinity)\b")


def jsonl_rows(body: bytes, file: str) -> Rows:
    """The rows of a JSON Lines file; blank lines are none."""
    found = Rows([], [])
    for number, line in enumerate(decoded(body, file, limit=None).split("\n"), start=1):
        if line.strip():
            _add(found, json_value(line, file, line=number), file, number)
    return found


def json_rows(body: bytes, file: str) -> Rows:
    """The rows of a JSON file that holds a list of objects."""
    text = decoded(body, file, limit=None)
    value = _well_formed(text, file, 1)
    if isinstance(value, Finding):
        return Rows([], [value])
    if not is_list(value):
        return Rows(
            [], [Finding(f"rows are a JSON list of objects, not {sort_of(value)}", file=file, line=1, column=1)]
        )
    whole = text.encode()
    found = Rows([], [])
    line, at = 1, 0
    for item in msgspec.json.decode(whole, type=list[msgspec.Raw]):
        start = whole.index(bytes(item), at)
        line, at = line + whole.count(b"\n", at, start), start
        _add(found, json_value(bytes(item).decode(), file, line=line), file, line)
        line, at = line + whole.count(b"\n", at, at + len(bytes(item))), at + len(bytes(item))
    return found


def _add(found: Rows, value: Any, file: str, line: int) -> None:
    if isinstance(value, Finding):
        found.findings.append(value)
    elif is_table(value):
        found.rows.append(Row(value, file=file, line=line))
    else:
        found.findings.append(Finding(f"a row is a JSON object, not {sort_of(value)}", file=file, line=line))


def json_value(text: str, file: str, *, line: int = 1) -> Any:
    """The value of a JSON text, or the Finding of what is wrong with it; `line` is where the text begins."""
    value = _well_formed(text, file, line)
    twice = None if isinstance(value, Finding) else _said_twice(text)
    return value if twice is None else Finding(f"broken JSON: the key `{twice}` stands twice", file=file, line=line)


def _well_formed(text: str, file: str, line: int) -> Any:
    """The same, of two equal keys the last one."""
    try:
        return msgspec.json.decode(text.encode())
    except msgspec.MsgspecError as error:
        message, index = _reason(str(error), text)
        down, column = place(text, index)
        return Finding(f"broken JSON: {message}", file=file, line=line + down - 1, column=column)
    except RecursionError:
        return Finding("broken JSON: too many levels", file=file, line=line)


def _said_twice(text: str) -> str | None:
    """A key that one object of a JSON text has twice: which of the values is meant, nobody can know."""
    found: list[str] = []

    def pairs(given: list[tuple[str, object]]) -> None:
        if len(dict(given)) < len(given):
            found.extend(key for key, times in Counter(key for key, _ in given).items() if times > 1)

    json.loads(text, object_pairs_hook=pairs, parse_int=str, parse_float=str)
    return found[0] if found else None


def _reason(message: str, text: str) -> tuple[str, int]:
    """What is wrong with a JSON text, and where."""
    byte = _BYTE.search(message)
    what = _BYTE.sub("", message.removeprefix("JSON is malformed: ")).partition(" - at `")[0]
    index = len(text.encode()[: int(byte[1])].decode(errors="replace")) if byte else len(text.rstrip())
    lone = _lone_surrogate(text)
    if lone is not None and lone <= index:
        return "half of a surrogate pair is no text", lone
    number = _NO_NUMBER.match(text, index)
    if number:
        return f"{number[0]} is no number here", index
    return f"{what[:1].lower()}{what[1:]}", index


def _lone_surrogate(text: str) -> int | None:
    """Where the escape of one half of a pair stands without the other half."""
    high: int | None = None
    for found in _ESCAPE.finditer(text):
        code = int(found["code"], 16) if found["code"] else 0
        low_here = 0xDC00 <= code <= 0xDFFF  # noqa: PLR2004 - second halves
        if high is not None:
            if not (low_here and found.start() == high + len(r"\ud800")):
                return high
            high = None
        elif low_here:
            return found.start()
        elif 0xD800 <= code <= 0xDBFF:  # noqa: PLR2004 - first halves
            high = found.start()
    return high
