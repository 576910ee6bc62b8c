"""A run while it goes on, as SCREENS 2 and 13 draw it."""

from __future__ import annotations

import pytest
from inline_snapshot import snapshot
from msgspec.structs import replace

from ippon.records.event import LaneStopped, Progress, ResultKept, RunStarted, Slow
from ippon.records.lane import Hold
from ippon.report.live import Live, judge_line, plain_plan_line, plan_lines, stop_lines
from ippon.report.view import View
from tests.report.made import WIDE, result

STARTED = RunStarted(run_id="k7m2qd", suite="support-answers", tier="pr", total=294, planned=98, cached=37)
SENDING = Progress(in_flight=15, limit=16, calls_sent=40, retries=0, cost_usd=0.04)


def half_way(**more):
    """A run of which 25 are answered and one failed, three seconds after its start."""
    live = Live(STARTED, now=100.0, **more)
    for i in range(25):
        live.hear(ResultKept(result=result(example=f"ex-{i}", latency_s=1.4)))
    live.hear(ResultKept(result=result(status="failed", score=None, latency_s=None)))
    live.hear(ResultKept(result=result(status="cached", cached=True)))
    live.hear(SENDING)
    live.hear("an event of a later version")
    return live


def test_the_region_is_three_lines():
    """SCREENS 2, the line `so far` left out."""
    assert half_way(max_usd=0.25).region(WIDE, now=103.1) == snapshot(
        [
            "support-answers  pr  run k7m2qd  294 in the suite; at most 98 here, 37 cached, 61 to ask",
            "[###################...........]  63 of 98   37 cached  25 answered  1 failed           3.1 s",
            "in flight 15 of 16   8.1 a second   p50 1.4 s   $0.04 of $0.25   about 4.3 s left",
        ]
    )


def test_a_utf8_terminal_gets_a_block_bar():
    """And nothing else but ASCII."""
    lines = half_way().region(WIDE, now=103.1, blocks=True)

    assert [line.encode("ascii", "replace").decode() for line in lines][1] == snapshot(
        "??????????????????????????????  63 of 98   37 cached  25 answered  1 failed           3.1 s"
    )
    assert lines[1].startswith("\u2588")


def test_before_the_first_answers_there_is_no_rate():
    """A rate of two answers is a guess."""
    assert Live(STARTED, now=0.0).region(WIDE, now=0.0) == snapshot(
        [
            "support-answers  pr  run k7m2qd  294 in the suite; at most 98 here, 37 cached, 61 to ask",
            "[###########...................]  37 of 98   37 cached  0 answered  0 failed         <0.01 s",
            "in flight 0",
        ]
    )


def test_at_the_end_nothing_is_left():
    """No second is promised."""
    live = Live(replace(STARTED, planned=41), now=0.0)
    for i in range(4):
        live.hear(ResultKept(result=result(example=f"ex-{i}", latency_s=None)))

    assert live.region(WIDE, now=2.0)[2] == "in flight 0   2.0 a second   ending"


def test_a_plan_of_nothing_is_done():
    """An empty plan is a full bar."""
    assert (
        Live(replace(STARTED, planned=0, cached=0), now=0.0).region(WIDE, now=0.0)[1][:32]
        == "[##############################]"
    )


def test_a_log_is_told_how_far_the_run_is():
    """SCREENS 13."""
    assert half_way().plain_line() == "63 of 98, 1 failed"


def test_the_first_lines():
    """Which run, how much; a weak judge says so."""
    assert [*plan_lines(STARTED, WIDE), plain_plan_line(STARTED)] == snapshot(
        [
            "support-answers  pr  run k7m2qd  294 in the suite; at most 98 here, 37 cached, 61 to ask",
            "pr run k7m2qd: at most 98, 37 cached, 61 to ask",
        ]
    )
    assert [
        judge_line(None),
        judge_line("openai/x"),
        judge_line("local/smollm2-135m"),
        judge_line("local/other"),
    ] == snapshot(
        [
            None,
            None,
            "judge local/smollm2-135m (94 MB, this machine): fine to try things, weak as a judge",
            "judge local/other (this machine): fine to try things, weak as a judge",
        ]
    )


def test_a_stopped_lane_says_what_to_do():
    """Said once a lane."""
    assert stop_lines(LaneStopped(lane="openai/x", message="401", hint="export OPENAI_API_KEY=...")) == snapshot(
        ["lane openai/x: 401", "hint: export OPENAI_API_KEY=..."]
    )
    assert stop_lines(LaneStopped(lane="openai/x", message="401")) == snapshot(["lane openai/x: 401"])


COOLING = Hold(lane="openai/judge-small", why="cooling", left_s=2.0, asked_s=3.0, limit=12, refused=4, finished=61)
DOWN = Hold(
    lane="openai/b", why="down", left_s=28.0, limit=16, message="no connection to 127.0.0.1:8191: connection refused"
)
PACED = Hold(lane="openai/b", why="paced", left_s=3.0)
SLOW = Slow(example="ex-017", evaluator="groundedness", seconds=41.0, attempt=1, limit_s=120.0)


@pytest.mark.parametrize(
    ("progress", "expected"),
    [
        (
            {"holds": (COOLING, PACED)},
            "paced: openai/b keeps its rate   next call in 3.0 s",
        ),
        (
            {"holds": (COOLING,)},
            "throttled: openai/judge-small asked for 3.0 s, 2.0 s left   at most 12 in flight   4 of 61 came back 429",
        ),
        (
            {"holds": (COOLING, DOWN)},
            "lane down: openai/b no connection to 127.0.0.1:8191: connection refused   next probe in 28 s",
        ),
        (
            {"slow": SLOW, "in_flight": 1},
            "slow: ex-017 x groundedness 41 s, attempt 1, limit 2 min",
        ),
    ],
)
def test_the_third_line_says_what_is_waited_for(progress, expected):
    """SCREENS 2: whatever holds sending up longest, a lane that is down before all."""
    live = half_way()
    live.hear(replace(SENDING, **progress))

    assert expected == "   ".join(live.region(View(width=200), now=103.1)[2:])


@pytest.mark.parametrize(
    "progress",
    [{"holds": (replace(COOLING, asked_s=1.0, left_s=0.5),)}, {"slow": SLOW}, {}],
)
def test_a_short_wait_is_not_worth_a_line(progress):
    """Under two seconds it is gone before it is read; a slow call among others holds nothing up."""
    live = half_way()
    live.hear(replace(SENDING, retries=3, **progress))

    assert (
        "in flight 15 of 16   8.1 a second   p50 1.4 s   3 retried   $0.04   about 4.3 s left"
        == live.region(WIDE, now=103.1)[2]
    )


def test_a_log_is_told_a_wait_once():
    """When it begins, and again only after it was over."""
    live = half_way()
    said = []
    for holds in ((COOLING,), (COOLING,), (DOWN, PACED), (), (COOLING,)):
        live.hear(replace(SENDING, holds=holds))
        said.append(live.news())

    assert said == snapshot(
        [
            ["throttled 3.0 s by openai/judge-small, at most 12 in flight"],
            [],
            [
                "lane openai/b is down: no connection to 127.0.0.1:8191: connection refused; next probe in 28 s",
                "openai/b keeps its rate, next call in 3.0 s",
            ],
            [],
            ["throttled 3.0 s by openai/judge-small, at most 12 in flight"],
        ]
    )


def test_a_locked_file_is_told_once_it_takes_long():
    """A write like others is not worth a word; a log is told once a wait."""
    live, said = half_way(), []
    for at, took in (("cache", 1.0), ("cache", 2.4), ("cache", 9.0), (None, 0.0), ("history", 3.0)):
        live.hear(replace(SENDING, writing=at, writing_s=took))
        said.append(live.news())

    assert [
        [],
        ["cache: not written for 2.4 s, locked by another program?"],
        [],
        [],
        ["history: not written for 3.0 s, locked by another program?"],
    ] == said
    assert "history: not written for 3.0 s, locked by another program?" == live.region(WIDE, now=103.1)[2]
