"""The verbs over suite files: run one, plan, try, look at what is kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgspec

from ippon.api.running import completed, deaf, driven, finished
from ippon.engine.run import prepare
from ippon.errors import IpponError, Problem, SuiteError, UsageError
from ippon.records.event import PlanReport
from ippon.wiring import assemble as wiring
from ippon.wiring.opened import found, opened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ippon.api.one import Again
    from ippon.engine.parts import Prepared
    from ippon.ports import Listener
    from ippon.records.event import Attempt, Finished
    from ippon.records.options import Options
    from ippon.records.run import Run
    from ippon.wiring.assemble import Assembled
    from ippon.wiring.opened import Opened


def execute(
    options: Options,
    *,
    listen: Listener | None = None,
    confirmed: bool = False,
    environ: Mapping[str, str] = os.environ,
    signals: bool = True,
    began: float | None = None,
) -> Finished:
    """Run a suite file as the flags say. An estimate above five dollars wants `max_usd`, or a user who `confirmed` it.

    Its time counts from where the command `began`, on the clock of `time.monotonic`; without it, from here.
    """
    with opened(options, environ=environ, ends=signals) as it:
        work = finished(it, options, listen=listen or deaf, confirmed=confirmed, signals=signals, began=began)
        return driven(work)


def plan(options: Options, *, environ: Mapping[str, str] = os.environ) -> PlanReport:
    """What a run would do; asks nothing, and records no run."""
    from ippon.api.why import misses  # noqa: PLC0415
    from ippon.engine.estimate import estimate  # noqa: PLC0415 - a warm run estimates nothing
    from ippon.wiring.upkeep import upkeep_of  # noqa: PLC0415

    with opened(options, environ=environ, plans=True) as it:
        assembled = wiring.assemble(it, options, listen=deaf)
        prepared = prepare(assembled.setting, assembled.wish, assembled.parts)
        setting, run = prepared.setting, prepared.selection
        unasked = _unasked(options, it)
        cached, lacks = len(prepared.known.results), _lacks(assembled, prepared)
        failed = sum(each.error is not None for each in prepared.known.results.values())
        answered: dict[int, int] = {}
        missed: list[tuple[str, str, str]] = []
        for todo, why in misses(prepared, upkeep_of(it)):
            example, evaluator = setting.example(todo.evaluation), setting.evaluator(todo.evaluation)
            missed.append((example.id, evaluator.name, unasked or why.because))
            if why.is_answered and not unasked:
                answered[todo.evaluation.evaluator] = answered.get(todo.evaluation.evaluator, 0) + 1
        guess = estimate(prepared, assembled.parts, answered=answered)
        del prepared  # a million keys, which nothing below needs
        return PlanReport(
            suite=setting.suite.name,
            tier=assembled.wish.tier,
            total=run.total,
            selected=len(run.evaluations),
            cached=cached,
            to_run=len(missed),
            calls=guess.calls,
            est_s=guess.seconds,
            est_usd=guess.usd,
            method=run.method,
            seed=run.seed,
            selection=tuple(
                (setting.example(e).id, setting.evaluator(e).name, "chosen" if e in run.chosen else "drawn")
                for e in run.evaluations
            ),
            misses=tuple(missed),
            lacks=lacks,
            failed=failed,
            warnings=(*it.warnings, *it.notes),
        )


def attempt(
    options: Options,
    example: str,
    evaluator: str,
    *,
    again: Again | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Attempt:
    """One evaluation looked at closely. `again` is how a user types the same with other words in that place."""
    from ippon.api.one import one  # noqa: PLC0415 - nor does it look at one evaluation
    from ippon.engine.attempt import attempt as attempted  # noqa: PLC0415
    from ippon.wiring.requirements import require  # noqa: PLC0415

    with opened(options, environ=environ) as it:
        prepared, assembled = one(it, options, example, evaluator, again=again)
        require(assembled, prepared)
        return completed(attempted(prepared, assembled.parts))


def runs(options: Options, *, environ: Mapping[str, str] = os.environ) -> list[Run]:
    """The runs of a suite without their results, newest first."""
    with opened(options, environ=environ, looks=True) as it:
        return it.store.runs()


def show(options: Options, run_id: str, *, environ: Mapping[str, str] = os.environ) -> Run:
    """A run with its results; "latest" is the newest. UsageError when there is none."""
    with opened(options, environ=environ, looks=True) as it:
        run = it.store.load(run_id)
    if run is None:
        raise UsageError(f"there is no run `{run_id}`", hint="ippon runs ls")
    return run


def check(name: str, text: str) -> None:
    """Read a suite that is to be written here under this name; SuiteError with every problem, those of its data included."""
    from ippon.read.suite_file import compiled  # noqa: PLC0415 - only `init` writes suites

    try:
        compiled(name, text.encode(), trusted=False)
    except IpponError as error:
        # A place in a file that is not there helps nobody; what it would be refused for stands in the message.
        nowhere = {"file": None, "line": None, "column": None, "key": None}
        raise SuiteError(
            *(msgspec.structs.replace(each, **nowhere) if each.file == name else each for each in error.problems)
        ) from None


def trust(path: str | None, *, environ: Mapping[str, str] = os.environ) -> tuple[str, str]:
    """Let a suite run its code from now on, until it changes. (path, digest)."""
    from ippon.wiring.trust import remember  # noqa: PLC0415 - only this verb writes trust

    suite = path or found()
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


def _unasked(options: Options, it: Opened) -> str:
    """Why nothing can be told of any evaluation that misses; empty where it can."""
    from ippon.api.why import CANNOT  # noqa: PLC0415 - as above

    if options.refresh:
        return "asked anew (--refresh)"
    if options.no_cache:
        return "not looked up (--no-cache)"
    return CANNOT if it.legible is None else ""


def _lacks(assembled: Assembled, prepared: Prepared) -> tuple[Problem, ...]:
    """What a run would be refused for before it asks."""
    from ippon.wiring.requirements import require  # noqa: PLC0415

    try:
        require(assembled, prepared)
    except IpponError as error:
        return error.problems
    return ()
