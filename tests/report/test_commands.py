"""The commands that a screen names: what they repeat, and how they are laid out."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ippon.cli.run import view_of
from ippon.cli.screen import screen_of
from ippon.records.event import Finished
from ippon.records.options import Options
from ippon.records.run import Counts
from ippon.report.closing import next_steps, refresh_command, show_step, try_step
from ippon.report.commands import Step, command, labelled, next_lines, run_command
from ippon.report.evidence import findings
from ippon.report.view import View
from tests.report.made import WIDE, failure, result, run_of

WHOLE = Options(
    suite="a b.toml",
    tier="pr",
    target="two",
    judge="vllm/x",
    base_url="http://127.0.0.1:1/v1",
    evaluator=("tone", "s*"),
    where=("kind=a b",),
    seed=0,
    repeats=2,
    max_in_flight=4,
    max_s=1.5,
    max_calls=20,
    max_usd=0.123456789,
    cache="c.sqlite",
    refresh=True,
    store="h.sqlite",
    output=("o.csv",),
    verbose=True,
    no_color=True,
)
ALL_BUT_ONCE = (
    "'a b.toml' --target two --judge vllm/x --base-url http://127.0.0.1:1/v1 --evaluator tone --evaluator 's*'"
    " --where 'kind=a b' --seed 0 --repeats 2 --max-in-flight 4 --max-s 1.5 --max-calls 20 --max-usd 0.123456789"
    " --cache c.sqlite --store h.sqlite"
)


def seen(options):
    """The view of a command with these options."""
    return view_of(options, screen_of({}, no_color=True))


def incomplete(because="the lane is down", reason=None, **counts):
    """A run with something missing or failed, and why."""
    error = None if reason is None else failure(reason)
    results = [result(status="missing", score=None, error=error)]
    counts = Counts(total=9, planned=9, **counts)
    return run_of({}, results, verdict="incomplete", exit_code=3, stopped_because=because, counts=counts)


def commands(run, options):
    """What is to be typed next."""
    return [step.command for step in next_steps(Finished(run=run), seen(options))]


def test_a_run_repeats_every_flag_that_shapes_it():
    """What was done for good, where it was written to and how it was shown are left out."""
    view = seen(WHOLE)

    assert run_command(view, "full") == f"ippon run {ALL_BUT_ONCE} -t full"
    assert run_command(view, "pr", without=("resume",)).replace(" --refresh", "") == f"ippon run {ALL_BUT_ONCE} -t pr"
    assert "--refresh" in run_command(view, "pr", without=("resume",))


@pytest.mark.parametrize(
    ("verb", "typed"),
    [
        ("doctor", "ippon doctor 'a b.toml' --judge vllm/x --base-url http://127.0.0.1:1/v1 --cache c.sqlite --store h.sqlite"),
        ("runs show", "ippon runs show k7m2qd 'a b.toml' --store h.sqlite"),
        ("try", "ippon try ex-001 tone 'a b.toml' --target two --judge vllm/x --base-url http://127.0.0.1:1/v1 --cache c.sqlite --store h.sqlite"),
    ],
)  # fmt: skip
def test_other_verbs_repeat_what_they_take(verb, typed):
    """Not a word more: it would be refused."""
    view = seen(WHOLE)
    worst = findings(run_of({}, [result()]), None)[0]
    found = {
        "doctor": command("doctor", view),
        "runs show": show_step("k7m2qd", view).command,
        "try": try_step(worst, view).command,
    }

    assert found[verb] == typed


def test_the_default_tier_is_named_where_somebody_named_it():
    """IPPON_TIER may say something else."""
    assert run_command(seen(Options()), "quick") == "ippon run"
    assert run_command(seen(Options(tier="quick")), "quick") == "ippon run -t quick"


@pytest.mark.parametrize("reason", ["connect", "not_found", "not_a_provider"])
def test_doctor_comes_first_where_it_can_help(reason):
    """A lane that cannot be reached."""
    assert commands(incomplete(reason=reason, missing=9), Options()) == ["ippon doctor", "ippon run --resume k7m2qd"]


@pytest.mark.parametrize("reason", [None, "rate_limit", "spend", "authentication", "timeout"])
def test_no_doctor_where_it_cannot_help(reason):
    """After the end of a budget, of an account, of patience."""
    assert commands(incomplete(reason=reason, missing=9), Options()) == ["ippon run --resume k7m2qd"]


@pytest.mark.parametrize(
    ("because", "left_out"),
    [
        ("the budget of 20 calls is used up", "--max-calls 20 "),
        ("the budget of 1 call is used up", "--max-calls 20 "),
        ("the budget of $0.12 is used up, or would be by one more call", "--max-usd 0.123456789 "),
        ("the budget of 1.5 s is used up", "--max-s 1.5 "),
        ("lane x stopped", ""),
    ],
)
def test_going_on_leaves_out_the_budget_that_ended_it(because, left_out):
    """And what the history knows; the other budgets stay."""
    rest = (
        "'a b.toml' --judge vllm/x --base-url http://127.0.0.1:1/v1 --max-in-flight 4 --max-s 1.5 --max-calls 20"
        " --max-usd 0.123456789 --cache c.sqlite --refresh --store h.sqlite"
    ).replace(left_out, "")

    assert commands(incomplete(because, missing=9), WHOLE) == [f"ippon run --resume k7m2qd {rest}"]


def test_without_a_cache_nothing_is_refreshed_or_retried():
    """The two contradict each other; the history knows what has a score."""
    bare = Options(no_cache=True)
    failed = commands(incomplete(failed=9), bare)

    assert failed == ["ippon run --resume k7m2qd --no-cache", "ippon runs show k7m2qd"]
    assert refresh_command(run_of(), seen(bare)) == "ippon run --no-cache -t pr"


def test_steps_stand_side_by_side_where_they_fit():
    """What comes after something says so."""
    steps = [Step("ippon doctor"), Step("ippon run --resume k7m2qd", "asks 7", then=True)]

    assert next_lines(steps, WIDE) == ["next     ippon doctor      then   ippon run --resume k7m2qd      asks 7"]
    assert next_lines(steps, View(width=60)) == [
        "next     ippon doctor",
        "then     ippon run --resume k7m2qd      asks 7",
    ]
    assert next_lines(steps, View(width=40)) == [
        "next     ippon doctor",
        "then     ippon run --resume k7m2qd",
        "         asks 7",
    ]


def test_nothing_stands_behind_a_note_of_another_command():
    """It would be taken for a part of it."""
    steps = [Step("ippon run -t medium", "sends 14 more, about 4.0 s"), Step("ippon doctor")]

    assert next_lines(steps, View(width=50)) == [
        "next     ippon run -t medium",
        "         sends 14 more, about 4.0 s",
        "         ippon doctor",
    ]


def test_a_command_is_never_broken():
    """However narrow the screen is."""
    typed = "ippon run --refresh suite.toml --judge vllm/scripted -t full"

    assert next_lines([Step(typed)], View(width=40)) == [f"next     {typed}"]
    assert labelled("  16 more", typed, View(width=40)) == ["  16 more:", f"    {typed}"]
    assert labelled("ask again", typed, WIDE) == [f"ask again: {typed}"]


@pytest.mark.parametrize(("no_cache", "asked"), [(False, 4), (True, 5)])
def test_what_failed_for_a_moment_is_asked_again_too(no_cache, asked):
    """A cache remembers only what would fail again."""
    failures = [result(status="failed", score=None, error=failure(reason)) for reason in ("rate_limit", "unparsed")]
    run = incomplete(missing=3, failed=2)
    run = replace(run, results=(*run.results, *failures))

    steps = next_steps(Finished(run=run), seen(Options(no_cache=no_cache)))
    assert [step.note for step in steps] == [f"asks {asked}"]
