"""The verbs over the cache on the screen, as SCREENS 11 draws them."""

from __future__ import annotations

import os
import time

import pytest
from inline_snapshot import snapshot

from ippon.report import cache as screens
from tests.report.made import WIDE, text
from tests.report.test_json_object import EXPORTED, IMPORTED, PRUNED, STATS, VERIFIED, WHY

NOW = 1_000_000.0
HIT = {**WHY, "hit": True, "because": "kept", "changed": [], "key": "ab12", "score": 0.9}


@pytest.fixture(autouse=True)
def _utc():
    """Local time is UTC here, on every machine."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    yield
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


def test_what_the_cache_holds():
    """Entries, how often it knew, what that was worth, how old they are."""
    assert text(screens.stats_lines(STATS, WIDE, now=NOW)) == snapshot("""\
3 entries, 4.1 kB
1 hits, 2 misses (33% hits) in this suite's last 2 runs, whatever cache they used
by class   score 3
in c.sqlite\
""")
    worth = {
        **STATS,
        "runs": 1,
        "saved_s": 41.0,
        "saved_usd": 0.4,
        "oldest_at": 100.0,
        "newest_at": NOW - 60,
        "evicted": 7,
    }
    assert text(screens.stats_lines(worth, WIDE, now=NOW)) == snapshot("""\
3 entries, 4.1 kB      1 hits, 2 misses (33% hits) in this suite's last run, whatever cache it used
by class   score 3
saved 41 s and $0.40 in the last run
oldest Jan 01 00:01      newest today 13:45      7 evicted since it was made
in c.sqlite\
""")
    empty = {**STATS, "entries": 1, "hit_rate": None, "by_class": {}, "runs": 0}
    assert screens.stats_lines(empty, WIDE, now=NOW) == snapshot(
        ["1 entry, 4.1 kB      no run looked anything up yet", "in c.sqlite"]
    )
    assert screens.stats_lines({**STATS, "path": None}, WIDE, now=NOW) == snapshot(
        ["there is no cache yet; the first run makes it"]
    )


def test_a_hit():
    """Since when, from which model, what it took; a failure that is known."""
    whole = {**HIT, "label": "good", "model": "vllm/x", "seconds": 1.4, "cost_usd": 0.004}
    assert text(screens.why_lines(whole, WIDE, now=NOW)) == snapshot("""\
hit: kept since today 13:30 (run k7m2qd)      score 0.90 (good)
  from vllm/x        took 1.4 s, <$0.01
  key ab12\
""")
    failed = {**HIT, "score": None, "failure": "rejected", "because": "failed before: too long", "run_id": None}
    assert text(screens.why_lines(failed, WIDE, now=NOW)) == snapshot("""\
hit: kept since today 13:30      failed before: too long
  ask again: ippon run --retry-failed
  key ab12\
""")
    assert text(screens.why_lines({**HIT, "kept_at": None}, WIDE, now=NOW)) == snapshot("""\
hit: kept      score 0.90
  key ab12\
""")


def test_a_miss_that_names_what_changed():
    """The parts, how the rubric changed, how many others miss for the same reason."""
    assert text(screens.why_lines(WHY, WIDE, now=NOW)) == snapshot("""\
miss: 1 of 9 key fields differs from the nearest stored entry (run k7m2qd, today 13:30)
  evaluator.rubric  9c1e77aa -> none  changed
    - Names a feeling.
    + Names the feeling.
  the other 8 are equal
41 other evaluations miss for the same reason
would not have missed: ids, order, paths, thresholds\
""")
    two = [{"field": f"evaluator.{name}", "was": None, "now": "x" * 60} for name in ("model", "params.top_p")]
    several = {**WHY, "changed": two, "equal": 0, "rubric": [], "others": 1, "run_id": None}
    assert text(screens.why_lines(several, WIDE, now=NOW)) == snapshot("""\
miss: 2 of 2 key fields differ from the nearest stored entry (today 13:30)
  evaluator.model         none -> xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...  changed
  evaluator.params.top_p  none -> xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...  changed
1 other evaluation misses for the same reason
would not have missed: ids, order, paths, thresholds\
""")


def test_a_miss_without_a_nearest_entry():
    """Never asked, or not there any more."""
    never = {**WHY, "because": "never asked", "changed": [], "kept_at": None, "others": 0}
    assert text(screens.why_lines(never, WIDE, now=NOW)) == snapshot("miss: never asked")
    expired = {**WHY, "because": "expired: [cache] ttl", "changed": []}
    assert text(screens.why_lines(expired, WIDE, now=NOW)) == snapshot("""\
miss: expired: [cache] ttl      kept today 13:30 (run k7m2qd)
41 other evaluations miss for the same reason\
""")


def test_a_check_of_every_digest():
    """All right, some damaged, some that cannot be looked at."""
    assert text(screens.verified_lines({**VERIFIED, "damaged": []}, WIDE)) == snapshot(
        "9 entries and 1 compiled suite checked in c.sqlite, every digest is right (exit 0)"
    )
    assert text(screens.verified_lines(VERIFIED, WIDE)) == snapshot("""\
  abababababab  tone on ex-1
9 entries and 1 compiled suite checked in c.sqlite, 1 damaged: it is taken out, and asked again when
  needed (exit 1)\
""")
    nameless = {**VERIFIED["damaged"][0], "evaluator": None}
    memo = {**nameless, "table": "memo"}
    many = {**VERIFIED, "rows": 1, "entries": 1, "damaged": [nameless, memo] * 6}
    assert text(screens.verified_lines(many, WIDE)) == snapshot("""\
  abababababab  an answer, or what cannot be told
  abababababab  a compiled suite
  abababababab  an answer, or what cannot be told
  abababababab  a compiled suite
  abababababab  an answer, or what cannot be told
  abababababab  a compiled suite
  abababababab  an answer, or what cannot be told
  abababababab  a compiled suite
  abababababab  an answer, or what cannot be told
  abababababab  a compiled suite
  2 more: --json shows all
1 entry checked in c.sqlite, 12 damaged: they are taken out, and asked again when needed (exit 1)\
""")
    assert text(screens.verified_lines({**VERIFIED, "trouble": "the cache c.sqlite cannot be used"}, WIDE)) == snapshot("""\
  abababababab  tone on ex-1
the cache c.sqlite cannot be used
keep what is whole: ippon cache export FILE --cache c.sqlite
then move it away, and the next run makes a new one
9 entries and 1 compiled suite checked in c.sqlite, not all could be looked at or taken out (exit 1)\
""")
    assert text(screens.verified_lines({**VERIFIED, "rows": 9, "removed": False}, WIDE)) == snapshot("""\
  abababababab  tone on ex-1
keep what is whole: ippon cache export FILE --cache c.sqlite
then: ippon cache import FILE --cache SNAPSHOT
9 entries checked in c.sqlite, 1 damaged: a snapshot is never written, so nothing is taken out (exit
  1)\
""")


def test_what_was_pruned():
    """How many, of where; what stays of an evaluator's."""
    assert text(screens.pruned_lines(PRUNED, WIDE, evaluator=None)) == snapshot("2 entries deleted, 1 left in c.sqlite")
    assert text(screens.pruned_lines({**PRUNED, "dry_run": True}, WIDE, evaluator="my tone")) == snapshot("""\
2 entries would be deleted, and nothing is (--dry-run), 1 left in c.sqlite
their answers are kept and read again for nothing      ask anew: ippon run --refresh -e 'my tone'\
""")
    assert 1 == len(screens.pruned_lines({**PRUNED, "deleted": 0}, WIDE, evaluator="tone"))


def test_what_went_out_and_in():
    """How many, and what was left out."""
    assert text(screens.exported_lines(EXPORTED, WIDE)) == snapshot("""\
3 entries written to x.jsonl
1 damaged left out: ippon cache verify --cache c.sqlite\
""")
    assert text(screens.exported_lines({**EXPORTED, "damaged": 0, "file": "-"}, WIDE)) == snapshot(
        "3 entries written to standard output"
    )
    assert text(screens.imported_lines(IMPORTED, WIDE)) == snapshot(
        "2 entries added to c.sqlite      1 left out: as good or better is there"
    )
    assert text(screens.imported_lines({**IMPORTED, "added": 3}, WIDE)) == snapshot("3 entries added to c.sqlite")
