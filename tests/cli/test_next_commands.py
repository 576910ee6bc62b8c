"""The commands that a screen ends in, typed as they stand: they do what the screen says."""

from __future__ import annotations

import shlex
import socket

import pytest

from bench.endpoint import serving
from bench.script import Script
from tests.door import coaching, ippon

GATE = '\n[[gates]]\nevaluator = "*"\nmin_score = 0.1\n'


@pytest.fixture
def suite(tmp_path):
    """The path of a coaching suite with gates."""
    return coaching(tmp_path, gates=GATE)


def typed(said):
    """The commands of the `next` block of a screen, in order."""
    lines = said.out.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("next "))
    words = "      ".join(line[9:] for line in lines[first:] if line.startswith(("next ", "then ", "         ")))
    return [each.strip().removeprefix("then   ") for each in words.split("      ") if "ippon " in each]


def again(capsys, command):
    """What a command of a screen says when it is typed."""
    name, *words = shlex.split(command)
    assert name == "ippon"
    return ippon(capsys, *words)


def test_after_a_budget_the_rest_is_asked_without_it(suite, tmp_path, capsys):
    """No check-up comes first, and the cache and the history are the ones that were named."""
    with serving(Script()) as endpoint:
        places = ["--cache", str(tmp_path / "c.sqlite"), "--store", str(tmp_path / "h.sqlite")]
        words = ["run", suite, "-t", "full", "-e", "empathy", "--base-url", endpoint.base_url, *places]
        first = ippon(capsys, *words, "--max-calls", "5")
        [command] = typed(first)
        second = again(capsys, command)

        assert (3, 0, True) == (first.code, second.code, "doctor" not in first.out)
        assert "--max-calls" not in command
        assert "cached 5 + answered 37 + not needed 252 = 294" in second.out
        assert 42 == endpoint.stats().requests


def test_without_a_cache_the_next_tier_is_asked_without_one(suite, capsys):
    """A flag that shapes a run is not lost on the way to the next."""
    with serving(Script()) as endpoint:
        first = ippon(capsys, "run", suite, "--no-cache", "--base-url", endpoint.base_url)
        look, go_on = typed(first)

        assert "sends 21 more" in first.out
        assert ("ippon try ", True) == (look[:10], "--no-cache" in look)
        assert "answered 21" in again(capsys, go_on).out


def test_what_was_refreshed_is_not_asked_a_third_time(suite, capsys):
    """The next tier sends what it says."""
    with serving(Script()) as endpoint:
        ippon(capsys, "run", suite, "--base-url", endpoint.base_url)
        first = ippon(capsys, "run", suite, "--refresh", "--base-url", endpoint.base_url)
        command = typed(first)[-1]

        assert ("sends 14 more" in first.out, "--refresh" in command) == (True, False)
        assert "cached 7 + answered 14" in again(capsys, command).out


def test_a_resumed_run_leads_on_with_what_it_was_asked(suite, capsys):
    """The history knows the evaluators; the command names them."""
    with serving(Script()) as endpoint:
        words = ["run", suite, "-t", "medium", "-e", "empathy", "--base-url", endpoint.base_url]
        first = ippon(capsys, *words, "--max-calls", "1")
        second = again(capsys, typed(first)[0])
        third = again(capsys, second.out.partition("ask again: ")[2].partition("\n")[0] or typed(second)[-1])

        assert ("answered 2" in second.out, third.code in {0, 1}) == (True, True)


def test_a_plan_leads_to_the_run_that_it_planned(suite, capsys):
    """`--refresh` included, or the plan would be of another run."""
    with serving(Script()) as endpoint:
        words = [suite, "--base-url", endpoint.base_url, "-e", "empathy"]
        ippon(capsys, "run", *words)
        plan = ippon(capsys, "plan", *words, "--refresh", "--max-calls", "3")
        [command] = typed(plan)

        assert command.endswith("--max-calls 3 --refresh")
        assert "answered 1" in again(capsys, command).out


def test_a_plan_knows_how_long_calls_took_before_the_last_run(suite, capsys):
    """A run that asked nothing measured nothing; another judge is another matter."""
    with serving(Script(latency_s=0.05)) as endpoint:
        words = [suite, "--base-url", endpoint.base_url]
        before = ippon(capsys, "plan", *words).out
        for _ in range(2):
            ippon(capsys, "run", *words)
        after = ippon(capsys, "plan", *words, "-t", "medium").out
        other = ippon(capsys, "plan", suite, "--judge", "ollama/other").out

    assert [text.splitlines()[4].split()[5] for text in (before, after, other)][::2] == ["unknown", "unknown"]
    assert "unknown" not in after


def test_a_plan_says_first_which_key_is_missing(suite, capsys, monkeypatch):
    """A run would be refused; the plan is there all the same."""
    plan = ippon(capsys, "plan", suite, "--judge", "openai/gpt-5-mini")

    assert (0, True) == (plan.code, "missing  OPENAI_API_KEY is not set; lane openai/gpt-5-mini needs it" in plan.out)
    assert "next     export OPENAI_API_KEY=..." in plan.out
    assert f"then     ippon run {suite} --judge openai/gpt-5-mini" in plan.out
    monkeypatch.setenv("OPENAI_API_KEY", "sk-something-long")
    assert "missing" not in ippon(capsys, "plan", suite, "--judge", "openai/gpt-5-mini").out


def test_plan_and_run_say_alike_how_examples_are_chosen(tmp_path, capsys):
    """With pairs and without."""
    judged = coaching(tmp_path)
    plain = tmp_path / "plain.toml"
    text = (tmp_path / "ippon.toml").read_text()
    plain.write_text(text.partition("[contrast]")[0] + "[judge]" + text.partition("[judge]")[2])
    with serving(Script()) as endpoint:
        for path, words in (
            (judged, "the example that separates good from poor most, per evaluator"),
            (str(plain), "at random, per evaluator, seed 0"),
        ):
            at = [path, "--base-url", endpoint.base_url]
            assert f"order    {words}\n" in ippon(capsys, "plan", *at).out
            assert f"chosen: {words}\n" in ippon(capsys, "run", *at).out
            medium = ippon(capsys, "plan", *at, "-t", "medium").out
            assert "seed 0\n" in medium.partition("order ")[2]


def test_a_closed_port_is_said_to_refuse(suite, capsys):
    """In words, with its host and port, and then the check-up that looks there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    said = ippon(capsys, "run", suite, "--base-url", f"http://127.0.0.1:{port}/v1")

    assert f"no connection to 127.0.0.1:{port}: connection refused" in " ".join(said.out.split())
    assert "Errno" not in said.out + said.err
    assert "call failed" not in said.out + said.err
    assert [command.split()[1] for command in typed(said)] == ["doctor", "run"]
    assert again(capsys, typed(said)[0]).code == 2


def test_an_endpoint_that_wants_a_key_is_told_from_one_that_refuses_it(suite, capsys, monkeypatch):
    """Without IPPON_API_KEY nothing was sent, and the message says which to set."""
    with serving(Script(api_key="right")) as endpoint:
        bare = ippon(capsys, "run", suite, "--base-url", endpoint.base_url)
        monkeypatch.setenv("IPPON_API_KEY", "wrong-one-here")
        wrong = ippon(capsys, "run", suite, "--base-url", endpoint.base_url)

    assert (4, True) == (bare.code, "which had no key (export IPPON_API_KEY=..." in bare.err)
    assert (4, True) == (wrong.code, "refused the key in IPPON_API_KEY" in wrong.err)
    assert "hint: set the right key; then" in bare.err


def test_the_reasons_of_a_check_are_not_called_a_judges(tmp_path, capsys):
    """A length has no words of its own."""
    path = coaching(tmp_path, more='[[evaluators]]\nname = "short"\nkind = "length"\nmax = 1\nunit = "words"\n')
    with serving(Script()) as endpoint:
        at = ["run", path, "-t", "full", "--base-url", endpoint.base_url, "-v"]
        judged = ippon(capsys, *at, "-e", "empathy").out
        mixed = ippon(capsys, *at, "-e", "empathy", "-e", "short").out

    assert ("reason (the judge's words)" in judged, "the judge's words" in mixed) == (True, False)


def test_v_shows_every_evaluation_and_q_none(suite, capsys):
    """One line each: example, evaluator, response, status, score, was, reason."""
    with serving(Script()) as endpoint:
        at = ["run", suite, "-t", "full", "--base-url", endpoint.base_url]
        folded = ippon(capsys, *at).out
        every = ippon(capsys, *at, "-v").out
    rows = [line.split() for line in every.splitlines() if " target " in line]

    assert (0, 294) == (folded.count(" target "), len(rows))
    assert {(row[2], row[3], row[4] == row[5]) for row in rows} == {("target", "cached", True)}
    assert [row[0] for row in rows] == sorted((row[0] for row in rows), key=[row[0] for row in rows].index)


def test_help_on_a_narrow_screen(suite, capsys, monkeypatch):
    """Of the whole, of a verb, of a group."""
    monkeypatch.setenv("COLUMNS", "40")
    pages = [ippon(capsys, *words, "--help").out for words in ([], ["try"], ["runs"])]

    assert [line for page in pages for line in page.splitlines() if len(line) > 40] == [
        "  ippon run -e tone --where category=refund -j 32 --json"
    ]
