"""What every benchmark stands on: a folder and an endpoint of its own, and figures with their bounds."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench.endpoint import Remote, spawned
from bench.measure import Summary, table
from bench.script import Script

ROOT = Path(__file__).resolve().parent.parent
COACH = ROOT / "examples" / "coach"
IPPON = str(Path(sys.executable).with_name("ippon"))
EVALUATIONS = 294


class Effort(NamedTuple):
    """How hard to try: so many rounds; `short` is the smallest form of each, to see that it still runs."""

    rounds: int
    short: bool = False

    @property
    def unmeasured(self) -> int:
        """Rounds before the measured ones."""
        return 0 if self.short else 1

    def latency_s(self, seconds: float) -> float:
        """The latency, a fifth of it where it has to be short."""
        return seconds / 5 if self.short else seconds


class Claim(NamedTuple):
    """A figure and its bound: the most it may be, or the least. One without a unit is a count that always has to hold."""

    what: str
    measured: float
    bound: float
    unit: str = ""
    aim: float | None = None
    is_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether it keeps to its bound."""
        return self.measured >= self.bound if self.is_least else self.measured <= self.bound

    @property
    def row(self) -> str:
        """The claim for people."""
        bound = f"{'at least' if self.is_least else 'at most':<9}{_written(self.bound, self.unit):>9}"
        aim = "" if self.aim is None else f"aim {_written(self.aim, self.unit)}"
        word = "holds" if self.holds else "TOO LITTLE" if self.is_least else "TOO MUCH"
        return f"{self.what:<82} {_written(self.measured, self.unit):>11}  {bound}  {aim:<14} {word}"


def _written(number: float, unit: str) -> str:
    """A count as it is, a share in hundredths, everything else with its unit."""
    if unit == "%":
        return f"{number:.1%}"
    return f"{number:.2f} {unit}" if unit else f"{number:g}"


class Stage(NamedTuple):
    """Where a benchmark runs: a folder of its own for cache and history, an endpoint, a suite."""

    folder: Path
    endpoint: Remote | None
    suite: Path = COACH / "ippon.toml"

    @property
    def remote(self) -> Remote:
        """The endpoint, where there has to be one."""
        assert self.endpoint is not None
        return self.endpoint

    def ippon(self, *words: str) -> list[str]:
        """An `ippon run` of the suite, judged by the endpoint where there is one."""
        there = ["--judge", "vllm/scripted", "--base-url", self.endpoint.base_url] if self.endpoint else []
        places = ["--cache", str(self.folder / "cache.sqlite"), "--store", str(self.folder / "history.sqlite")]
        return [IPPON, "run", str(self.suite), *there, *places, *words]

    def forget(self) -> None:
        """Empty cache and history."""
        for path in self.folder.glob("*.sqlite*"):
            path.unlink()


@contextmanager
def stage(script: Script | None, suite: Path = COACH / "ippon.toml", *, max_s: float = 600) -> Iterator[Stage]:
    """A stage for one benchmark, gone afterwards and after `max_s`."""
    with tempfile.TemporaryDirectory(prefix="ippon-bench-") as folder:
        if script is None:
            yield Stage(Path(folder), None, suite)
        else:
            with spawned(script, max_s=max_s) as endpoint:
                yield Stage(Path(folder), endpoint, suite)


def show(title: str, rows: Sequence[Summary]) -> dict[str, Summary]:
    """Print a table; the rows by name."""
    print(f"\n{title}\n{table(rows)}", flush=True)
    return {row.name: row for row in rows}


_HEAD = """ippon = 1
name = "generated"
examples = "examples.jsonl"
[target]
kind = "recorded"
[judge]
model = "vllm/scripted"
"""
_LINE = "The client says that the week went badly and that nobody noticed the work that went into it. "


@contextmanager
def generated(*, examples: int, evaluators: int, repeats: int = 1) -> Iterator[Path]:
    """A suite of so many examples by so many rubrics in a temporary folder: its file."""
    with tempfile.TemporaryDirectory(prefix="ippon-bench-") as folder:
        rows = (
            {"id": f"ex-{n}", "input": f"{n}. {_LINE * 4}", "response": f"To {n}: {_LINE * 4}"} for n in range(examples)
        )
        Path(folder, "examples.jsonl").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
        rubrics = (
            f'[[evaluators]]\nname = "rubric_{n}"\nkind = "judge"\nscale = "good/poor"\nrepeats = {repeats}\n'
            f'rubric = "A good reply has property {n} and says so in plain words. A poor reply has it not."\n'
            for n in range(evaluators)
        )
        suite = Path(folder, "ippon.toml")
        suite.write_text(_HEAD + "".join(rubrics))
        yield suite
