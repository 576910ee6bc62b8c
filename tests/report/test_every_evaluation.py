"""What `-v` adds: every evaluation, a line each."""

from __future__ import annotations

from inline_snapshot import snapshot
from msgspec.structs import replace

from ippon.records.event import Finished
from ippon.report.every import every_line
from ippon.report.text import final_block
from ippon.report.view import View
from tests.report.made import WIDE, earlier, failure, passing, result, run_of, summary, text

RESULTS = (
    result("tone", "ex-2", 0.9, repeat=1, reason="warm"),
    result("tone", "ex-1", 0.2, reason="curt"),
    result("tone", "ex-2", 0.7, status="cached", cached=True),
    result("tone", "ex-3", None, status="failed", error=failure("unparsed", "no number in it")),
    result("exact", "ex-1", 1.0),
    result("added", "ex-1", 0.5),
)


def finished():
    """A run with these results and no gate, after one that had some of them."""
    evaluators = {"exact": summary(judged=False), "tone": summary()}
    run = replace(passing(results=RESULTS).run, evaluators=evaluators, gates=())
    return Finished(run=run, previous=earlier(run_of(results=[result("tone", "ex-1", 0.8)], run_id="b6r3xe")))


def test_every_evaluation_has_a_line():
    """Evaluator by evaluator, those without a score first, then the lowest."""
    assert text(every_line(finished(), WIDE)) == snapshot("""\
evaluator  example  response  status    score   was  reason
exact      ex-1     target    answered   1.00     -
tone       ex-3     target    failed        -     -  unparsed: no number in it
tone       ex-1     target    answered   0.20  0.80  curt
tone       ex-2     target    cached     0.70     -
tone       ex-2     target 1  answered   0.90     -  warm
added      ex-1     target    answered   0.50     -\
""")


def test_good_and_poor_of_a_pair_stand_together():
    """The pair with the smallest gap first."""
    results = [
        result("tone", f"p-{i}", score, response=name)
        for i, pair in enumerate([(0.9, 0.1), (0.4, 0.5)])
        for name, score in zip(("good", "poor"), pair, strict=True)
    ]
    run = run_of({"tone": (0.5, 0.4, 0.6)}, results, target=None)

    assert text(every_line(Finished(run=run), WIDE)) == snapshot("""\
evaluator  example  response  status    score
tone       p-1      good      answered   0.40
tone       p-1      poor      answered   0.50
tone       p-0      good      answered   0.90
tone       p-0      poor      answered   0.10\
""")


def test_where_a_line_is_too_narrow_it_goes_on_below():
    """Nothing is cut but a reason."""
    assert text(every_line(finished(), View(width=40))) == snapshot("""\
exact  ex-1  target  answered  1.00
tone  ex-3  target  failed  -
  unparsed: no number in it
tone  ex-1  target  answered
  0.20 was 0.80
  curt
tone  ex-2  target  cached  0.70
tone  ex-2  target 1  answered  0.90
  warm
added  ex-1  target  answered  0.50\
""")


def test_a_run_without_results_has_none():
    """Nothing was planned."""
    assert every_line(Finished(run=run_of()), WIDE) == []


def test_they_stand_between_the_table_and_the_counts():
    """So that the verdict is still in sight."""
    lines = final_block(finished(), View(verbose=True))
    places = [
        next(i for i, line in enumerate(lines) if line.startswith(start))
        for start in ("evaluator ", "evaluator  example", "cached 37", "verdict:")
    ]

    assert places == sorted(places)
    assert every_line(finished(), WIDE) == lines[places[1] : places[2] - 1]
    assert lines[places[2] - 1].startswith("failed 1 x ")
