"""What needs no endpoint to answer: re-runs of what is known, and the embedded model."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

import msgspec

from bench.measure import interleaved, summaries, turns
from bench.script import Script
from bench.stage import COACH, IPPON, ROOT, Claim, Effort, generated, show, stage


def warm(effort: Effort) -> Iterator[Claim]:
    """All 294 known: whole process against a bare script that reads, hashes and looks up as many."""
    with stage(Script()) as there:
        store = there.folder / "floor.db"
        floor = _floor(COACH, store, 7)
        run = there.ippon("-t", "full")
        commands: Mapping[str, Sequence[str]] = {"floor": floor, "warm 294": run, "--help": [IPPON, "--help"]}
        interleaved({"prepare": [*floor, "--prepare"], "cold": run}, rounds=1)
        sent = there.remote.stats().requests
        found = summaries(interleaved(commands, rounds=effort.rounds))
        rows = show("warm re-run of 294 evaluations, whole process", found)
        yield Claim("warm 294, ratio to the floor", rows["warm 294"].ratio, 3.0, "x")
        yield Claim("warm 294, requests sent", there.remote.stats().requests - sent, 0)
        yield Claim("warm 294, peak memory", rows["warm 294"].peak_bytes / 1e6, 40.0, "MB")
        yield Claim("ippon --help", rows["--help"].wall_s * 1e3, 60.0, "ms")


def warm_many(effort: Effort) -> Iterator[Claim]:
    """All 10,000 known: the same."""
    examples, evaluators = (100, 5) if effort.short else (1_000, 10)
    count = f"{examples * evaluators:,}"
    with generated(examples=examples, evaluators=evaluators) as suite, stage(Script(), suite) as there:
        floor = _floor(suite.parent, there.folder / "floor.db", evaluators)
        run = there.ippon("-t", "full", "-j", "200")
        interleaved({"prepare": [*floor, "--prepare"], "cold": run}, rounds=1)
        found = summaries(interleaved({"floor": floor, f"warm {count}": run}, rounds=effort.rounds))
        row = show(f"warm re-run of {count} evaluations, whole process", found)[f"warm {count}"]
        yield Claim(f"warm {count}, ratio to the floor", row.ratio, 4.0, "x")
        yield Claim(f"warm {count}, peak memory", row.peak_bytes / 1e6, 120.0, "MB")


def _floor(folder: Path, store: Path, evaluators: int) -> list[str]:
    script, examples = ROOT / "bench" / "floor_warm.py", folder / "examples.jsonl"
    return [sys.executable, str(script), str(examples), str(store), str(evaluators)]


def local(effort: Effort) -> Iterator[Claim]:
    """The embedded judge, its start included, one thread."""
    with stage(None) as there:
        for tier, evaluations, at_most in (("quick", 7, 10.0), ("full", 294, 120.0)):
            if tier == "full" and effort.short:
                return
            commands = {tier: there.ippon("-t", tier)}
            rounds, unmeasured = (effort.rounds, effort.unmeasured) if tier == "quick" else (1, 0)
            samples = interleaved(commands, rounds=rounds, unmeasured=unmeasured, before=lambda _name: there.forget())
            found = summaries(samples)
            rows = show(f"embedded judge, {tier} ({evaluations})", found)
            yield Claim(f"embedded judge, {tier} tier", rows[tier].wall_s, at_most, "s")


def order(effort: Effort) -> Iterator[Claim]:
    """The embedded judge asked rubric by rubric, as it is, and with the rubrics in turns: what it need not compute again."""
    some = "empathy-night*" if effort.short else "strengths-*"
    seconds: dict[str, list[float]] = {"rubric": [], "turns": []}
    known: dict[str, float] = {}
    for each in turns(list(seconds), effort.rounds):
        found = _ordered(each, some)
        seconds[each].append(found["seconds"])
        known[each] = found["known"] / found["tokens"]
    took = {each: median(taken) for each, taken in seconds.items()}
    print(
        f"\nembedded judge, 7 rubrics: {took['rubric']:.1f} s rubric by rubric, {took['turns']:.1f} s in turns",
        flush=True,
    )
    if not effort.short:  # of one example nothing is known before
        what = "embedded judge: share of the prompts computed before"
        yield Claim(f"{what}, rubric by rubric", known["rubric"], 0.7, "%", is_least=True)
        yield Claim(f"{what}, to that in turns", known["rubric"] / known["turns"], 1.0, "x", is_least=True)


def _ordered(order: str, examples: str) -> dict[str, float]:
    """What `bench.local_order` measures."""
    with stage(None) as there:
        command = [sys.executable, "-m", "bench.local_order", order, str(there.folder), "--example", examples]
        said = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return msgspec.json.decode(said, type=dict[str, float])
