"""Why evaluations are not in the cache: too old, damaged, gone, never asked, or which part of the key differs."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ippon.engine.estimate import calls_of, first_request
from ippon.records.expiry import expired_by, is_expired
from ippon.records.fingerprint import call_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ippon.engine.lookup import Todo
    from ippon.engine.setting import Setting
    from ippon.records.kept import Entry
    from ippon.records.run import Evaluation

    Explanations = Callable[[str, str], Iterable[tuple[bytes, dict[str, str], float]]]
    Held = Callable[[Sequence[bytes]], Mapping[bytes, Entry | None]]

NOT_FETCHED = "response not fetched yet"
NEVER = "never asked"
DAMAGED = "the entry is damaged"
ANSWERED = "the answer is kept, and read again for nothing"
GONE = "no longer kept: evicted, pruned or damaged"
RETRIED = "failed before, to be asked again"
BATCH = 5000  # misses whose rows are read at once


class Kept(NamedTuple):
    """What the cache can tell of its own: `held` is what lies under keys, however old (None: damaged)."""

    explanations: Explanations
    held: Held
    ttl_s: float | None
    now: float


def _no_explanations(_evaluator: str, _example: str) -> Iterable[tuple[bytes, dict[str, str], float]]:
    return ()


def _nothing_held(_keys: Sequence[bytes]) -> Mapping[bytes, Entry | None]:
    return {}


NOTHING = Kept(_no_explanations, _nothing_held, None, 0.0)  # where there is no cache


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """`changed` are (part, what it was, what it is); `kept_at` is when the nearest entry was made, None without one."""

    because: str
    changed: tuple[tuple[str, str | None, str | None], ...] = ()
    equal: int = 0
    kept_at: float | None = None
    is_answered: bool = False  # the one call that it takes is kept under its own key, as after a new name

    @property
    def reason(self) -> tuple[object, ...]:
        """Equal for two that miss for the same reason: the same change of the evaluator, or any of example and response."""
        return (self.because, *(each for each in self.changed if each[0].startswith("evaluator.")))


def whys(setting: Setting, todo: Iterable[Todo], kept: Kept) -> Iterator[tuple[Todo, Why]]:
    """Each evaluation to ask, and why it is not known."""
    left = iter(todo)
    while some := list(islice(left, BATCH)):
        keys = [None if each.text is None else setting.score_key(each.evaluation, each.text) for each in some]
        held = kept.held([key for key in keys if key is not None])
        answered = _answered(setting, [each for each, key in zip(some, keys, strict=True) if key not in held], kept)
        for each, key in zip(some, keys, strict=True):
            why = _why(setting, each, key, held, kept)
            yield each, _as_answered(why) if each.evaluation in answered else why


def _as_answered(why: Why) -> Why:
    because = ANSWERED if why.because == NEVER else why.because
    return msgspec.structs.replace(why, because=because, is_answered=True)


def _answered(setting: Setting, todo: Iterable[Todo], kept: Kept) -> set[Evaluation]:
    """Whose one call is kept; where that of an evaluator's first is not, no other of its prompts is written."""
    by_evaluator: dict[int, dict[Evaluation, str]] = {}
    for each in todo:
        if each.text is not None and calls_of(setting.evaluator(each.evaluation)) == 1:
            by_evaluator.setdefault(each.evaluation.evaluator, {})[each.evaluation] = each.text
    found: set[Evaluation] = set()
    for texts in by_evaluator.values():
        if _with_answers(setting, dict(islice(texts.items(), 1)), kept):
            found |= _with_answers(setting, texts, kept)
    return found


def _with_answers(setting: Setting, texts: Mapping[Evaluation, str], kept: Kept) -> set[Evaluation]:
    asked = ((each, first_request(setting, each, text)) for each, text in texts.items())
    keys = {each: call_key(request, each.repeat) for each, request in asked if request is not None}
    held = kept.held([*keys.values()])
    entries = ((each, held.get(key)) for each, key in keys.items())
    return {each for each, it in entries if it is not None and not is_expired(it, kept.ttl_s, now=kept.now)}


def _why(setting: Setting, todo: Todo, key: bytes | None, held: Mapping[bytes, Entry | None], kept: Kept) -> Why:
    if todo.text is None or key is None:
        return Why(because=NOT_FETCHED)
    if key in held:
        entry = held[key]
        if entry is None:
            return Why(because=DAMAGED)
        expired = is_expired(entry, kept.ttl_s, now=kept.now)
        because = f"expired: {expired_by(entry, kept.ttl_s)}" if expired else RETRIED
        return Why(because=because, kept_at=entry.created_at)
    return _nearest(setting, todo.evaluation, todo.text, key, kept.explanations)


def _nearest(setting: Setting, evaluation: Evaluation, text: str, key: bytes, explanations: Explanations) -> Why:
    """The difference to the kept score of the same evaluator and example that has the most parts in common."""
    now = setting.explanation(evaluation, text)
    nearest: Why | None = None
    for kept_key, then, kept_at in explanations(setting.evaluator(evaluation).name, setting.example(evaluation).id):
        changed = tuple(
            (part, then.get(part), now.get(part)) for part in {**now, **then} if then.get(part) != now.get(part)
        )
        if kept_key == key or not changed:
            return Why(because=GONE, kept_at=kept_at, equal=len(now))
        if nearest is None or len(changed) < len(nearest.changed):
            equal = len(now.keys() | then.keys()) - len(changed)
            nearest = Why(because=_because(changed), changed=changed, equal=equal, kept_at=kept_at)
    return nearest or Why(because=NEVER)


def _because(changed: Iterable[tuple[str, str | None, str | None]]) -> str:
    names = (part.partition(".")[2] if part.startswith(("evaluator.", "example.")) else part for part, _, _ in changed)
    return f"{', '.join(names)} changed"
