"""The kind of record that never leaves the process."""

from __future__ import annotations

import msgspec


class Bundle(msgspec.Struct, frozen=True):
    """A few values handed on together. Never decoded from anywhere, so its annotations are for readers alone.

    A `NamedTuple` would do, but takes fifteen times as long to define, and a warm run defines twenty.
    """
