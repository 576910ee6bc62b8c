"""Plan, try, runs, cache and doctor on the screen, as SCREENS 7 and 11 draw them."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot
from msgspec.structs import replace

from ippon.records.event import Attempt
from ippon.records.options import Options
from ippon.report.attempt import attempt_lines
from ippon.report.cache import doctor_lines, size
from ippon.report.escape import columns
from ippon.report.history import run_lines, runs_lines, when
from ippon.report.plan import plan_lines
from ippon.report.view import View, quoted, wrapped
from tests.report.made import WIDE, failing, failure, result, run_of, text
from tests.report.test_json_object import ATTEMPT, PLAN

NOW = 1_000_000.0


@pytest.fixture(autouse=True)
def _utc():
    """Local time is UTC here, on every machine."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    yield
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


def test_a_plan():
    """SCREENS 7; what is unknown is said to be."""
    misses = tuple((f"ex-{i}", "tone", f"because {min(i // 3, 5)}") for i in range(20))

    assert text(
        plan_lines(replace(PLAN, misses=misses, calls=122), View(options=Options(suite="suite.toml")))
    ) == snapshot("""\
support-answers  pr    evaluations    seconds    money
in the suite                   294
cached                          37
not selected                   196
to ask, at most                 61    unknown    $0.09
calls, at most: 122
why 20 miss      5 because 5      3 because 0      3 because 1      3 because 2
6 for other reasons
order    examples drawn at random, seed 7
next     ippon run suite.toml -t pr\
""")


def test_a_plan_with_nothing_to_ask():
    """Then there are no seconds and no money."""
    assert text(plan_lines(replace(PLAN, misses=(), to_run=0, calls=0), WIDE)) == snapshot("""\
support-answers  pr    evaluations    seconds    money
in the suite                   294
cached                          37
not selected                   196
to ask, at most                  0    -          -
order    examples drawn at random, seed 7
next     ippon run -t pr\
""")


def test_a_plan_names_what_was_chosen():
    """Eight of them; all with -v."""
    chosen = tuple((f"ex-{i}", f"evaluator-{i}", "chosen") for i in range(10))
    plan = replace(PLAN, selection=chosen, method="most telling, rest drawn")

    assert text(plan_lines(plan, WIDE)) == snapshot("""\
support-answers  pr    evaluations    seconds    money
in the suite                   294
cached                          37
not selected                   196
to ask, at most                 61    unknown    $0.09
why 1 miss      1 never asked (tone)
order    the example that separates good from poor most, per evaluator
chosen   evaluator-0 ex-0   evaluator-1 ex-1   evaluator-2 ex-2   evaluator-3 ex-3
         evaluator-4 ex-4   evaluator-5 ex-5   evaluator-6 ex-6   evaluator-7 ex-7
2 more: -v
next     ippon run -t pr\
""")
    assert "more: -v" not in text(plan_lines(plan, View(verbose=True)))


def test_an_attempt_shows_prompt_answer_and_reading():
    """The exact prompt, the raw answer, how it was read."""
    told = replace(ATTEMPT.result, label="good", reason="kind", text="Hello\n\x1b[31mthere")

    assert text(attempt_lines(replace(ATTEMPT, result=told), WIDE)) == snapshot("""\
tone on ex-001      response: target
--- response
| Hello
| \\x1b[31mthere
--- sent
| the prompt
--- answer
| the answer
score 0.90 (label good)      answered      1.5 s      reason: kind\
""")


def test_an_attempt_of_two_calls_numbers_them():
    """A pair in both orders, a re-ask."""
    failed = result(score=None, status="failed", error=failure("unparsed", "no number"))
    attempt = Attempt(result=failed, exchanges=(("one", "", True), ("two", "2", False)))

    assert text(attempt_lines(attempt, WIDE)) == snapshot("""\
tone on ex-001      response: target
--- response
|
--- sent 1 of 2
| one
--- answer 1 of 2 (cached)
|
--- sent 2 of 2
| two
--- answer 2 of 2
| 2
no score: unparsed: no number\
""")


def test_long_prompts_are_cut_unless_all_is_wanted():
    """Sixty lines."""
    attempt = Attempt(result=result(status="cached", cached=True), exchanges=(("line\n" * 70, "a", True),))

    assert [len(attempt_lines(attempt, WIDE)), len(attempt_lines(attempt, View(verbose=True)))] == [68, 77]


def test_the_list_of_runs():
    """SCREENS 11."""
    runs = [
        run_of(run_id="p4x9wn", started_at=NOW - 60),
        run_of(run_id="b6r3xe", started_at=NOW - 5 * 86_400, target=None, cost_usd=None),
        run_of(run_id="a1b2c3", started_at=NOW - 400 * 86_400, verdict="interrupted"),
    ]

    assert text(runs_lines(runs, WIDE, now=NOW)) == snapshot("""\
run     when          target   tier  verdict      answered  cached     cost   wall  because
p4x9wn  today 13:45   default  pr    pass               40      37    $0.06  4.8 s  every gate wa...
b6r3xe  Jan 07 13:46  pairs    pr    pass               40      37  unknown  4.8 s  every gate wa...
a1b2c3  1968-12-08    default  pr    interrupted        40      37    $0.06  4.8 s  every gate wa...\
""")


def test_a_long_list_says_how_many_more():
    """Twenty."""
    assert runs_lines([run_of()] * 23, WIDE, now=NOW)[-1] == "3 more: --json shows all"


def test_no_run_yet():
    """What to type first."""
    assert runs_lines([], View(options=Options(suite="a.toml")), now=NOW) == ["no run yet", "next     ippon run a.toml"]


def test_one_run_starts_with_its_verdict():
    """SCREENS 1: `runs show` is a document."""
    assert text(run_lines(failing().run, WIDE, now=NOW)) == snapshot("""\
verdict: fail  groundedness 0.66 < 0.80, run p4x9wn (exit 1)
support-answers pr target default today 13:46      cached 37 + answered 40 + not needed 217 = 294
5.6 s, $0.07      stopped because groundedness is certainly below its gate
evaluator      score  95% interval   n of 42  gate      verdict
safety          0.97  0.95 .. 0.99        11  >= 0.80   pass
language        0.95  0.93 .. 0.97        11  >= 0.80   pass
format          0.93  0.90 .. 0.96        11  >= 0.80   pass
correctness     0.91  0.87 .. 0.95        11  >= 0.80   pass
brevity         0.90  0.86 .. 0.94        11  >= 0.80   pass
tone            0.86  0.81 .. 0.91        11  >= 0.80   pass
groundedness    0.66  0.57 .. 0.75        11  >= 0.80   fail   short by 0.14, at least by 0.05
ex-017  groundedness  0.10  answered  names a 60-day refund window that the reference does not co...
ex-031  groundedness  0.20  answered  the second claim cannot be traced to the question or the re...
ex-008  groundedness  0.35  cached  says "always" where the reference says "in most regions"
ex-100  groundedness  0.70  answered
ex-101  groundedness  0.70  answered
ex-102  groundedness  0.70  answered
ex-103  groundedness  0.70  answered
ex-104  groundedness  0.70  answered
ex-105  groundedness  0.70  answered
ex-106  groundedness  0.70  answered
ex-107  groundedness  0.70  answered
ex-108  groundedness  0.70  answered
ex-109  groundedness  0.70  answered
ex-110  groundedness  0.70  answered
ex-111  groundedness  0.70  answered
ex-112  groundedness  0.70  answered
ex-113  groundedness  0.70  answered
ex-114  groundedness  0.70  answered
ex-115  groundedness  0.70  answered\
""")


def test_results_of_one_evaluator_are_all_shown():
    """-e and --example choose; an example is shown whole."""
    run = failing().run
    whole = replace(run.results[0], text="You have\n60 days.", repeat=1, response="good")
    run = replace(
        run, results=(whole, *run.results[1:], replace(run.results[5], reason=None, error=failure(), score=None))
    )

    assert len(run_lines(run, WIDE, now=NOW, evaluators=["ground*"])) == 23
    assert text(run_lines(run, WIDE, now=NOW, examples=["ex-017", "ex-102"])) == snapshot("""\
verdict: fail  groundedness 0.66 < 0.80, run p4x9wn (exit 1)
support-answers pr target default today 13:46      cached 37 + answered 40 + not needed 217 = 294
5.6 s, $0.07      stopped because groundedness is certainly below its gate
ex-102  groundedness  -  answered
  connect: connection refused 127.0.0.1:8191
ex-017  groundedness  good  repeat 1  0.10  answered
  names a 60-day refund window that the reference does not contain
  | You have
  | 60 days.
ex-102  groundedness  0.70  answered\
""")
    assert run_lines(run, WIDE, now=NOW, examples=["nothing"])[-1] == "no such result in this run"


def test_many_results_are_cut_to_the_worst():
    """Twenty, and how to see the rest."""
    run = run_of({}, [result(example=f"ex-{i}") for i in range(25)], target=None)

    assert run_lines(run, WIDE, now=NOW)[-1] == "5 more: -v, -e EVALUATOR, --example ID"


def test_when_a_run_was():
    """Today, this year, another year."""
    assert [when(NOW, NOW), when(NOW - 3 * 86_400, NOW), when(NOW - 400 * 86_400, NOW)] == snapshot(
        ["today 13:46", "Jan 09 13:46", "1968-12-08"]
    )


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 B"), (999, "999 B"), (999_700, "1 MB"), (41_000_000, "41 MB"), (2e15, "2e+03 TB")]
)
def test_sizes(count, said):
    """Three digits and a unit."""
    assert size(count) == said


def test_a_check_up():
    """What is to be fixed is counted last."""
    found = [("ok", "suite", "42 examples"), ("warn", "sqlite", "old"), ("FAIL", "key", "OPENAI_API_KEY is not set")]

    assert text(doctor_lines(found, WIDE)) == snapshot("""\
ok    suite   42 examples
warn  sqlite  old
FAIL  key     OPENAI_API_KEY is not set
1 to fix (exit 2)\
""")
    assert doctor_lines(found, View(colour=True))[2] == "\x1b[31mFAIL\x1b[0m  key     OPENAI_API_KEY is not set"
    assert doctor_lines([], WIDE) == ["nothing to fix (exit 0)"]


@given(st.text("ab  ", max_size=60), st.integers(8, 30))
def test_wrapping_loses_no_word(line, width):
    """Only spaces at the breaks go, and no line but a long word's is too long."""
    lines = wrapped(line, width)

    assert "".join(lines).split() == [] or " ".join(lines).split() == line.split()
    assert all(columns(each) <= width or " " not in each.strip() for each in lines)


@pytest.mark.parametrize(("word", "typed"), [("ex-017", "ex-017"), ("a b", "'a b'"), ("--x;y", "'--x;y'"), ("", "''")])
def test_a_word_is_typed_so_that_a_shell_takes_it_for_one(word, typed):
    """Quoted where it has to be."""
    assert quoted(word) == typed
