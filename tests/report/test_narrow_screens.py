"""Forty columns: nothing that counts is cut, and nothing but a command runs over the edge."""

from __future__ import annotations

import pytest
from inline_snapshot import snapshot
from msgspec.structs import replace

from ippon.cli.help import HELP, page
from ippon.errors import Problem
from ippon.records.event import Finished
from ippon.report.closing import verdict_lines
from ippon.report.plan import plan_lines
from ippon.report.table import header, lines_of, rows_of
from ippon.report.text import final_block
from ippon.report.view import View, wrapped
from tests.report.made import WIDE, earlier, failing, passing, quick, result, run_of, text
from tests.report.test_json_object import PLAN
from tests.report.test_live import half_way

SCREENS = {
    "pass": passing(),
    "fail": failing(),
    "quick": quick({"tone": 0.1, "safety": 0.9}, before={"tone": 0.9}),
    "interrupted": Finished(run=run_of({}, verdict="interrupted", exit_code=130)),
}


@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("verbose", [True, False])
def test_only_commands_run_over_the_edge(name, width, verbose):
    """They are typed, so they stay whole."""
    lines = final_block(SCREENS[name], View(width=width, verbose=verbose))

    assert [line for line in lines if len(line) > width and "ippon " not in line] == []


@pytest.mark.parametrize("name", SCREENS)
def test_the_last_line_is_the_verdict_at_any_width(name):
    """`tail -n1` and `grep ^verdict:` work; with `-q` it is whole."""
    finished = SCREENS[name]
    narrow, quiet = (final_block(finished, View(width=40, quiet=each)) for each in (False, True))

    assert narrow[-1] == f"verdict: {finished.run.verdict}  (exit {finished.run.exit_code})"
    assert quiet == final_block(finished, WIDE)[-1:]


def test_a_verdict_that_fits_stays_whole():
    """Its reason stands in it."""
    run = run_of({}, verdict="none", exit_code=0)

    assert verdict_lines(Finished(run=run), [], View(width=60)) == [
        "verdict: none  no gate to test, run k7m2qd (exit 0)"
    ]


def test_the_live_region_keeps_its_counts():
    """SCREENS 2 at 40 columns."""
    assert half_way(max_usd=0.25).region(View(width=40), now=103.1) == snapshot(
        [
            "support-answers  pr  run k7m2qd",
            "294 in the suite; at most 98 here",
            "37 cached, 61 to ask",
            "[##################..........]  63 of 98",
            "37 cached  25 answered  1 failed   3.1 s",
            "in flight 15 of 16   8.1 a second",
            "p50 1.4 s   $0.04 of $0.25",
            "about 4.3 s left",
        ]
    )
    assert half_way().region(View(width=29), now=103.1)[3:] == snapshot(
        [
            "  here",
            "37 cached, 61 to ask",
            "[##########.......]  63 of 98",
            "37 cached  25 answered  1",
            "  failed",
            "3.1 s",
            "in flight 15 of 16",
            "8.1 a second   p50 1.4 s",
            "$0.04   about 4.3 s left",
        ]
    )


def test_a_plan_puts_what_it_takes_on_a_line_of_its_own():
    """No column is torn apart."""
    lines = plan_lines(PLAN, View(width=40))

    assert text(lines) == snapshot("""\
support-answers  pr  evaluations
in the suite                 294
cached                        37
not selected                 196
to ask, at most               61
  seconds unknown, money $0.09
why 1 miss      1 never asked
order    examples drawn at random, seed
         7
next     ippon run -t pr\
""")
    assert "seconds" not in text(plan_lines(replace(PLAN, to_run=0), View(width=40)))


def test_a_plan_names_first_what_is_missing():
    """A key, a part, a price; the run that was planned comes after."""
    lacks = (
        Problem(
            message="OPENAI_API_KEY is not set", hint="export OPENAI_API_KEY=...   or another judge: --judge local/x"
        ),
        Problem(message="no hint is known"),
    )

    assert plan_lines(replace(PLAN, lacks=lacks), WIDE)[-4:] == snapshot(
        [
            "missing  OPENAI_API_KEY is not set",
            "missing  no hint is known",
            "next     export OPENAI_API_KEY=...      or another judge: --judge local/x",
            "then     ippon run -t pr",
        ]
    )


def test_long_names_stack_the_rows_before_they_run_over():
    """At every width."""
    name = "a-name-that-is-as-long-as-some-people-make-them"
    run = run_of({name: (0.9, 0.85, 0.95)})
    rows = rows_of(run)
    shown = {
        width: [*header(run, rows, View(width=width)), *lines_of(rows[0], rows, View(width=width))]
        for width in (100, 96, 80, 60)
    }

    assert {width: len(lines) for width, lines in shown.items()} == snapshot({100: 2, 96: 2, 80: 3, 60: 3})
    assert all(len(line) <= width for width, lines in shown.items() for line in lines)


def test_figures_are_not_torn_apart():
    """An interval, a sum, a duration."""
    assert wrapped("lowest tone 0.86 (0.81 .. 0.91), n 11 of 42", 30) == [
        "lowest tone 0.86",
        "  (0.81 .. 0.91), n 11 of 42",
    ]
    assert wrapped("cached 37 + not needed 217 = 294", 31) == ["cached 37 + not needed 217", "  = 294"]
    assert wrapped("one by one: 7 min 21 s, $0.44", 20) == ["one by one:", "  7 min 21 s, $0.44"]


@pytest.mark.parametrize("width", [40, 60, 80, 97])
def test_the_help_fits(width):
    """But for the command in it."""
    lines = page(width).splitlines()

    assert [line for line in lines if len(line) > width and not line.startswith("  ippon ")] == []
    assert page(width).split() == HELP.split()


def test_the_help_at_forty_columns():
    """What a verb does stands below it."""
    assert page(100) == HELP
    assert page(40).splitlines()[2:12] == snapshot(
        [
            "",
            "  ippon init",
            "            write a suite that runs at",
            "            once",
            "  ippon run",
            "            quick tier: one telling",
            "            example per evaluator",
            "  ippon run -t full",
            "            everything, gates tested;",
            "            sends only what is missing",
        ]
    )


def test_what_fell_stands_below_where_there_is_no_room_beside():
    """With both of its scores."""
    now, before = ([result("tone", f"ex-{i}", score, reason="curt") for i in range(4)] for score in (0.2, 0.9))
    finished = Finished(run=run_of(results=now), previous=earlier(run_of(results=before, run_id="b6r3xe")))

    assert final_block(finished, View(width=40))[8:14] == snapshot(
        [
            "  n 11 of 42",
            "4 of 4 fell by 0.2 and more since",
            "  run b6r3xe",
            "  tone  ex-0  0.20 was 0.90",
            "    curt",
            "  tone  ex-1  0.20 was 0.90",
        ]
    )
