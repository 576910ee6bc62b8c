"""What `ippon init --from` writes, `ippon run` accepts; what `run` would refuse, `init` refuses in its words."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.endpoint import serving
from bench.script import Script
from tests.door import ippon

INPUTS = ["input", "question", "client_message", "Text"]
NAMES = [
    "id", "uid", "name", "prompt", "reference", "expected", "expected_output", "expected_answer", "gold", "target", "label", "answer",
    "model_answer", "response", "output", "user_response", "category", "topic", "good", "good_reply", "poor_reply", "bad",
    "expected_good_score", "notes", "cluster", " id", "input ",
]  # fmt: skip
CELLS = (
    st.sampled_from(["", " ", "1", "1,000", "nan", "a b", "{{ input }}", '"', "x" * 200])
    | st.text(max_size=8)
    | st.none()
    | st.booleans()
    | st.integers(-5, 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.lists(st.text(max_size=3), max_size=2)
)


@st.composite
def tables(draw):
    """(column names, rows of as many cells)."""
    others = draw(st.lists(st.sampled_from(NAMES), max_size=5, unique=True))
    names = draw(st.permutations([draw(st.sampled_from(INPUTS)), *others]))
    rows = st.lists(st.lists(CELLS, min_size=len(names), max_size=len(names)), min_size=1, max_size=4)
    return names, draw(rows)


def written(path, names, rows, *, holes):
    """A data file: JSON lines, or CSV where the file is called so."""
    with Path(path).open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        if path.endswith(".csv"):
            csv.writer(file).writerows([names, *rows])
        else:
            file.writelines(
                json.dumps({name: cell for name, cell in zip(names, row, strict=True) if not (holes and cell is None)})
                + "\n"
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


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables(), st.sampled_from(["data.csv", "data.jsonl", "a [b].jsonl"]), st.booleans())
def test_what_init_writes_runs(capsys, endpoint, table, name, holes):
    """Whatever the columns are called and the cells hold; or nothing is written, and every problem has its words."""
    with a_folder():
        written(name, *table, holes=holes)
        made = ippon(capsys, "init", "--from", name, "--model", "vllm/scripted", "--json")
        if made.code == 0:
            # Who stands in for a system lives at its provider's own address: nobody is asked there.
            verb = "plan" if "no column holds responses" in Path("ippon.toml").read_text() else "run"
            ran = ippon(capsys, verb, "-t", "full", "--json", "--base-url", endpoint.base_url)
            assert (ran.code, f"ippon.{verb}/1") in {(code, ran.object["schema"]) for code in (0, 1, 3)}, (
                Path("ippon.toml").read_text(),
                Path(name).read_text(),
                ran.out,
            )
        else:
            assert (2, [name]) == (made.code, os.listdir())
            assert {None, name} >= {each["file"] for each in made.object["errors"]}, made.out


BROKEN = {
    "a row too short": ("a.csv", "id,input,response\n1,a,b\n2,c\n"),
    "a row too long": ("a.csv", "id,input,response\n1,a,b,c\n2,c\n"),
    "an id twice": ("a.csv", "id,input,response\n1,a,b\n1,c,d\n2,e,f\n2,g,h\n"),
    "an id missing": ("a.jsonl", '{"id": 1, "input": "a", "response": "b"}\n{"input": "c", "response": "d"}\n'),
    "a column twice": ("a.csv", "input,response,response\na,b,c\n"),
    "a column without a name": ("a.csv", "input,response,\na,b,c\n"),
    "semicolons": ("a.csv", "input;response\na;b\n"),
    "a quote left open": ("a.csv", 'input,response\na,"b\nc,d\n'),
    "no UTF-8": ("a.csv", b"input,response\na,\xff\n"),
    "broken JSON": ("a.jsonl", '{"input": "a", "response": "b"}\n{"input": "c" "response": "d"}\n'),
    "a key twice": ("a.jsonl", '{"input": "a", "input": "b", "response": "c"}\n'),
    "no object": ("a.jsonl", "[1]\n"),
    "no rows": ("a.jsonl", "\n"),
    "a category that is no text": ("a.jsonl", '{"input": "a", "response": "b", "category": ["x"]}\n'),
    "a response missing": ("a.jsonl", '{"input": "a", "response": "b"}\n{"input": "c"}\n'),
    "no such file": ("b.csv", None),
}


@pytest.mark.parametrize(("name", "content"), BROKEN.values(), ids=BROKEN)
def test_what_run_refuses_init_refuses_in_the_same_words(capsys, name, content):
    """File, line and column included; nothing is written."""
    suite = 'ippon = 1\nexamples = "{}"\n[target]\nkind = "recorded"\n[[evaluators]]\nname = "e"\nkind = "length"\nmax = 9\n'
    with a_folder():
        Path("ippon.toml").write_text(suite.format(name))
        if content is not None:
            Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        ran = ippon(capsys, "run", "ippon.toml", "--json")
        Path("ippon.toml").unlink()
        before = sorted(os.listdir())
        made = ippon(capsys, "init", "--from", name, "--json")

        assert (2, 2, before) == (ran.code, made.code, sorted(os.listdir()))
        assert told(ran) == told(made)


def told(said):
    """Its problems, each with its place in the data."""
    return {
        (
            each["message"],
            *(each[part] if each["file"] != "ippon.toml" else None for part in ("file", "line", "column")),
        )
        for each in said.object["errors"]
    }


def test_pairs_and_responses_make_one_suite(capsys):
    """The contrast is for the judges, the column of responses is what is tested."""
    with a_folder():
        Path("a.csv").write_text("input,good_reply,poor_reply,reply\na,b,c,d\n")

        assert 0 == ippon(capsys, "init", "--from", "a.csv", "--model", "vllm/scripted").code
        found = re.findall(r"(\w+) = \"(\w*reply)\"", Path("ippon.toml").read_text())
        assert [("field", "reply"), ("good", "good_reply"), ("poor", "poor_reply")] == found


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["--model", "opnai/x"], "--model opnai/x: there is no provider `opnai`", "did you mean `openai`?"),
        (["--model", "local/smollm"], "--model local/smollm: there is no embedded model `smollm`", "did you mean `smollm2-135m`?"),
        (["--model", "gpt"], "--model gpt is no PROVIDER/MODEL", "ippon init --model openai/gpt-5-mini"),
        (["--from", "sub/b.csv"], "no file sub/b.csv", "did you mean `sub/a.csv`?"),
        (["--from", "../b.csv"], "--from ../b.csv is outside this folder, and a suite reads only its own", "cd there, or cp ../b.csv ."),
    ],
)  # fmt: skip
def test_what_init_cannot_use_has_a_nearest_name(capsys, words, message, hint):
    """Before anything is written."""
    with a_folder():
        Path("sub").mkdir()
        Path("sub/a.csv").write_text("input,response\na,b\n")
        said = ippon(capsys, "init", *words, "--json")

        assert (2, [(message, hint)]) == (
            said.code,
            [(each["message"], each["hint"]) for each in said.object["errors"]],
        )
        assert ["sub"] == os.listdir()


@pytest.mark.parametrize(("key", "said"), [("", "as you said; OPENAI_API_KEY is not set yet"), ("k", "as you said")])
def test_a_model_that_was_named_says_what_it_needs(capsys, monkeypatch, key, said):
    """The name of its key's variable; data may lie in a folder below."""
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with a_folder():
        Path("sub").mkdir()
        Path("sub/a.csv").write_text("input,response\na,b\n")
        lines = ippon(capsys, "init", "--from", "./sub/a.csv", "--model", "openai/gpt-5-mini").out.splitlines()

        assert f"judge openai/gpt-5-mini: {said}" in lines
        assert "reads sub/a.csv: input, response" in lines
        assert 'examples = "sub/a.csv"' in Path("ippon.toml").read_text()
