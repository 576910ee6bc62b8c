"""The fault table: what every row is held to, and its report (`--fault-table`), one line a row.

A row that waits long runs on a loop on which time flies (`quick`); its seconds are that loop's.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from ippon.adapters.clock_system import SystemClock
from ippon.cli.main import main
from tests.door import coaching
from tests.faults.quick import QuickLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

RECORDED = '[target]\nkind = "recorded"'
SPARE_S = 5.0  # every run ends within its row's deadline and this


class Went(NamedTuple):
    """How a run went: exit code, its JSON object, what stood on stderr, and the seconds it took."""

    code: int
    run: dict[str, Any]
    err: str
    took_s: float

    @property
    def counts(self) -> dict[str, int]:
        """What became of the evaluations."""
        return self.run["evaluations"]

    @property
    def errors(self) -> set[str]:
        """The classes of the results' errors."""
        return {result["error"]["class"] for result in self.run["results"] if result["error"]}

    @property
    def message(self) -> str:
        """The first error's."""
        return next(result["error"]["message"] for result in self.run["results"] if result["error"])


class Time:
    """How fast time goes for the runs of a test."""

    def __init__(self) -> None:
        self.speed = 1.0
        self.left: list[str] = []

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """`asyncio.run`, which notes the tasks that the work leaves behind."""

        async def watched() -> Any:
            try:
                return await work
            finally:
                await asyncio.sleep(0)
                self.left += [repr(task) for task in asyncio.all_tasks() if task is not asyncio.current_task()]

        with asyncio.Runner(loop_factory=lambda: QuickLoop(self.speed)) as runner:
            return runner.run(watched())


@pytest.fixture(autouse=True)
def pace(monkeypatch) -> Iterator[Time]:
    """Time as usual, unless a test changes it; at the end nothing may be left: no task, no socket, no file, no thread."""
    time_, ordinary, here = Time(), asyncio.run, threading.get_ident()
    monkeypatch.setattr(
        asyncio, "run", lambda work: time_.run(work) if threading.get_ident() == here else ordinary(work)
    )
    monkeypatch.setattr(SystemClock, "monotonic", lambda _self: time.monotonic() * time_.speed)
    files, threads = _open()
    yield time_
    if (files, threads) != _open():
        gc.collect()
    left_files, left_threads = _open()
    assert [] == time_.left
    assert left_files <= files  # fewer, where a test before has left some
    assert left_threads <= threads


@pytest.fixture
def quick(pace) -> Callable[[float], None]:
    """Make time fly: so many times as fast."""

    def faster(speed: float) -> None:
        pace.speed = speed

    return faster


@pytest.fixture
def run(tmp_path, capsys, pace) -> Callable[..., Went]:
    """Run all of a coaching suite of `n` examples by seven judges against an address, within so many seconds."""

    def ran(
        base_url: str, *words: str, n: int = 6, more: str = "", within_s: float = 1.0, target: str = RECORDED
    ) -> Went:
        suite = coaching(tmp_path, n=n, more=more, target=target)
        capsys.readouterr()
        began = time.monotonic()
        code = main(["run", suite, "-t", "full", "--json", "--base-url", base_url, *words])
        took_s = (time.monotonic() - began) * pace.speed
        said = capsys.readouterr()
        assert took_s <= within_s + SPARE_S * max(1.0, pace.speed / 2)
        assert "Traceback" not in said.err
        return Went(code, json.loads(said.out), said.err, took_s)

    return ran


def _open() -> tuple[int, int]:
    """(files and sockets, threads) of this process."""
    return len(os.listdir("/dev/fd")), threading.active_count()


# The report


def pytest_addoption(parser):
    """`--fault-table`."""
    parser.addoption("--fault-table", action="store_true", help="print the fault table, one line a row")


def pytest_configure(config):
    """Tests say which row of the table they are."""
    config.addinivalue_line("markers", "row(number, name): a row of the fault table")


def pytest_collection_modifyitems(items):
    """Have reports carry their rows, from workers too."""
    for item in items:
        item.user_properties += [("row", mark.args) for mark in item.iter_markers("row")]


def pytest_terminal_summary(terminalreporter, config):
    """Print each row with how its tests went."""
    if not config.getoption("--fault-table", default=False):
        return
    rows: dict[tuple[int, str], list[str]] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, ()):
            for name, row in getattr(report, "user_properties", ()):
                if name == "row":
                    rows.setdefault(tuple(row), []).append(outcome)
    terminalreporter.section("fault table")
    for (number, name), outcomes in sorted(rows.items()):
        worst = next((each for each in ("failed", "error", "skipped") if each in outcomes), "ok")
        terminalreporter.write_line(f"row {number:<4}{name:<44}{worst}" + f" ({len(outcomes)})" * (len(outcomes) > 1))
