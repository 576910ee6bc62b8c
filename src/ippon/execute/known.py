"""What need not be sent: answers of this run that others ask for too, and answers from the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.execute.meter import uncharged
from ippon.execute.outcomes import is_cacheable, outcome_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ippon.execute.meter import Meter
    from ippon.execute.wanted import Wanted
    from ippon.ports import Cache, Clock
    from ippon.records.call import Outcome, Request


class Known:
    """`reads` False: the cache is not looked at; `retry_failed`: a cached failure is a miss. `meter` counts what is saved."""

    def __init__(self, cache: Cache | None, clock: Clock, meter: Meter, *, reads: bool, retry_failed: bool) -> None:
        self._cache = cache if reads else None
        self._clock = clock
        self._meter = meter
        self._retry_failed = retry_failed
        self._shared: dict[bytes, Outcome] = {}
        self._unwritten: dict[bytes, Outcome] = {}

    def find(self, asked: Iterable[tuple[bytes, Wanted]]) -> dict[bytes, Outcome]:
        """The outcomes that are known, by key; a fresh one is wanted anew, unless it came in this run."""
        found: dict[bytes, Outcome] = {}
        unknown: dict[bytes, Request] = {}
        for key, wanted in asked:
            if key in self._shared:
                found[key] = self._shared[key]
            elif key in self._unwritten:
                found[key] = uncharged(self._unwritten[key])
            elif not wanted.fresh and is_cacheable(wanted.request):
                unknown[key] = wanted.request
        return found | self._cached(unknown)

    def share(self, key: bytes, outcome: Outcome) -> None:
        """Keep an outcome for all who ask the same later in this run; they are not charged with it."""
        self._shared[key] = uncharged(outcome)

    def keep(self, key: bytes, outcome: Outcome) -> None:
        """Keep an outcome until the cache has it: who asks the same in between does not ask anew."""
        if self._cache is not None:
            self._unwritten[key] = outcome

    def written(self, keys: Iterable[bytes]) -> None:
        """Let the cache tell of these from now on."""
        for key in keys:
            self._unwritten.pop(key, None)

    def _cached(self, requests: dict[bytes, Request]) -> dict[bytes, Outcome]:
        if self._cache is None or not requests:
            return {}
        found: dict[bytes, Outcome] = {}
        for key, entry in self._cache.read(list(requests), now=self._clock.now()).items():
            if entry.failure is None or not self._retry_failed:
                outcome = outcome_in(entry)
                if outcome is not None:
                    self._meter.credit(requests[key], entry, outcome)
                    found[key] = outcome
        return found
