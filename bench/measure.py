"""Times whole processes side by side, A B A B, and prints their ratios to the first, the floor.

    python -m bench.measure --rounds 21 --package ippon --package msgspec \
        "floor=python bench/floor_warm.py examples.jsonl /tmp/store 7" "warm=ippon run --tier full"

Refuses where a package's bytecode is missing: it would be compiled anew at each start, two or three times as slow.
Peak memory is never below the 9 MB of the small process that spawns (`bench.spawn`).
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.util import MAGIC_NUMBER, cache_from_source, find_spec
from pathlib import Path
from statistics import median
from typing import NamedTuple

_SPAWN = Path(__file__).with_name("spawn.py")


class Sample(NamedTuple):
    """One whole process."""

    wall_s: float
    cpu_s: float
    peak_bytes: int
    exit_code: int


class Summary(NamedTuple):
    """The samples of one command."""

    name: str
    rounds: int
    wall_s: float
    """Median, as all but the next three."""
    fastest_s: float
    slowest_s: float
    peak_bytes: int
    """The highest of all."""
    cpu_s: float
    ratio: float
    """Wall time to that of the first command: the median over the rounds of the two measured in the same round."""
    cpu_ratio: float
    """The same of CPU time."""


class NotMeasurableError(Exception):
    """The figures would say nothing."""


# Pure


def summaries(samples: Mapping[str, Sequence[Sample]]) -> list[Summary]:
    """A summary of each command; the first is the floor."""
    floor = next(iter(samples.values()))
    return [
        Summary(
            name=name,
            rounds=len(taken),
            wall_s=median(sample.wall_s for sample in taken),
            fastest_s=min(sample.wall_s for sample in taken),
            slowest_s=max(sample.wall_s for sample in taken),
            peak_bytes=max(sample.peak_bytes for sample in taken),
            cpu_s=median(sample.cpu_s for sample in taken),
            ratio=median(mine.wall_s / its.wall_s for mine, its in zip(taken, floor, strict=True)),
            cpu_ratio=median(mine.cpu_s / its.cpu_s for mine, its in zip(taken, floor, strict=True)),
        )
        for name, taken in samples.items()
    ]


def table(rows: Iterable[Summary]) -> str:
    """The summaries for people, a line each."""
    lines = [f"{'':<16}{'median':>11}{'fastest':>11}{'slowest':>11}{'CPU':>11}{'peak':>10}{'ratio':>8}"]
    lines.extend(
        f"{row.name:<16}{_ms(row.wall_s):>11}{_ms(row.fastest_s):>11}{_ms(row.slowest_s):>11}{_ms(row.cpu_s):>11}"
        f"{row.peak_bytes / 1e6:>7.1f} MB{row.ratio:>8.2f}"
        for row in rows
    )
    return "\n".join(lines)


def is_compiled(source: bytes, modified_s: int, bytecode: bytes) -> bool:
    """Whether the bytecode file is this interpreter's and belongs to the source (PEP 552), by time or by hash."""
    if len(bytecode) < 16 or bytecode[:4] != MAGIC_NUMBER:
        return False
    if int.from_bytes(bytecode[4:8], "little") & 1:
        return True  # by hash: the import system checks it, or is told not to
    stamped = (int.from_bytes(bytecode[8:12], "little"), int.from_bytes(bytecode[12:16], "little"))
    return stamped == (modified_s & 0xFFFFFFFF, len(source) & 0xFFFFFFFF)


def turns(names: Sequence[str], rounds: int) -> list[str]:
    """The order of the processes: every round runs all, and every other round backwards."""
    return [name for turn in range(rounds) for name in (names if turn % 2 == 0 else reversed(names))]


# What touches the machine


def uncompiled(package: str) -> list[Path]:
    """The package's sources without valid bytecode beside them."""
    spec = find_spec(package)
    if spec is None:
        msg = f"{package} is not installed here"
        raise NotMeasurableError(msg)
    places = spec.submodule_search_locations or []
    sources = [source for place in places for source in Path(place).rglob("*.py")] or [Path(spec.origin or "")]
    return [source for source in sorted(sources) if source.suffix == ".py" and not _is_compiled_file(source)]


def require_bytecode(packages: Iterable[str]) -> None:
    """Refuse to go on when a package would be compiled at every start."""
    for package in packages:
        missing = uncompiled(package)
        if missing:
            msg = (
                f"{len(missing)} files of {package} have no bytecode, the first {missing[0]}. "
                f"Compile it: {sys.executable} -m compileall -q {missing[0].parent}"
            )
            raise NotMeasurableError(msg)


def sample(command: Sequence[str], *, expect: int | None = 0) -> Sample:
    """One run of the command, in this environment less PYTHONDONTWRITEBYTECODE; another exit code is an error."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.NamedTemporaryFile(prefix="bench-") as output:
        spawning = [sys.executable, "-I", "-S", str(_SPAWN), output.name, *command]
        found = subprocess.run(spawning, env=environment, stdout=subprocess.PIPE, check=True)
        taken = Sample(**json.loads(found.stdout))
        if expect is not None and taken.exit_code != expect:
            said = Path(output.name).read_text(errors="replace")[-2000:]
            msg = f"{shlex.join(command)} ended with {taken.exit_code}, not {expect}:\n{said}"
            raise NotMeasurableError(msg)
    return taken


def interleaved(
    commands: Mapping[str, Sequence[str]],
    *,
    rounds: int,
    expect: int | None = 0,
    before: Callable[[str], None] | None = None,
    unmeasured: int = 1,
) -> dict[str, list[Sample]]:
    """So many samples of each command, taken in turn after an unmeasured round; `before` prepares each, untimed."""
    samples: dict[str, list[Sample]] = {name: [] for name in commands}
    for place, name in enumerate(turns(list(commands), rounds + unmeasured)):
        if before is not None:
            before(name)
        taken = sample(commands[name], expect=expect)
        if place >= unmeasured * len(commands):
            samples[name].append(taken)
    return samples


def _is_compiled_file(source: Path) -> bool:
    bytecode = Path(cache_from_source(str(source)))
    if not bytecode.exists():
        return False
    return is_compiled(source.read_bytes(), int(source.stat().st_mtime), bytecode.read_bytes()[:16])


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _command(words: str) -> list[str]:
    """The words, with this environment's own program where there is one: a shim costs 76 ms."""
    program, *rest = shlex.split(words)
    own = Path(sysconfig.get_path("scripts")) / program
    return [str(own) if "/" not in program and own.exists() else program, *rest]


def main() -> int:
    """The command."""
    flags = argparse.ArgumentParser(prog="python -m bench.measure")
    flags.add_argument("commands", nargs="+", metavar="NAME=COMMAND", help="the first is the floor")
    flags.add_argument("--rounds", type=int, default=21)
    flags.add_argument("--package", action="append", default=[], help="refuse unless its bytecode is compiled")
    flags.add_argument("--expect", type=int, default=0, help="exit code of every command")
    flags.add_argument("--json", action="store_true")
    given = flags.parse_args()
    commands = {name: _command(words) for name, _, words in (each.partition("=") for each in given.commands)}
    try:
        require_bytecode(given.package)
        rows = summaries(interleaved(commands, rounds=given.rounds, expect=given.expect))
    except NotMeasurableError as error:
        sys.stderr.write(f"not measured: {error}\n")
        return 2
    print(json.dumps([row._asdict() for row in rows]) if given.json else table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
