"""A run while it goes on, as SCREENS 2 and 13 draw it."""

from __future__ import annotations

from inline_snapshot import snapshot
from msgspec.structs import replace

from ippon.records.event import LaneStopped, Progress, ResultKept, RunStarted
from ippon.report.live import Live, judge_line, plain_plan_line, plan_line, stop_lines
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
    assert [plan_line(STARTED), plain_plan_line(STARTED)] == snapshot(
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
