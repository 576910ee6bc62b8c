"""The clock around whole processes: its arithmetic, and one round of the real thing."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from bench.measure import (
    NotMeasurableError,
    Sample,
    interleaved,
    is_compiled,
    sample,
    summaries,
    table,
    turns,
    uncompiled,
)

FLOOR = Path(__file__).resolve().parents[2] / "bench" / "floor_warm.py"


def test_ratios_are_of_the_same_round() -> None:
    """A machine that slows down for one round slows both, so the ratio stays what it is in every round."""
    floor = [Sample(wall_s, 1, 10, 0) for wall_s in (1, 1, 5)]
    product = [Sample(wall_s, 2, 20, 0) for wall_s in (2, 2, 10)]
    rows = summaries({"floor": floor, "product": product})

    assert [1.0, 2.0] == [row.ratio for row in rows]
    assert (2, 2, 10, 20) == (rows[1].wall_s, rows[1].fastest_s, rows[1].slowest_s, rows[1].peak_bytes)
    assert 3 == len(table(rows).splitlines())


def test_turns_alternate() -> None:
    """No command is always the one that comes after the other."""
    assert ["a", "b", "b", "a", "a", "b"] == turns(["a", "b"], 3)


def test_bytecode_belongs_to_its_source() -> None:
    """Bytecode of another interpreter, of an older source or of none at all does not count."""
    head = importlib.util.MAGIC_NUMBER + bytes(4) + (1000).to_bytes(4, "little") + (6).to_bytes(4, "little")

    assert is_compiled(b"x = 1\n", 1000, head)
    assert not is_compiled(b"x = 1\n", 1001, head)
    assert not is_compiled(b"x = 12\n", 1000, head)
    assert not is_compiled(b"x = 1\n", 1000, b"")
    assert not is_compiled(b"x = 1\n", 1000, bytes(4) + head[4:])


def test_uncompiled_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources without bytecode are listed, and none are once they are compiled."""
    package = tmp_path / "bench_sample"
    package.mkdir()
    (package / "__init__.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    assert [package / "__init__.py"] == uncompiled("bench_sample")
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(package)], check=True)
    assert [] == uncompiled("bench_sample")


def test_process_is_measured() -> None:
    """Wall time, peak memory and exit code are those of the command, not of whoever started it."""
    big = bytearray(150_000_000)
    quick, heavy = interleaved(
        {
            "quick": [sys.executable, "-S", "-c", "pass"],
            "heavy": [sys.executable, "-S", "-c", "import time; x = b'x' * 60_000_000; time.sleep(0.2)"],
        },
        rounds=1,
    ).values()
    del big

    assert heavy[0].wall_s >= 0.2
    assert quick[0].peak_bytes < 40_000_000
    assert 60_000_000 < heavy[0].peak_bytes < 110_000_000


def test_failing_command_is_not_measured() -> None:
    """A command that fails quickly must not pass for a fast one."""
    with pytest.raises(NotMeasurableError, match="ended with 3"):
        sample([sys.executable, "-c", "raise SystemExit(3)"])


def test_warm_floor(tmp_path: Path) -> None:
    """The floor finds every key once prepared, and says so where it does not."""
    examples = tmp_path / "examples.jsonl"
    examples.write_text("".join(f'{{"id": {n}}}\n' for n in range(42)))
    command = [sys.executable, str(FLOOR), str(examples), str(tmp_path / "store.sqlite"), "7"]
    prepared = subprocess.run([*command, "--prepare"], capture_output=True, text=True, check=True).stdout
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert "294 scores" == prepared[:10]
    assert prepared == found
