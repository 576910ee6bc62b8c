"""What decides a score, and the golden digests of it: a changed one is a changed key, and every cache misses."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from ippon.evaluate.identity import NOT_IN_KEY, PARSER_VERSION, identity, kind_of
from ippon.records.evaluators import (
    Cascade,
    CommandEvaluator,
    Contains,
    Evaluator,
    Exact,
    JsonSchema,
    Judge,
    Length,
    Number,
    Pairwise,
    PythonEvaluator,
    Regex,
    Similarity,
)
from ippon.records.fingerprint import digest
from ippon.records.providers import ModelUse
from ippon.records.suite import Code
from tests.evaluate.driver import LOCAL_USE, USE, suite_of

SUITE = suite_of({"input": "i"}, code={"m:f": Code(digest="d1", parameters=("input",)), "c\0x": Code(digest="d2")})
JUDGE = Judge(name="e", rubric="r", scale="good/poor")
CASCADE = Cascade(name="e", cheap={"kind": "exact"}, sure={"kind": "judge", "rubric": "r"})
GOLDEN = [
    (Exact(name="e"), None, "786f7c03adebe1ed"),
    (Contains(name="e", text="t"), None, "444eebeb6a044135"),
    (Regex(name="e", pattern="p"), None, "d9da1b9e60509090"),
    (Number(name="e"), None, "27fe75c274cb04f0"),
    (Length(name="e", max=5), None, "5a5f1d7207588876"),
    (JsonSchema(name="e", schema={"type": "object"}), None, "2cfb3a5eef4612f1"),
    (Similarity(name="e"), None, "51832b74e0d7eb30"),
    (JUDGE, USE, "1cfefd8c37c369b5"),
    (JUDGE, LOCAL_USE, "c27dac1be3166e65"),
    (Pairwise(name="e", rubric="r"), USE, "e6032456be08d2e0"),
    (CASCADE, USE, "30b1535a70944241"),
    (PythonEvaluator(name="e", function="m:f"), None, "677cd026820515be"),
    (CommandEvaluator(name="e", command=["c", "x"]), None, "7baf0fd32a1f5379"),
]


def key(evaluator, use=USE, suite=SUITE, **more):
    """The digest of an evaluator's identity."""
    return digest(identity(evaluator, use, suite, **more))


@pytest.mark.parametrize(
    ("evaluator", "use", "expected"), GOLDEN, ids=[f"{kind_of(e)}-{u and u.provider}" for e, u, _ in GOLDEN]
)
def test_golden_digests(evaluator, use, expected):
    """As they were released."""
    assert expected == key(evaluator, use).hex()[:16]


def test_every_kind_has_a_golden_digest():
    """And a parser version."""
    assert set(PARSER_VERSION) == {kind_of(evaluator) for evaluator, _, _ in GOLDEN}


def test_named_fields():
    """A judge's identity, in full."""
    assert identity(Judge(name="e", version=2, rubric="r", labels={"b": 1.0, "a": 0.0}), USE, SUITE) == {
        "schema": "ippon.evaluator/1",
        "kind": "judge",
        "name": "e",
        "version": "2",
        "parser": 1,
        "options": {
            "rubric": "r",
            "scale": None,
            "labels": [("b", 1.0), ("a", 0.0)],
            "shots": [],
            "reads": ["input", "response"],
        },
        "reads": ("input",),
        "prompt": 1,
        "model": {
            "provider": "openai",
            "model": "gpt-test",
            "params": {"temperature": 0},
            "base_url": None,
            "runtime": None,
            "constrained": True,
        },
    }


@pytest.mark.parametrize(
    "change",
    [
        {"name": "f"}, {"version": "2"}, {"rubric": "s"}, {"scale": "0-1"}, {"labels": {"a": 1.0, "b": 0.0}}, {"reads": ["response"]},
        {"shots": [{"input": "i", "response": "r", "label": "good"}]}, {"params": {"temperature": 1}},
    ],
    ids=str,
)  # fmt: skip
def test_a_change_of_a_judge_is_another_key(change):
    """Each of its fields decides the score."""
    assert key(JUDGE) != key(msgspec.structs.replace(JUDGE, **change))


@pytest.mark.parametrize(
    "change", [{"weight": 2.0}, {"repeats": 3}, {"where": {"a": 1}}, {"model": "openai/gpt-test"}], ids=str
)
def test_what_decides_no_score_is_in_no_key(change):
    """Which examples, how often, how heavy; and the model's name, which `use` has resolved."""
    assert key(JUDGE) == key(msgspec.structs.replace(JUDGE, **change))


@pytest.mark.parametrize(
    "use",
    [
        msgspec.structs.replace(USE, provider="azure"), msgspec.structs.replace(USE, model="other"), msgspec.structs.replace(USE, params={}), msgspec.structs.replace(USE, base_url="http://b"),
        msgspec.structs.replace(USE, runtime={"v": "1"}), msgspec.structs.replace(USE, schema=False), None,
    ],
    ids=str,
)  # fmt: skip
def test_another_model_is_another_key(use):
    """Provider, name, parameters, address, runtime, and whether answers are held to a schema."""
    assert key(JUDGE) != key(JUDGE, use)


def test_the_account_is_in_no_score_key():
    """Who pays does not decide a score."""
    assert key(JUDGE) == key(JUDGE, msgspec.structs.replace(USE, account="team"))


def test_the_order_of_labels_is_part_of_the_prompt():
    """And so of the key."""
    one, other = ({"a": 1.0, "b": 0.0}, {"b": 0.0, "a": 1.0})

    assert key(Judge(name="e", rubric="r", labels=one)) != key(Judge(name="e", rubric="r", labels=other))


def test_changed_code_is_another_key():
    """Of a function, of a command, and where the code is not known."""
    changed = suite_of(code={"m:f": Code(digest="d9", parameters=("input",)), "c\0x": Code(digest="d9")})
    for evaluator in (PythonEvaluator(name="e", function="m:f"), CommandEvaluator(name="e", command=["c", "x"])):
        assert key(evaluator) != key(evaluator, suite=changed)
        assert key(evaluator) != key(evaluator, suite=suite_of())


def test_a_cascade_is_its_two_evaluators():
    """With a model each; only the sure one's matters here."""
    other = ModelUse("ollama", "m", {})

    assert key(CASCADE) == key(CASCADE, None, inner=(None, USE)) == key(CASCADE, None, inner=(other, USE))
    assert key(CASCADE) != key(CASCADE, None, inner=(USE, other))
    assert key(CASCADE) != key(msgspec.structs.replace(CASCADE, unsure=(0.1, 0.9)))
    assert key(CASCADE) != key(msgspec.structs.replace(CASCADE, cheap={"kind": "exact", "strip": False}))


def test_every_field_is_in_the_key_or_said_not_to_be():
    """A new option is in the key before anyone thinks of it."""
    for evaluator, use, _ in GOLDEN:
        named = identity(evaluator, use, SUITE)
        left_out = set(evaluator.__struct_fields__) - set(named["options"])
        assert left_out <= NOT_IN_KEY | {"cheap", "sure"}
        assert set(Evaluator.__struct_fields__) <= NOT_IN_KEY


def test_the_warm_path_imports_nothing_heavy():
    """Identity and material load msgspec and records alone."""
    code = (
        "import sys; import msgspec, ippon.records.suite, ippon.records.providers, hashlib; before = set(sys.modules);"
        "import ippon.evaluate.identity, ippon.evaluate.material, ippon.evaluate.kinds;"
        "print(sorted(name for name in set(sys.modules) - before if not name.startswith('ippon')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]\n" == ran.stdout
