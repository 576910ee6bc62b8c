"""The verbs over suite files: run one, plan, try, look at what is kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgspec

from ippon.api.caches import require_named
from ippon.api.running import completed, deaf, driven, finished
from ippon.engine.run import prepare
from ippon.errors import IpponError, Problem, SuiteError, UsageError
from ippon.records.event import PlanReport
from ippon.report.view import quoted
from ippon.wiring import assemble as wiring
from ippon.wiring.opened import found, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ippon.engine.parts import Prepared
    from ippon.ports import Listener
    from ippon.records.event import Attempt, Finished
    from ippon.records.options import Options
    from ippon.records.run import Run
    from ippon.records.suite import Suite
    from ippon.wiring.assemble import Assembled
    from ippon.wiring.opened import Opened

    Again = Callable[..., str]


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
    from ippon.engine.estimate import estimate  # noqa: PLC0415 - a warm run estimates nothing
    from ippon.engine.why import why_missing  # noqa: PLC0415

    with opened(options, environ=environ, looks=True) as it:
        assembled = wiring.assemble(it, options, listen=deaf)
        prepared = prepare(assembled.setting, assembled.wish, assembled.parts)
        setting, run = prepared.setting, prepared.selection
        guess = estimate(prepared, assembled.parts)
        explanations = _explanations(it)
        cached, lacks = len(prepared.results), _lacks(assembled, prepared)
        misses = tuple(
            (
                setting.example(todo.evaluation).id,
                setting.evaluator(todo.evaluation).name,
                "asked anew (--refresh)"
                if options.refresh
                else why_missing(setting, todo.evaluation, todo.text, explanations).because,
            )
            for todo in prepared.todo
        )
        del prepared  # a million keys, which nothing below needs
        return PlanReport(
            suite=setting.suite.name,
            tier=assembled.wish.tier,
            total=run.total,
            selected=len(run.evaluations),
            cached=cached,
            to_run=len(misses),
            calls=guess.calls,
            est_s=guess.seconds,
            est_usd=guess.usd,
            method=run.method,
            seed=run.seed,
            selection=tuple(
                (setting.example(e).id, setting.evaluator(e).name, "chosen" if e in run.chosen else "drawn")
                for e in run.evaluations
            ),
            misses=misses,
            lacks=lacks,
        )


def _in_order(*words: str) -> str:
    return " ".join(words)


def attempt(
    options: Options,
    example: str,
    evaluator: str,
    *,
    again: Again = _in_order,
    environ: Mapping[str, str] = os.environ,
) -> Attempt:
    """One evaluation looked at closely. `again` is how a user types the same with other words in that place."""
    from ippon.engine.attempt import attempt as attempted  # noqa: PLC0415
    from ippon.wiring.requirements import require  # noqa: PLC0415

    with opened(options, environ=environ) as it:
        prepared, assembled = _one(it, options, example, evaluator, again=again)
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


def cache_why(
    options: Options,
    example: str,
    evaluator: str,
    *,
    again: Again = _in_order,
    environ: Mapping[str, str] = os.environ,
) -> dict[str, Any]:
    """Whether an evaluation is in the cache, and if not, which part of its key differs from the nearest entry."""
    from ippon.engine.why import why_missing  # noqa: PLC0415

    require_named(options)
    with opened(options, environ=environ, looks=True) as it:
        prepared, _ = _one(it, options, example, evaluator, again=again)
        evaluation = prepared.selection.evaluations[0]
        key = prepared.known.keys.get(evaluation)
        shown = key.hex() if key else None
        if 0 in prepared.results:
            return {"hit": True, "because": "kept", "changed": [], "key": shown, "equal": None, "kept_at": None}
        text = prepared.known.texts.get((evaluation.example, evaluation.response))
        why = why_missing(prepared.setting, evaluation, text, _explanations(it))
        changed = [{"field": part, "was": was, "now": now} for part, was, now in why.changed]
        return {
            "hit": False,
            "because": why.because,
            "changed": changed,
            "key": shown,
            "equal": why.equal,
            "kept_at": why.kept_at,
        }


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


def _lacks(assembled: Assembled, prepared: Prepared) -> tuple[Problem, ...]:
    """What a run would be refused for before it asks."""
    from ippon.wiring.requirements import require  # noqa: PLC0415

    try:
        require(assembled, prepared)
    except IpponError as error:
        return error.problems
    return ()


def _one(opened: Opened, options: Options, example: str, evaluator: str, *, again: Again) -> tuple[Prepared, Assembled]:
    """The plan of one evaluation, named exactly."""
    _require_names(opened.suite, example, evaluator, again=again)
    narrowed = msgspec.structs.replace(
        options, tier="full", example=(_literal(example),), evaluator=(_literal(evaluator),), where=()
    )
    assembled = wiring.assemble(opened, narrowed, listen=deaf)
    return prepare(assembled.setting, assembled.wish, assembled.parts), assembled


def _require_names(suite: Suite, example: str, evaluator: str, *, again: Again) -> None:
    """UsageError for each name that there is not; where the two are swapped, with the command that has them right."""
    named = {"example": [each.id for each in suite.examples], "evaluator": [each.name for each in suite.evaluators]}
    lacking = [
        (what, name) for what, name in (("example", example), ("evaluator", evaluator)) if name not in named[what]
    ]
    if not lacking:
        return
    if example in named["evaluator"] and evaluator in named["example"]:
        hint = again(quoted(evaluator), quoted(example))
        raise UsageError(f"`{example}` is the evaluator and `{evaluator}` the example: they are swapped", hint=hint)
    from ippon.select.matching import nearest  # noqa: PLC0415 - only a mistake needs it

    problems = (
        Problem(message=f"there is no {what} `{name}`", hint=nearest(name, named[what])) for what, name in lacking
    )
    raise UsageError(*problems)


def _explanations(opened: Opened) -> Callable[[str, str], Iterable[tuple[bytes, dict[str, str], float]]]:
    cache = opened.cache
    return (lambda _evaluator, _example: ()) if cache is None else cache.explanations


def _literal(name: str) -> str:
    """A glob that matches this name alone."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
