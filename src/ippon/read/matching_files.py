"""The files that a glob matches, without the modules that the standard library needs for it (`re`, `pathlib`)."""

from __future__ import annotations

import os

_MAGIC = frozenset("*?[")


def is_glob(name: str) -> bool:
    """Whether a path holds `*`, `?` or `[`."""
    return not _MAGIC.isdisjoint(name)


def matching_files(folder: str, pattern: str) -> list[str]:
    """The matching files as paths relative to the folder (or absolute, as the pattern is), sorted.

    `*`, `?` and `[abc]` match within a name, `**` any number of folders; hidden names only where the dot is written.
    """
    parts = [each for each in pattern.split("/") if each not in {"", "."}]
    parts = [each for index, each in enumerate(parts) if each != "**" or parts[index - 1 : index] != ["**"]]
    return sorted(set(_matches(folder, "/" if pattern.startswith("/") else "", parts)))


def _matches(folder: str, prefix: str, parts: list[str]) -> list[str]:
    if not parts:
        return []
    first, *rest = parts
    if first == "..":
        return _matches(folder, f"{prefix}../", rest)
    names = _names(folder, prefix)
    if first == "**":
        # a link to a folder is not followed here, so that no circle is
        below = [name for name in names if not name.startswith(".") and _is_folder(folder, prefix + name, link=False)]
        deeper = [each for name in below for each in _matches(folder, f"{prefix}{name}/", parts)]
        return _matches(folder, prefix, rest) + deeper
    names = [name for name in names if same(name, first)]
    if rest:
        return [
            each
            for name in names
            if _is_folder(folder, prefix + name)
            for each in _matches(folder, f"{prefix}{name}/", rest)
        ]
    return [prefix + name for name in names if os.path.isfile(os.path.join(folder, prefix, name))]  # noqa: PTH113, PTH118


def _names(folder: str, prefix: str) -> list[str]:
    try:
        return os.listdir(os.path.join(folder, prefix))  # noqa: PTH118, PTH208
    except OSError:
        return []


def _is_folder(folder: str, name: str, *, link: bool = True) -> bool:
    path = os.path.join(folder, name)  # noqa: PTH118
    return os.path.isdir(path) and (link or not os.path.islink(path))  # noqa: PTH112, PTH114


def same(name: str, pattern: str) -> bool:
    """Whether a name matches one part of a glob."""
    if name.startswith(".") and not pattern.startswith("."):
        return False
    at, here, star, back = 0, 0, -1, 0
    while here < len(name):
        width = _one(name[here], pattern, at)
        if pattern.startswith("*", at):
            star, back = at, here
            at += 1
        elif width:
            at, here = at + width, here + 1
        elif star >= 0:
            back += 1
            at, here = star + 1, back
        else:
            return False
    return all(letter == "*" for letter in pattern[at:])


def _one(letter: str, pattern: str, at: int) -> int:
    """How many letters of the pattern match this one letter here; 0 for no match."""
    if at >= len(pattern):
        return 0
    close = pattern.find("]", at + 2) if pattern[at] == "[" else -1
    if close < 0:
        return int(pattern[at] in {"?", letter})
    inner = pattern[at + 1 : close]
    refused = inner.startswith(("!", "^"))
    return (close + 1 - at) if _in_set(letter, inner[refused:]) != refused else 0


def _in_set(letter: str, inner: str) -> bool:
    """Whether a letter is among `abc` or `a-z`."""
    ranges = [(inner[i], inner[i + 2]) for i in range(len(inner) - 2) if inner[i + 1] == "-"]
    return letter in inner or any(low <= letter <= high for low, high in ranges)
