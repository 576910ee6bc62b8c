"""Why evaluations are known or not: of one, with all that can be told, and of all that a plan has to ask."""

from __future__ import annotations

import os
from difflib import ndiff
from typing import TYPE_CHECKING, Any

import msgspec

from ippon.api.caches import require_named
from ippon.api.one import one
from ippon.api.running import deaf
from ippon.engine.run import prepare
from ippon.engine.why import NOTHING, Kept, whys
from ippon.evaluate.explained import told
from ippon.read.earlier import rubrics_in
from ippon.wiring import assemble as wiring
from ippon.wiring.opened import opened
from ippon.wiring.upkeep import upkeep_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ippon.api.one import Again
    from ippon.engine.lookup import Todo
    from ippon.engine.parts import Prepared
    from ippon.engine.setting import Setting
    from ippon.engine.why import Why
    from ippon.records.options import Options
    from ippon.records.run import Run
    from ippon.wiring.opened import Opened
    from ippon.wiring.upkeep import Upkeep

MEMOS = 50  # earlier versions of suites that are looked through for a rubric
RUBRIC = "evaluator.rubric"
CANNOT = "cannot be told: the cache file cannot be used"
FROM_ENTRY = ("model", "cost_usd", "seconds")
LATER_S = 5.0  # by how much an entry may be newer than the end of its run


def cache_why(
    options: Options,
    example: str,
    evaluator: str,
    *,
    again: Again | None = None,
    environ: Mapping[str, str] = os.environ,
) -> dict[str, Any]:
    """Whether an evaluation is in the cache, since when and from where; if not, what differs from the nearest entry.

    Of several (a pair, repeats) the first that is not there is told about. `again` is how a user types the same with other
    words in that place.
    """
    require_named(options)
    with opened(options, environ=environ, looks=True) as it:
        prepared, _ = one(it, options, example, evaluator, again=again)
        upkeep = upkeep_of(it)
        found = next(misses(prepared, upkeep), None)
        if found is None:
            return _hit(prepared, it, upkeep)
        missed, why = found
        key = None if missed.text is None else prepared.setting.score_key(missed.evaluation, missed.text)
        return {
            **_of(missed.evaluation.response, missed.evaluation.repeat, key, why.kept_at, it),
            "hit": False,
            "because": CANNOT if upkeep is None and (it.warnings or it.notes) else why.because,
            "changed": [{"field": part, "was": was, "now": now} for part, was, now in why.changed],
            "equal": why.equal,
            "rubric": _rubric_lines(why, prepared.setting, missed, upkeep),
            "others": _others(it, options, upkeep, why) - 1,
        }


def misses(prepared: Prepared, upkeep: Upkeep | None) -> Iterator[tuple[Todo, Why]]:
    """Each evaluation that is left to ask, and why it is not known."""
    ttl_s, now = prepared.setting.suite.cache.ttl_s, prepared.started_at
    kept = NOTHING if upkeep is None else Kept(upkeep.explanations, upkeep.held, ttl_s, now)
    return whys(prepared.setting, prepared.todo, kept)


def _hit(prepared: Prepared, it: Opened, upkeep: Upkeep | None) -> dict[str, Any]:
    """What is kept of an evaluation."""
    evaluation, result = prepared.selection.evaluations[0], prepared.known.results[0]
    key = prepared.known.ends.key(0)
    entry = None if upkeep is None or key is None else upkeep.held([key]).get(key)
    told = _of(evaluation.response, evaluation.repeat, key, None if entry is None else entry.created_at, it)
    because = "kept" if result.error is None else f"failed before: {result.error.message}"
    told |= {"hit": True, "because": because, "score": result.score, "label": result.label}
    told |= {} if result.error is None else {"failure": result.error.reason}
    return told if entry is None else told | {name: getattr(entry, name) for name in FROM_ENTRY}


def _of(response: str, repeat: int, key: bytes | None, kept_at: float | None, it: Opened) -> dict[str, Any]:
    """What is told of hits and misses alike."""
    return {
        "response": response,
        "repeat": repeat,
        "key": None if key is None else key.hex(),
        "kept_at": kept_at,
        "run_id": None if kept_at is None else _run_of(kept_at, it.store.runs()),
        "changed": [],
        "equal": None,
        "rubric": [],
        "others": 0,
        "score": None,
        "label": None,
        "model": None,
        "cost_usd": None,
        "seconds": None,
        "failure": None,
        "warnings": [*it.warnings, *it.notes],
    }


def _run_of(made_at: float, runs: list[Run]) -> str | None:
    """The run of this suite in which an entry was made, None where it was another suite's."""
    during = (run for run in runs if run.started_at <= made_at <= run.started_at + run.wall_s + LATER_S)
    return next((run.run_id for run in during), None)


def _others(it: Opened, options: Options, upkeep: Upkeep | None, why: Why) -> int:
    """How many evaluations of the whole suite miss for the same reason."""
    whole = msgspec.structs.replace(options, tier="full")
    assembled = wiring.assemble(it, whole, listen=deaf)
    prepared = prepare(assembled.setting, assembled.wish, assembled.parts)
    return sum(each.reason == why.reason for _, each in misses(prepared, upkeep))


def _rubric_lines(why: Why, setting: Setting, missed: Todo, upkeep: Upkeep | None) -> list[str]:
    """How a rubric has changed, line by line; empty where it has not, or the old one is not to be had."""
    was = next((was for part, was, _ in why.changed if part == RUBRIC), None)
    evaluator = setting.evaluator(missed.evaluation)
    if was is None or upkeep is None:
        return []
    earlier = (text for body in upkeep.memos(MEMOS) for text in rubrics_in(body, evaluator.name))
    before = next((text for text in earlier if told(text) == was), None)
    if before is None:
        return []
    now = str(getattr(evaluator, "rubric", ""))
    return [line.rstrip() for line in ndiff(before.splitlines(), now.splitlines()) if line[:1] in {"-", "+"}]
