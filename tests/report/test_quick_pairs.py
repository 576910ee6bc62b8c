"""The quick screen of a suite without a target: good and poor responses beside each other."""

from __future__ import annotations

from inline_snapshot import snapshot
from msgspec.structs import replace

from ippon.report.text import final_block
from ippon.report.view import View
from tests.report.made import WIDE, earlier, quick, result, text


def test_pairs_show_both_scores_and_their_gap():
    """Without a target good and poor stand beside each other."""
    finished = quick({"tone": 0.0, "safety": 0.0, "format": 0.0}, gaps={"tone": 0.7})
    scores = {"tone": (0.3, 0.8), "safety": (0.9, 0.1), "format": (0.5, 0.4)}
    results = [
        result(name, "pair-04", score, response=response, reason="cold")
        for name, pair in scores.items()
        for response, score in zip(("good", "poor"), pair, strict=True)
    ]
    run = replace(finished.run, results=tuple(results), target=None)
    pairs = replace(finished, run=run)

    assert text(final_block(pairs, WIDE)) == snapshot("""\
evaluator      example  good  poor    gap  exp. gap   reason (the judge's words)
format         pair-04  0.50  0.40  +0.10         -   cold
tone           pair-04  0.30  0.80  -0.50     +0.70   cold     inverted
1 more    lowest safety +0.80 on pair-04
cached 0 + answered 3 + not needed 291 = 294      1.9 s, <$0.01
one by one: 7 min 21 s, $0.44 (estimated)
chosen: the example that separates good from poor most, per evaluator
next     ippon try pair-04 tone      ippon run -t medium      sends 14 more, about 4.0 s, $0.02
verdict: none  gates are not tested at this tier; 1 of 3 score poor above good, run t8k2pd (exit 0)\
""")
    assert text(final_block(replace(pairs, previous=earlier(run)), View(width=40, verbose=True))) == snapshot("""\
3 unchanged
lowest tone -0.50 on pair-04
tone  pair-04  good  answered
  0.30 was 0.30
  cold
tone  pair-04  poor  answered
  0.80 was 0.80
  cold
safety  pair-04  good  answered
  0.90 was 0.90
  cold
safety  pair-04  poor  answered
  0.10 was 0.10
  cold
format  pair-04  good  answered
  0.50 was 0.50
  cold
format  pair-04  poor  answered
  0.40 was 0.40
  cold
cached 0 + answered 3 + not needed 291
  = 294
1.9 s, <$0.01
one by one: 7 min 21 s, $0.44
  (estimated)
chosen: the example that separates good
  from poor most, per evaluator
next     ippon run -t medium
         sends 14 more, about 4.0 s,
         $0.02
gates are not tested at this tier;
  0 of 3 fell by 0.2 and more,
  run t8k2pd
verdict: none  (exit 0)\
""")


def test_half_a_pair_has_no_gap():
    """One of the two was never answered."""
    finished = quick({"tone": 0.0})
    run = replace(finished.run, results=(result("tone", "pair-04", 0.3, response="good"),), target=None)

    assert text(final_block(replace(finished, run=run), WIDE)) == snapshot("""\
evaluator      example  good  poor    gap
tone           pair-04  0.30     -      -
cached 0 + answered 1 + not needed 293 = 294      1.9 s, <$0.01
one by one: 7 min 21 s, $0.44 (estimated)
chosen: at random, per evaluator, seed 0
next     ippon try pair-04 tone      ippon run -t medium      sends 14 more, about 4.0 s, $0.02
verdict: none  gates are not tested at this tier; nothing was scored, run t8k2pd (exit 0)\
""")
