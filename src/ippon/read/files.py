"""The files beside a suite: read within its folder, and remembered, so that a compiled suite knows when it is stale."""

from __future__ import annotations

import hashlib
import os

from ippon.errors import Problem, SuiteError
from ippon.read.finding import meant
from ippon.read.matching_files import is_glob, matching_files


class Files:
    """Opens what a suite names, by paths relative to its folder.

    `read` holds the SHA-256 of every file that mattered, None for one that was looked for and not there; `globs` what
    each pattern matched. `content` grows with each data file or text, in the order of reading.
    """

    def __init__(self, suite: str, body: bytes, *, trusted: bool) -> None:
        self.suite = os.path.abspath(suite)  # noqa: PTH100
        self.folder = os.path.dirname(self.suite)  # noqa: PTH120 - here and below: pathlib costs a warm start 3 ms
        self.trusted = trusted
        self.read: dict[str, bytes | None] = {}
        self.globs: dict[str, list[str]] = {}
        self._suite = suite
        self._shown = os.path.dirname(suite)  # noqa: PTH120
        self._content = hashlib.sha256(hashlib.sha256(body).digest())

    @property
    def content(self) -> bytes:
        """SHA-256 of the suite and the data so far."""
        return self._content.digest()

    def shown(self, name: str) -> str:
        """A file's name as the user would type it."""
        return os.path.join(self._shown, name)  # noqa: PTH118

    def body(self, name: str, *, limit: int = -1) -> bytes:
        """The bytes of a data file or text, one more than the limit at most; SuiteError when it cannot be read."""
        body = self.opened(name, limit=limit + (limit >= 0))
        self._content.update(hashlib.sha256(body).digest())
        return body

    def opened(self, name: str, *, limit: int = -1) -> bytes:
        """The bytes of a file that is no data: code. SuiteError as for `body`."""
        path = self._allowed(name)
        if not os.path.exists(path):  # noqa: PTH110
            raise SuiteError(self.missing(name))
        if not os.path.isfile(path):  # noqa: PTH113 - opening a pipe would wait for ever
            raise SuiteError(Problem(message=f"{self.shown(name)} is no file"))
        try:
            with open(path, "rb") as file:  # noqa: PTH123
                body = file.read(limit)
        except OSError as error:
            raise SuiteError(
                Problem(message=f"{self.shown(name)} cannot be read: {(error.strerror or 'an error').lower()}")
            ) from None
        self.read[path] = hashlib.sha256(body).digest()
        return body

    def has(self, name: str) -> bool:
        """Whether there is such a file in the suite's folder, be it by a link; that there is none is remembered.

        For code that is trusted: what a link brings in would run as well.
        """
        path = os.path.normpath(os.path.join(self.folder, name))  # noqa: PTH118
        if not path.startswith(os.path.join(self.folder, "")):  # noqa: PTH118
            return False
        if not os.path.isfile(path):  # noqa: PTH113
            self.read.setdefault(path, None)
            return False
        return True

    def expanded(self, name: str) -> list[str]:
        """The files that a path or glob stands for, as paths relative to the folder; SuiteError when there are none."""
        if not is_glob(name) or os.path.lexists(os.path.join(self.folder, name)):  # noqa: PTH118
            return [name]
        matched = matching_files(self.folder, name)
        self.globs[name] = matched
        if not matched:
            raise SuiteError(Problem(message=f"no file matches {self.shown(name)}"))
        return matched

    def _allowed(self, name: str) -> str:
        """The whole path of a file within the suite's folder, links followed."""
        if "\0" in name or not name:
            raise SuiteError(Problem(message="an empty path names no file"))
        path = os.path.join(self.folder, name)  # noqa: PTH118
        if not self.trusted and not inside(self.folder, path):
            raise SuiteError(
                Problem(
                    message=f"{name} is outside the suite's folder, and this suite is not trusted",
                    hint=f"move it beside the suite, or read the suite, then   ippon trust {self._suite}",
                )
            )
        return path

    def missing(self, name: str) -> Problem:
        """That a file is not there, and which is."""
        folder, last = os.path.split(os.path.join(self.folder, name))  # noqa: PTH118
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208
        except OSError:
            names = []
        beside = os.path.dirname(name)  # noqa: PTH120
        hint = meant(os.path.join(beside, last), [os.path.join(beside, each) for each in names[:50]], what="there are")  # noqa: PTH118
        return Problem(message=f"no file {self.shown(name)}", hint=hint)


def inside(folder: str, path: str) -> bool:
    """Whether a path, links followed, lies in the folder."""
    root = os.path.realpath(folder)
    return os.path.commonpath((root, os.path.realpath(path))) == root
