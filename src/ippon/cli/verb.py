"""What a verb is: where its function stands, and what may be said after it."""

from __future__ import annotations

import msgspec


class Verb(msgspec.Struct, frozen=True, kw_only=True):
    """One verb: the module of `ippon.cli` and its function `(options, arguments, session) -> exit code`.

    An argument in brackets may be left out. `flags` says which flags of the table it takes, `own` are those that no
    other verb has: (flag, word, help).
    """

    module: str
    does: str
    help: str
    arguments: tuple[str, ...] = ("[SUITE]",)
    flags: str = ""
    own: tuple[tuple[str, str, str], ...] = ()
