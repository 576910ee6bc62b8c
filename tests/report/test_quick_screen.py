"""The quick screen, as SCREENS 3b draws it."""

from __future__ import annotations

from inline_snapshot import snapshot
from msgspec.structs import replace

from ippon.records.run import Counts
from ippon.report.text import final_block
from ippon.report.view import View
from tests.report.made import WIDE, failure, quick, result, text

BEFORE = {"conciseness": 0.85, "tone": 0.84, "safety": 0.9, "format": 0.9, "language": 0.5}
NOW = {"conciseness": 0.2, "tone": 0.84, "safety": 0.95, "format": 0.8, "language": 0.5}
GAPS = {"conciseness": 0.71, "tone": 0.8, "safety": 0.6, "format": 0.9, "language": 0.9}


def test_what_fell_is_shown_with_the_judges_words():
    """SCREENS 3b."""
    assert text(final_block(quick(NOW, before=BEFORE, gaps=GAPS), WIDE)) == snapshot("""\
evaluator      example  score   was  exp. gap   reason (the judge's words)
conciseness    ex-000    0.20  0.85     +0.71   names a 60-day refund window that the reference d...
2 unchanged, 1 rose, 1 moved by less than 0.2    lowest language 0.50 on ex-004
cached 0 + answered 5 + not needed 289 = 294      1.9 s, <$0.01
one by one: 7 min 21 s, $0.44 (estimated)
chosen: the example that separates good from poor most, per evaluator
next     ippon try ex-000 conciseness
         ippon run -t medium      sends 14 more, about 4.0 s, $0.02
verdict: none  gates are not tested at this tier; 1 of 5 fell by 0.2 and more, run t8k2pd (exit 0)\
""")


def test_without_a_run_before_what_is_low_is_shown():
    """The first run has something to look at too."""
    assert text(final_block(quick(NOW), WIDE)) == snapshot("""\
evaluator      example  score   reason (the judge's words)
conciseness    ex-000    0.20   names a 60-day refund window that the reference does not contain
4 more    lowest language 0.50 on ex-004
cached 0 + answered 5 + not needed 289 = 294      1.9 s, <$0.01
one by one: 7 min 21 s, $0.44 (estimated)
chosen: at random, per evaluator, seed 0
next     ippon try ex-000 conciseness
         ippon run -t medium      sends 14 more, about 4.0 s, $0.02
verdict: none  gates are not tested at this tier; 1 of 5 below 0.5, run t8k2pd (exit 0)\
""")


def test_nothing_low_and_nothing_before_is_one_line():
    """Then the next tier is what is left to do."""
    assert text(final_block(replace(quick({"tone": 0.9, "safety": 0.8}), next_tier=None), WIDE)) == snapshot("""\
2 scored    lowest safety 0.80 on ex-001
cached 0 + answered 2 + not needed 292 = 294      1.9 s, <$0.01
one by one: 7 min 21 s, $0.44 (estimated)
chosen: at random, per evaluator, seed 0
next     ippon runs show t8k2pd
verdict: none  gates are not tested at this tier; 0 of 2 below 0.5, run t8k2pd (exit 0)\
""")


def test_a_new_evaluator_is_neither_better_nor_worse():
    """What the run before did not have is `new`."""
    assert text(final_block(quick(NOW, before={"tone": 0.84}), WIDE)) == snapshot("""\
evaluator      example  score   reason (the judge's words)
conciseness    ex-000    0.20   names a 60-day refund window that the reference does not contain
1 unchanged, 3 new    lowest language 0.50 on ex-004
cached 0 + answered 5 + not needed 289 = 294      1.9 s, <$0.01
one by one: 7 min 21 s, $0.44 (estimated)
chosen: at random, per evaluator, seed 0
next     ippon try ex-000 conciseness
         ippon run -t medium      sends 14 more, about 4.0 s, $0.02
verdict: none  gates are not tested at this tier; 0 of 1 fell by 0.2 and more, run t8k2pd (exit 0)\
""")


def test_v_shows_every_evaluation_below():
    """What was found stays as it is; the fold is opened under it."""
    assert text(final_block(quick(NOW, before=BEFORE, gaps=GAPS), View(verbose=True))) == snapshot("""\
evaluator      example  score   was  exp. gap   reason (the judge's words)
conciseness    ex-000    0.20  0.85     +0.71   names a 60-day refund window that the reference d...
2 unchanged, 1 rose, 1 moved by less than 0.2    lowest language 0.50 on ex-004
evaluator    example  response  status    score   was  reason (the judge's words)
conciseness  ex-000   target    answered   0.20  0.85  names a 60-day refund window that the refe...
tone         ex-001   target    answered   0.84  0.84  names a 60-day refund window that the refe...
safety       ex-002   target    answered   0.95  0.90  names a 60-day refund window that the refe...
format       ex-003   target    answered   0.80  0.90  names a 60-day refund window that the refe...
language     ex-004   target    answered   0.50  0.50  names a 60-day refund window that the refe...
cached 0 + answered 5 + not needed 289 = 294      1.9 s, <$0.01
one by one: 7 min 21 s, $0.44 (estimated)
chosen: the example that separates good from poor most, per evaluator
next     ippon try ex-000 conciseness
         ippon run -t medium      sends 14 more, about 4.0 s, $0.02
verdict: none  gates are not tested at this tier; 1 of 5 fell by 0.2 and more, run t8k2pd (exit 0)\
""")


def test_forty_columns_stack_the_rows():
    """SCREENS 13."""
    assert text(final_block(quick(NOW, before=BEFORE, gaps=GAPS), View(width=40))) == snapshot("""\
conciseness  ex-000  0.20 was 0.85
  names a 60-day refund window that t...
2 unchanged, 1 rose, 1 moved by less
  than 0.2
lowest language 0.50 on ex-004
cached 0 + answered 5 + not needed 289
  = 294
1.9 s, <$0.01
one by one: 7 min 21 s, $0.44
  (estimated)
chosen: the example that separates good
  from poor most, per evaluator
next     ippon try ex-000 conciseness
         ippon run -t medium
         sends 14 more, about 4.0 s,
         $0.02
gates are not tested at this tier;
  1 of 5 fell by 0.2 and more,
  run t8k2pd
verdict: none  (exit 0)\
""")


def test_sixty_columns_say_how_it_stands_beside_last_time():
    """There is room for the words, not for the columns."""
    assert text(final_block(quick(NOW, before=BEFORE), View(width=60))) == snapshot("""\
conciseness  ex-000  0.20 was 0.85  worse than last time
  names a 60-day refund window that the reference does no...
2 unchanged, 1 rose, 1 moved by less than 0.2
lowest language 0.50 on ex-004
cached 0 + answered 5 + not needed 289 = 294
1.9 s, <$0.01      one by one: 7 min 21 s, $0.44 (estimated)
chosen: at random, per evaluator, seed 0
next     ippon try ex-000 conciseness
         ippon run -t medium
         sends 14 more, about 4.0 s, $0.02
gates are not tested at this tier; 1 of 5 fell by 0.2 and
  more, run t8k2pd
verdict: none  (exit 0)\
""")


def test_an_evaluation_without_a_score_is_looked_at_first():
    """A failed evaluation is never a score, and never hidden."""
    finished = quick({"tone": 0.9, "safety": 0.8}, before={"tone": 0.9, "safety": 0.8})
    broken = result("tone", "ex-000", None, status="failed", error=failure("unparsed", "no number in it"))
    bare = result("safety", "ex-001", None, status="failed")
    run = replace(finished.run, results=(broken, bare))

    assert text(final_block(replace(finished, run=run), WIDE)) == snapshot("""\
evaluator      example  score   was   reason (the judge's words)
tone           ex-000       -  0.90   unparsed: no number in it
safety         ex-001       -  0.80
cached 0 + answered 2 + not needed 292 = 294      1.9 s, <$0.01
one by one: 7 min 21 s, $0.44 (estimated)
chosen: at random, per evaluator, seed 0
next     ippon try ex-001 safety      ippon run -t medium      sends 14 more, about 4.0 s, $0.02
verdict: none  gates are not tested at this tier; nothing was scored, run t8k2pd (exit 0)\
""")
    assert text(final_block(replace(finished, run=run, previous=None), View(width=40))) == snapshot("""\
tone  ex-000  -
  unparsed: no number in it
safety  ex-001  -
cached 0 + answered 2 + not needed 292
  = 294
1.9 s, <$0.01
one by one: 7 min 21 s, $0.44
  (estimated)
chosen: at random, per evaluator, seed 0
next     ippon try ex-001 safety
         ippon run -t medium
         sends 14 more, about 4.0 s,
         $0.02
gates are not tested at this tier;
  nothing was scored, run t8k2pd
verdict: none  (exit 0)\
""")


def test_a_cached_screen_says_what_it_saved():
    """Nothing asked, nothing paid."""
    counts = Counts(total=294, planned=2, cached=2)
    scores = {"tone": 0.9, "safety": 0.8}
    finished = quick(scores, before=scores, counts=counts, calls_sent=0, cost_usd=0.0, saved_s=1.2, wall_s=0.05)

    assert text(final_block(finished, WIDE)) == snapshot("""\
2 unchanged    lowest safety 0.80 on ex-001
cached 2 + answered 0 + not needed 292 = 294      0.05 s, $0.00, saved 1.2 s
one by one: 7 min 21 s, $0.44 (estimated)
chosen: at random, per evaluator, seed 0
next     ippon run -t medium      sends 14 more, about 4.0 s, $0.02
verdict: none  gates are not tested at this tier; 0 of 2 fell by 0.2 and more, run t8k2pd (exit 0)\
""")


def test_more_rows_than_eight_are_cut_to_the_worst():
    """At most eight rows."""
    lines = final_block(quick({f"evaluator-{i}": i / 40 for i in range(12)}), WIDE)

    assert text(lines) == snapshot("""\
evaluator      example  score   reason (the judge's words)
evaluator-7    ex-007    0.17   names a 60-day refund window that the reference does not contain
evaluator-6    ex-006    0.15   names a 60-day refund window that the reference does not contain
evaluator-5    ex-005    0.12   names a 60-day refund window that the reference does not contain
evaluator-4    ex-004    0.10   names a 60-day refund window that the reference does not contain
evaluator-3    ex-003    0.07   names a 60-day refund window that the reference does not contain
evaluator-2    ex-002    0.05   names a 60-day refund window that the reference does not contain
evaluator-1    ex-001    0.03   names a 60-day refund window that the reference does not contain
evaluator-0    ex-000    0.00   names a 60-day refund window that the reference does not contain
4 more    lowest evaluator-8 0.20 on ex-008
cached 0 + answered 12 + not needed 282 = 294      1.9 s, <$0.01
one by one: 7 min 21 s, $0.44 (estimated)
chosen: at random, per evaluator, seed 0
next     ippon try ex-000 evaluator-0
         ippon run -t medium      sends 14 more, about 4.0 s, $0.02
verdict: none  gates are not tested at this tier; 12 of 12 below 0.5, run t8k2pd (exit 0)\
""")


def test_wide_names_and_long_reasons_stay_in_their_columns():
    """Letters that take two columns each are counted as two, combining marks as none."""
    finished = quick({"tone": 0.1})
    told = result("tone", "\u4f8b\u4e00", 0.1, reason="\u7406\u7531" * 60 + "e\u0301")
    run = replace(finished.run, results=(told,))

    assert text(final_block(replace(finished, run=run), View(width=80))) == snapshot("""\
evaluator      example  score   reason (the judge's words)
tone           例一      0.10   理由理由理由理由理由理由理由理由理由理由理由...
cached 0 + answered 1 + not needed 293 = 294      1.9 s, <$0.01
one by one: 7 min 21 s, $0.44 (estimated)
chosen: at random, per evaluator, seed 0
next     ippon try '例一' tone
         ippon run -t medium      sends 14 more, about 4.0 s, $0.02
gates are not tested at this tier; 1 of 1 below 0.5, run t8k2pd
verdict: none  (exit 0)\
""")


def test_many_without_a_score_are_counted():
    """Those that do not fit in eight rows have no lowest one."""
    finished = quick({f"evaluator-{i}": None for i in range(10)})

    assert final_block(finished, WIDE)[9] == "2 more"


def test_another_target_is_named_where_it_was_better():
    """The run before may be of the system that this one is to replace."""
    finished = quick(NOW, before=BEFORE)
    results = tuple(replace(each, reason="curt") for each in finished.run.results)
    other = replace(finished, run=replace(finished.run, results=results, target="v2"))

    assert final_block(other, WIDE)[1] == snapshot("conciseness    ex-000    0.20  0.85   curt     worse than default")
    pairs = replace(other, previous=replace(other.previous, target=None))
    assert final_block(pairs, WIDE)[1] == snapshot("conciseness    ex-000    0.20  0.85   curt     worse than pairs")
