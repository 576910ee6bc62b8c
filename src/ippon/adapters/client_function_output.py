"""Standard output while user code runs: what that prints goes to standard error, for everyone else it is what it was."""

from __future__ import annotations

import sys
import threading
from contextvars import ContextVar
from typing import Any

in_user_code: ContextVar[bool] = ContextVar("in_user_code", default=False)
_changing = threading.Lock()


class Diverted:
    """Stands in `sys.stdout` for as long as anyone uses it; all clients of the process share the one that is there."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.users = 0

    def __getattr__(self, name: str) -> Any:
        """Of whichever stream this is for who asks."""
        return getattr(sys.stderr if in_user_code.get() else self.real, name)


def divert() -> Diverted:
    """Begin to use it. Whoever begins hands what comes back to `give_back`, once."""
    with _changing:
        there: Any = sys.stdout
        if not isinstance(there, Diverted):
            there = sys.stdout = Diverted(there)
        there.users += 1
        return there


def give_back(diverted: Diverted) -> None:
    """End to use it. The last one puts the real stream back, unless somebody has taken standard output meanwhile."""
    with _changing:
        diverted.users -= 1
        if not diverted.users and sys.stdout is diverted:
            sys.stdout = diverted.real
