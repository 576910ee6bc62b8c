"""The one door of the command line: words to an exit code, and every error to words."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code, never an exception."""
    started = time.perf_counter()
    words = list(sys.argv[1:] if argv is None else argv)
    return guarded(lambda: _command(words, os.environ, started), words, os.environ, started)


def guarded(work: Callable[[], int], words: Sequence[str], environ: Mapping[str, str], started: float) -> int:
    """The exit code of some work; whatever it raises is told in words."""
    try:
        return work()
    except KeyboardInterrupt:
        return _interrupted(words, environ, started)
    except BrokenPipeError:
        return 0
    except OSError as error:
        from ippon.errors import StoreError  # noqa: PLC0415 - only where the system is in the way

        return _failed(StoreError(f"the system refused: {error}"), words, environ, started)
    except Exception as error:  # noqa: BLE001 - the last line of defence: whatever it is, it is said in words
        return _failed(error, words, environ, started)


def _command(words: list[str], environ: Mapping[str, str], started: float) -> int:
    if words and words[0] == "run" and "_IPPON_COMPLETE" not in environ:
        from ippon.cli.scan import scan  # noqa: PLC0415 - the warm path imports what it uses

        given = scan(words[1:])
        if given is not None:
            from ippon.cli.run import run  # noqa: PLC0415
            from ippon.wiring.settle import settle  # noqa: PLC0415

            return run(settle(given, environ), environ, started=started)
    if (not words or words[0] in {"--help", "-h", "help"}) and "_IPPON_COMPLETE" not in environ:
        return _help(words)
    from ippon.cli.commands import run_click  # noqa: PLC0415

    return run_click(words, environ, started=started)


def _help(words: list[str]) -> int:
    from ippon.cli.help import page  # noqa: PLC0415
    from ippon.cli.width import width_of  # noqa: PLC0415

    stream = sys.stdout if words else sys.stderr
    stream.write(page(width_of(os.environ, terminal=stream.isatty())))
    stream.flush()
    return 0 if words else 2


def _interrupted(words: Sequence[str], environ: Mapping[str, str], started: float) -> int:
    """Silence; a program that waits for an object gets one."""
    if _wants_object(words, environ):
        from ippon.cli.screen import screen_of  # noqa: PLC0415
        from ippon.errors import Problem  # noqa: PLC0415
        from ippon.report.json_object import encoded, error_object  # noqa: PLC0415

        problem = Problem(message="interrupted before there was anything to show; what was answered is kept")
        found = error_object((problem,), time.perf_counter() - started, exit_code=INTERRUPTED)
        screen_of(environ, no_color=True).object(encoded(found))
    return INTERRUPTED


def _wants_object(words: Sequence[str], environ: Mapping[str, str]) -> bool:
    return "--json" in words or environ.get("IPPON_JSON") in {"1", "true"}


def _failed(error: Exception, words: Sequence[str], environ: Mapping[str, str], started: float) -> int:
    from ippon.cli.failure import BUG, attributed, bug_of, error_lines, problems_of  # noqa: PLC0415
    from ippon.cli.screen import screen_of, write  # noqa: PLC0415
    from ippon.errors import IpponError  # noqa: PLC0415

    debug = "--debug" in words or environ.get("IPPON_DEBUG") in {"1", "true"}
    if isinstance(error, IpponError):
        problems, exit_code = attributed(problems_of(error), words, environ), error.exit_code
        trace = bug_of(error, environ, debug=True).trace if debug else ""
    else:
        bug = bug_of(error, environ, debug=debug)
        problems, exit_code, trace = (bug.problem,), BUG, bug.trace if debug else ""
    screen = screen_of(environ, no_color="--no-color" in words)
    write(sys.stderr, trace)
    if _wants_object(words, environ):
        from ippon.report.json_object import encoded, error_object  # noqa: PLC0415

        screen.object(encoded(error_object(problems, time.perf_counter() - started, exit_code=exit_code)))
    else:
        screen.notes(error_lines(problems, screen.width))
    return exit_code
