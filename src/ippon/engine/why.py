"""Why an evaluation is not in the cache: which part of its key differs from the nearest that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ippon.engine.setting import Setting
    from ippon.records.run import Evaluation

    Explanations = Callable[[str, str], Iterable[tuple[bytes, dict[str, str], float]]]


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """`changed` are (part, digest then, digest now); `kept_at` is when the nearest entry was made, None without one."""

    because: str
    changed: tuple[tuple[str, str | None, str | None], ...] = ()
    equal: int = 0
    kept_at: float | None = None


def why_missing(setting: Setting, evaluation: Evaluation, text: str | None, explanations: Explanations) -> Why:
    """The difference to the kept score of the same evaluator and example that has the most parts in common."""
    if text is None:
        return Why(because="response not fetched yet")
    kept = list(explanations(setting.evaluator(evaluation).name, setting.example(evaluation).id))
    if not kept:
        return Why(because="never asked")
    now = setting.explanation(evaluation, text)
    key = setting.score_key(evaluation, text)
    nearest: Why | None = None
    for kept_key, then, kept_at in kept:
        changed = tuple(
            (part, then.get(part), now.get(part)) for part in {**then, **now} if then.get(part) != now.get(part)
        )
        if kept_key == key or not changed:
            return Why(because="expired or cleared", kept_at=kept_at, equal=len(now))
        if nearest is None or len(changed) < len(nearest.changed):
            because = ", ".join(part for part, _, _ in changed) + " changed"
            nearest = Why(because=because, changed=changed, equal=len(now) - len(changed), kept_at=kept_at)
    assert nearest is not None, "there is one that differs, or it is the same"
    return nearest
