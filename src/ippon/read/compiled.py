"""A suite as the memo keeps it, with what it was made of."""

from __future__ import annotations

import msgspec

from ippon.records.suite import Suite

LARGEST = 5_000_000  # bytes of a suite file, and of a text that it names


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """A suite, and what it was made of: the SHA-256 of files (None: not there), and what globs matched."""

    suite: Suite
    files: dict[str, bytes | None]
    globs: dict[str, list[str]]
