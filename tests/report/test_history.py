"""The list of runs on screens of every width: columns that say nothing go, what has no room beside stands below."""

from __future__ import annotations

import os
import time

import pytest
from inline_snapshot import snapshot
from msgspec.structs import replace

from ippon.records.options import Options
from ippon.records.run import Counts
from ippon.report.history import run_lines, runs_lines
from ippon.report.json_object import runs_object
from ippon.report.view import View
from tests.report.made import failing, run_of, text

NOW = 1_000_000.0
OPEN = replace(
    run_of({}, verdict="incomplete", exit_code=3, wall_s=0.0, cost_usd=None, run_id="c3v8rt"),
    counts=Counts(total=294, planned=294, cached=7, answered=48, missing=239),
    stopped_because="not finished: killed, or still at work",
    finished=False,
)
RUNS = [OPEN, run_of(), run_of({}, verdict="inconclusive", run_id="d2h6ys", stopped_because="")]


@pytest.fixture(autouse=True)
def _utc():
    """Local time is UTC here, on every machine."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    yield
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


def listed(width, runs=RUNS):
    """The list on a screen of this width."""
    return text(runs_lines(runs, View(width=width), now=NOW))


def test_wide():
    """SCREENS 11: of one suite and one target, neither has a column."""
    assert listed(100) == snapshot("""\
run     when         tier  verdict       answered  cached     cost     wall  because
c3v8rt  today 13:46  pr    incomplete          48       7  unknown  unknown  not finished: killed...
k7m2qd  today 13:46  pr    pass                40      37    $0.06    4.8 s  every gate was certa...
d2h6ys  today 13:46  pr    inconclusive        40      37    $0.06    4.8 s\
""")


def test_eighty_columns():
    """The reason goes below."""
    assert listed(80) == snapshot("""\
run     when         tier  verdict       answered  cached     cost     wall
c3v8rt  today 13:46  pr    incomplete          48       7  unknown  unknown
  not finished: killed, or still at work
k7m2qd  today 13:46  pr    pass                40      37    $0.06    4.8 s
  every gate was certain after 11 of 42 examples
d2h6ys  today 13:46  pr    inconclusive        40      37    $0.06    4.8 s\
""")


def test_forty_columns():
    """The verdict stays beside the run."""
    assert listed(40) == snapshot("""\
run     when         verdict
c3v8rt  today 13:46  incomplete
  tier pr   answered 48   cached 7
  cost unknown   wall unknown
  not finished: killed, or still at work
k7m2qd  today 13:46  pass
  tier pr   answered 40   cached 37
  cost $0.06   wall 4.8 s
  every gate was certain after 11 of...
d2h6ys  today 13:46  inconclusive
  tier pr   answered 40   cached 37
  cost $0.06   wall 4.8 s\
""")


def test_several_suites_and_targets():
    """They have columns where they differ, and a line below where there is no room."""
    runs = [run_of(suite="other"), run_of(target=None)]

    assert listed(100, runs) == snapshot("""\
run     when         suite            target   tier  verdict  answered  cached   cost   wall
k7m2qd  today 13:46  other            default  pr    pass           40      37  $0.06  4.8 s
  every gate was certain after 11 of 42 examples
k7m2qd  today 13:46  support-answers  pairs    pr    pass           40      37  $0.06  4.8 s
  every gate was certain after 11 of 42 examples\
""")
    assert listed(40, runs) == snapshot("""\
run     when         verdict
k7m2qd  today 13:46  pass
  suite other   target default   tier pr
  answered 40   cached 37   cost $0.06
  wall 4.8 s
  every gate was certain after 11 of...
k7m2qd  today 13:46  pass
  suite support-answers   target pairs
  tier pr   answered 40   cached 37
  cost $0.06   wall 4.8 s
  every gate was certain after 11 of...\
""")


@pytest.mark.parametrize("width", [24, 30, 40, 60, 80, 100])
def test_nothing_that_counts_is_cut(width):
    """Numbers, ids and verdicts are whole, and no line is too long."""
    shown = listed(width)

    assert all(len(line) <= width for line in shown.splitlines())
    assert {"c3v8rt", "k7m2qd", "d2h6ys", "incomplete", "inconclusive", "pass", "48", "40", "37"} <= {*shown.split()}


def test_a_run_on_a_narrow_screen():
    """The verdict first, whole over two lines; ids and scores are not cut, reasons stand below."""
    run = failing(worst_ids=("an-example-with-a-long-name", "ex-031")).run

    assert run_lines(run, View(width=40, colour=True), now=NOW)[:2] == snapshot(
        ["verdict: \x1b[31mfail\x1b[0m  groundedness 0.66 < 0.80,", "  run p4x9wn (exit 1)"]
    )
    assert run_lines(run, View(width=40), now=NOW)[-18:-13] == snapshot(
        [
            "ex-031  groundedness  0.20  cached",
            "  the second claim cannot be traced t...",
            "ex-100  groundedness  0.70  answered",
            "ex-101  groundedness  0.70  answered",
            "ex-102  groundedness  0.70  answered",
        ]
    )
    assert run_lines(run, View(width=40), now=NOW, examples=["an-*"])[-3:] == snapshot(
        ["  groundedness  0.10  answered", "  names a 60-day refund window that the", "  reference does not contain"]
    )


def test_a_run_without_an_end_says_how_to_go_on():
    """What it took is not made up."""
    assert text(run_lines(OPEN, View(options=Options(suite="a.toml")), now=NOW)) == snapshot("""\
verdict: incomplete  239 of 294 missing, run c3v8rt (exit 3)
support-answers pr target default today 13:46
cached 7 + answered 48 + missing 239 + not needed 0 = 294
not finished: killed, or still at work
no such result in this run
next     ippon run --resume c3v8rt a.toml      if it was killed\
""")
    [line] = runs_object([OPEN], 0.1)["runs"]
    assert (None, None, 48) == (line["wall_s"], line["cost_usd"], line["evaluations"]["answered"])
