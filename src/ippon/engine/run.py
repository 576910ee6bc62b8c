"""`run`: plan, look up, ask, judge, decide. This half needs no event loop; `ask` is the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ippon.decide.verdict import promoted
from ippon.engine.conclude import Course, conclude
from ippon.engine.lookup import Todos, cached_result, look_up, resumed_result
from ippon.engine.parts import NOTHING_ASKED, Asked, Prepared
from ippon.records.fingerprint import digest
from ippon.records.kept import Resumed
from ippon.records.run import Tokens
from ippon.select.changed import urgent_first
from ippon.select.plan import Wanted, select, tier_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ippon.engine.lookup import Known
    from ippon.engine.parts import Parts, Wish
    from ippon.engine.setting import Setting
    from ippon.ports import History
    from ippon.records.kept import Kept
    from ippon.records.run import Earlier, Evaluation, Result, Run, Selection


NOTHING_RESUMED = Resumed({}, {})


def prepare(setting: Setting, wish: Wish, parts: Parts) -> Prepared:
    """Plan, and find what need not be asked."""
    started = parts.clock.monotonic() if wish.began is None else wish.began
    now = parts.clock.now()
    wanted = Wanted(setting.target_name, wish.seed, wish.filters, wish.repeats, wish.grouped)
    selection = select(setting.suite, wish.tier, wanted)
    resumed = parts.history.known(wish.resume) if wish.resume else NOTHING_RESUMED
    cache = None if wish.refresh else parts.cache
    known = look_up(setting, selection.evaluations, cache, now=now, resumed=resumed)
    results, saved_s, saved_usd = _found(setting, selection, known, retry_failed=wish.retry_failed)
    previous = parts.history.last(setting.suite.name, setting.target_name)
    if previous is not None and len(results) < len(selection.evaluations):
        previous = with_results(previous, parts.history)
    todo = _todo(selection, known, results, previous, setting)
    return Prepared(
        setting=setting,
        wish=wish,
        tier=tier_named(setting.suite, wish.tier),
        selection=selection,
        known=known,
        results=results,
        todo=todo,
        previous=previous,
        started_at=now,
        started=started,
        saved_usd=saved_usd,
        saved_s=saved_s,
    )


def finish(prepared: Prepared, parts: Parts, asked: Asked = NOTHING_ASKED) -> Run:
    """Decide, and close the run in the history."""
    wish, selection = prepared.wish, prepared.selection
    found = {row.position: row for row in (*known_rows(prepared), *asked.kept)}
    rows = [found[position] for position in range(len(selection.evaluations))]
    course = Course(
        run_id=wish.run_id,
        tier_name=wish.tier,
        tier=prepared.tier,
        started_at=prepared.started_at,
        wall_s=parts.clock.monotonic() - prepared.started,
        meter=asked.meter,
        interrupted=asked.interrupted,
        spend_stop=asked.spend_stop,
        stopped_because=asked.stopped_because or f"all of tier {wish.tier} was asked",
        saved_usd=prepared.saved_usd,
        saved_s=prepared.saved_s,
        warnings=wish.warnings + asked.warnings,
        judge=wish.judge,
        asked=dict(wish.asked),
    )
    evidence = digest([(row.key, row.result.score) for row in rows]).hex()
    run = conclude(prepared.setting, selection, [row.result for row in rows], course, evidence=evidence)
    parts.store.finish(run, rows)
    return run


def known_rows(prepared: Prepared) -> list[Kept]:
    """What need not be asked, as the history keeps it."""
    keys, evaluations = prepared.known.keys, prepared.selection.evaluations
    return [
        prepared.setting.kept(position, evaluations[position], keys[evaluations[position]], result)
        for position, result in prepared.results.items()
    ]


def with_results(previous: Earlier, history: History) -> Earlier:
    """The run before with its results."""
    return msgspec.structs.replace(previous, results=tuple(history.results(previous.run_id)))


def further(wish: Wish, tier: str, run: Run, *, run_id: str) -> Wish:
    """The wish for a tier above, which goes on with the run below, with what that has left of its budgets."""
    left_usd = None if wish.max_usd is None else max(0.0, wish.max_usd - (run.cost_usd or 0.0))
    return msgspec.structs.replace(
        wish,
        run_id=run_id,
        tier=tier,
        began=None,
        asked={**wish.asked, "tier": tier},
        resume=run.run_id,
        refresh=False,
        max_s=None if wish.max_s is None else max(0.001, wish.max_s - run.wall_s),
        max_calls=None if wish.max_calls is None else max(0, wish.max_calls - run.calls_sent),
        max_usd=left_usd,
    )


def together(run: Run, above: Run) -> Run:
    """The run of a tier above with what the one below has taken: they were one command."""
    cost = None if run.cost_usd is None or above.cost_usd is None else run.cost_usd + above.cost_usd
    tokens = Tokens(
        input=run.tokens.input + above.tokens.input,
        output=run.tokens.output + above.tokens.output,
        cached_input=run.tokens.cached_input + above.tokens.cached_input,
    )
    return msgspec.structs.replace(
        above,
        wall_s=run.wall_s + above.wall_s,
        calls_sent=run.calls_sent + above.calls_sent,
        retries=run.retries + above.retries,
        cost_usd=cost,
        tokens=tokens,
        in_flight_max=max(run.in_flight_max, above.in_flight_max),
    )


def with_warning(run: Run, warning: str) -> Run:
    """A run that says one thing more."""
    return msgspec.structs.replace(run, warnings=(*run.warnings, warning))


def next_tier(run: Run) -> str | None:
    """The tier to go on with, where an inconclusive gate promotes."""
    return promoted(run.tier) if run.verdict == "inconclusive" and run.on_inconclusive == "promote" else None


def _found(
    setting: Setting,
    selection: Selection,
    known: Known,
    *,
    retry_failed: bool,
) -> tuple[dict[int, Result], float, float | None]:
    """(results by position, seconds saved, dollars saved) of what need not be asked."""
    results: dict[int, Result] = {}
    saved_s, saved_usd = 0.0, 0.0
    priced = True
    for position, evaluation in enumerate(selection.evaluations):
        key = known.keys.get(evaluation)
        if key is None:
            continue
        entry = known.entries.get(key)
        if entry is not None and not (retry_failed and entry.failure is not None):
            results[position] = cached_result(
                setting, evaluation, known.texts[evaluation.example, evaluation.response], entry
            )
            saved_s += entry.seconds or 0.0
            saved_usd += entry.cost_usd or 0.0
            priced = priced and entry.cost_usd is not None
        elif key in known.resumed:
            results[position] = resumed_result(known.resumed[key])
    return results, saved_s, saved_usd if priced else None


def _todo(
    selection: Selection,
    known: Known,
    results: Mapping[int, Result],
    previous: Earlier | None,
    setting: Setting,
) -> Todos:
    """Chosen evaluations first, the urgent of them foremost, then drawn ones in their drawn order."""
    evaluations = selection.evaluations
    left = [position for position in range(len(evaluations)) if position not in results]
    if not left:
        return Todos((), selection, known)
    from array import array  # noqa: PLC0415 - a warm run has nothing left to ask

    chosen = {each: position for position in left if (each := evaluations[position]) in selection.chosen}
    last = {(r.example, r.evaluator, r.response, r.repeat): r for r in previous.results} if previous else {}

    def before(evaluation: Evaluation) -> Result | None:
        example, evaluator = setting.example(evaluation), setting.evaluator(evaluation)
        return last.get((example.id, evaluator.name, evaluation.response, evaluation.repeat))

    first = [chosen[each] for each in urgent_first(chosen, previous=before)]
    rest = [position for position in left if evaluations[position] not in chosen]
    return Todos(array("q", [*first, *rest]), selection, known)
