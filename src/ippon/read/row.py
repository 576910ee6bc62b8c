"""Rows of data, each with the place where it stands."""

from __future__ import annotations

from typing import Any, NamedTuple

from ippon.read.finding import Finding, Path


class Row(NamedTuple):
    """A row of data: in a file (line, or row number where a file has no lines), or in the suite, at `path`."""

    value: dict[str, Any]
    path: Path = ()
    file: str | None = None
    line: int | None = None

    def finding(self, message: str, *, hint: str | None = None) -> Finding:
        """Something wrong with this row."""
        return Finding(message, self.path, hint, self.file, self.line)

    def where(self) -> str:
        """Its place in words."""
        return (
            f"row {self.path[-1] + 1} of `examples`"
            if self.file is None and isinstance(self.path[-1], int)
            else f"{self.file}:{self.line}"
        )


class Rows(NamedTuple):
    """What a data file holds: its rows, and what is wrong with the rest of it."""

    rows: list[Row]
    findings: list[Finding]
