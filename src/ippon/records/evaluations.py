"""Evaluations and what became of them, as columns: a plan may be a million long, and most of it is numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from math import isnan, nan
from sys import byteorder
from typing import TYPE_CHECKING, overload

from ippon.records.fingerprint import sha256
from ippon.records.run import Counts, Evaluation, Result

if TYPE_CHECKING:
    from ippon.records.run import Status
    from ippon.records.suite import ResponseKind

KINDS: tuple[ResponseKind, ...] = ("target", "good", "poor")
STATUSES: tuple[Status, ...] = ("missing", "cached", "answered", "failed", "skipped")
FAILED_BEFORE = len(STATUSES)  # in the place of "failed" where the failure itself was known
KEY_BYTES = 32
NO_KEY = bytes(KEY_BYTES)
_KIND = {kind: number for number, kind in enumerate(KINDS)}
_STATUS = {status: number for number, status in enumerate(STATUSES)}


class Evaluations(Sequence[Evaluation]):
    """A plan in the order in which it is asked, thirteen bytes an evaluation; each is made when it is looked at."""

    __slots__ = ("_evaluators", "_examples", "_kinds", "_repeats")

    def __init__(self, evaluations: Iterable[Evaluation] = ()) -> None:
        evaluators, examples, repeats, self._kinds = bytearray(), bytearray(), bytearray(), bytearray()
        for evaluator, example, kind, repeat in evaluations:
            evaluators += evaluator.to_bytes(4, byteorder)
            examples += example.to_bytes(4, byteorder)
            repeats += repeat.to_bytes(4, byteorder)
            self._kinds.append(_KIND[kind])
        self._evaluators, self._examples, self._repeats = (
            memoryview(each).cast("I") for each in (evaluators, examples, repeats)
        )

    def __len__(self) -> int:
        return len(self._kinds)

    @overload
    def __getitem__(self, place: int) -> Evaluation: ...
    @overload
    def __getitem__(self, place: slice) -> list[Evaluation]: ...
    def __getitem__(self, place: int | slice) -> Evaluation | list[Evaluation]:
        if isinstance(place, slice):
            return [self[n] for n in range(*place.indices(len(self)))]
        kind = KINDS[self._kinds[place]]
        return Evaluation(self._evaluators[place], self._examples[place], kind, self._repeats[place])

    def __iter__(self) -> Iterator[Evaluation]:
        for evaluator, example, kind, repeat in zip(
            self._evaluators, self._examples, self._kinds, self._repeats, strict=True
        ):
            yield Evaluation(evaluator, example, KINDS[kind], repeat)


class Ends:
    """What became of each evaluation of a plan, by position: status (missing until told), score, and score key if it has one."""

    __slots__ = ("_keys", "_scores", "_statuses")

    def __init__(self, count: int) -> None:
        self._statuses = bytearray(count)
        none = memoryview(bytearray(8)).cast("d")
        none[0] = nan
        self._scores = memoryview(bytearray(none) * count).cast("d")
        self._keys = bytearray(KEY_BYTES * count)

    def put(self, position: int, result: Result, key: bytes | None) -> None:
        """Note how one ended; `key` is None where it has no response to be a score of."""
        failed_before = result.status == "failed" and result.cached
        self._statuses[position] = FAILED_BEFORE if failed_before else _STATUS[result.status]
        self._scores[position] = nan if result.score is None else result.score
        self.put_key(position, key)

    def put_key(self, position: int, key: bytes | None) -> None:
        """Note where the score of one lies, or will."""
        self._keys[KEY_BYTES * position : KEY_BYTES * (position + 1)] = key or NO_KEY

    def key(self, position: int) -> bytes | None:
        """Where the score of one lies in the cache."""
        key = bytes(self._keys[KEY_BYTES * position : KEY_BYTES * (position + 1)])
        return None if key == NO_KEY else key

    def __iter__(self) -> Iterator[tuple[Status, float | None]]:
        """(status, score) of each, in the order of the plan."""
        for status, score in zip(self._statuses, self._scores, strict=True):
            yield "failed" if status == FAILED_BEFORE else STATUSES[status], None if isnan(score) else score

    def counts(self, total: int) -> Counts:
        """How many ended how; `total` is how many evaluations the suite has."""
        found = {status: self._statuses.count(number) for status, number in _STATUS.items()}
        found["failed"] += self._statuses.count(FAILED_BEFORE)
        return Counts(total=total, planned=len(self._statuses), **found)

    @property
    def hits(self) -> int:
        """How many were known before they were asked for, be it that they fail."""
        return self._statuses.count(_STATUS["cached"]) + self._statuses.count(FAILED_BEFORE)

    def evidence(self) -> str:
        """A digest over what was asked and scored: equal for two runs that know the same."""
        return sha256(b"%d:%b%b" % (len(self._statuses), self._keys, self._scores)).hexdigest()


class Results(Sequence[Result]):
    """The results of a run in the order of its plan, read anew whenever they are looked at.

    Memory may be too small for all of them. `read` begins from the first, `count` counts them.
    """

    __slots__ = ("_count", "_read")

    def __init__(self, read: Callable[[], Iterator[Result]], count: Callable[[], int]) -> None:
        self._read = read
        self._count = count

    def __len__(self) -> int:
        return self._count()

    @overload
    def __getitem__(self, place: int) -> Result: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Result, ...]: ...
    def __getitem__(self, place: int | slice) -> Result | tuple[Result, ...]:
        if isinstance(place, slice):
            return tuple(self._read())[place]
        at = range(len(self))[place]
        return next(islice(self._read(), at, None))

    def __iter__(self) -> Iterator[Result]:
        return self._read()

    def __repr__(self) -> str:
        return f"<{len(self):,} results>"
