"""The verbs over suite files: run one, plan, try, look at what is kept. Holds the only `asyncio.run`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast

import msgspec

from ippon.engine.run import finish, next_tier, prepare, with_results
from ippon.errors import IpponError, Problem, UsageError
from ippon.records.event import Finished, PlanReport
from ippon.records.suite import BUILT_IN_TIERS
from ippon.wiring import assemble as wiring

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
    from typing import TypeVar

    from ippon.engine.parts import Prepared
    from ippon.ports import Listener
    from ippon.records.event import Attempt
    from ippon.records.options import Options
    from ippon.records.run import Earlier, Run
    from ippon.wiring.assemble import Assembled, Opened

    T = TypeVar("T")
    # Yields a coroutine wherever it has to wait, is sent its result, and returns its own.
    Work = Generator[Coroutine[Any, Any, Any], Any, T]

FREE_UP_TO_USD = 5.0  # a dearer estimate wants a word from the user


def execute(
    options: Options,
    *,
    listen: Listener | None = None,
    confirmed: bool = False,
    environ: Mapping[str, str] = os.environ,
    signals: bool = True,
) -> Finished:
    """Run a suite file as the flags say. An estimate above five dollars wants `max_usd`, or a user who `confirmed` it."""
    with wiring.opened(options, environ=environ) as opened:
        return driven(finished(opened, options, listen=listen or deaf, confirmed=confirmed, signals=signals))


def plan(options: Options, *, environ: Mapping[str, str] = os.environ) -> PlanReport:
    """What a run would do; sends nothing and writes nothing."""
    from ippon.engine.estimate import estimate  # noqa: PLC0415 - a warm run estimates nothing
    from ippon.engine.why import why_missing  # noqa: PLC0415

    with wiring.opened(options, environ=environ) as opened:
        assembled = wiring.assemble(opened, options, listen=deaf)
        prepared = prepare(assembled.setting, assembled.wish, assembled.parts)
        setting, run = prepared.setting, prepared.selection
        guess = estimate(prepared, assembled.parts.price_for, in_flight=_in_flight(options))
        explanations = _explanations(opened)
        return PlanReport(
            suite=setting.suite.name,
            tier=assembled.wish.tier,
            total=run.total,
            selected=len(run.evaluations),
            cached=len(prepared.results),
            to_run=len(prepared.todo),
            calls=guess.calls,
            est_s=guess.seconds,
            est_usd=guess.usd,
            method=run.method,
            seed=run.seed,
            selection=tuple(
                (setting.example(e).id, setting.evaluator(e).name, "chosen" if e in run.chosen else "drawn")
                for e in run.evaluations
            ),
            misses=tuple(
                (
                    setting.example(todo.evaluation).id,
                    setting.evaluator(todo.evaluation).name,
                    why_missing(setting, todo.evaluation, todo.text, explanations).because,
                )
                for todo in prepared.todo
            ),
        )


def attempt(options: Options, example: str, evaluator: str, *, environ: Mapping[str, str] = os.environ) -> Attempt:
    """One evaluation looked at closely."""
    from ippon.engine.attempt import attempt as attempted  # noqa: PLC0415

    with wiring.opened(options, environ=environ) as opened:
        prepared, assembled = _one(opened, options, example, evaluator)
        wiring.require(assembled, prepared)
        return _complete(attempted(prepared, assembled.parts))


def runs(options: Options, *, environ: Mapping[str, str] = os.environ) -> list[Run]:
    """The runs of a suite without their results, newest first."""
    with wiring.opened(options, environ=environ) as opened:
        return wiring.open_store(options, opened.suite).runs()


def show(options: Options, run_id: str, *, environ: Mapping[str, str] = os.environ) -> Run:
    """A run with its results; "latest" is the newest. UsageError when there is none."""
    with wiring.opened(options, environ=environ) as opened:
        run = wiring.open_store(options, opened.suite).load(run_id)
    if run is None:
        raise UsageError(f"there is no run `{run_id}`", hint="ippon runs ls")
    return run


def cache_stats(options: Options, *, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Entries, bytes and classes of the cache file; hits and misses over the last runs of the suite here, if there is one."""
    cache, _ = wiring.open_cache(options, environ)
    if cache is None:
        raise UsageError("there is no cache to look at", hint="leave out --no-cache")
    try:
        return {**cache.stats(), **_hits(options, environ)}
    finally:
        cache.close()


def cache_why(
    options: Options, example: str, evaluator: str, *, environ: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    """Whether an evaluation is in the cache, and if not, which part of its key differs from the nearest entry."""
    from ippon.engine.why import why_missing  # noqa: PLC0415

    with wiring.opened(options, environ=environ) as opened:
        prepared, _ = _one(opened, options, example, evaluator)
        evaluation = prepared.selection.evaluations[0]
        key = prepared.known.keys.get(evaluation)
        shown = key.hex() if key else None
        if 0 in prepared.results:
            return {"hit": True, "because": "kept", "changed": [], "key": shown, "equal": None, "kept_at": None}
        text = prepared.known.texts.get((evaluation.example, evaluation.response))
        why = why_missing(prepared.setting, evaluation, text, _explanations(opened))
        changed = [{"field": part, "was": was, "now": now} for part, was, now in why.changed]
        return {
            "hit": False,
            "because": why.because,
            "changed": changed,
            "key": shown,
            "equal": why.equal,
            "kept_at": why.kept_at,
        }


def cache_clear(options: Options, *, environ: Mapping[str, str] = os.environ) -> int:
    """Delete all entries of the cache file and return how many there were."""
    cache, _ = wiring.open_cache(options, environ)
    if cache is None:
        raise UsageError("there is no cache to clear", hint="leave out --no-cache")
    try:
        return cache.clear()
    finally:
        cache.close()


def trust(path: str | None, *, environ: Mapping[str, str] = os.environ) -> tuple[str, str]:
    """Let a suite run its code from now on, until it changes. (path, digest)."""
    from ippon.wiring.trust import remember  # noqa: PLC0415 - only this verb writes trust

    suite = path or wiring.found()
    return suite, remember(suite, environ)


def doctor(options: Options, *, environ: Mapping[str, str] = os.environ) -> list[tuple[str, str, str]]:
    """(state, name, text) of everything a run depends on; sends nothing that costs."""
    from ippon.wiring.doctor import checkup  # noqa: PLC0415

    return checkup(options, environ)


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a suite file (`suite`); UsageError for another name."""
    if name != "suite":
        raise UsageError(f"there is no schema `{name}`", hint="ippon schema suite")
    from ippon.read.json_schema import suite_schema  # noqa: PLC0415 - only this verb prints it

    return suite_schema()


def finished(
    opened: Opened,
    options: Options,
    *,
    listen: Listener,
    confirmed: bool,
    signals: bool,
) -> Work[Finished]:
    """Run the wanted tier, and the ones above it for as long as an inconclusive gate promotes. See `driven`."""
    while True:
        assembled = wiring.assemble(opened, options, listen=listen, signals=signals)
        prepared = prepare(assembled.setting, assembled.wish, assembled.parts)
        run = yield from _run(options, assembled, prepared, confirmed=confirmed)
        higher = next_tier(run)
        if higher is None:
            return _beside(prepared, assembled, run, options)
        options = msgspec.structs.replace(options, tier=higher, resume=None)


def _run(options: Options, assembled: Assembled, prepared: Prepared, *, confirmed: bool) -> Work[Run]:
    parts = assembled.parts
    parts.listen(wiring.started(prepared))
    if not prepared.todo:
        return finish(prepared, parts)
    from ippon.engine.ask import ask  # noqa: PLC0415 - a warm run asks nothing and loads no event loop
    from ippon.engine.estimate import estimate  # noqa: PLC0415

    wiring.require(assembled, prepared)
    if options.max_usd is None and not confirmed:
        _refuse_dear(estimate(prepared, parts.price_for, in_flight=_in_flight(options)).usd)
    return (yield ask(prepared, parts))


def driven(work: Work[T]) -> T:
    """Do work that yields what has to be awaited, from code that is not async; no event loop where it yields nothing."""
    try:
        waiting = next(work)
        while True:
            waiting = work.send(_complete(waiting))
    except StopIteration as stop:
        return cast("T", stop.value)


async def driven_async(work: Work[T]) -> T:
    """The same work inside a running event loop."""
    try:
        waiting = next(work)
        while True:
            waiting = work.send(await waiting)
    except StopIteration as stop:
        return cast("T", stop.value)


def _refuse_dear(usd: float | None) -> None:
    if usd is not None and usd > FREE_UP_TO_USD:
        raise UsageError(
            Problem(
                message=f"this run would cost about ${usd:.2f}, and nobody said that it may",
                key="max_usd",
                hint=f"ippon run --max-usd {usd * 1.2:.0f}",
            )
        )


def _beside(prepared: Prepared, assembled: Assembled, run: Run, options: Options) -> Finished:
    """A run and what stands beside it on the screen."""
    counts = run.counts
    known = counts.cached + counts.answered
    seconds = run.saved_s + _spent_s(run)
    dollars = None if run.cost_usd is None or run.saved_usd is None else run.cost_usd + run.saved_usd
    finished = Finished(
        run=run,
        previous=_previous(prepared, assembled, run),
        one_by_one_s=seconds / known * counts.total if known and seconds else None,
        one_by_one_usd=dollars / known * counts.total if known and dollars is not None else None,
    )
    if any(gate.verdict == "not_tested" for gate in run.gates) and not prepared.selection.narrowed:
        return _with_next_tier(finished, prepared, assembled, options)
    return finished


def _previous(prepared: Prepared, assembled: Assembled, run: Run) -> Earlier | None:
    """The run before with its results; where it knew the same, they are this run's and need not be read."""
    previous = prepared.previous
    if previous is None or previous.results:
        return previous
    if previous.evidence == run.evidence:
        return msgspec.structs.replace(previous, results=run.results)
    return with_results(previous, assembled.parts.history)


def _with_next_tier(finished: Finished, prepared: Prepared, assembled: Assembled, options: Options) -> Finished:
    """The smallest built-in tier that takes more than this one, and what it would send."""
    from ippon.engine.estimate import estimate  # noqa: PLC0415 - only where gates stay untested

    taken = len(prepared.selection.evaluations)
    for tier in BUILT_IN_TIERS:  # pragma: no branch - the last of them takes everything, which this one did not
        wish = msgspec.structs.replace(assembled.wish, tier=tier, resume=None)
        ahead = prepare(assembled.setting, wish, assembled.parts)
        if len(ahead.selection.evaluations) > taken:
            break
    guess = estimate(ahead, assembled.parts.price_for, in_flight=_in_flight(options))
    return msgspec.structs.replace(
        finished, next_tier=tier, next_calls=guess.calls, next_s=guess.seconds, next_usd=guess.usd
    )


def _one(opened: Opened, options: Options, example: str, evaluator: str) -> tuple[Prepared, Assembled]:
    """The plan of one evaluation, named exactly."""
    names = [each.name for each in opened.suite.evaluators]
    ids = [each.id for each in opened.suite.examples]
    _require_name("example", example, ids)
    _require_name("evaluator", evaluator, names)
    narrowed = msgspec.structs.replace(
        options, tier="full", example=(_literal(example),), evaluator=(_literal(evaluator),), where=()
    )
    assembled = wiring.assemble(opened, narrowed, listen=deaf)
    return prepare(assembled.setting, assembled.wish, assembled.parts), assembled


def _require_name(what: str, name: str, known: list[str]) -> None:
    if name not in known:
        from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

        near = get_close_matches(name, known, n=3, cutoff=0.4) or known[:3]
        raise UsageError(f"there is no {what} `{name}`", hint=f"nearest: {', '.join(near)}")


def _in_flight(options: Options) -> int:
    from ippon.execute.limits import DEFAULT_IN_FLIGHT  # noqa: PLC0415 - a warm run sends nothing

    return options.max_in_flight or DEFAULT_IN_FLIGHT


def _explanations(opened: Opened) -> Callable[[str, str], Iterable[tuple[bytes, dict[str, str], float]]]:
    cache = opened.cache
    return (lambda _evaluator, _example: ()) if cache is None else cache.explanations


def _spent_s(run: Run) -> float:
    """Seconds that the calls of this run took, one after another."""
    return sum(result.latency_s or 0.0 for result in run.results if result.status == "answered")


def _hits(options: Options, environ: Mapping[str, str]) -> dict[str, Any]:
    """Hits and misses over the runs of the suite here; nothing of it without a suite."""
    try:
        last = runs(options, environ=environ)[:20]
    except IpponError:
        last = []
    hits, misses = sum(run.hits for run in last), sum(run.misses for run in last)
    return {"hits": hits, "misses": misses, "hit_rate": hits / (hits + misses) if hits + misses else None}


def _literal(name: str) -> str:
    """A glob that matches this name alone."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _complete(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; in a notebook, where a loop is running already, in a thread of its own."""
    import asyncio  # noqa: PLC0415 - a warm run loads no event loop

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only inside a running loop

    with ThreadPoolExecutor(1, thread_name_prefix="ippon-loop") as pool:
        return pool.submit(asyncio.run, work).result()


def deaf(_event: object) -> None:
    """A listener that hears nothing."""
