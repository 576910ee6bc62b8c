"""`run`: plan, look up, ask, judge, decide. This half needs no event loop; `ask` is the other."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from ippon.decide.verdict import promoted
from ippon.engine.conclude import Course, conclude
from ippon.engine.lookup import Todos, look_up
from ippon.engine.parts import NOTHING_ASKED, Asked, Prepared
from ippon.records.kept import Resumed
from ippon.records.run import Tokens
from ippon.select.changed import urgent_first
from ippon.select.plan import Wanted, select, tier_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
    known = look_up(setting, selection.evaluations, cache, now=now, resumed=resumed, retry_failed=wish.retry_failed)
    previous = parts.history.last(setting.suite.name, setting.target_name)
    if previous is not None and len(known.results) < len(selection.evaluations):
        previous = with_results(previous, parts.history)
    todo = _todo(selection, known, previous, setting)
    return Prepared(
        setting=setting,
        wish=wish,
        tier=tier_named(setting.suite, wish.tier),
        selection=selection,
        known=known,
        todo=todo,
        previous=previous,
        started_at=now,
        started=started,
    )


def finish(prepared: Prepared, parts: Parts, asked: Asked = NOTHING_ASKED) -> Run:
    """Decide, and close the run in the history."""
    wish, known = prepared.wish, prepared.known
    rows: Sequence[Kept] = () if asked.results is not None else known_rows(prepared)
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
        saved_usd=known.saved_usd,
        saved_s=known.saved_s,
        warnings=wish.warnings + asked.warnings,
        judge=wish.judge,
        asked=dict(wish.asked),
    )
    results = asked.results if asked.results is not None else tuple(row.result for row in rows)
    run = conclude(prepared.setting, prepared.selection, known.ends, results, course)
    parts.store.finish(run, rows)
    return run


def known_rows(prepared: Prepared) -> list[Kept]:
    """What need not be asked, as the history keeps it."""
    known, evaluations = prepared.known, prepared.selection.evaluations
    return [
        prepared.setting.kept(position, evaluations[position], known.ends.key(position), result)
        for position, result in sorted(known.results.items())
    ]


def with_results(previous: Earlier, history: History) -> Earlier:
    """The run before with its results."""
    return msgspec.structs.replace(previous, results=history.results(previous.run_id))


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


def _todo(
    selection: Selection,
    known: Known,
    previous: Earlier | None,
    setting: Setting,
) -> Todos:
    """Chosen evaluations first, the urgent of them foremost, then drawn ones in their drawn order."""
    evaluations = selection.evaluations
    if len(known.results) == len(evaluations):
        return Todos((), selection, known)
    from array import array  # noqa: PLC0415 - a warm run has nothing left to ask

    left = array("q", (position for position in range(len(evaluations)) if position not in known.results))
    chosen = {each: position for position in left if (each := evaluations[position]) in selection.chosen}
    last = _last(setting, chosen, previous) if chosen and previous is not None else {}
    first = [chosen[each] for each in urgent_first(chosen, previous=last.get)]
    rest = (position for position in left if evaluations[position] not in chosen)
    return Todos(array("q", chain(first, rest)), selection, known)


def _last(setting: Setting, chosen: Iterable[Evaluation], previous: Earlier) -> dict[Evaluation, Result]:
    """What the run before says of these."""
    named = {
        (setting.example(each).id, setting.evaluator(each).name, each.response, each.repeat): each for each in chosen
    }
    places = ((named.get((r.example, r.evaluator, r.response, r.repeat)), r) for r in previous.results)
    return {evaluation: result for evaluation, result in places if evaluation is not None}
