"""The fault table, content, processes and people: held to what `tests/faults` holds its rows to, and in the same report."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from ippon.cli.main import main
from tests.faults.conftest import Went, pace, quick  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from collections.abc import Callable


def pytest_configure(config):
    """Known here as well where this folder runs alone."""
    config.addinivalue_line("markers", "row(number, title): a row of the fault table")


def rows_of(folder, *rows) -> None:
    """The examples of a suite."""
    lines = [json.dumps({"id": f"ex-{i:03}", "input": f"question {i}", **row}) for i, row in enumerate(rows)]
    (folder / "examples.jsonl").write_text("".join(f"{line}\n" for line in lines))


RECORDED = 'kind = "recorded"'


def suite_of(folder, evaluators: str, *, target: str = RECORDED) -> str:
    """A suite with these evaluators, of recorded responses unless a target is given; its path."""
    head = f'ippon = 1\nname = "odd"\nexamples = "examples.jsonl"\n[target]\n{target}\n'
    (folder / "ippon.toml").write_text(f'{head}[judge]\nmodel = "vllm/scripted"\n{evaluators}')
    return str(folder / "ippon.toml")


@pytest.fixture
def go(capsys, pace) -> Callable[..., Went]:  # noqa: F811 - the fixture
    """Run all of a suite and read its object; the run ends within so many seconds."""

    def went(suite: str, *words: str, within_s: float = 10.0) -> Went:
        capsys.readouterr()
        began = time.monotonic()
        code = main(["run", suite, "-t", "full", "--json", "--trust", *words])
        took_s = time.monotonic() - began
        said = capsys.readouterr()
        assert took_s <= within_s
        assert "Traceback" not in said.err
        return Went(code, json.loads(said.out), said.err, took_s * pace.speed)

    return went
