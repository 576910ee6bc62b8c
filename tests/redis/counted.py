"""The suite that the runs of these tests are of, and what became of its evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.door import Said

SECRET = "hunter2"
EXAMPLES, CALLS = 6, 42


def counts(said: Said) -> tuple[int, int, int]:
    """(exit code, cached, answered)."""
    found = said.object["evaluations"]
    return said.code, found["cached"], found["answered"]
