"""What is known before anything is asked: responses that stand in columns or in the cache, and scores by their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ippon.records.bundle import Bundle
from ippon.records.call import Failure
from ippon.records.evaluations import Ends
from ippon.records.run import Result
from ippon.records.suite import ResponseKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ippon.engine.setting import Setting
    from ippon.ports import Cache
    from ippon.records.kept import Entry, Resumed
    from ippon.records.run import Evaluation, Selection

AT_ONCE = 2_000  # evaluations that are looked up together
Place = tuple[int, ResponseKind]
Texts = dict[Place, str]


class Known(Bundle, frozen=True, kw_only=True):
    """Responses by (example, kind), results of the evaluations that need not be asked, and keys of those with a response.

    Those at `fresh` positions failed before and are to be tried again; `saved_usd` is None where a price is not known.
    """

    texts: Texts
    results: dict[int, Result]
    ends: Ends
    fresh: frozenset[int]
    saved_s: float
    saved_usd: float | None


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
        self._fresh = known.fresh

    def __len__(self) -> int:
        return len(self._positions)

    def __iter__(self) -> Iterator[Todo]:
        for position in self._positions:
            evaluation = self._evaluations[position]
            text = self._texts.get((evaluation.example, evaluation.response))
            yield Todo(position=position, evaluation=evaluation, text=text, fresh=position in self._fresh)


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
        kept = cache.read(list(keys), now=now).items()
        texts |= {keys[key]: entry.body.decode() for key, entry in kept if is_readable(entry)}
    return texts


def look_up(
    setting: Setting,
    evaluations: Sequence[Evaluation],
    cache: Cache | None,
    *,
    now: float,
    resumed: Resumed,
    retry_failed: bool = False,
) -> Known:
    """All that is known of the evaluations. The cache is read for many at once, and no more of it is held than is used."""
    texts = known_texts(setting, evaluations, cache, now=now, resumed=resumed.responses)
    results: dict[int, Result] = {}
    ends, fresh = Ends(len(evaluations)), set[int]()
    saved_s, saved_usd = 0.0, 0.0
    priced = True
    for keys in _keys(setting, evaluations, texts):
        wanted = list(dict.fromkeys(keys.values()))
        entries: Mapping[bytes, Entry] = cache.read(wanted, now=now) if cache is not None else {}
        for position, key in keys.items():
            entry = entries.get(key)
            if entry is not None and entry.failure is not None and retry_failed:
                fresh.add(position)
            elif entry is not None and is_readable(entry):
                evaluation = evaluations[position]
                text = texts[evaluation.example, evaluation.response]
                results[position] = cached_result(setting, evaluation, text, entry)
                ends.put(position, results[position], key)
                saved_s += entry.seconds or 0.0
                saved_usd += entry.cost_usd or 0.0
                priced = priced and entry.cost_usd is not None
                continue
            if key in resumed.results:
                results[position] = resumed_result(resumed.results[key])
                ends.put(position, results[position], key)
            else:
                ends.put_key(position, key)
    return Known(
        texts=texts,
        results=results,
        ends=ends,
        fresh=frozenset(fresh),
        saved_s=saved_s,
        saved_usd=saved_usd if priced else None,
    )


def _keys(setting: Setting, evaluations: Sequence[Evaluation], texts: Texts) -> Iterator[dict[int, bytes]]:
    """The score keys of those that have a response, by position, so many at a time."""
    keys: dict[int, bytes] = {}
    for position, each in enumerate(evaluations):
        text = texts.get((each.example, each.response))
        if text is not None:
            keys[position] = setting.score_key(each, text)
        if len(keys) == AT_ONCE:
            yield keys
            keys = {}
    yield keys


def is_readable(entry: Entry) -> bool:
    """Whether the body is what its kind says. Where a team seals without a secret, anybody may have sealed it by hand."""
    if not entry.body:
        return True
    try:
        entry.body.decode() if entry.kind == "response" else msgspec.json.decode(entry.body)
    except (UnicodeDecodeError, msgspec.DecodeError):
        return False
    return True


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
