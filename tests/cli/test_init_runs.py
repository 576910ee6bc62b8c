"""What `ippon init --from` writes, `ippon run` accepts; what `run` would refuse, `init` refuses in its words."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.endpoint import serving
from bench.script import Script
from tests.door import ippon

NAMES = [
    "id", "uid", "name", "input", "question", "prompt", "Text", "reference", "expected", "expected_output", "expected_answer", "gold",
    "target", "label", "answer", "model_answer", "response", "output", "user_response", "category", "topic", "good", "good_reply",
    "poor_reply", "expected_good_score", "notes", "cluster", " id", "input ",
]  # fmt: skip
CELLS = (
    st.sampled_from(["", " ", "1", "1,000", "nan", "a b", "{{ input }}", '"', "x" * 200])
    | st.none()
    | st.booleans()
    | st.integers(-5, 10**20)
    | st.floats()
    | st.lists(st.text(max_size=3), max_size=2)
    | st.text(max_size=8)
)


@st.composite
def tables(draw):
    """(column names, rows of as many cells)."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6))
    rows = st.lists(st.lists(CELLS, min_size=len(names), max_size=len(names)), min_size=1, max_size=4)
    return names, draw(rows)


def written(path, names, rows, *, holes):
    """A data file: JSON lines, or CSV where the file is called so."""
    with Path(path).open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        if path.endswith(".csv"):
            csv.writer(file).writerows([names, *rows])
        else:
            file.writelines(
                json.dumps({name: cell for name, cell in zip(names, row, strict=True) if not (holes and cell is None)}) + "\n"
                for row in rows
            )


@contextlib.contextmanager
def a_folder():
    """A new working folder."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        yield folder


@pytest.fixture(scope="module")
def endpoint():
    """A model that answers."""
    with serving(Script()) as served:
        yield served


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables(), st.sampled_from(["data.csv", "data.jsonl", "a [b].jsonl"]), st.booleans())
def test_what_init_writes_runs(capsys, endpoint, table, name, holes):
    """Whatever the columns are called and the cells hold; or nothing is written, and every problem has its words."""
    with a_folder():
        written(name, *table, holes=holes)
        made = ippon(capsys, "init", "--from", name, "--model", "vllm/scripted", "--json")
        if made.code == 0:
            ran = ippon(capsys, "run", "-t", "full", "--json", "--base-url", endpoint.base_url)
            assert 2 != ran.code, (Path("ippon.toml").read_text(), Path(name).read_text(), ran.out)
        else:
            assert (2, [name]) == (made.code, os.listdir())
            assert all("ippon.toml" not in str(each) for each in made.object["errors"]), made.out
