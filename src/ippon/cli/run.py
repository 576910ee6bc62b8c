"""`ippon run`: options to a finished run, and the run to the screen and to files."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import msgspec

from ippon.cli.screen import Screen, reserved, screen_of, write
from ippon.errors import Problem, UsageError
from ippon.records.flags import SHOWN, flags_of
from ippon.report.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ippon.cli.drawing import Drawing
    from ippon.cli.session import Session
    from ippon.records.event import Finished
    from ippon.records.options import Options

WARNINGS_SHOWN = 5
REPEATING = ("run", "try", "show", "doctor")  # verbs that the screens name, with the flags that were given


def run(options: Options, environ: Mapping[str, str], *, started: float) -> int:
    """Do it, show it, give back its exit code. `started` is on the clock of `time.perf_counter`."""
    from ippon import api  # noqa: PLC0415 - nothing else of ippon is imported before the flags are read

    _check_outputs(options)
    screen = screen_of(environ, no_color=options.no_color)
    drawing = _drawing(options, screen)
    began = time.monotonic() - (time.perf_counter() - started)
    try:
        with reserved():
            finished = api.execute(options, listen=drawing, began=began)
    except UsageError as error:
        if not (wants_money(error.problems) and agreed(error.problems[0], options, screen)):
            raise
        with reserved():
            finished = api.execute(options, listen=drawing, confirmed=True)
    finally:
        if drawing is not None:
            drawing.erase()
    show(finished, options, screen, environ)
    return finished.run.exit_code if _written(finished, options, screen) else finished.run.exit_code or 2


def _written(finished: Finished, options: Options, screen: Screen) -> bool:
    """Whether every file that was asked for is there. The run has been shown: a full disk does not hide its verdict."""
    if not options.output:
        return True
    from ippon.cli.failure import error_lines  # noqa: PLC0415
    from ippon.cli.outputs import write_outputs  # noqa: PLC0415

    problems = write_outputs(options.output, finished)
    screen.notes(error_lines(problems, screen.width))
    return not problems


def show(finished: Finished, options: Options, screen: Screen, environ: Mapping[str, str]) -> None:
    """The warnings, the annotations, and the block or the object."""
    if not options.quiet:
        screen.notes(warning_lines(finished.run.warnings))
    if environ.get("GITHUB_ACTIONS") == "true":
        from ippon.cli.outputs import annotation_lines  # noqa: PLC0415

        write(screen.err, "".join(f"{each}\n" for each in annotation_lines(finished.run)))
    if options.json:
        from ippon.report.json_object import encoded, run_object  # noqa: PLC0415

        screen.object(encoded(run_object(finished)))
        return
    from ippon.report.text import final_block  # noqa: PLC0415

    asked = msgspec.structs.replace(options, **finished.run.asked)  # of a resumed run, what the history knew
    screen.lines(final_block(finished, view_of(asked, screen)))


def view_of(options: Options, screen: Screen) -> View:
    """How this screen shows what these options asked for."""
    return View(
        width=screen.width,
        colour=screen.colour,
        quiet=options.quiet,
        verbose=options.verbose,
        options=options,
        taken={verb: [flag.name for flag in flags_of(verb) if flag.group != SHOWN] for verb in REPEATING},
    )


def warning_lines(warnings: tuple[str, ...]) -> list[str]:
    """The warnings of a run, the first five of them."""
    from ippon.records.run import SHARED  # noqa: PLC0415
    from ippon.report.escape import visible  # noqa: PLC0415

    lines = [f"{'' if each.startswith(SHARED) else 'warning: '}{visible(each)}" for each in warnings[:WARNINGS_SHOWN]]
    more = len(warnings) - WARNINGS_SHOWN
    return [*lines, f"warning: {more} more; --json shows all"] if more > 0 else lines


def wants_money(problems: tuple[Problem, ...]) -> bool:
    """Whether a usage error is only that nobody has agreed to what a run may cost."""
    return len(problems) == 1 and (problems[0].hint or "").startswith("ippon run --max-usd")


def agreed(problem: Problem, options: Options, screen: Screen) -> bool:
    """A yes on the terminal; no question where there is none, or where a program reads the answer."""
    if options.json or options.quiet or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    write(screen.err, f"{problem.message}; go on? [y/N] ")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _drawing(options: Options, screen: Screen) -> Drawing | None:
    if options.quiet:
        return None
    from ippon.cli.drawing import Drawing  # noqa: PLC0415

    return Drawing(screen, max_usd=options.max_usd)


def _check_outputs(options: Options) -> None:
    problems = [
        Problem(message=f"--output {each}: there is no folder {os.path.dirname(each)}", hint="make the folder first")  # noqa: PTH120
        for each in options.output
        if os.path.dirname(each) and not os.path.isdir(os.path.dirname(each))  # noqa: PTH112, PTH120
    ] + [
        Problem(message=f"--output {each} is a folder", hint=f"-o {os.path.join(each, 'run.json')}")  # noqa: PTH118
        for each in options.output
        if os.path.isdir(each)  # noqa: PTH112
    ]
    if problems:
        raise UsageError(*problems)


def run_verb(options: Options, _arguments: Mapping[str, str], session: Session) -> int:
    """The same, called by the full command line."""
    return run(options, session.environ, started=session.started)
