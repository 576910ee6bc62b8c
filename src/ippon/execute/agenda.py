"""When which keys are leased, looked for and given back: a pure state machine, time an argument. `leasing` carries it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

NEVER = float("inf")
LOOK_S, LOOK_MOST_S = 0.05, 0.25  # between two looks for what others ask: soon after one came, else less often
RENEW_S = 10.0  # a lease lasts three times as long
GIVE_BACK_S = 0.25  # of what is in the cache: others find it there, so that nobody waits for its lease


class Round(NamedTuple):
    """What is to be done at once: keys to lease, leases to give back, and whether the others are to be renewed."""

    keys: Sequence[bytes]
    over: Sequence[bytes]
    renews: bool


class Agenda:
    """Keys come in as new; a round of each makes it ours, followed (another process asks it), or found.

    `due` is when the next round is, in seconds of a monotonic clock.
    """

    def __init__(self) -> None:
        self._new: list[bytes] = []
        self._taking = 0
        self._followed: dict[bytes, None] = {}
        self._ours: set[bytes] = set()
        self._over: list[bytes] = []
        self._pause_s = LOOK_S
        self._look_at = self._give_back_at = self._renew_at = NEVER

    @property
    def undecided(self) -> int:
        """Keys of which nobody knows yet whether they are ours."""
        return len(self._new) + self._taking

    @property
    def due(self) -> float:
        """When there is something to do; never, where nothing waits for time to pass."""
        if self._new:
            return 0.0
        return min(self._look_at, self._give_back_at, self._renew_at)

    def want(self, key: bytes) -> None:
        """Have a key leased."""
        self._new.append(key)

    def forget(self) -> None:
        """Want nothing more; what is ours stays so."""
        self._new.clear()
        self._followed.clear()
        self._look_at = NEVER

    def over(self, keys: Iterable[bytes], *, at: float) -> bool:
        """Have what is ours of these given back, at that time or before; whether there is any."""
        ours = [key for key in keys if key in self._ours]
        if ours:
            self._ours.difference_update(ours)
            self._over += ours
            self._give_back_at = min(self._give_back_at, at)
        return bool(ours)

    def round(self, now: float) -> Round:
        """What is due, and what can go with it."""
        followed = self._followed if self._look_at <= now else ()
        due = Round([*self._new, *followed], self._over, renews=bool(self._ours) and self._renew_at <= now)
        if self._renew_at <= now:
            self._renew_at = now + RENEW_S if self._ours else NEVER
        self._taking = len(self._new)
        self._new, self._over = [], []
        self._give_back_at = NEVER
        return due

    def settle(self, keys: Sequence[bytes], *, granted: Collection[bytes], done: Collection[bytes], now: float) -> None:
        """What came of the keys of a round: leased by us or by others, and done with or not."""
        self._taking = 0
        self._ours.update(granted)
        self.over([key for key in granted if key in done], at=now + GIVE_BACK_S)
        for key in keys:
            if key in granted or key in done:
                self._followed.pop(key, None)
            else:
                self._followed[key] = None
        self._pause_s = LOOK_S if done else min(LOOK_MOST_S, 2 * self._pause_s)
        self._look_at = now + self._pause_s if self._followed else NEVER
        if self._ours and self._renew_at == NEVER:
            self._renew_at = now + RENEW_S
