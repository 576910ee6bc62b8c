"""YAML text -> raw value by the core schema of YAML 1.2: no tags, no anchors, no dates; `yes` and `no` are text.

Values are built from the parser's events: aliases and tags are refused as they come by, so no document can grow.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from ippon.errors import Problem, SuiteError
from ippon.read.finding import Document
from ippon.read.text import place
from ippon.read.unfit import DEPTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from yaml.events import Event

    from ippon.read.finding import Path, Place

_WORDS: dict[str, object] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER = re.compile(r"(?P<decimal>[-+]?[0-9]+)|0o(?P<octal>[0-7]+)|0x(?P<hexadecimal>[0-9a-fA-F]+)")
_BASES = {"decimal": 10, "octal": 8, "hexadecimal": 16}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LONGEST = 40  # digits; more of them are beyond 64 bits in every base, and slow to read
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parsed(text: str, file: str) -> Document:
    """The document of a YAML text; SuiteError with line and column."""
    value, places = parsed_value(text, file)
    if value is not None and not isinstance(value, dict):
        raise SuiteError(Problem(message="a suite is a table of keys and values", file=file, line=1, column=1))
    return Document(file, cast("dict[str, object]", value or {}), lambda: places, headers=False)


def parsed_value(text: str, file: str) -> tuple[object, dict[Path, Place]]:
    """The value of a YAML text, and where each key and item stands; None for an empty one."""
    bad = _UNPRINTABLE.search(text)
    if bad:
        line, column = place(text, bad.start())
        raise _refused(f"broken YAML: the character {bad[0]!r} is not allowed", file, line, column)
    built = _Built(file)
    try:
        built.read(_events(text))
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark
        raise _refused(f"broken YAML: {error.problem}", file, mark.line + 1, mark.column + 1) from None
    return built.value, built.places


def _events(text: str) -> Iterable[Event]:
    """The parser's events; the quicker parser where PyYAML has it."""
    parse: Callable[..., Iterable[Event]] = yaml.parse  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _refused(message: str, file: str, line: int, column: int, hint: str | None = None) -> SuiteError:
    return SuiteError(Problem(message=message, file=file, line=line, column=column, hint=hint))


class _Open(NamedTuple):
    """A table or list that has begun and not ended."""

    value: dict[str, object] | list[object]
    path: Path


class _Built:
    """One document as it grows from events: `value` and the `places` of its keys and items."""

    def __init__(self, file: str) -> None:
        self.value: object = None
        self.places: dict[Path, Place] = {}
        self._file = file
        self._open: list[_Open] = []
        self._key: str | None = None  # the key of the innermost table whose value comes next
        self._documents = 0

    def read(self, events: Iterable[Event]) -> None:
        """Take in all events."""
        for event in events:
            match event:
                case DocumentStartEvent():
                    self._documents += 1
                    if self._documents > 1:
                        raise self._refusal("a second document; a file holds one", event)
                case NodeEvent():
                    self._node(event)
                case MappingEndEvent() | SequenceEndEvent():
                    self._open.pop()
                case _:
                    pass

    def _refusal(self, message: str, event: Event, hint: str | None = None) -> SuiteError:
        mark: Any = event.start_mark
        return _refused(message, self._file, mark.line + 1, mark.column + 1, hint)

    def _node(self, event: NodeEvent) -> None:
        self._check(event)
        inner = self._open[-1] if self._open else None
        if inner is not None and isinstance(inner.value, dict) and self._key is None:
            self._key = self._new_key(event, inner)
            return
        path = self._placed(event, inner)
        value: Any = (
            _scalar(event) if isinstance(event, ScalarEvent) else {} if isinstance(event, MappingStartEvent) else []
        )
        if value is _Unread:
            raise self._refusal(
                f"`{cast('ScalarEvent', event).value[:_LONGEST]}` is no number here", event, "quotes make it text"
            )
        self._put(value, inner)
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            if len(self._open) >= DEPTH:
                raise self._refusal(f"more than {DEPTH} levels", event)
            self._open.append(_Open(value, path))

    def _check(self, event: NodeEvent) -> None:
        """Refuse what would be more than plain data."""
        if isinstance(event, AliasEvent):
            raise self._refusal(f"`*{event.anchor}`: aliases are not followed", event, "write the value again")
        if event.anchor is not None:
            raise self._refusal(f"`&{event.anchor}`: anchors have no use here", event, "leave it out")
        tag: str | None = getattr(event, "tag", None)
        if tag is not None:
            tag = tag.replace("tag:yaml.org,2002:", "!!")
            raise self._refusal(
                f"the tag `{tag}`: tags are not followed", event, "leave it out; text in quotes is text"
            )

    def _new_key(self, event: NodeEvent, table: _Open) -> str:
        if not isinstance(event, ScalarEvent):
            raise self._refusal("a key is a text, not a table or a list", event)
        key: str = event.value
        path = (*table.path, key)
        if key == "<<" and not event.style:
            raise self._refusal("`<<`: tables are not merged", event, "write the keys again")
        if path in self.places:
            line = self.places[path][0]
            raise self._refusal(f"the key `{key}` is there twice; the first is on line {line}", event)
        mark: Any = event.start_mark
        self.places[path] = (mark.line + 1, mark.column + 1)
        return key

    def _placed(self, event: NodeEvent, inner: _Open | None) -> Path:
        """The path of a value; the place of an item of a list is noted."""
        if inner is None:
            return ()
        if isinstance(inner.value, dict):
            return (*inner.path, cast("str", self._key))
        path = (*inner.path, len(inner.value))
        mark: Any = event.start_mark
        self.places[path] = (mark.line + 1, mark.column + 1)
        return path

    def _put(self, value: object, inner: _Open | None) -> None:
        if inner is None:
            self.value = value
        elif isinstance(inner.value, dict):
            inner.value[cast("str", self._key)] = value
            self._key = None
        else:
            inner.value.append(value)


class _Unread:
    """Stands for a number that is none, or too long a one."""


def _scalar(event: ScalarEvent) -> object:
    """The value of a scalar: what a plain one looks like, text for any other."""
    text: str = event.value
    if event.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    integer = _INTEGER.fullmatch(text)
    if _NO_NUMBER.fullmatch(text) or (integer and len(text) > _LONGEST):
        return _Unread
    if integer and integer.lastgroup:
        return int(integer[integer.lastgroup], _BASES[integer.lastgroup])
    return float(text) if _FLOAT.fullmatch(text) else text
