"""What is known before anything is asked: responses that stand in columns or in the cache, and scores by their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ippon.records.bundle import Bundle
from ippon.records.call import Failure
from ippon.records.run import Result
from ippon.records.suite import ResponseKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ippon.engine.setting import Setting
    from ippon.ports import Cache
    from ippon.records.kept import Entry, Resumed
    from ippon.records.run import Evaluation, Selection

Place = tuple[int, ResponseKind]
Texts = dict[Place, str]


class Known(Bundle, frozen=True, kw_only=True):
    """Responses by (example, kind), score keys of the evaluations that have a response, and what is in the cache."""

    texts: Texts
    keys: dict[Evaluation, bytes]
    entries: Mapping[bytes, Entry]
    resumed: Mapping[bytes, Result]


class Todo(Bundle, frozen=True, kw_only=True):
    """An evaluation to ask, its place in the plan, and its response where that is known.

    A `fresh` one failed before and is to be tried again: its answers are asked anew, not read again.
    """

    position: int
    evaluation: Evaluation
    text: str | None
    fresh: bool = False


class Todos:
    """What is left to ask, in order. Each is made when its turn comes: a plan may be a million long."""

    def __init__(self, positions: Sequence[int], selection: Selection, known: Known) -> None:
        self._positions = positions
        self._evaluations = selection.evaluations
        self._texts = known.texts
        self._keys = known.keys
        self._entries = known.entries

    def __len__(self) -> int:
        return len(self._positions)

    def __iter__(self) -> Iterator[Todo]:
        for position in self._positions:
            evaluation = self._evaluations[position]
            text = self._texts.get((evaluation.example, evaluation.response))
            fresh = self._keys.get(evaluation) in self._entries
            yield Todo(position=position, evaluation=evaluation, text=text, fresh=fresh)


def known_texts(
    setting: Setting,
    evaluations: Sequence[Evaluation],
    cache: Cache | None,
    *,
    now: float,
    resumed: Mapping[bytes, str],
) -> Texts:
    """The responses that need not be fetched. Those of the run that goes on hold for any target: it is the same work."""
    wanted: set[Place] = {(each.example, each.response) for each in evaluations}
    examples = setting.suite.examples
    if not setting.asks_target:
        found = ((place, setting.recorded(examples[place[0]], place[1])) for place in wanted)
        return {place: text for place, text in found if text is not None}
    reads = cache is not None and setting.is_target_pinned
    if not reads and not resumed:
        return {}
    keys: dict[bytes, Place] = {setting.response_key(example): (example, kind) for example, kind in wanted}
    texts = {keys[key]: text for key, text in resumed.items() if key in keys}
    if cache is not None and reads:
        texts |= {keys[key]: entry.body.decode() for key, entry in cache.read(list(keys), now=now).items()}
    return texts


def look_up(
    setting: Setting,
    evaluations: Sequence[Evaluation],
    cache: Cache | None,
    *,
    now: float,
    resumed: Resumed,
) -> Known:
    """All that is known of the evaluations, in two reads of the cache at most."""
    texts = known_texts(setting, evaluations, cache, now=now, resumed=resumed.responses)
    keys: dict[Evaluation, bytes] = {}
    for each in evaluations:
        text = texts.get((each.example, each.response))
        if text is not None:
            keys[each] = setting.score_key(each, text)
    entries: Mapping[bytes, Entry] = cache.read(list(keys.values()), now=now) if cache is not None else {}
    return Known(texts=texts, keys=keys, entries=entries, resumed=resumed.results)


def cached_result(setting: Setting, evaluation: Evaluation, text: str, entry: Entry) -> Result:
    """The result that a cache entry stands for."""
    failure = None
    if entry.failure is not None:
        failure = Failure(reason=entry.failure, message=entry.reason or "failed before")
    return Result(
        example=setting.example(evaluation).id,
        evaluator=setting.evaluator(evaluation).name,
        response=evaluation.response,
        repeat=evaluation.repeat,
        status="cached" if failure is None else "failed",
        score=entry.score,
        label=entry.label,
        reason=entry.reason if failure is None else None,
        text=text,
        cached=True,
        error=failure,
        details=msgspec.json.decode(entry.body) if entry.body else None,
    )


def resumed_result(result: Result) -> Result:
    """A result of the run that goes on, as this run counts it."""
    return msgspec.structs.replace(result, status="cached", cached=True, tries=0, latency_s=None)
