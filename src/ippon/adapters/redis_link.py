"""The link to a team's Redis: a mistake in its URL is told before anything is asked, what goes wrong later costs little.

    link = RedisLink(address_of("redis://HOST/0", os.environ))
    replies = link.ask(("SET", "key", b"value", "NX", "PX", 30_000), ("GET", "key"))  # None: it is down, go on without

A server that is gone, slow, loading or strange is left alone for a moment, then for twice as long, and so on, with one
note. Waiting for it costs no more than its patience: what an exchange takes beyond the time of a healthy server is taken from
that, and it comes back so slowly that trouble of any length costs the process half a percent of its time.
"""

from __future__ import annotations

import os
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from ippon.errors import MissingExtraError, StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.adapters.redis_address import Address
    from ippon.adapters.redis_wire import Command, Wire

FAIR_S, FAIR_WORD_S, FAIR_BYTE_S = 0.002, 20e-6, 20e-9  # a healthy server nearby: an exchange, and what it grows with
REST = 0.005  # of the time that passes comes back as patience
LEAST_S = 0.005  # no connection is opened in less
PAUSES_S = (0.25, 30.0)  # how long it is left alone, the first time and at most
LOOK = 0.4  # the part of its patience that is kept for a second look at what has not answered
INSTALL = "pip install 'ippon[redis]'"


class RedisLink:
    """One connection, used by one thread at a time; opened when it is first needed, and anew in a forked child.

    `notes` says in words why it was first `down`, or what the server refuses to do.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self.notes: tuple[str, ...] = ()
        self._wire: Wire | None = None
        self._is_known = False  # whether the URL led to a server, be it one in trouble: then it is no mistake
        self._up_at, self._pause_s = 0.0, PAUSES_S[0]
        self._patience_s = address.patience_s
        self._rested_at = monotonic()
        self._lock, self._process = Lock(), os.getpid()

    def name(self, *parts: str) -> str:
        """A key of ours."""
        return self.address.name(*parts)

    @property
    def down(self) -> bool:
        """Whether it is left alone just now."""
        return monotonic() < self._up_at

    def open(self) -> None:
        """Connect, unless that was done.

        StoreError for a mistake in the URL, MissingExtraError without the library; a server in trouble is `down`.
        """
        self.ask()

    def ask(self, *commands: Command, holds_up: bool = False) -> list[object] | None:
        """The replies, in order; a `hiredis.ReplyError` for a command that failed. None while the server is down.

        Where a late answer `holds_up` the run, it costs patience; where a thread of its own waits, only a missing one does.
        Raises what `open` raises as long as no server was found; after that it never raises.
        """
        if self._process != os.getpid():  # lock and connection belong to the process that made them
            self._lock, self._process = Lock(), os.getpid()
            self.close()
        with self._lock:
            if self.down or (self._wire is None and not self._opened()):
                return None
            return self._asked(commands, holds_up=holds_up)

    def give_up(self, error: Exception) -> None:
        """Leave it alone for a while, and note why."""
        from ippon.adapters.redis_trouble import in_words  # noqa: PLC0415 - most links have no trouble

        self._is_known = True
        self._up_at = monotonic() + self._pause_s
        self._pause_s = min(2 * self._pause_s, PAUSES_S[1])
        self.note(f"is in trouble: {in_words(error, self.address)}; until it is back the local cache serves alone")

    def note(self, what: str) -> None:
        """Have something told at the end of the run; the first thing is enough."""
        self.notes = self.notes or (f"the cache {self.address.shown} {what}",)

    def close(self) -> None:
        """Close the connection. May be called twice, and `ask` opens it anew."""
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()

    def _opened(self) -> bool:
        """Open the connection; False when the server is in trouble."""
        try:
            from ippon.adapters.redis_wire import Wire  # noqa: PLC0415 - only where a server is needed
        except ImportError as error:
            raise MissingExtraError("a cache in Redis needs a library that is not installed", hint=INSTALL) from error
        from ippon.adapters.redis_trouble import TROUBLES, mistake  # noqa: PLC0415

        looks_again = self.address.tls and not self._is_known  # to a server without TLS, which may wait for more
        self._rest()
        within_s = max(LEAST_S, self._patience_s * (1 - LOOK if looks_again else 1))
        try:
            self._wire = Wire(self.address, within_s=within_s)
        except TROUBLES as error:
            problem = (
                None if self._is_known else mistake(error, self.address, within_s=max(LEAST_S, self._patience_s * LOOK))
            )
            if problem is not None:
                raise StoreError(problem) from error
            self._patience_s = 0.0 if isinstance(error, TimeoutError) else self._patience_s
            self.give_up(error)
            return False
        self._is_known = True
        return True

    def _asked(self, commands: Sequence[Command], *, holds_up: bool, may_reopen: bool = True) -> list[object] | None:
        """The replies; a connection that the server has closed meanwhile is opened anew, once."""
        from ippon.adapters.redis_wire import StrangeError  # noqa: PLC0415 - loaded: there is a connection

        assert self._wire is not None
        fair_s = _fair_s(commands)
        self._rest()
        starts = monotonic()
        try:
            replies = self._wire.exchange(commands, within_s=fair_s + self._patience_s)
        except (OSError, StrangeError) as error:
            self.close()
            self._charge(monotonic() - starts - fair_s)
            if may_reopen and isinstance(error, ConnectionError):
                return self._asked(commands, holds_up=holds_up, may_reopen=False) if self._opened() else None
            self.give_up(error)
            return None
        if holds_up:
            self._charge(monotonic() - starts - fair_s - self._wire.overslept_s)
        self._pause_s = PAUSES_S[0]
        return replies

    def _rest(self) -> None:
        """Take back the patience that has come since it was last needed."""
        now = monotonic()
        self._patience_s = min(self.address.patience_s, self._patience_s + REST * (now - self._rested_at))
        self._rested_at = now

    def _charge(self, late_s: float) -> None:
        self._patience_s = max(0.0, self._patience_s - max(0.0, late_s))


def _fair_s(commands: Sequence[Command]) -> float:
    """What a healthy server may take for an exchange, which nobody calls slow."""
    words = sum(len(each) for each in commands)
    size = sum(len(word) for each in commands for word in each if isinstance(word, bytes))
    return FAIR_S + FAIR_WORD_S * words + FAIR_BYTE_S * size
