"""The listener that shows a run while it goes on."""

from __future__ import annotations

import io

import pytest
from inline_snapshot import snapshot
from msgspec.structs import replace

from ippon.cli.drawing import Drawing
from ippon.cli.main import main
from ippon.cli.run import agreed, wants_money, warning_lines
from ippon.cli.screen import Screen, screen_of
from ippon.errors import Problem
from ippon.execute.meter import Meter, shared_notes
from ippon.records.event import LaneStopped, Progress, ResultKept, RunStarted
from ippon.records.options import Options
from ippon.testing import FakeClock
from tests.cli.terminal import a_terminal
from tests.report.made import result

STARTED = RunStarted(
    run_id="k7m2qd", suite="support-answers", tier="quick", total=294, planned=9, cached=2, judge="local/smollm2-135m"
)
SENDING = Progress(in_flight=5, limit=16, calls_sent=4, retries=0)
STOPPED = LaneStopped(lane="openai/x", message="401", hint="export OPENAI_API_KEY=...")
DEAR = """\
ippon = 1
examples = [{ id = "a", input = "x", response = "y" }]
[target]
kind = "recorded"
[judge]
model = "ollama/x"
price = { input = 1e9, output = 1e9 }
[[evaluators]]
name = "helpful"
rubric = "It helps."
scale = "yes/no"
"""


def drawn(*events, live, encoding="utf-8"):
    """What is written when each event comes 0.3 s after the one before."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    screen = Screen(out=stream, err=stream, width=90, colour=False, live=live, in_ci=False)
    clock = FakeClock()
    drawing = Drawing(screen, max_usd=None, monotonic=clock.monotonic)
    for event in events:
        drawing(event)
        clock.advance(0.3)
    drawing.erase()
    return stream.buffer.getvalue().decode(encoding)


def test_a_terminal_sees_one_line_at_once_and_the_region_after_half_a_second():
    """Erased at the end; the line of a weak judge stays."""
    kept = ResultKept(result=result())
    seen = drawn(STARTED, kept, kept, SENDING, STOPPED, SENDING, live=True, encoding="ascii")

    assert seen.split("\n") == snapshot(
        [
            "judge local/smollm2-135m (94 MB, this machine): fine to try things, weak as a judge",
            "support-answers  quick  run k7m2qd  294 in the suite; at most 9 here, 2 cached, 7 to ask",
            "\x1b[1A\r\x1b[Jsupport-answers  quick  run k7m2qd  294 in the suite; at most 9 here, 2 cached, 7 to ask",
            "[#############.................]  4 of 9   2 cached  2 answered  0 failed          0.60 s",
            "in flight 0",
            "\x1b[3A\r\x1b[Jsupport-answers  quick  run k7m2qd  294 in the suite; at most 9 here, 2 cached, 7 to ask",
            "[#############.................]  4 of 9   2 cached  2 answered  0 failed          0.90 s",
            "in flight 5 of 16",
            "\x1b[3A\r\x1b[Jlane openai/x: 401",
            "hint: export OPENAI_API_KEY=...",
            "support-answers  quick  run k7m2qd  294 in the suite; at most 9 here, 2 cached, 7 to ask",
            "[#############.................]  4 of 9   2 cached  2 answered  0 failed           1.2 s",
            "in flight 5 of 16",
            "\x1b[3A\r\x1b[Jsupport-answers  quick  run k7m2qd  294 in the suite; at most 9 here, 2 cached, 7 to ask",
            "[#############.................]  4 of 9   2 cached  2 answered  0 failed           1.5 s",
            "in flight 5 of 16",
            "\x1b[3A\r\x1b[J",
        ]
    )


def test_redrawn_at_most_four_times_a_second():
    """However many results come."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    screen = Screen(out=stream, err=stream, width=90, colour=False, live=True, in_ci=False)
    clock = FakeClock()
    drawing = Drawing(screen, max_usd=None, monotonic=clock.monotonic)
    drawing(STARTED)
    for _ in range(200):
        clock.advance(0.01)
        drawing(ResultKept(result=result()))

    assert stream.buffer.getvalue().decode().count("\u2588") > 0
    assert stream.buffer.getvalue().count(b"\x1b[J") in {6, 7}


def test_a_log_has_no_escapes():
    """Stamped lines, nothing redrawn; ten seconds are 34 events here, and the next line comes ten seconds later."""
    seen = drawn(replace(STARTED, judge=None), *[SENDING] * 50, STOPPED, live=False)

    assert [line[9:] for line in seen.splitlines()] == snapshot(
        [
            "quick run k7m2qd: at most 9, 2 cached, 7 to ask",
            "2 of 9, 0 failed",
            "lane openai/x: 401",
            "hint: export OPENAI_API_KEY=...",
        ]
    )


def test_nothing_to_ask_is_nothing_to_show():
    """SCREENS 4: a cached run is four lines."""
    assert drawn(replace(STARTED, planned=2), SENDING, live=True) == ""


def test_at_most_five_warnings():
    """The rest is counted."""
    assert warning_lines(tuple("abcdefg")) == [
        *(f"warning: {each}" for each in "abcde"),
        "warning: 2 more; --json shows all",
    ]
    assert warning_lines(("a\x1b",)) == ["warning: a\\x1b"]


def test_what_was_shared_is_no_warning():
    """It stands among them, and nothing is wrong."""
    told = shared_notes(Meter(shared=2))
    assert list(told) == warning_lines(told)


@pytest.mark.parametrize(("typed", "yes"), [("y\n", True), ("YES\n", True), ("\n", False), ("n\n", False)])
def test_a_yes_on_the_terminal_is_a_yes(typed, yes):
    """Anything else is none."""
    problem = Problem(message="this run would cost about $7.00", hint="ippon run --max-usd 8")
    with a_terminal(typed) as seen:
        said = agreed(problem, Options(), screen_of({}, no_color=True))

    assert (said, "$7.00; go on? [y/N] " in seen[0], wants_money((problem,))) == (yes, True, True)


def test_nobody_is_asked_where_a_program_reads():
    """--json, -q, no terminal."""
    problem = Problem(message="dear")
    with a_terminal("y\ny\n"):
        screen = screen_of({}, no_color=True)
        said = [agreed(problem, Options(json=True), screen), agreed(problem, Options(quiet=True), screen)]

    assert [*said, agreed(problem, Options(), screen), wants_money((problem, problem))] == [False] * 4


@pytest.mark.parametrize(("typed", "code"), [("n\n", 2), ("y\n", 3)])
def test_a_dear_run_wants_a_yes(tmp_path, monkeypatch, typed, code):
    """No: nothing was asked. Yes: it went on, and found that nobody listens there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("IPPON_BASE_URL", "http://127.0.0.1:9/v1")
    (tmp_path / "ippon.toml").write_text(DEAR)
    with a_terminal(typed) as seen:
        found = main(["run", "--no-color"])

    assert (found, "go on? [y/N]" in seen[0], "verdict: incomplete" in seen[0]) == (code, True, code == 3)
