"""One run of an open suite, tier after tier, and what stands beside it. Holds the only `asyncio.run`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ippon.engine.run import finish, further, next_tier, prepare, together, with_results, with_warning
from ippon.errors import Problem, UsageError
from ippon.records.event import Finished
from ippon.records.suite import BUILT_IN_TIERS
from ippon.wiring import assemble as wiring

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator
    from typing import TypeVar

    from ippon.engine.parts import Prepared
    from ippon.ports import Listener
    from ippon.records.options import Options
    from ippon.records.run import Earlier, Run
    from ippon.wiring.assemble import Assembled
    from ippon.wiring.opened import Opened

    T = TypeVar("T")
    # Yields a coroutine wherever it has to wait, is sent its result, and returns its own.
    Work = Generator[Coroutine[Any, Any, Any], Any, T]

ONCE: dict[str, Any] = {
    "resume": None,
    "refresh": False,
    "retry_failed": False,
}  # what the next command does not repeat
FREE_UP_TO_USD = 5.0  # a dearer estimate wants a word from the user


def finished(
    opened: Opened,
    options: Options,
    *,
    listen: Listener,
    confirmed: bool,
    signals: bool,
    began: float | None = None,
) -> Work[Finished]:
    """Run the wanted tier, and the ones above it for as long as an inconclusive gate promotes. See `driven`."""
    assembled = wiring.assemble(opened, options, listen=listen, signals=signals)
    if began is not None:
        wish = msgspec.structs.replace(assembled.wish, began=began)
        assembled = msgspec.structs.replace(assembled, wish=wish)
    prepared = prepare(assembled.setting, assembled.wish, assembled.parts)
    run = yield from _run(assembled, prepared, confirmed=confirmed)
    while (higher := next_tier(run)) is not None:
        wish = further(assembled.wish, higher, run, run_id=wiring.new_run_id())
        assembled = msgspec.structs.replace(assembled, wish=wish)
        ahead = prepare(assembled.setting, wish, assembled.parts)
        try:
            above = yield from _run(assembled, ahead, confirmed=confirmed)
        except UsageError as error:
            # What was found out so far was paid for: a dear tier above is no reason to lose it.
            return _beside(prepared, assembled, with_warning(run, f"not promoted to {higher}: {error}"))
        run, prepared = together(run, above), ahead
    return _beside(prepared, assembled, run)


def _run(assembled: Assembled, prepared: Prepared, *, confirmed: bool) -> Work[Run]:
    parts = assembled.parts
    if not prepared.todo:
        parts.listen(wiring.started(prepared))
        return finish(prepared, parts)
    from ippon.engine.ask import ask  # noqa: PLC0415 - a warm run asks nothing and loads no event loop
    from ippon.engine.estimate import estimate  # noqa: PLC0415
    from ippon.wiring.requirements import require  # noqa: PLC0415

    require(assembled, prepared)
    if assembled.wish.max_usd is None and not confirmed:
        _refuse_dear(estimate(prepared, parts).usd)
    parts.listen(wiring.started(prepared))
    return (yield ask(prepared, parts))


def driven(work: Work[T]) -> T:
    """Do work that yields what has to be awaited, from code that is not async; no event loop where it yields nothing."""
    try:
        waiting = next(work)
        while True:
            waiting = work.send(completed(waiting))
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


def _beside(prepared: Prepared, assembled: Assembled, run: Run) -> Finished:
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
        return _with_next_tier(finished, prepared, assembled)
    return finished


def _previous(prepared: Prepared, assembled: Assembled, run: Run) -> Earlier | None:
    """The run before with its results; where it knew the same, they are this run's and need not be read."""
    previous = prepared.previous
    if previous is None or previous.results:
        return previous
    if previous.evidence == run.evidence:
        return msgspec.structs.replace(previous, results=run.results)
    return with_results(previous, assembled.parts.history)


def _with_next_tier(finished: Finished, prepared: Prepared, assembled: Assembled) -> Finished:
    """The smallest built-in tier that takes more than this one, and what it would send."""
    from ippon.engine.estimate import estimate  # noqa: PLC0415 - only where gates stay untested

    taken = len(prepared.selection.evaluations)
    wishes = (msgspec.structs.replace(assembled.wish, tier=tier, **ONCE) for tier in BUILT_IN_TIERS)
    plans = (prepare(assembled.setting, wish, assembled.parts) for wish in wishes)
    ahead = next((plan for plan in plans if len(plan.selection.evaluations) > taken), None)
    if ahead is None:  # all of it was wanted, and what the gates look at did not come
        return finished
    guess = estimate(ahead, assembled.parts)
    return msgspec.structs.replace(
        finished, next_tier=ahead.wish.tier, next_calls=guess.calls, next_s=guess.seconds, next_usd=guess.usd
    )


def _spent_s(run: Run) -> float:
    """Seconds that the calls of this run took, one after another."""
    return sum(result.latency_s or 0.0 for result in run.results if result.status == "answered")


def completed(work: Coroutine[Any, Any, T]) -> T:
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
