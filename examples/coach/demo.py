"""The main job on the embedded judge, step by step: `make demo`. Each step is a command that you can type yourself."""

import json
import shlex
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
IPPON = Path(sys.executable).with_name("ippon")


def say(*lines: str) -> None:
    """Words between the steps."""
    print(*lines, sep="\n", flush=True)


def ippon(*words: str, expect: int) -> None:
    """One command, shown and run; anything but the expected exit code ends the demo."""
    say("", f"$ ippon {shlex.join(words)}")
    ended = subprocess.run([IPPON, *words], cwd=ROOT, check=False).returncode
    if ended != expect:
        sys.exit(f"demo: exit {ended} where {expect} was expected")


def asked(*words: str) -> dict:
    """One command's JSON."""
    say("", f"$ ippon {shlex.join(words)}")
    done = subprocess.run([IPPON, *words], cwd=ROOT, check=False, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def main() -> None:
    """All steps."""
    started = time.monotonic()
    suite, gate, pairs = (f"examples/coach/{name}.toml" for name in ("ippon", "own_dimension", "pairs"))
    say(
        "A coaching assistant, 42 examples, seven judges: 294 evaluations. The judge is a language model of 94 MB that runs",
        "on this machine, so this costs nothing. Everything asked is remembered: the second time, nothing is asked.",
        "",
        "1. While you type: the quick tier asks each judge about the one example that tells most.",
    )
    ippon("run", suite, expect=0)
    say(
        "",
        "2. A new version of the assistant: better in six of the seven dimensions, and worse in one. Quick shows which.",
        "   (Typed again, it compares with the last run of the same version, so nothing has changed any more.)",
    )
    ippon("run", suite, "--target", "two", expect=0)
    say("", "3. Before it ships: each judge on all of its own examples, and a gate. It fails, as it should (exit 1).")
    ippon("run", gate, "--tier", "full", "--target", "two", expect=1)
    say("", "4. How good is such a small judge? Both responses of every pair, a good and a poor one, judged blind.")
    run = asked("run", pairs, "--tier", "full", "--json")
    scores: dict[tuple[str, str], dict[str, float]] = {}
    for result in run["results"]:
        scores.setdefault((result["evaluator"], result["example"]), {})[result["response"]] = result["score"]
    right = sum(pair["good"] > pair["poor"] for pair in scores.values())
    say(
        f"the good response scored higher in {right} of {len(scores)} pairs ({right / len(scores):.0%}); length tells nothing.",
        "These are the pairs that prompt and rubrics were tuned on: a smoke test, no proof. Judge your own with your own pairs.",
    )
    took = time.monotonic() - started
    say("", f"demo: {took:.1f} s. Type it again. Then write a suite of your own: ippon init")


if __name__ == "__main__":
    main()
