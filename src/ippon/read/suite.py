"""The warm door to a suite: a compiled one is taken from the memo as long as no file it was made of has changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

import msgspec

from ippon.errors import Problem, SuiteError
from ippon.read.compiled import LARGEST, Compiled
from ippon.read.matching_files import matching_files
from ippon.records.fingerprint import sha256
from ippon.records.version import __version__

if TYPE_CHECKING:
    from ippon.records.suite import Suite

FORMAT = b"ippon.compiled/3"
NAMES = ("ippon.toml", "ippon.yaml", "ippon.yml")
LARGEST_KEPT = 16_000_000  # bytes of a compiled suite
_DIGEST = sha256().digest_size


class Memo(Protocol):
    """Keeps compiled suites by key."""

    def recall(self, key: bytes) -> bytes | None:
        """What was kept under the key."""
        ...

    def keep(self, key: bytes, body: bytes) -> None:
        """Remember this; forgetting it is allowed."""
        ...


def load(path: str, *, trusted: bool, memo: Memo | None) -> Suite:
    """The suite of a file, checked; raises an `IpponError` that holds every problem found."""
    body = opened(path)
    where = os.path.abspath(path)  # noqa: PTH100
    key = _key(where, body, trusted=trusted)
    known = None if memo is None else _recalled(memo.recall(key), os.path.dirname(where))  # noqa: PTH120
    if known is not None:
        return known
    from ippon.read.suite_file import compiled  # noqa: PLC0415 - a compiled suite does without

    made = compiled(path, body, trusted=trusted)
    if memo is not None:
        _keep(memo, key, made)
    return made.suite


def _keep(memo: Memo, key: bytes, made: Compiled) -> None:
    """Remember a compiled suite, unless it is large or has file names that are no text."""
    try:
        text = msgspec.json.encode(made)
    except UnicodeEncodeError:
        return
    if len(text) <= LARGEST_KEPT:
        memo.keep(key, sha256(text).digest() + text)


def opened(path: str) -> bytes:
    """The bytes of a suite file; SuiteError when there is none."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read(LARGEST + 1)  # one byte more than it may have, whatever its size
    except FileNotFoundError:
        raise SuiteError(Problem(message=f"no suite at {path}", hint=_nearest(path) or "ippon init")) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file"
        hint = _nearest(os.path.join(path, NAMES[0])) or "name a suite file"  # noqa: PTH118
        raise SuiteError(Problem(message=f"{path} cannot be read: {reason.lower()}", hint=hint)) from None


def _nearest(path: str) -> str | None:
    """The hint with the suite file beside a path where none is: the likeliest name, else the usual one."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    folder, name = os.path.split(path)
    try:
        beside = [each for each in os.listdir(folder or ".") if each.endswith((".toml", ".yaml", ".yml"))]  # noqa: PTH208
    except (OSError, ValueError):
        return None
    stems = {_stem(each): each for each in sorted(beside, reverse=True) if each != "pyproject.toml"}
    near = get_close_matches(_stem(name), stems, n=1) or [each for each in (_stem(NAMES[0]),) if each in stems]
    return f"did you mean {os.path.join(folder, stems[near[0]])}?" if near else None  # noqa: PTH118


def _stem(name: str) -> str:
    return os.path.splitext(name)[0]  # noqa: PTH122


def _key(where: str, body: bytes, *, trusted: bool) -> bytes:
    parts = (FORMAT, __version__.encode(), os.fsencode(where), b"1" if trusted else b"0", sha256(body).digest())
    return sha256(b"\0".join(parts)).digest()


def _recalled(body: bytes | None, folder: str) -> Suite | None:
    """The suite of a memo's body, if that is whole and still true."""
    if body is None or sha256(body[_DIGEST:]).digest() != body[:_DIGEST]:
        return None
    try:
        made = msgspec.json.decode(body[_DIGEST:], type=Compiled)
    except msgspec.MsgspecError:
        return None
    fresh = all(_digest(path) == digest for path, digest in made.files.items()) and all(
        matching_files(folder, pattern) == matched for pattern, matched in made.globs.items()
    )
    return made.suite if fresh else None


def _digest(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return sha256(file.read()).digest()
    except OSError:
        return None


def find(start: str) -> str:
    """The suite file nearest to a folder: in it or above it, as far as this repository and this owner's folders go."""
    folder, home = os.path.realpath(start), os.path.realpath(os.path.expanduser("~"))  # noqa: PTH111
    owner = _owner(folder)
    while _owner(folder) == owner:
        found = _suite_in(folder)
        if found is not None:
            return found
        above = os.path.dirname(folder)  # noqa: PTH120
        if folder in {home, above} or os.path.lexists(os.path.join(folder, ".git")):  # noqa: PTH118
            break
        folder = above
    raise SuiteError(Problem(message=f"no {' or '.join(NAMES[:2])} in {start} or above it", hint="ippon init"))


def _owner(folder: str) -> int | None:
    """Who owns a folder; a folder of somebody else's above ours says nothing about what we run."""
    try:
        return os.stat(folder).st_uid  # noqa: PTH116
    except OSError:
        return None


def _suite_in(folder: str) -> str | None:
    for name in NAMES:
        path = os.path.join(folder, name)  # noqa: PTH118
        if os.path.isfile(path):  # noqa: PTH113
            return path
    project = os.path.join(folder, "pyproject.toml")  # noqa: PTH118
    if not os.path.isfile(project):  # noqa: PTH113
        return None
    from ippon.read.pyproject import suite_named  # noqa: PLC0415 - only where there is no suite file yet

    return suite_named(project)
