"""The published schema takes what reading takes, and is made from the same types."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from ippon.read.json_schema import suite_schema
from tests.read.test_good_suites import COACH

jsonschema = pytest.importorskip("jsonschema")
VALIDATOR = jsonschema.Draft202012Validator(suite_schema())


def mistakes(raw):
    """Where a raw suite does not fit the schema."""
    return [each.json_path for each in VALIDATOR.iter_errors(raw)]


def suite_of(**more):
    """The smallest suite, and more."""
    return {"ippon": 1, "examples": "a.jsonl", "evaluators": [{"name": "a", "kind": "exact"}], **more}


def judge(**more):
    """A suite with one judge."""
    return suite_of(evaluators=[{"name": "j", "rubric": "kind", **more}])


def test_it_is_a_schema_without_a_host():
    """Of the 2020-12 dialect; nothing is fetched for it."""
    schema = suite_schema()

    jsonschema.Draft202012Validator.check_schema(schema)
    assert ("ippon.suite/1", "https://json-schema.org/draft/2020-12/schema") == (schema["$id"], schema["$schema"])
    assert "discriminator" not in str(schema)


@pytest.mark.parametrize(
    "raw",
    [
        tomllib.loads(COACH),
        suite_of(examples=["a.jsonl", {"input": "x"}]),
        judge(rubric={"file": "r.md"}, shots=[{"input": "a", "label": "good"}]),
        judge(shots="s.jsonl", labels={"good": 1, "fair": 0.5}, where={"category": ["a"], "level": 3}),
        suite_of(target={"kind": "model", "model": "openai/x", "prompt": {"file": "p.md"}, "system": {"file": "s.md"}}),
        suite_of(evaluators=[{"name": "s", "kind": "json_schema", "schema": {"file": "s.json"}}]),
        suite_of(
            evaluators=[
                {"name": "c", "kind": "cascade", "cheap": {"kind": "exact"}, "sure": {"rubric": {"file": "r.md"}}}
            ]
        ),
        suite_of(
            gates=[{"not_worse_than": "main", "margin": 0.05}], alerts={"p95_s": 20}, limits={"openai": {"rpm": 5}}
        ),
    ],
)
def test_what_it_takes(raw):
    """Texts and rows in files, judges without a kind, parts of cascades without a name."""
    assert [] == mistakes(raw)


@pytest.mark.parametrize(
    "raw",
    [
        {},
        suite_of(ippon=2),
        suite_of(evaluator="x"),
        suite_of(evaluators=[]),
        suite_of(evaluators=[{"name": "a", "kind": "regx"}]),
        judge(rubric={"path": "r.md"}),
        judge(scale="god/poor"),
        suite_of(target={"kind": "htp"}),
        suite_of(target={"field": "response"}),
        suite_of(tiers={"quick": {"per_evaluator": 0}}),
        suite_of(gates=[{"min_score": 70}]),
        suite_of(evaluators=[{"name": "c", "kind": "cascade", "cheap": {"kind": "cascade"}, "sure": {"rubric": "x"}}]),
        suite_of(
            evaluators=[
                {"name": "c", "kind": "cascade", "cheap": {"kind": "exact", "weight": 2}, "sure": {"rubric": "x"}}
            ]
        ),
    ],
)
def test_what_it_refuses(raw):
    """Unknown keys, kinds and scales, wrong types, values out of bounds."""
    assert [] != mistakes(raw)


def test_it_says_what_things_are_for():
    """The docstrings of the types, for editors to show."""
    definitions = suite_schema()["$defs"]

    assert "A model that scores by a rubric." in definitions["Judge"]["description"]
    assert all(each.get("description") for each in definitions.values())


CONTRACT = Path(__file__).resolve().parents[3] / "shared" / "CONTRACT.md"


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract lies beside the repository")
def test_it_takes_the_example_of_the_contract():
    """Every key of it."""
    (text,) = re.findall(r"```toml\n(ippon = 1.*?)```", CONTRACT.read_text(), re.DOTALL)

    assert [] == mistakes(tomllib.loads(text))
