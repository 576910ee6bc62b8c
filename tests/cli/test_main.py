"""The command line from end to end, in a folder of its own: words to an exit code and a screen."""

from __future__ import annotations

import csv
import os
import pty
import re
import subprocess
import sys
import termios
import time

import msgspec
import pytest
from inline_snapshot import snapshot

from bench.endpoint import serving
from bench.script import Script
from ippon.cli.main import guarded, main

SUITE = """\
ippon = 1
examples = "examples.jsonl"

[target]
kind = "recorded"

[[evaluators]]
name = "exact"
kind = "exact"

[[evaluators]]
name = "short"
kind = "length"
max = 5

[[gates]]
evaluator = "*"
min_score = 0.7
"""
EXAMPLES = """\
{"id": "a", "input": "2+2", "reference": "4", "response": "4"}
{"id": "b", "input": "3+3", "reference": "6", "response": "7"}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A suite, and an environment of its own."""
    monkeypatch.chdir(tmp_path)
    for name in [*os.environ]:
        if (
            name.startswith("IPPON_")
            or name in {"CI", "GITHUB_ACTIONS", "COLUMNS", "NO_COLOR"}
            or name.endswith("_API_KEY")
        ):
            monkeypatch.delenv(name)
    for name in ("CACHE", "STATE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / f".{name}"))
    (tmp_path / "ippon.toml").write_text(SUITE)
    (tmp_path / "examples.jsonl").write_text(EXAMPLES)
    return tmp_path


@pytest.fixture
def ippon(capfd):
    """Runs a command: (exit code, standard output, standard error), run ids and durations made equal."""

    def run(*words):
        code = main(list(words))
        out, err = capfd.readouterr()
        return code, steady(out), steady(err)

    return run


def steady(text):
    """The text without what differs from run to run."""
    text = re.sub(r"run [0-9a-z]{6}\b", "run RUNID1", text)
    text = re.sub(r"show [0-9a-z]{6}\b", "show RUNID1", text)
    text = re.sub(r"\d\d:\d\d:\d\d", "14:02:01", text)
    return re.sub(r"<?\d+\.\d+ s\b|\b\d+ s\b", "0.06 s", text)


def test_a_run_and_the_same_again(ippon):
    """Asked once, known afterwards."""
    assert ippon("run") == snapshot(
        (
            1,
            """\
evaluator      score  95% interval    n of 2  gate      verdict
short           1.00  1.00 .. 1.00         2  >= 0.70   pass
exact           0.50  0.50 .. 0.50         2  >= 0.70   fail   short by 0.20
  example  score  reason
  b         0.00  differs from the reference
cached 0 + answered 4 + not needed 0 = 4      0 failed, 0 missing
0.06 s, $0.00
stopped because all of tier quick was asked
next     ippon runs show RUNID1 --example b      ippon try b exact
verdict: fail  exact 0.50 < 0.70, run RUNID1 (exit 1)
""",
            "14:02:01 quick run RUNID1: at most 4, 0 cached, 4 to ask\n",
        )
    )
    assert ippon("run")[1] == snapshot("""\
evaluator      score  95% interval    n of 2  gate      verdict
short           1.00  1.00 .. 1.00         2  >= 0.70   pass
exact           0.50  0.50 .. 0.50         2  >= 0.70   fail   short by 0.20
  since run RUNID1: 0.00 on 2 shared examples
  example  score  was  reason
  b         0.00  0.00  differs from the reference     (cached)
cached 4 + answered 0 + not needed 0 = 4      0.06 s, $0.00
no new evidence: the same answers as run RUNID1, 0.06 s ago      ask again: ippon run --refresh
verdict: fail  exact 0.50 < 0.70, run RUNID1 (exit 1)
""")


def test_json_is_the_one_object_on_standard_output(ippon):
    """Whatever the exit code is."""
    code, out, _ = ippon("run", "--json")
    found = msgspec.json.decode(out)

    assert (code, found["schema"], found["exit_code"], found["evaluations"]["planned"], out.count("\n")) == (
        1,
        "ippon.run/1",
        1,
        4,
        1,
    )


def test_errors_are_the_one_object_too(ippon):
    """CONTRACT 4: all found at once."""
    code, out, _ = ippon("run", "--json", "-j", "0", "--max-s", "x")
    found = msgspec.json.decode(out)

    assert (code, found["schema"], len(found["errors"])) == (2, "ippon.error/1", 2)


def test_results_go_to_files_as_well(ippon, folder):
    """JSON, JSON lines, CSV."""
    code, *_ = ippon("run", "-q", "-o", "a.json", "-o", "a.jsonl", "-o", str(folder / "a.csv"))

    assert code == 1
    assert msgspec.json.decode((folder / "a.json").read_bytes())["schema"] == "ippon.run/1"
    assert [len((folder / name).read_text().splitlines()) for name in ("a.jsonl", "a.csv")] == [4, 5]
    assert next(csv.DictReader((folder / "a.csv").read_text().splitlines()))["evaluator"] in {"exact", "short"}


def test_a_file_that_cannot_be_written_is_named_after_the_verdict(ippon, folder):
    """The run is shown; a pass is no pass then. What only the system knows is known late."""
    name = "x" * 251 + ".csv"  # a name of its own is too long for the draft beside it
    code, out, err = ippon("run", "-e", "short", "-o", name)

    assert (code, out.splitlines()[-1][:8]) == (2, "verdict:")
    assert f"error: --output {name} cannot be written: File name too long" in " ".join(err.split())
    assert "hint: the run is kept: ippon runs show RUNID1" == err.splitlines()[-1]
    assert [] == [*folder.glob("*.part")]


def test_a_folder_is_no_output(ippon, folder):
    """Known before anything is asked."""
    (folder / "full.json").mkdir()

    assert ippon("run", "-o", "full.json")[::2] == (
        2,
        "error: --output full.json is a folder\nhint: -o full.json/run.json\n",
    )


def test_a_folder_that_is_not_there_is_named_before_any_call(ippon):
    """Not after minutes of work."""
    assert ippon("run", "-o", "gone/a.json")[::2] == snapshot(
        (
            2,
            """\
error: --output gone/a.json: there is no folder gone
hint: make the folder first
""",
        )
    )


def test_q_is_one_line_and_nothing_beside_it(ippon):
    """For scripts."""
    assert ippon("run", "-q") == snapshot((1, "verdict: fail  exact 0.50 < 0.70, run RUNID1 (exit 1)\n", ""))


def test_a_failing_gate_is_annotated_in_ci(ippon, monkeypatch):
    """One line for each failing evaluator."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("CI", "true")

    assert ippon("run", "--no-color")[2].splitlines()[-1] == "::error title=ippon::exact 0.50 < 0.70 (n 2)"


@pytest.mark.parametrize(
    "words",
    [
        ["rnu"], ["compare", "a", "b"], ["run", "--teir", "full"], ["run", "-t"], ["run", "a", "b"], ["runs", "shwo"], ["try", "a"],
        ["--odd"], ["run", "-e", "-x"], ["run", "--baseline=main"], ["completion", "tcsh"], ["schema", "nothing"], ["run", "--json=1"],
    ],
)  # fmt: skip
def test_what_is_mistyped_is_named_with_what_is_near(ippon, words):
    """Exit 2, one sentence, what to type."""
    code, out, err = ippon(*words)

    assert (code, out) == (2, "")
    assert err == MISTYPED[" ".join(words)]


MISTYPED = snapshot(
    {
        "rnu": """\
error: unknown verb `rnu`; nearest: run
hint: ippon --help
""",
        "compare a b": """\
error: ippon compare is not built yet
hint: leave it out; the changelog says when it comes
""",
        "run --teir full": """\
error: unknown flag `--teir` of ippon run; nearest: --tier, --where, --trust
hint: ippon run --help
""",
        "run -t": """\
error: -t needs a value
hint: ippon run --help
""",
        "run a b": """\
error: got unexpected extra argument (b)
hint: ippon run --help
""",
        "runs shwo": """\
error: unknown verb `runs shwo`; nearest: show
hint: ippon --help
""",
        "try a": """\
error: ippon try needs EVALUATOR
hint: ippon try --help
""",
        "--odd": """\
error: unknown flag `--odd` of ippon
hint: ippon --help
""",
        "run --baseline=main": """\
error: --baseline is not built yet
hint: leave it out; the changelog says when it comes
""",
        "completion tcsh": """\
error: no completion for `tcsh`; there is: bash, zsh, fish
hint: eval "$(ippon completion bash)"
""",
        "schema nothing": """\
error: there is no schema `nothing`
hint: there are: suite, run, plan, error, runs, try, cache_stats, cache_why, cache_verify,
  cache_prune, cache_export, cache_import, cache_clear, doctor, trust, init
""",
        "run --json=1": """\
error: option '--json' does not take a value
hint: ippon run --help
""",
        "run -e -x": """\
error: --evaluator -x matches nothing
hint: nearest: exact, short
""",
    }
)


def test_help_teaches(ippon):
    """At most 30 lines of 100 columns; without a verb it is an error, and still teaches."""
    code, out, _ = ippon("--help")

    assert (code, len(out.splitlines()) <= 30, max(map(len, out.splitlines())) <= 100) == (0, True, True)
    assert (ippon(), ippon("help"), ippon("-h")) == ((2, "", out), (0, out, ""), (0, out, ""))


def test_a_verbs_help_shows_its_flags_in_groups(ippon):
    """What is not built is not shown."""
    assert ippon("run", "--help")[1] == snapshot("""\
Usage: ippon run [OPTIONS] [SUITE]

  Evaluate what a tier takes of the suite, decide, remember.

what is run:
  -t, --tier TIER       how much is run: quick, medium, full, or one of the
                        suite's own
  --target NAME         the system under test, a name of [targets]
  --judge MODEL         the model of all judges: PROVIDER/MODEL
  --base-url URL        another address for the judge's provider (its key:
                        IPPON_API_KEY)
  -e, --evaluator GLOB  only evaluators with such a name
  --example GLOB        only examples with such an id
  --where COLUMN=VALUE  only examples whose column holds that value, such as
                        category=empathy
  --seed N              what is drawn, and in which order
  --repeats N           how often each evaluation is asked
  --trust               let this suite run its own code, this time

limits:
  -j, --max-in-flight N  calls at once, 16 without it
  --max-s SECONDS        stop after so many seconds, with what is certain by
                         then
  --max-calls N          send so many calls at most
  --max-usd DOLLARS      spend so many US dollars at most
  --hedge                make slow calls twice, for 5% more calls at most; off
                         where gates are tested

cache and history:
  --cache PATH|URL  another cache: a path, sqlite:///PATH, redis://HOST/DB
  --no-cache        neither read nor write the cache
  --refresh         ask everything again, write the cache
  --retry-failed    ask again what failed and is remembered as failed
  --resume RUN      go on with a run: its id, or "latest"
  --store PATH      another history: a path

what is shown:
  -o, --output FILE  write the result there too: .json .jsonl .csv
  --json             one JSON object on standard output, nothing else
  -q, --quiet        the verdict line only
  -v, --verbose      every evaluation, nothing folded
  --debug            the trace of an error
  --no-color         no colour

other:
  -h, --help  this page

  Each flag has its twin in the environment: --max-usd is IPPON_MAX_USD.
""")
    assert ippon("runs", "--help")[1] == snapshot("""\
Usage: ippon runs [OPTIONS] [COMMAND] [ARGS]...

  Earlier runs: ls (what `ippon runs` does alone), show RUN.

Options:
  -h, --help  Show this message and exit.

Commands:
  ls    Earlier runs, the newest first.
  show  One run with its results; "latest" is the last.
""")
    assert ippon("runs", "show", "-h")[0] == 0


def test_the_version(ippon):
    """One line."""
    assert re.fullmatch(r"ippon \d+\.\d+\.\d+\n", ippon("--version")[1])


def test_completion_scripts(ippon):
    """For three shells."""
    assert [ippon("completion", shell)[0] for shell in ("bash", "zsh", "fish")] == [0, 0, 0]


def test_completion_of_words(ippon, monkeypatch):
    """What a shell is given: the verbs and flags that begin so."""
    monkeypatch.setenv("_IPPON_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "ippon run --max-")
    monkeypatch.setenv("COMP_CWORD", "2")

    assert ippon()[1].split() == ["plain,--max-in-flight", "plain,--max-s", "plain,--max-calls", "plain,--max-usd"]
    assert ippon("run")[0] == 0


def test_the_other_verbs(ippon):
    """Each ends with 0 and says something."""
    ippon("run", "-q")
    for words in (
        ["plan"], ["runs"], ["runs", "ls"], ["runs", "show", "latest"], ["runs", "show", "latest", "-e", "exact"], ["cache"], ["cache", "stats"],
        ["cache", "why", "a", "exact"], ["try", "a", "exact"], ["schema"], ["schema", "run"], ["trust"], ["doctor"],
    ):  # fmt: skip
        code, out, err = ippon(*words)
        assert (words, code, bool(out), err) == (words, 0, True, "")


def test_the_other_verbs_speak_json(ippon, folder):
    """One object each, and each names the suite that it is about."""
    (folder / "ippon.toml").write_text(f'name = "sums"\n{SUITE}')
    ippon("run", "-q")
    found = []
    for words in (
        ["plan"],
        ["try", "a", "exact"],
        ["runs", "ls"],
        ["runs", "show", "latest"],
        ["cache", "stats"],
        ["cache", "why", "a", "exact"],
        ["doctor"],
        ["trust"],
    ):
        code, out, _ = ippon(*words, "--json")
        told = msgspec.json.decode(out)
        found.append((code, told["schema"], told["suite"]))

    assert found == snapshot(
        [
            (0, "ippon.plan/1", "sums"),
            (0, "ippon.try/1", "sums"),
            (0, "ippon.runs/1", "sums"),
            (0, "ippon.run/1", "sums"),
            (0, "ippon.cache_stats/1", "sums"),
            (0, "ippon.cache_why/1", "sums"),
            (0, "ippon.doctor/1", "sums"),
            (0, "ippon.trust/1", "sums"),
        ]
    )


JUDGED = """
[judge]
model = "ollama/x"

[[evaluators]]
name = "kind"
rubric = "It is kind."
scale = "yes/no"
"""


@pytest.mark.parametrize(
    ("fault", "code", "ended", "said"),
    [
        ("401", 4, "authentication", "stopped for authentication, 3 of 6 missing"),
        ("quota", 4, "spend", "stopped for spend, 3 of 6 missing"),
        ("404", 3, "not_found", "3 of 6 missing"),
    ],
)
def test_what_is_missing_says_what_ended_its_lane(ippon, folder, fault, code, ended, said):
    """A refused key is told from an empty account, on the screen and in the object."""
    (folder / "ippon.toml").write_text(SUITE.partition("[[gates]]")[0] + JUDGED)
    (folder / "examples.jsonl").write_text(EXAMPLES + EXAMPLES.replace('"a"', '"c"').splitlines()[0] + "\n")
    with serving(Script(faults={fault: 1.0})) as endpoint:
        words = ["run", "-t", "full", "-e", "kind", "-e", "exact", "--base-url", endpoint.base_url, "-j", "1"]
        found, out, _ = ippon(*words, "--json")
        shown = ippon(*words)[1]
    run = msgspec.json.decode(out)
    missing = [each for each in run["results"] if each["status"] == "missing"]

    assert (code, {ended}) == (found, {each["error"]["class"] for each in missing})
    assert f"verdict: incomplete  {said}" in shown


def test_without_a_suite_none_is_named(ippon, folder):
    """`doctor` and `cache stats` work anywhere."""
    (folder / "ippon.toml").unlink()

    assert [None, None] == [
        msgspec.json.decode(ippon(*words, "--json")[1])["suite"] for words in (["doctor"], ["cache", "stats"])
    ]


def test_init_writes_a_suite_that_runs_at_once(ippon, folder, monkeypatch):
    """And never overwrites."""
    assert ippon("init") == snapshot(
        (
            2,
            "",
            """\
error: ippon.toml is here already, and init never overwrites
hint: ippon run   or, for a new one, in another folder: ippon init
error: examples.jsonl is here already, and init never overwrites
hint: ippon run   or, for a new one, in another folder: ippon init
""",
        )
    )
    (folder / "new").mkdir()
    monkeypatch.chdir(folder / "new")
    code, out, _ = ippon("init", "--model", "openai/gpt-5-mini")
    assert (code, out.splitlines()[0]) == (0, "wrote ippon.toml       3 evaluators")
    assert ippon("run", "-e", "s*", "-q")[0] == 0
    assert ippon("init")[0] == 2


def test_init_from_data(ippon, folder):
    """The data's own columns."""
    (folder / "ippon.toml").unlink()
    (folder / "qa.csv").write_text("qid,question,expected,output\n1,2+2,4,the answer is 4\n2,3+3,6,6\n")

    code, out, err = ippon("init", "--from", "qa.csv", "--model", "openai/gpt-5-mini", "--json")
    assert (code, err, msgspec.json.decode(out)["files"]) == (0, "", ["ippon.toml"])
    assert ippon("run", "-e", "says_the_fact", "-q")[0] == 0


@pytest.mark.parametrize("words", [["--model", "gpt"], ["--from", "../a.csv"], ["--from", "a.txt"]])
def test_init_refuses_what_it_cannot_use(ippon, folder, words):
    """Before anything is written."""
    (folder / "ippon.toml").unlink()

    assert (ippon("init", *words)[0], (folder / "ippon.toml").exists()) == (2, False)


def test_a_bug_is_said_to_be_one(folder, capfd):
    """Exit 3: nothing was decided. Its trace is in a file, or shown with --debug."""

    def told(*words):
        code = guarded(lambda: 1 // 0, words, os.environ, time.perf_counter())
        return code, *capfd.readouterr()

    code, out, err = told("run")
    assert (code, out) == (3, "")
    assert err.startswith("error: this is a bug in ippon, not in your suite: ZeroDivisionError")
    assert len([*(folder / ".STATE" / "ippon").glob("trace-*.txt")]) == 1
    assert "Traceback" in told("run", "--debug")[2]
    assert msgspec.json.decode(told("run", "--json")[1])["exit_code"] == 3


def test_a_mistake_with_debug_shows_where_it_was_found(ippon):
    """One sentence without, the trace with it."""
    assert "Traceback" in ippon("run", "-j", "0", "--debug")[2]
    assert "Traceback" not in ippon("run", "-j", "0")[2]


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt, 130), (BrokenPipeError, 0)])
def test_ctrl_c_and_readers_that_went_away_leave_no_trace(error, code, capfd):
    """130, and silence."""

    def work():
        raise error

    assert (guarded(work, [], {}, 0.0), *capfd.readouterr()) == (code, "", "")


def process(*words, **more):
    """A process of the command line."""
    return subprocess.Popen([sys.executable, "-m", "ippon", *words], text=True, **more)


def test_a_reader_that_goes_away_is_no_trouble():
    """`ippon run | true`: no trace, the run's own exit code."""
    ours, theirs = os.pipe()
    os.close(ours)
    child = process("run", stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    _, err = child.communicate()

    assert (child.returncode, "Traceback" in err, "Exception" in err) == (1, False, False)


def test_the_warm_path_imports_what_it_needs():
    """CONTRACT of speed: no click, no asyncio, no numpy, no HTTP client."""
    code = "import sys; from ippon.cli.main import main; main(['run', '-q']); main(['run']); print(*sys.modules)"
    subprocess.run([sys.executable, "-m", "ippon", "run", "-q"], check=False, capture_output=True)
    bare = {
        name: value for name, value in os.environ.items() if not name.startswith("COV")
    }  # coverage imports much itself
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=bare).stdout
    loaded = {*out.splitlines()[-1].split()}

    assert (
        loaded
        & {"click", "asyncio", "numpy", "aiohttp", "minijinja", "yaml", "json", "pathlib", "rich", "ippon.report.live"}
        == set()
    )


def on_a_terminal(*words, answer=""):
    """What a person sees: everything a command writes to a terminal, and its exit code."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 90))
    child = process(*words, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, answer.encode())
    seen = b""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            seen += os.read(ours, 4096)
        except OSError:
            break
    os.close(ours)
    return child.wait(), seen.decode()


def test_a_terminal_sees_colour_on_verdict_words_only():
    """And the plan line is erased at the end."""
    code, seen = on_a_terminal("run")

    assert (code, seen.count("\x1b[31m"), seen.count("\x1b[2A")) == (1, 2, 1)
    assert set(re.findall(r"\x1b\[[0-9;]*[A-Za-z]", seen)) == {"\x1b[31m", "\x1b[32m", "\x1b[0m", "\x1b[2A", "\x1b[J"}
