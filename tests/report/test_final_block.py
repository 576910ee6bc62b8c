"""The final block of a run, as SCREENS 3 to 6 draw it."""

from __future__ import annotations

import pytest
from inline_snapshot import snapshot
from msgspec.structs import replace

from ippon.records.event import Finished
from ippon.records.options import Options
from ippon.records.run import Counts
from ippon.report.text import final_block
from ippon.report.view import View
from tests.report.made import SCORES, WIDE, earlier, failing, failure, gate, passing, result, run_of, summary, text

CACHED = {
    "counts": Counts(total=294, planned=77, cached=77),
    "calls_sent": 0,
    "cost_usd": 0.0,
    "saved_usd": 0.12,
    "wall_s": 0.06,
}


def test_a_pass_shows_the_rows_nearest_to_their_gates():
    """SCREENS 3."""
    assert text(final_block(passing(), WIDE)) == snapshot("""\
evaluator      score  95% interval   n of 42  gate      verdict
tone            0.86  0.81 .. 0.91        11  >= 0.80   pass
groundedness    0.85  0.81 .. 0.89        11  >= 0.80   pass
5 more pass     lowest brevity 0.90 (0.86 .. 0.94), n 11 of 42
cached 37 + answered 40 + not needed 217 = 294      0 failed, 0 missing
4.8 s, $0.06      one by one: 7 min 21 s, $0.44 (estimated, 294 x mean 1.5 s)
stopped because every gate was certain after 11 of 42 examples
next     ippon runs show k7m2qd
verdict: pass  7 of 7 evaluators, support-answers pr, run k7m2qd (exit 0)\
""")


def test_with_v_every_row_of_a_pass_is_shown():
    """Folds are opened."""
    assert text(final_block(passing(), View(verbose=True))) == snapshot("""\
evaluator      score  95% interval   n of 42  gate      verdict
safety          0.97  0.95 .. 0.99        11  >= 0.80   pass
language        0.95  0.93 .. 0.97        11  >= 0.80   pass
format          0.93  0.90 .. 0.96        11  >= 0.80   pass
correctness     0.91  0.87 .. 0.95        11  >= 0.80   pass
brevity         0.90  0.86 .. 0.94        11  >= 0.80   pass
tone            0.86  0.81 .. 0.91        11  >= 0.80   pass
groundedness    0.85  0.81 .. 0.89        11  >= 0.80   pass
cached 37 + answered 40 + not needed 217 = 294      0 failed, 0 missing
4.8 s, $0.06      one by one: 7 min 21 s, $0.44 (estimated, 294 x mean 1.5 s)
stopped because every gate was certain after 11 of 42 examples
next     ippon runs show k7m2qd
verdict: pass  7 of 7 evaluators, support-answers pr, run k7m2qd (exit 0)\
""")


def test_with_q_only_the_verdict_is_shown():
    """One line."""
    assert text(final_block(passing(), View(quiet=True))) == snapshot(
        "verdict: pass  7 of 7 evaluators, support-answers pr, run k7m2qd (exit 0)"
    )


def test_a_fail_shows_the_worst_examples_with_the_judges_words():
    """SCREENS 5."""
    assert text(final_block(failing(), WIDE)) == snapshot("""\
evaluator      score  95% interval   n of 42  gate      verdict
6 pass          lowest tone 0.86 (0.81 .. 0.91), n 11 of 42
groundedness    0.66  0.57 .. 0.75        11  >= 0.80   fail   short by 0.14, at least by 0.05
  since run b6r3xe: -0.09 on 19 shared examples
  example  score  was  reason (the judge's words)
  ex-017    0.10  0.90  names a 60-day refund window that the reference does not contain
  ex-031    0.20  0.85  the second claim cannot be traced to the question or the reference
  ex-008    0.35  0.40  says "always" where the reference says "in most regions"     (cached)
  16 more: ippon runs show p4x9wn -e groundedness
cached 37 + answered 40 + not needed 217 = 294      0 failed, 0 missing
5.6 s, $0.07
stopped because groundedness is certainly below its gate
next     ippon runs show p4x9wn --example ex-017      ippon try ex-017 groundedness
verdict: fail  groundedness 0.66 < 0.80, run p4x9wn (exit 1)\
""")


def test_with_v_a_fail_shows_every_evaluation():
    """After the table, in place of the worst three."""
    assert text(final_block(failing(), View(verbose=True))) == snapshot("""\
evaluator      score  95% interval   n of 42  gate      verdict
safety          0.97  0.95 .. 0.99        11  >= 0.80   pass
language        0.95  0.93 .. 0.97        11  >= 0.80   pass
format          0.93  0.90 .. 0.96        11  >= 0.80   pass
correctness     0.91  0.87 .. 0.95        11  >= 0.80   pass
brevity         0.90  0.86 .. 0.94        11  >= 0.80   pass
tone            0.86  0.81 .. 0.91        11  >= 0.80   pass
groundedness    0.66  0.57 .. 0.75        11  >= 0.80   fail   short by 0.14, at least by 0.05
  since run b6r3xe: -0.09 on 19 shared examples
evaluator     example  response  status    score   was  reason (the judge's words)
groundedness  ex-017   target    answered   0.10  0.90  names a 60-day refund window that the ref...
groundedness  ex-031   target    answered   0.20  0.85  the second claim cannot be traced to the...
groundedness  ex-008   target    cached     0.35  0.40  says "always" where the reference says "i...
groundedness  ex-100   target    answered   0.70  0.71
groundedness  ex-101   target    answered   0.70  0.71
groundedness  ex-102   target    answered   0.70  0.71
groundedness  ex-103   target    answered   0.70  0.71
groundedness  ex-104   target    answered   0.70  0.71
groundedness  ex-105   target    answered   0.70  0.71
groundedness  ex-106   target    answered   0.70  0.71
groundedness  ex-107   target    answered   0.70  0.71
groundedness  ex-108   target    answered   0.70  0.71
groundedness  ex-109   target    answered   0.70  0.71
groundedness  ex-110   target    answered   0.70  0.71
groundedness  ex-111   target    answered   0.70  0.71
groundedness  ex-112   target    answered   0.70  0.71
groundedness  ex-113   target    answered   0.70  0.71
groundedness  ex-114   target    answered   0.70  0.71
groundedness  ex-115   target    answered   0.70  0.71
cached 37 + answered 40 + not needed 217 = 294      0 failed, 0 missing
5.6 s, $0.07
stopped because groundedness is certainly below its gate
next     ippon runs show p4x9wn --example ex-017      ippon try ex-017 groundedness
verdict: fail  groundedness 0.66 < 0.80, run p4x9wn (exit 1)\
""")


def test_a_fail_without_a_run_before_says_nothing_of_it():
    """No column `was`, no line `since`."""
    finished = failing()

    assert text(final_block(replace(finished, previous=None), WIDE)) == snapshot("""\
evaluator      score  95% interval   n of 42  gate      verdict
6 pass          lowest tone 0.86 (0.81 .. 0.91), n 11 of 42
groundedness    0.66  0.57 .. 0.75        11  >= 0.80   fail   short by 0.14, at least by 0.05
  example  score  reason (the judge's words)
  ex-017    0.10  names a 60-day refund window that the reference does not contain
  ex-031    0.20  the second claim cannot be traced to the question or the reference
  ex-008    0.35  says "always" where the reference says "in most regions"     (cached)
  16 more: ippon runs show p4x9wn -e groundedness
cached 37 + answered 40 + not needed 217 = 294      0 failed, 0 missing
5.6 s, $0.07
stopped because groundedness is certainly below its gate
next     ippon runs show p4x9wn --example ex-017      ippon try ex-017 groundedness
verdict: fail  groundedness 0.66 < 0.80, run p4x9wn (exit 1)\
""")


def test_a_run_before_that_shares_nothing_is_no_comparison():
    """Another set of examples says nothing of a change."""
    finished = failing()
    other = replace(finished.previous, results=(result("groundedness", "ex-999", 0.2),))

    assert "since" not in text(final_block(replace(finished, previous=other), WIDE))


def test_forty_columns_stack_the_rows():
    """SCREENS 13."""
    assert text(final_block(failing(), View(width=40))) == snapshot("""\
6 pass
lowest tone 0.86 (0.81 .. 0.91),
  n 11 of 42
groundedness  fail
  0.66 (0.57 .. 0.75)
  gate 0.80   n 11 of 42
  short by 0.14, at least by 0.05
  since run b6r3xe: -0.09 on 19 shared
  examples
  ex-017  0.10 was 0.90
    names a 60-day refund window that...
  ex-031  0.20 was 0.85
    the second claim cannot be traced...
  ex-008  0.35 was 0.40
    says "always" where the reference...
  16 more:
    ippon runs show p4x9wn -e groundedness
cached 37 + answered 40 + not needed 217
  = 294
0 failed, 0 missing
5.6 s, $0.07
stopped because groundedness is
  certainly below its gate
next     ippon runs show p4x9wn --example ex-017
         ippon try ex-017 groundedness
groundedness 0.66 < 0.80, run p4x9wn
verdict: fail  (exit 1)\
""")


def test_fifty_columns_put_the_interval_on_its_own_line():
    """SCREENS 1: under 80 `gate` goes, then the interval moves."""
    assert text(final_block(failing(), View(width=50))) == snapshot("""\
evaluator      score   n of 42  verdict
6 pass
lowest tone 0.86 (0.81 .. 0.91), n 11 of 42
groundedness    0.66        11  fail
  short by 0.14, at least by 0.05
  0.57 .. 0.75
  since run b6r3xe: -0.09 on 19 shared examples
  example  score  was  reason (the judge's words)
  ex-017    0.10  0.90  names a 60-day refund w...
  ex-031    0.20  0.85  the second claim cannot...
  ex-008    0.35  0.40  says "always" where the...
  16 more: ippon runs show p4x9wn -e groundedness
cached 37 + answered 40 + not needed 217 = 294
0 failed, 0 missing
5.6 s, $0.07
stopped because groundedness is certainly below
  its gate
next     ippon runs show p4x9wn --example ex-017
         ippon try ex-017 groundedness
groundedness 0.66 < 0.80, run p4x9wn
verdict: fail  (exit 1)\
""")


def test_seventy_columns_leave_the_gate_out():
    """SCREENS 1."""
    assert text(final_block(passing(), View(width=70))) == snapshot("""\
evaluator      score  95% interval   n of 42  verdict
tone            0.86  0.81 .. 0.91        11  pass
groundedness    0.85  0.81 .. 0.89        11  pass
5 more pass     lowest brevity 0.90 (0.86 .. 0.94), n 11 of 42
cached 37 + answered 40 + not needed 217 = 294
0 failed, 0 missing
4.8 s, $0.06
one by one: 7 min 21 s, $0.44 (estimated, 294 x mean 1.5 s)
stopped because every gate was certain after 11 of 42 examples
next     ippon runs show k7m2qd
7 of 7 evaluators, support-answers pr, run k7m2qd
verdict: pass  (exit 0)\
""")


def test_a_cached_run_is_four_lines():
    """SCREENS 4."""
    known = [result("tone", "ex-001", 0.9, status="cached", cached=True)]
    before = run_of(results=[result("tone", "ex-001", 0.9)], started_at=1_000_000.0 - 130)
    finished = Finished(run=run_of(results=known, run_id="m9t4ha", **CACHED), previous=earlier(before))

    assert text(final_block(finished, WIDE)) == snapshot("""\
7 of 7 evaluators pass; lowest groundedness 0.85 (0.81 .. 0.89), gate 0.80
cached 77 + answered 0 + not needed 217 = 294      0.06 s, $0.00, saved $0.12
no new evidence: the same answers as run k7m2qd, 2 min ago      ask again: ippon run --refresh -t pr
verdict: pass  7 of 7 evaluators, support-answers pr, run m9t4ha (exit 0)\
""")


def test_a_cached_run_with_v_has_its_table():
    """SCREENS 4: the table only with -v."""
    assert text(final_block(Finished(run=run_of(**CACHED)), View(verbose=True))) == snapshot("""\
evaluator      score  95% interval   n of 42  gate      verdict
safety          0.97  0.95 .. 0.99        11  >= 0.80   pass
language        0.95  0.93 .. 0.97        11  >= 0.80   pass
format          0.93  0.90 .. 0.96        11  >= 0.80   pass
correctness     0.91  0.87 .. 0.95        11  >= 0.80   pass
brevity         0.90  0.86 .. 0.94        11  >= 0.80   pass
tone            0.86  0.81 .. 0.91        11  >= 0.80   pass
groundedness    0.85  0.81 .. 0.89        11  >= 0.80   pass
cached 77 + answered 0 + not needed 217 = 294      0.06 s, $0.00, saved $0.12
no new evidence: every answer was known      ask again: ippon run --refresh -t pr
verdict: pass  7 of 7 evaluators, support-answers pr, run k7m2qd (exit 0)\
""")


def test_a_gate_that_moved_after_the_answers_were_seen_is_named():
    """SCREENS 4, the last line."""
    run = run_of(**CACHED, results=[result("tone", "ex-001", 0.9)])
    gates = tuple(replace(each, threshold=0.75) if each.evaluator == "tone" else each for each in run.gates)
    finished = Finished(run=replace(run, gates=gates, tier="quick"), previous=earlier(run_of()))

    assert text(final_block(finished, View(options=Options(suite="suite.toml")))) == snapshot("""\
gate moved after these answers were seen: tone 0.80 -> 0.75
cached 77 + answered 0 + not needed 217 = 294      0.06 s, $0.00, saved $0.12
no new evidence: every answer was known      ask again: ippon run --refresh suite.toml
verdict: pass  7 of 7 evaluators, support-answers quick, run k7m2qd (exit 0)\
""")


def test_a_cached_fail_still_shows_why():
    """A fold never hides what fails."""
    finished = failing()
    known = Finished(run=replace(finished.run, **CACHED), previous=earlier(finished.run))

    assert text(final_block(known, View(options=Options(suite="suite.toml")))) == snapshot("""\
evaluator      score  95% interval   n of 42  gate      verdict
6 pass          lowest tone 0.86 (0.81 .. 0.91), n 11 of 42
groundedness    0.66  0.57 .. 0.75        11  >= 0.80   fail   short by 0.14, at least by 0.05
  since run p4x9wn: 0.00 on 19 shared examples
  example  score  was  reason (the judge's words)
  ex-017    0.10  0.10  names a 60-day refund window that the reference does not contain
  ex-031    0.20  0.20  the second claim cannot be traced to the question or the reference
  ex-008    0.35  0.35  says "always" where the reference says "in most regions"     (cached)
  16 more: ippon runs show p4x9wn -e groundedness suite.toml
cached 77 + answered 0 + not needed 217 = 294      0.06 s, $0.00, saved $0.12
no new evidence: the same answers as run p4x9wn, 1 s ago
ask again: ippon run --refresh suite.toml -t pr
verdict: fail  groundedness 0.66 < 0.80, run p4x9wn (exit 1)\
""")


def test_what_fell_under_a_passing_evaluator_is_told():
    """A mean can hold while an example falls."""
    now = [result("tone", f"ex-{i}", 0.1 * i + 0.2, reason="curt") for i in range(5)]
    before = [result("tone", f"ex-{i}", 0.9) for i in range(5)]
    finished = Finished(run=run_of(results=now), previous=earlier(run_of(results=before, run_id="b6r3xe", target="v1")))

    assert text(final_block(finished, WIDE)) == snapshot("""\
evaluator      score  95% interval   n of 42  gate      verdict
tone            0.86  0.81 .. 0.91        11  >= 0.80   pass
groundedness    0.85  0.81 .. 0.89        11  >= 0.80   pass
5 more pass     lowest brevity 0.90 (0.86 .. 0.94), n 11 of 42
5 of 5 fell by 0.2 and more since run b6r3xe (v1)
  tone  ex-0  0.20  was 0.90  curt
  tone  ex-1  0.30  was 0.90  curt
  tone  ex-2  0.40  was 0.90  curt
cached 37 + answered 40 + not needed 217 = 294      0 failed, 0 missing
4.8 s, $0.06
stopped because every gate was certain after 11 of 42 examples
next     ippon runs show k7m2qd
verdict: pass  7 of 7 evaluators, support-answers pr, run k7m2qd (exit 0)\
""")


def test_failed_ones_alone_are_asked_again():
    """What failed is remembered, and only `--retry-failed` asks it again."""
    counts = Counts(total=9, planned=9, answered=5, failed=4)
    run = run_of({}, verdict="incomplete", exit_code=3, counts=counts)

    assert final_block(Finished(run=run), View(options=Options(suite="a.toml")))[-2] == snapshot(
        "next     ippon run --retry-failed a.toml -t pr      asks 4 again      ippon runs show k7m2qd a.toml"
    )


def test_an_unsettled_gate_is_inconclusive():
    """SCREENS 6, the first screen."""
    run = run_of({**SCORES, "tone": (0.79, 0.74, 0.84)}, run_id="d2h6ys")

    assert text(final_block(Finished(run=run, next_tier="full"), WIDE)) == snapshot("""\
evaluator      score  95% interval   n of 42  gate      verdict
6 pass          lowest groundedness 0.85 (0.81 .. 0.89), n 11 of 42
tone            0.79  0.74 .. 0.84        11  >= 0.80   inconclusive   interval holds the gate
cached 37 + answered 40 + not needed 217 = 294      0 failed, 0 missing
4.8 s, $0.06
stopped because every gate was certain after 11 of 42 examples
next     ippon run -t full
verdict: inconclusive  tone not settled, 6 of 7 pass, run d2h6ys (exit 3)\
""")


def test_an_inconclusive_gate_that_passes_says_what_it_could_have_seen():
    """CONTRACT 3: in words, exit 0."""
    names = ("tone", "safety", "format")
    run = run_of(dict.fromkeys(names, (0.79, 0.54, 1.0)), exit_code=0, tier="medium")

    assert final_block(Finished(run=run), WIDE)[-1] == snapshot(
        "verdict: inconclusive  nothing wrong found; 33 drawn evaluations see gaps of 21 points and more, run k7m2qd (exit 0)"
    )


def test_many_unsettled_gates_are_named_in_part():
    """At most two names in a verdict."""
    run = run_of(dict.fromkeys(("tone", "safety", "format"), (0.79, 0.54, 1.0)))

    assert final_block(Finished(run=run), WIDE)[-1] == snapshot(
        "verdict: inconclusive  tone, safety, 1 more not settled, 0 of 3 pass, run k7m2qd (exit 3)"
    )


def test_a_lane_that_is_down_is_named_first():
    """SCREENS 6, the second screen."""
    down = "lane openai/judge-small is down: connection refused 127.0.0.1:8191 for 5 min; sending stopped"
    run = run_of(
        {**SCORES, "groundedness": (0.66, 0.41, 0.93)},
        run_id="c3v8rt",
        verdict="incomplete",
        exit_code=3,
        stopped_because=down,
        counts=Counts(total=294, planned=98, cached=37, answered=22, missing=39),
        wall_s=306.0,
        cost_usd=0.03,
    )

    assert text(final_block(Finished(run=run), WIDE)) == snapshot("""\
lane openai/judge-small is down: connection refused 127.0.0.1:8191 for 5 min; sending stopped
cached 37 + answered 22 + missing 39 + not needed 196 = 294      5 min 6 s, $0.03
groundedness, were the missing all 0 or all 1: 0.41 .. 0.93 (gate 0.80)
next     ippon run --resume c3v8rt      asks 39
verdict: incomplete  39 of 98 missing, run c3v8rt (exit 3)\
""")


def test_failed_evaluations_are_counted_by_cause():
    """A failed evaluation is never a score, and its cause is said."""
    broken = [
        result("tone", f"ex-{i}", None, status="failed", error=failure("unparsed", "no number in \x1b[31m it"))
        for i in range(3)
    ]
    run = run_of(
        {},
        [*broken, result("tone", "ex-9", None, status="failed")],
        verdict="incomplete",
        exit_code=3,
        stopped_because="all were asked",
        counts=Counts(total=9, planned=9, answered=5, failed=4),
        evaluators={"tone": summary(failed=4)},
    )

    assert text(final_block(Finished(run=run), WIDE)) == snapshot("""\
cached 0 + answered 5 + failed 4 + not needed 0 = 9      4.8 s, $0.06
failed 3 x unparsed: no number in \\x1b[31m it
next     ippon run --retry-failed -t pr      asks 4 again      ippon runs show k7m2qd
verdict: incomplete  4 of 9 failed, run k7m2qd (exit 3)\
""")


def test_ctrl_c_keeps_the_results():
    """SCREENS 6, the third screen."""
    counts = Counts(total=294, planned=98, cached=37, answered=25, missing=36)
    run = run_of(verdict="interrupted", exit_code=130, counts=counts)

    assert text(final_block(Finished(run=run), WIDE)) == snapshot("""\
cached 37 + answered 25 + missing 36 + not needed 196 = 294      4.8 s, $0.06      all results kept
next     ippon run --resume k7m2qd      asks 36
verdict: interrupted  36 of 98 missing, run k7m2qd (exit 130)\
""")


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        (["spend"], "spend"),
        (["authentication"], "authentication"),
        (["spend", "authentication", "connect"], "authentication and spend"),
        (["connect"], "spend"),
    ],
)
def test_a_stop_for_spend_or_authentication_says_which(reasons, words):
    """SCREENS 6, the fourth screen: what is missing tells what ended its lane."""
    counts = Counts(total=294, planned=98, cached=37, missing=61)
    ended = [result("tone", f"ex-{each}", None, status="missing", error=failure(each)) for each in reasons]
    run = run_of(results=ended, verdict="incomplete", exit_code=4, counts=counts)

    assert (
        final_block(Finished(run=run), WIDE)[-1]
        == f"verdict: incomplete  stopped for {words}, 61 of 98 missing, run k7m2qd (exit 4)"
    )


def test_a_gate_is_shown_with_all_its_digits():
    """0.7005 is not 0.701, nor 0.70; the columns keep their places."""
    gates = (gate("tone", 0.70041, 0.6, 0.7004, threshold=0.7005),)
    run = run_of({"tone": (0.70041, 0.6, 0.7004)}, gates=gates, verdict="fail", exit_code=1)

    shown = final_block(Finished(run=run), WIDE)

    assert [shown[0], shown[1], shown[-1]] == snapshot(
        [
            "evaluator       score  95% interval       n of 42  gate       verdict",
            "tone           0.7004  0.6000 .. 0.7004        11  >= 0.7005  fail   short by 0.0001",
            "verdict: fail  tone 0.7004 < 0.7005, run k7m2qd (exit 1)",
        ]
    )


def test_a_gate_that_moved_is_shown_with_all_its_digits():
    """From 0.70 to 0.7005."""
    before = run_of({"tone": (0.9, 0.8, 0.95)}, gates=(gate("tone", 0.9, 0.8, 0.95, threshold=0.7),))
    counts = Counts(total=42, planned=42, cached=42)
    run = replace(before, gates=(gate("tone", 0.9, 0.8, 0.95, threshold=0.7005),), calls_sent=0, counts=counts)

    shown = final_block(Finished(run=run, previous=earlier(before)), WIDE)

    assert "gate moved after these answers were seen: tone 0.70 -> 0.7005" == shown[0]


def test_without_gates_every_evaluator_has_a_row():
    """There is nothing to decide, and something to see."""
    run = run_of(gates=(), verdict="none", exit_code=0)

    assert text(final_block(Finished(run=run), WIDE)) == snapshot("""\
evaluator      score  95% interval   n of 42  gate      verdict
safety          0.97  0.95 .. 0.99        11  -         no gate
language        0.95  0.93 .. 0.97        11  -         no gate
format          0.93  0.90 .. 0.96        11  -         no gate
correctness     0.91  0.87 .. 0.95        11  -         no gate
brevity         0.90  0.86 .. 0.94        11  -         no gate
tone            0.86  0.81 .. 0.91        11  -         no gate
groundedness    0.85  0.81 .. 0.89        11  -         no gate
cached 37 + answered 40 + not needed 217 = 294      0 failed, 0 missing
4.8 s, $0.06
stopped because every gate was certain after 11 of 42 examples
next     ippon runs show k7m2qd
verdict: none  no gate to test, run k7m2qd (exit 0)\
""")


def test_many_failing_evaluators_stay_within_24_lines():
    """SCREENS 1: at most 24 lines for any size, the worst last."""
    scores = {f"evaluator-{i:02}": (0.5 - i / 100, 0.4 - i / 100, 0.6 - i / 100) for i in range(30)}
    results = [
        result(name, f"ex-{i}", 0.1 * i, reason=failing().run.results[0].reason) for name in scores for i in range(9)
    ]

    lines = final_block(Finished(run=run_of(scores, results), previous=earlier(run_of(scores, results))), WIDE)

    assert text(lines) == snapshot("""\
evaluator      score  95% interval   n of 42  gate      verdict
25 fail         lowest evaluator-24 0.26 (0.16 .. 0.36), n 11 of 42
evaluator-25    0.25  0.15 .. 0.35        11  >= 0.80   fail   short by 0.55, at least by 0.45
evaluator-26    0.24  0.14 .. 0.34        11  >= 0.80   fail   short by 0.56, at least by 0.46
evaluator-27    0.23  0.13 .. 0.33        11  >= 0.80   fail   short by 0.57, at least by 0.47
evaluator-28    0.22  0.12 .. 0.32        11  >= 0.80   fail   short by 0.58, at least by 0.48
  since run k7m2qd: 0.00 on 9 shared examples
  example  score  was  reason (the judge's words)
  ex-0      0.00  0.00  names a 60-day refund window that the reference does not contain
  ex-1      0.10  0.10  names a 60-day refund window that the reference does not contain
  ex-2      0.20  0.20  names a 60-day refund window that the reference does not contain
  6 more: ippon runs show k7m2qd -e evaluator-28
evaluator-29    0.21  0.11 .. 0.31        11  >= 0.80   fail   short by 0.59, at least by 0.49
  since run k7m2qd: 0.00 on 9 shared examples
  example  score  was  reason (the judge's words)
  ex-0      0.00  0.00  names a 60-day refund window that the reference does not contain
  ex-1      0.10  0.10  names a 60-day refund window that the reference does not contain
  ex-2      0.20  0.20  names a 60-day refund window that the reference does not contain
  6 more: ippon runs show k7m2qd -e evaluator-29
cached 37 + answered 40 + not needed 217 = 294      0 failed, 0 missing
4.8 s, $0.06
stopped because every gate was certain after 11 of 42 examples
next     ippon runs show k7m2qd --example ex-0      ippon try ex-0 evaluator-29
verdict: fail  evaluator-29 0.21 < 0.80, evaluator-28 0.22 < 0.80, 28 more, run k7m2qd (exit 1)\
""")
    assert len(lines) <= 24


def test_a_mean_gate_is_a_row_of_its_own():
    """A gate without an evaluator looks at the weighted mean."""
    mean = replace(gate(None, 0.91, 0.89, 0.93), gate="mean >= 0.80")
    run = run_of(gates=(mean,))

    assert text(final_block(Finished(run=run), WIDE)) == snapshot("""\
evaluator      score  95% interval         n  gate      verdict
mean of all     0.91  0.89 .. 0.93 77 of 294  >= 0.80   pass
safety          0.97  0.95 .. 0.99  11 of 42  -         no gate
language        0.95  0.93 .. 0.97  11 of 42  -         no gate
format          0.93  0.90 .. 0.96  11 of 42  -         no gate
correctness     0.91  0.87 .. 0.95  11 of 42  -         no gate
brevity         0.90  0.86 .. 0.94  11 of 42  -         no gate
tone            0.86  0.81 .. 0.91  11 of 42  -         no gate
groundedness    0.85  0.81 .. 0.89  11 of 42  -         no gate
cached 37 + answered 40 + not needed 217 = 294      0 failed, 0 missing
4.8 s, $0.06
stopped because every gate was certain after 11 of 42 examples
next     ippon runs show k7m2qd
verdict: pass  the mean of all reaches its gate, support-answers pr, run k7m2qd (exit 0)\
""")


def test_a_mean_gate_beside_others_counts_gates():
    """What is counted is what there is."""
    mean = replace(gate(None, 0.71, 0.69, 0.73), gate="mean >= 0.80")
    run = run_of(verdict="fail", exit_code=1)

    assert text(final_block(Finished(run=replace(run, gates=(*run.gates, mean))), WIDE)) == snapshot("""\
evaluator      score  95% interval  n of 294  gate      verdict
7 pass          lowest groundedness 0.85 (0.81 .. 0.89), n 11 of 42
mean of all     0.71  0.69 .. 0.73        77  >= 0.80   fail   short by 0.09, at least by 0.07
cached 37 + answered 40 + not needed 217 = 294      0 failed, 0 missing
4.8 s, $0.06
stopped because every gate was certain after 11 of 42 examples
next     ippon runs show k7m2qd
verdict: fail  mean of all 0.71 < 0.80, run k7m2qd (exit 1)\
""")
    assert final_block(passing(gates=(*run.gates, replace(mean, verdict="pass"))), WIDE)[-1] == snapshot(
        "verdict: pass  8 of 8 gates, support-answers pr, run k7m2qd (exit 0)"
    )


def test_separations_have_signs():
    """Suites of pairs gate the gap between good and poor."""
    gates = (
        replace(gate("tone", 0.05, -0.04, 0.14, 0.3), measure="separation", gate="tone separation >= 0.30"),
        replace(gate("correctness", 0.72, 0.63, 0.8, 0.3), measure="separation"),
    )
    evaluators = {
        "tone": replace(summary(None, -0.04, 0.14), separation=0.05),
        "correctness": replace(summary(None, 0.63, 0.8), separation=0.72),
        "safety": replace(summary(None, -0.68, -0.44), separation=-0.57),
    }
    pair = [
        result("tone", "pair-04", score, response=response, reason=f"about {response}")
        for response, score in (("good", 0.3), ("poor", 0.8))
    ]
    run = run_of(results=pair, gates=gates, evaluators=evaluators, target=None, verdict="fail", exit_code=1)

    assert text(final_block(Finished(run=run, previous=earlier(run)), WIDE)) == snapshot("""\
evaluator      score  95% interval     n of 42  gate      verdict
correctness    +0.72  +0.63 .. +0.80        11  >= 0.30   pass
safety         -0.57  -0.68 .. -0.44        11  -         no gate
tone           +0.05  -0.04 .. +0.14        11  >= 0.30   fail   short by 0.25, at least by 0.16
  since run k7m2qd: 0.00 on 1 shared example
  example  gap    was  reason (the judge's words)
  pair-04  -0.50  -0.50  about poor
cached 37 + answered 40 + not needed 217 = 294      0 failed, 0 missing
4.8 s, $0.06
stopped because every gate was certain after 11 of 42 examples
next     ippon runs show k7m2qd --example pair-04      ippon try pair-04 tone
verdict: fail  tone separation +0.05 < +0.30, run k7m2qd (exit 1)\
""")


def test_examples_of_different_evaluators_differ_in_number():
    """`where` makes N differ: every cell says its own."""
    run = run_of({"tone": (0.9, 0.85, 0.95), "safety": (0.9, 0.85, 0.95)})
    evaluators = {"tone": summary(n_items=6, n=6), "safety": summary(n=0, n_items=42, method="screen", score=None)}
    gates = (run.gates[0], replace(run.gates[1], verdict="not_tested", value=None, interval=None))

    assert text(final_block(Finished(run=replace(run, evaluators=evaluators, gates=gates)), WIDE)) == snapshot("""\
evaluator      score  95% interval         n  gate      verdict
tone            0.90  0.85 .. 0.95    6 of 6  >= 0.80   pass
safety             -  -              0 of 42  >= 0.80   not tested
cached 37 + answered 40 + not needed 217 = 294      0 failed, 0 missing
4.8 s, $0.06
stopped because every gate was certain after 11 of 42 examples
next     ippon runs show k7m2qd
verdict: pass  1 of 2 evaluators, 1 not tested, support-answers pr, run k7m2qd (exit 0)\
""")


def test_missing_results_do_not_hide_a_certain_fail():
    """CONTRACT 3: a gate that is certainly failed stays failed."""
    finished = failing(counts=Counts(total=294, planned=98, answered=95, missing=2, failed=1))

    assert final_block(finished, WIDE)[-1] == snapshot(
        "verdict: fail  groundedness 0.66 < 0.80, 2 of 98 missing, 1 of 98 failed, run p4x9wn (exit 1)"
    )


def test_colour_is_on_verdict_words_only():
    """SCREENS 1: words carry meaning, colour repeats it."""
    lines = final_block(failing(), View(colour=True))

    assert [line for line in lines if "\x1b" in line] == snapshot(
        [
            "groundedness    0.66  0.57 .. 0.75        11  >= 0.80   \x1b[31mfail\x1b[0m   short by 0.14, at least by 0.05",
            "verdict: \x1b[31mfail\x1b[0m  groundedness 0.66 < 0.80, run p4x9wn (exit 1)",
        ]
    )


def test_a_difference_too_small_to_show_is_not_shown_as_nothing():
    """0.80 < 0.80 would be nonsense."""
    run = run_of({"tone": (0.7999, 0.799, 0.79996)})

    assert text(final_block(Finished(run=run), WIDE)) == snapshot("""\
evaluator      score  95% interval   n of 42  gate      verdict
tone            0.80  0.80 .. 0.80        11  >= 0.80   fail   short by <0.01
cached 37 + answered 40 + not needed 217 = 294      0 failed, 0 missing
4.8 s, $0.06
stopped because every gate was certain after 11 of 42 examples
next     ippon runs show k7m2qd
verdict: fail  tone 0.7999 < 0.80, run k7m2qd (exit 1)\
""")


def test_an_unknown_cost_is_said_to_be_unknown():
    """Never a made-up figure."""
    run = run_of(cost_usd=None, saved_s=70.0, saved_usd=None, stopped_because="", wall_s=4.9)
    finished = Finished(run=run, one_by_one_s=441.0)

    assert text(final_block(finished, View())) == snapshot("""\
evaluator      score  95% interval   n of 42  gate      verdict
tone            0.86  0.81 .. 0.91        11  >= 0.80   pass
groundedness    0.85  0.81 .. 0.89        11  >= 0.80   pass
5 more pass     lowest brevity 0.90 (0.86 .. 0.94), n 11 of 42
cached 37 + answered 40 + not needed 217 = 294      0 failed, 0 missing
4.9 s, cost unknown, saved 1 min 10 s      one by one: 7 min 21 s (estimated, 294 x mean 1.5 s)
next     ippon runs show k7m2qd
verdict: pass  7 of 7 evaluators, support-answers pr, run k7m2qd (exit 0)\
""")


def test_an_empty_run_is_only_counted():
    """A run without an evaluator's result has no table."""
    run = run_of(gates=(), evaluators={}, verdict="none", exit_code=0, counts=Counts(total=0, planned=0))

    assert text(final_block(Finished(run=run, next_tier="full", next_calls=0), WIDE)) == snapshot("""\
cached 0 + answered 0 + not needed 0 = 0      0 failed, 0 missing
4.8 s, $0.06
stopped because every gate was certain after 11 of 42 examples
next     ippon run -t full      sends nothing
verdict: none  no gate to test, run k7m2qd (exit 0)\
""")


def test_a_first_cached_run_has_nothing_to_compare_with():
    """Another suite may have asked the same before."""
    assert text(final_block(Finished(run=run_of(**CACHED)), WIDE)) == snapshot("""\
7 of 7 evaluators pass; lowest groundedness 0.85 (0.81 .. 0.89), gate 0.80
cached 77 + answered 0 + not needed 217 = 294      0.06 s, $0.00, saved $0.12
no new evidence: every answer was known      ask again: ippon run --refresh -t pr
verdict: pass  7 of 7 evaluators, support-answers pr, run k7m2qd (exit 0)\
""")


def test_failed_evaluations_of_a_passing_row_are_noted():
    """At most 1% failed does not fail a run, and is said."""
    run = run_of({"tone": (0.9, 0.85, 0.95)})

    assert text(final_block(Finished(run=replace(run, evaluators={"tone": summary(failed=1)})), WIDE)) == snapshot("""\
evaluator      score  95% interval   n of 42  gate      verdict
tone            0.90  0.85 .. 0.95        11  >= 0.80   pass   1 failed
cached 37 + answered 40 + not needed 217 = 294      0 failed, 0 missing
4.8 s, $0.06
stopped because every gate was certain after 11 of 42 examples
next     ippon runs show k7m2qd
verdict: pass  1 of 1 evaluators, support-answers pr, run k7m2qd (exit 0)\
""")


def test_rows_without_a_value_fold_too():
    """More evaluators than rows, none of them drawn."""
    names = [f"evaluator-{i:02}" for i in range(12)]
    empty = summary(n=0, method="screen", score=None)
    evaluators = {**{name: replace(empty, interval=None) for name in names}, "tone": summary()}
    run = run_of({}, evaluators=evaluators, verdict="none", exit_code=0)

    assert text(final_block(Finished(run=run), WIDE)) == snapshot("""\
evaluator      score  95% interval   n of 42  gate      verdict
evaluator-05       -  -                    0  -         no gate
evaluator-06       -  -                    0  -         no gate
evaluator-07       -  -                    0  -         no gate
evaluator-08       -  -                    0  -         no gate
evaluator-09       -  -                    0  -         no gate
evaluator-10       -  -                    0  -         no gate
evaluator-11       -  -                    0  -         no gate
tone            0.90  0.85 .. 0.95        11  -         no gate
5 no gate
cached 37 + answered 40 + not needed 217 = 294      0 failed, 0 missing
4.8 s, $0.06
stopped because every gate was certain after 11 of 42 examples
next     ippon runs show k7m2qd
verdict: none  no gate to test, run k7m2qd (exit 0)\
""")
