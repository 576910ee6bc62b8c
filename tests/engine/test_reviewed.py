"""What a review found once, through the door: wrong reuse, budgets that leak, runs that go on as another."""

from __future__ import annotations

import functools
import gc
import os

import pytest

import ippon as library
from bench.endpoint import serving
from bench.script import Script
from tests.door import coaching, ippon

GOOD = {"reason": "r", "label": "good"}


def test_renamed_fields_are_another_request(tmp_path, capsys):
    """A target bound by `input` is asked again when `input` is another column."""
    suite = 'ippon = 1\nname = "f"\n[fields]\ninput = "{}"\n[target]\nkind = "python"\nfunction = "bot:echo"\n'
    suite += '[[evaluators]]\nname = "e"\nkind = "length"\nmin = 1\n[[examples]]\nid = "a"\np = "PPP"\nq = "QQQ"\n'
    (tmp_path / "bot.py").write_text("def echo(input):\n    return input\n")
    found = []
    for name in ("p", "q"):
        (tmp_path / "ippon.toml").write_text(suite.format(name))
        found.append(
            ippon(capsys, "run", str(tmp_path / "ippon.toml"), "--trust", "--json").object["results"][0]["text"]
        )

    assert ["PPP", "QQQ"] == found


def test_a_target_that_may_be_anything_is_called_every_time():
    """Two partials of one function are two systems."""

    def base(word, input):
        return word + input

    found = [
        library.Suite(
            name="p",
            examples=[{"id": "a", "input": "q"}],
            evaluators=[lambda response: True],
            target=functools.partial(base, word),
        )
        .run()
        .results[0]
        .text
        for word in ("one ", "two ")
    ]

    assert ["one q", "two q"] == found


def test_a_resumed_run_is_asked_what_it_was(tmp_path, capsys):
    """Target, seed, filters and repeats; `latest` is this suite's; another suite's run is refused."""
    path = coaching(tmp_path, more='[targets.v2]\nkind = "recorded"\nfield = "good"\n')
    with serving(Script()) as endpoint:
        at = ["--base-url", endpoint.base_url]
        words = ["-t", "medium", "--target", "v2", "--seed", "7", "-e", "t*", "--repeats", "2", "--max-calls", "3"]
        first = ippon(capsys, "run", path, *words, "--json", *at).object
        again = ippon(capsys, "run", path, "--resume", "latest", "--json", *at).object
        assert ("v2", "medium", 12) == (again["target"], again["tier"], again["evaluations"]["planned"])
        assert {"tone", "trust"} == {result["evaluator"] for result in again["results"]}
        assert 12 == endpoint.stats().requests == first["calls_sent"] + again["calls_sent"]
        other = tmp_path / "other.toml"
        other.write_text((tmp_path / "ippon.toml").read_text().replace('name = "coach"', 'name = "other"'))
        for run in ("latest", first["run_id"]):
            assert 2 == ippon(capsys, "run", str(other), "--resume", run, *at).code


def test_money_budgets_want_a_price_and_call_budgets_hold(tmp_path, capsys):
    """An unknown price is refused; twenty calls are twenty, however many come due at once."""
    path = coaching(tmp_path, more='[providers.ours]\nbase_url = "{}"\n')
    with serving(Script(faults={"500": 0.9})) as endpoint:
        (tmp_path / "ippon.toml").write_text((tmp_path / "ippon.toml").read_text().format(endpoint.base_url))
        refused = ippon(capsys, "run", path, "--judge", "ours/m", "--max-usd", "1")
        assert (2, True, 0) == (refused.code, "knows the price" in refused.err, endpoint.stats().requests)
        ran = ippon(
            capsys, "run", path, "-t", "full", "--max-calls", "20", "--json", "--base-url", endpoint.base_url
        ).object
        assert 20 == ran["calls_sent"] == endpoint.stats().requests


def test_promotion_shares_one_budget_and_adds_up(tmp_path, capsys):
    """Calls of both tiers are told, and the budget is one."""
    gates = '[[gates]]\nevaluator = "*"\nmin_score = 0.5\n'
    path = coaching(tmp_path, gates=gates, more='[tiers.medium]\nper_evaluator = 3\non_inconclusive = "promote"\n')
    for budget, calls in (([], 294), (["--max-calls", "100", "--max-usd", "9", "--max-s", "60", "--refresh"], 100)):
        with serving(Script(), answer=lambda _body: GOOD) as endpoint:
            run = ippon(capsys, "run", path, "-t", "medium", "--json", "--base-url", endpoint.base_url, *budget).object
            assert ("full", calls, calls) == (run["tier"], run["calls_sent"], endpoint.stats().requests)


def test_a_promotion_too_dear_keeps_what_was_found(tmp_path, capsys):
    """The tier below was paid for; a warning says why it was not promoted."""
    gates = '[[gates]]\nevaluator = "*"\nmin_score = 0.5\n'
    path = coaching(tmp_path, gates=gates, more='[tiers.medium]\nper_evaluator = 3\non_inconclusive = "promote"\n')
    config = tmp_path / "ippon.toml"
    config.write_text(
        config.read_text().replace('"vllm/scripted"', '"vllm/scripted"\nprice = { input = 100, output = 100 }')
    )
    with serving(Script(), answer=lambda _body: GOOD) as endpoint:
        run = ippon(capsys, "run", path, "-t", "medium", "--json", "--base-url", endpoint.base_url).object
        assert ("medium", 21, 3) == (run["tier"], endpoint.stats().requests, run["exit_code"])
    assert "not promoted to full" in run["warnings"][0]


def test_a_shared_response_is_counted_once(tmp_path, capsys):
    """Seconds and dollars of the target are not multiplied by the evaluators."""
    path = coaching(tmp_path, target='[target]\nkind = "model"\nmodel = "ours/bot"', n=2)
    config = tmp_path / "ippon.toml"
    with serving(Script(latency_s=0.2), answer=lambda body: "hi" if body["model"] == "bot" else GOOD) as endpoint:
        config.write_text(
            config.read_text().replace("[judge]", f'[providers.ours]\nbase_url = "{endpoint.base_url}"\n[judge]')
        )
        words = ["run", path, "-t", "full", "--judge", "ours/judge", "--json"]
        first = ippon(capsys, *words).object
        assert 2 + 14 == first["calls_sent"]
        latencies = sorted(result["latency_s"] for result in first["results"])
        assert 2 == sum(each > 0.35 for each in latencies), latencies
        warm = ippon(capsys, *words).object
    assert 16 * 0.2 <= warm["saved_s"] < 16 * 0.2 + 1.5
    assert 14 == warm["evaluations"]["cached"]


def test_base_url_moves_the_judges_provider_only(tmp_path, capsys, monkeypatch):
    """A judge of another provider keeps its address and wants its own key."""
    path = coaching(tmp_path)
    config = tmp_path / "ippon.toml"
    config.write_text(
        config.read_text().replace(
            'rubric = "The reply shows tone."', 'rubric = "The reply shows tone."\nmodel = "groq/m"'
        )
    )
    said = ippon(capsys, "run", path, "--base-url", "http://127.0.0.1:9/v1")

    assert (2, True) == (said.code, "GROQ_API_KEY is not set; lane groq/m needs it (tone)" in said.err)


def test_python_says_no_to_what_flags_say_no_to():
    """Values out of bounds, contradictions, embedded models that are none."""
    suite = library.Suite(examples=[{"id": "a", "response": "x", "reference": "x"}], evaluators=[lambda response: True])
    for wrong in (
        {"max_in_flight": 0}, {"repeats": -1}, {"seed": -1}, {"max_s": float("nan")}, {"max_usd": -1.0}, {"max_calls": -1},
        {"no_cache": True, "refresh": True}, {"no_cache": True, "cache": "x"},
    ):  # fmt: skip
        with pytest.raises(library.UsageError):
            suite.run(**wrong)


def test_embedded_models_that_are_none(tmp_path, capsys):
    """Named with the one there is."""
    said = ippon(capsys, "run", coaching(tmp_path), "--judge", "local/foo")

    assert (2, True) == (said.code, "local/smollm2-135m" in said.err)


def test_runs_from_python_leave_no_file_open():
    """Ten runs, and as many descriptors as before."""
    suite = library.Suite(name="fd", examples=[{"id": "a", "response": "x"}], evaluators=[lambda response: True])
    suite.run()
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(10):
        suite.run(refresh=True)

    assert before >= len(os.listdir("/proc/self/fd"))


def test_a_writer_that_breaks_stops_the_asking(tmp_path, capsys, monkeypatch):
    """A score that no file can hold: told, nothing more is paid, everything is closed."""
    path = coaching(tmp_path)
    store = tmp_path / "history.sqlite"
    with serving(Script(latency_s=0.05)) as endpoint:
        at = ["--base-url", endpoint.base_url, "--store", str(store)]
        assert 0 == ippon(capsys, "run", path, *at).code
        import sqlite3

        with sqlite3.connect(store) as db:
            db.execute("DROP TABLE results")
        db.close()
        said = ippon(capsys, "run", path, "-t", "full", "-j", "4", *at)
        assert (2, True) == (said.code, endpoint.stats().requests < 200), said.err
    assert "no such table: results" in said.err


def test_an_address_with_a_password_is_refused(tmp_path, capsys):
    """It would be shown and kept; the key has a place of its own."""
    path = coaching(tmp_path)
    for address in ("http://user:word@127.0.0.1:9/v1", "http://127.0.0.1:9/v1?api_key=word"):
        said = ippon(capsys, "run", path, "--base-url", address)
        assert (2, True, False) == (said.code, "IPPON_API_KEY" in said.err, "word@" in said.err)


def test_a_cascade_is_planned_with_the_calls_of_both_its_parts(tmp_path, capsys):
    """Two judges in turn: two calls at most."""
    (tmp_path / "ippon.toml").write_text(
        'ippon = 1\nname = "c"\n[judge]\nmodel = "vllm/m"\n[[evaluators]]\nname = "both"\nkind = "cascade"\n'
        'cheap = { kind = "judge", rubric = "It is right." }\nsure = { kind = "judge", rubric = "It is really right." }\n'
        '[[examples]]\nid = "a"\ninput = "i"\nresponse = "x"\n'
    )

    assert 2 == ippon(capsys, "plan", str(tmp_path / "ippon.toml"), "--json").object["calls"]
