"""`ippon run` against a scripted endpoint, over real sockets: what is asked, what is kept, how it ends."""

from __future__ import annotations

import json
import socket

import msgspec
import pytest

from bench.endpoint import serving
from bench.script import Script
from tests.door import coaching, ippon


@pytest.fixture
def suite(tmp_path):
    """The path of a coaching suite."""
    return coaching(tmp_path)


def at(endpoint) -> list[str]:
    """The flags that lead to an endpoint."""
    return ["--base-url", endpoint.base_url]


def test_tiers_ask_7_21_and_294_and_going_up_reuses_everything(suite, capsys):
    """Counts equal to the server's; planned is the sum of what became of it."""
    with serving(Script()) as endpoint:
        sent = 0
        for tier, planned in (("quick", 7), ("medium", 21), ("full", 294)):
            said = ippon(capsys, "run", suite, "-t", tier, "--json", *at(endpoint))
            run = said.object

            counts = run["evaluations"]
            assert (0, planned, 294) == (said.code, counts["planned"], counts["total"])
            assert planned == sum(counts[name] for name in ("cached", "answered", "failed", "missing", "skipped"))
            assert planned - sent == counts["answered"] == run["calls_sent"]
            sent += run["calls_sent"]
            assert sent == endpoint.stats().requests == endpoint.stats().distinct


def test_a_second_run_asks_nothing(suite, capsys):
    """Everything is cached, down to the reasons."""
    with serving(Script()) as endpoint:
        first = ippon(capsys, "run", suite, "-t", "full", "--json", *at(endpoint)).object
        second = ippon(capsys, "run", suite, "-t", "full", "--json", *at(endpoint)).object

        assert 294 == endpoint.stats().requests
    assert (294, 0, 1.0) == (second["evaluations"]["cached"], second["calls_sent"], second["cache"]["hit_rate"])
    kept = ("example", "evaluator", "response", "repeat", "score", "label", "reason", "text")
    assert [[r[k] for k in kept] for r in first["results"]] == [[r[k] for k in kept] for r in second["results"]]
    assert {"cached"} == {r["status"] for r in second["results"]}


def test_a_smaller_tier_after_a_larger_one_asks_nothing(suite, capsys):
    """And compares with the last run, of which it knows a part."""
    with serving(Script()) as endpoint:
        ippon(capsys, "run", suite, "-t", "full", *at(endpoint))
        said = ippon(capsys, "run", suite, *at(endpoint))

        assert 294 == endpoint.stats().requests
    assert "7 unchanged" in said.out


def test_refresh_asks_again_and_no_cache_remembers_nothing(suite, capsys):
    """The first writes what the next run finds; the second neither reads nor writes."""
    with serving(Script()) as endpoint:
        for words, requests in (
            (["--no-cache"], 7),
            (["--refresh"], 14),
            ([], 14),
            (["--refresh"], 21),
            (["--no-cache"], 28),
        ):
            assert 0 == ippon(capsys, "run", suite, *words, *at(endpoint)).code
            assert requests == endpoint.stats().requests


def test_an_equal_response_of_the_target_is_not_judged_again(tmp_path, capsys):
    """The target is asked anew (another version of it), says the same, and no judge is paid."""
    target = '[target]\nkind = "model"\nmodel = "vllm/bot"\nprompt = "{}{{{{ input }}}}"'
    with serving(
        Script(), answer=lambda body: "the same" if body["model"] == "bot" else {"reason": "r", "label": "good"}
    ) as endpoint:
        own = f'[providers.ours]\nbase_url = "{endpoint.base_url}"\n'
        for prompt, requests in (("", 84), ("please: ", 126)):
            path = coaching(tmp_path, target=target.format(prompt).replace("vllm/bot", "ours/bot"), more=own)
            run = ippon(capsys, "run", path, "-t", "full", "--json", *at(endpoint))
            assert 0 == run.code, run.err
            del requests
        stats = endpoint.stats()
    assert 294 == run.object["evaluations"]["planned"]
    assert run.object["evaluations"]["answered"] + run.object["evaluations"]["cached"] == 294
    assert 2 * 42 + 42 * 7 == stats.requests


def test_one_failing_evaluation_does_not_end_the_others(suite, capsys):
    """A judge that babbles about one example: asked once more, then failed; it is not asked a third time."""

    def answer(body):
        return (
            "I would rather not say"
            if "question 5\\" in json.dumps(body["messages"][1])
            else {"reason": "r", "label": "good"}
        )

    with serving(Script(), answer=answer) as endpoint:
        run = ippon(capsys, "run", suite, "-t", "full", "--json", *at(endpoint)).object
        requests = endpoint.stats().requests
        again = ippon(capsys, "run", suite, "-t", "full", "--json", *at(endpoint)).object

        assert (287, 7, 3) == (run["evaluations"]["answered"], run["evaluations"]["failed"], run["exit_code"])
        assert 294 + 7 == requests == endpoint.stats().requests
        failed = [result for result in run["results"] if result["status"] == "failed"]
        assert {"unparsed"} == {result["error"]["class"] for result in failed}
        assert {2} == {result["tries"] for result in failed}
        assert (287, 7) == (again["evaluations"]["cached"], again["evaluations"]["failed"])
        retried = ippon(capsys, "run", suite, "-t", "full", "--retry-failed", "--json", *at(endpoint)).object
        assert (7, 14) == (retried["evaluations"]["failed"], retried["calls_sent"])


def test_retries_are_counted_and_nothing_is_lost(suite, capsys):
    """Five in a hundred refused, some broken, some cut off: every evaluation has its score, the server's count is ours."""
    script = Script(faults={"500": 0.05, "reset": 0.03, "503": 0.02}, retry_after="0.01", seed=3)
    with serving(script) as endpoint:
        run = ippon(capsys, "run", suite, "-t", "full", "--json", *at(endpoint)).object
        requests = endpoint.stats().requests

    assert 294 == run["evaluations"]["answered"]
    assert requests == run["calls_sent"]
    assert run["retries"] == run["calls_sent"] - 294 > 0


@pytest.mark.parametrize(
    ("fault", "code"),
    [("401", 4), ("quota", 4), ("402", 4), ("404", 3), ("html", 3), ("invalid_json", 3), ("empty_choices", 3)],
)
def test_trouble_of_the_endpoint_is_named_once_and_ends_the_lane(suite, capsys, fault, code):
    """Exit 4 for spend and authentication, 3 for the rest; what is missing is missing, not failed."""
    with serving(Script(faults={fault: 1.0})) as endpoint:
        said = ippon(capsys, "run", suite, "-t", "full", "-j", "4", *at(endpoint))

    assert code == said.code, said.out + said.err
    assert said.last.startswith("verdict: incomplete")
    assert 1 == said.err.count("lane vllm/scripted"), said.err
    assert f"(exit {code})" in said.last


def test_an_endpoint_that_is_not_there(suite, capsys):
    """Refused connections end the lane; nothing hangs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = ippon(capsys, "run", suite, "-t", "full", "--base-url", f"http://127.0.0.1:{port}/v1")

    assert 3 == said.code
    assert 1 == said.err.count("lane vllm/scripted")
    assert "missing 294" in said.out


def test_finished_results_are_kept_when_the_account_is_refused(suite, capsys):
    """After 100 answers the key is revoked; the next run asks for the rest only."""
    with serving(Script(faults={"401": 1.0}, faults_from=100)) as endpoint:
        said = ippon(capsys, "run", suite, "-t", "full", "-j", "1", "--json", *at(endpoint))
        answered = said.object["evaluations"]["answered"]
        assert (4, True) == (said.code, answered >= 99)
        endpoint.reset(Script())
        again = ippon(capsys, "run", suite, "-t", "full", "--json", *at(endpoint)).object

        assert 294 - answered == endpoint.stats().requests == again["evaluations"]["answered"]


def test_budgets_end_a_run_with_what_is_certain(suite, capsys):
    """So many calls, or so many seconds; the rest is missing."""
    with serving(Script(latency_s=0.02)) as endpoint:
        said = ippon(capsys, "run", suite, "-t", "full", "--max-calls", "50", "--json", *at(endpoint))
        assert (3, 50, 244) == (said.code, said.object["calls_sent"], said.object["evaluations"]["missing"])
        assert "50 calls" in said.object["stopped_because"]
        said = ippon(capsys, "run", suite, "-t", "full", "--max-s", "0.2", "-j", "1", "--json", *at(endpoint))
        assert 3 == said.code
        assert "0.2 s" in said.object["stopped_because"]


def test_gates_pass_fail_and_are_not_tested(tmp_path, capsys):
    """Exit 1 where the whole suite lies below; quick tests none and names the tier that does."""
    path = coaching(tmp_path, gates='[[gates]]\nevaluator = "*"\nmin_score = 0.5\n')
    with serving(
        Script(), answer=lambda body: {"reason": "r", "label": "poor" if "shows tone" in json.dumps(body) else "good"}
    ) as endpoint:
        quick = ippon(capsys, "run", path, "--json", *at(endpoint)).object
        assert ("none", {"not_tested"}) == (quick["verdict"], {gate["verdict"] for gate in quick["gates"]})
        said = ippon(capsys, "run", path, "-t", "full", "--json", *at(endpoint))

    assert (1, "fail") == (said.code, said.object["verdict"])
    assert {"tone >= 0.50": "fail"} == {g["gate"]: g["verdict"] for g in said.object["gates"] if g["verdict"] != "pass"}


def test_pairs_are_evaluated_where_there_is_no_target(tmp_path, capsys):
    """Both responses of every pair; the separation is what gates."""
    path = coaching(tmp_path, target="", gates='[[gates]]\nevaluator = "*"\nmin_separation = 0.3\n')
    (tmp_path / "examples.jsonl").write_text((tmp_path / "examples.jsonl").read_text().replace('"response"', '"other"'))
    with serving(
        Script(),
        answer=lambda body: {"reason": "r", "label": "good" if "good " in json.dumps(body["messages"][-1]) else "poor"},
    ) as endpoint:
        said = ippon(capsys, "run", path, "-t", "full", "--json", *at(endpoint))

    run = said.object
    assert 588 == run["evaluations"]["planned"]
    assert {"good", "poor"} == {r["response"] for r in run["results"]}
    assert {"pass"} == {gate["verdict"] for gate in run["gates"]}
    assert {1.0} == {e["separation"] for e in run["evaluators"].values()}
    assert {None} == {e["score"] for e in run["evaluators"].values()}


def test_outputs_are_written(suite, tmp_path, capsys):
    """JSON, JSONL and CSV beside the screen."""
    files = [str(tmp_path / f"out.{ending}") for ending in ("json", "jsonl", "csv")]
    with serving(Script()) as endpoint:
        said = ippon(capsys, "run", suite, *at(endpoint), *(word for file in files for word in ("-o", file)))

    assert 0 == said.code
    assert "ippon.run/1" == msgspec.json.decode((tmp_path / "out.json").read_bytes())["schema"]
    assert 7 == len((tmp_path / "out.jsonl").read_text().splitlines())
    assert 8 == len((tmp_path / "out.csv").read_text().splitlines())


def test_a_run_can_be_resumed_without_a_cache(suite, capsys):
    """What the interrupted run scored is taken from the history."""
    with serving(Script()) as endpoint:
        first = ippon(
            capsys, "run", suite, "-t", "full", "--no-cache", "--max-calls", "40", "--json", *at(endpoint)
        ).object
        again = ippon(capsys, "run", suite, "--no-cache", "--resume", first["run_id"], "--json", *at(endpoint)).object

        assert 294 == endpoint.stats().requests
    assert ("full", 40, 254) == (again["tier"], again["evaluations"]["cached"], again["evaluations"]["answered"])
    assert 2 == ippon(capsys, "run", suite, "--resume", "nosuch").code


def test_runs_are_listed_and_shown(suite, capsys):
    """Newest first; one of them whole."""
    with serving(Script()) as endpoint:
        ids = [ippon(capsys, "run", suite, "--json", *at(endpoint)).object["run_id"] for _ in range(2)]
    listed = ippon(capsys, "runs", "ls", suite, "--json")

    assert 0 == listed.code, listed.err
    assert ids[::-1] == [run["run_id"] for run in listed.object["runs"]]
    shown = ippon(capsys, "runs", "show", ids[0], suite)
    assert 0 == shown.code, shown.err


def test_an_inconclusive_tier_may_promote(tmp_path, capsys):
    """Quick goes on to medium and full until the gate is settled."""
    path = coaching(
        tmp_path,
        gates='[[gates]]\nevaluator = "*"\nmin_score = 0.5\n',
        more='[tiers.medium]\nper_evaluator = 3\non_inconclusive = "promote"\n',
    )
    with serving(Script(), answer=lambda _body: {"reason": "r", "label": "good"}) as endpoint:
        run = ippon(capsys, "run", path, "-t", "medium", "--json", *at(endpoint)).object

    assert ("full", "pass", 273) == (run["tier"], run["verdict"], run["evaluations"]["answered"])


def test_repeats_are_asked_apart(suite, capsys):
    """Three samples of each, none of them the cache's copy of another."""
    with serving(Script()) as endpoint:
        run = ippon(capsys, "run", suite, "--repeats", "3", "--json", *at(endpoint)).object

        assert 21 == endpoint.stats().requests == run["evaluations"]["answered"]
