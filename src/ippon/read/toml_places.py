"""Where the keys of a TOML text stand, for error messages: tomllib reads values and forgets places."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ippon.read.finding import Path, Place

_DEEPEST = 64  # levels of brackets that are looked into
_BLANK = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_BARE = re.compile(r"[^\s.=\]\[{}\"'#,]+")
_SCALAR = re.compile(r"[^,\]}\n#]*")
_STRINGS = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}',
        r"'''(?:[^']|'{1,2}(?!'))*'{3,5}",
        r'"(?:[^"\\\n]|\\.)*"',
        r"'[^'\n]*'",
    )
)


class Layout(NamedTuple):
    """Where things stand in a TOML text. `twice`: a key that is there again, first and second place."""

    places: dict[Path, Place]
    twice: tuple[str, Place, Place] | None

    def deepest(self) -> tuple[Path, Place]:
        """The longest path, and its place; the top of the file where there is none."""
        return max(self.places.items(), key=lambda each: len(each[0]), default=((), (1, 1)))


def layout_of(text: str) -> Layout:
    """The place of every key, and of every item of a list. Reads on where TOML is broken, and never fails."""
    starts = [0, *(index + 1 for index, letter in enumerate(text) if letter == "\n")]
    scan = _Scan(text)
    scan.document()

    def place(offset: int) -> Place:
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    twice = scan.twice and (scan.twice[0], place(scan.twice[1]), place(scan.twice[2]))
    return Layout({path: place(offset) for path, offset in scan.found.items()}, twice)


class _Scan:
    """One pass over a text; `found` holds the offset of what it came by, `twice` the first key that it met again."""

    def __init__(self, text: str) -> None:
        self.found: dict[Path, int] = {}
        self._text = text
        self._at = 0
        self.twice: tuple[str, int, int] | None = None
        self._last: dict[Path, int] = {}  # the position of the newest table of an array of tables

    def document(self) -> None:
        table: Path = ()
        while self._skip():
            before = self._at
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
            self._at = max(self._at, before + 1)

    def _skip(self) -> bool:
        """Passes over blanks and comments; whether anything is left."""
        match = _BLANK.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._at < len(self._text)

    def _next_is(self, letter: str) -> bool:
        """Whether the letter stands here, and passes over it if so."""
        here = self._text.startswith(letter, self._at)
        self._at += len(letter) * here
        return here

    def _header(self) -> Path:
        many = self._text.startswith("[[", self._at)
        self._at += 1 + many
        keys = self._keys()
        path: Path = ()
        for number, (key, offset) in enumerate(keys, start=1):
            path = joined(path, key)
            if many and number == len(keys):
                self._last[path] = self._last.get(path, -1) + 1
            self.found.setdefault(path, offset)
            if path in self._last:
                path = joined(path, self._last[path])
                self.found.setdefault(path, offset)
        self._at += 1 + many
        return path

    def _keys(self) -> list[tuple[str, int]]:
        """The parts of a dotted key, with their offsets."""
        keys: list[tuple[str, int]] = []
        while True:
            self._blanks()
            start = self._at
            keys.append((self._key(), start))
            self._blanks()
            if not self._next_is("."):
                return keys
            if len(keys) > _DEEPEST:  # no suite has such a key: what comes after it needs no place
                self._at = len(self._text)
                return keys

    def _blanks(self) -> None:
        while self._next_is(" ") or self._next_is("\t"):
            pass

    def _key(self) -> str:
        quoted = self._string()
        if quoted is not None:
            return _unquoted(quoted)
        match = _BARE.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return match[0] if match else ""

    def _string(self) -> str | None:
        """Passes over a string that begins here, and gives it with its quotes."""
        for pattern in _STRINGS:
            match = pattern.match(self._text, self._at)
            if match:
                self._at = match.end()
                return match[0]
        return None

    def _pair(self, table: Path) -> None:
        path, known = table, False
        for key, offset in self._keys():
            path, start = joined(path, key), offset
            known = path in self.found
            if known and self._text.startswith("=", self._at):
                self.twice = self.twice or (key, self.found[path], start)
            self.found.setdefault(path, offset)
        if self._next_is("="):
            self._value(path)

    def _value(self, path: Path) -> None:
        self._blanks()
        if len(path) < _DEEPEST and self._next_is("["):
            self._items(path)
        elif len(path) < _DEEPEST and self._next_is("{"):
            self._inline(path)
        elif self._string() is None:
            match = _SCALAR.match(self._text, self._at)
            self._at = match.end() if match else self._at

    def _items(self, path: Path) -> None:
        index = 0
        while self._skip() and not self._next_is("]"):
            before = self._at
            self.found[*path, index] = before
            self._value((*path, index))
            self._skip()
            index += self._next_is(",")
            self._at = max(self._at, before + 1)

    def _inline(self, path: Path) -> None:
        while self._skip() and not self._next_is("}"):
            before = self._at
            self._pair(path)
            self._skip()
            self._next_is(",")
            self._at = max(self._at, before + 1)


def joined(path: Path, part: str | int) -> Path:
    """A path, one step further in."""
    return (*path, part)


def _unquoted(key: str) -> str:
    """A quoted key as tomllib reads it."""
    import tomllib  # noqa: PLC0415 - a compiled suite does without

    try:
        return next(iter(tomllib.loads(f"{key} = 0")))
    except tomllib.TOMLDecodeError:
        return key[1:-1]
