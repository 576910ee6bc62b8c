"""The words after `ippon run`, read without building a command line. None for whatever click should answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.records.flags import BY_WORD, Flag, Given

if TYPE_CHECKING:
    from collections.abc import Sequence


class _OddError(Exception):
    """A word that this scanner leaves to click: unknown, a call for help, without its value."""


def scan(words: Sequence[str]) -> Given | None:
    """What the words say, or None where anything is odd; where it answers, click would answer the same."""
    given: Given = {}
    left = list(reversed(words))
    try:
        while left:
            _take(left.pop(), left, given)
    except _OddError:
        return None
    return given


def _take(word: str, left: list[str], given: Given) -> None:
    if word == "--":
        while left:
            _suite(left.pop(), given)
    elif word.startswith("--"):
        _long(word, left, given)
    elif word.startswith("-"):
        _shorts(word[1:], left, given)
    else:
        _suite(word, given)


def _suite(word: str, given: Given) -> None:
    if "suite" in given:
        raise _OddError
    given["suite"] = word


def _long(word: str, left: list[str], given: Given) -> None:
    name, equals, value = word.partition("=")
    flag = _flag(name)
    if flag.kind == "switch":
        if equals:
            raise _OddError
        given[flag.name] = True
    else:
        _put(flag, value if equals else _next(left), given)


def _shorts(letters: str, left: list[str], given: Given) -> None:
    if not letters:
        raise _OddError
    while letters:
        flag, letters = _flag(f"-{letters[0]}"), letters[1:]
        if flag.kind != "switch":
            _put(flag, letters or _next(left), given)
            return
        given[flag.name] = True


def _flag(word: str) -> Flag:
    flag = BY_WORD.get(word)
    if flag is None:
        raise _OddError
    return flag


def _next(left: list[str]) -> str:
    if not left or left[-1].startswith("-"):
        raise _OddError
    return left.pop()


def _put(flag: Flag, value: str, given: Given) -> None:
    if not flag.many:
        given[flag.name] = value
        return
    several = given.setdefault(flag.name, [])
    assert isinstance(several, list), "a repeatable flag holds a list"
    several.append(value)
