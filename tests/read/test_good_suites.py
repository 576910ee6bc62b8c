"""What a suite file that is right is read as."""

from __future__ import annotations

from pathlib import Path

import pytest

from ippon.records.evaluators import Cascade, Exact, JsonSchema, Regex
from ippon.records.suite import Contrast, Example, HttpTarget, Limits, ModelTarget, RecordedTarget, Tier
from tests.read.written import EXACT, HEAD, JUDGE, PAIRS, ROWS, refused, suite, write

COACH = """
ippon = 1
name = "coach"
examples = "examples.jsonl"
[fields]
id = "scenario"
input = "opening"
category = "dimension"
cluster = "client"
[target]
kind = "recorded"
field = "answer"
[targets.v2]
kind = "model"
model = "ours/gpt-5-mini"
prompt = { file = "prompts/coach.md" }
[contrast]
good = "good"
poor = "poor"
expected_good = "high"
expected_poor = "low"
[judge]
model = "local/smollm2-135m"
params = { temperature = 0, max_tokens = 200 }
price = { input = 0.15, output = 0.60 }
[[evaluators]]
name = "empathy"
rubric = "It names what the client feels."
scale = "good/poor"
shots = "shots/empathy.jsonl"
reads = ["input", "response"]
where = { category = ["empathy"] }
[[evaluators]]
name = "one_question"
kind = "regex"
pattern = '^[^?]*\\?[^?]*$'
[providers.ours]
base_url = "https://llm.example.com/v1"
api_key_env = "OURS_KEY"
[tiers.quick]
per_evaluator = 1
max_s = 60
on_inconclusive = "pass"
[[gates]]
evaluator = "*"
min_score = 0.7
[limits."openai/gpt-5-mini"]
max_in_flight = 64
[cache]
ttl = "30d"
"""
COACH_FILES = {
    "examples.jsonl": '{"scenario": 7, "opening": "hi", "dimension": "empathy", "client": "Maya", "answer": "a",'
    ' "good": "g", "poor": "p", "high": 0.9, "low": "0.1"}\n',
    "prompts/coach.md": "Be a coach.\n{{ input }}\n",
    "shots/empathy.jsonl": '{"input": "a", "response": "b", "label": "good", "reason": "c"}\r\n',
}


def test_the_suite_of_the_contract():
    """Every part of it, texts and rows in their places."""
    found = suite(COACH, COACH_FILES)

    assert "coach" == found.name
    assert (str(Path("ippon.toml").absolute()), str(Path.cwd())) == (found.path, found.folder)
    assert ("7", "empathy", "Maya") == (found.examples[0].id, found.examples[0].category, found.examples[0].cluster)
    assert 7 == found.examples[0].row["scenario"]
    assert RecordedTarget(field="answer") == found.targets["default"]
    assert ModelTarget(model="ours/gpt-5-mini", prompt="Be a coach.\n{{ input }}") == found.targets["v2"]
    assert Contrast(good="good", poor="poor", expected_good="high", expected_poor="low") == found.contrast
    assert [{"input": "a", "response": "b", "label": "good", "reason": "c"}] == found.evaluators[0].shots
    assert Regex(name="one_question", pattern=r"^[^?]*\?[^?]*$") == found.evaluators[1]
    assert Tier(per_evaluator=1, max_s=60, on_inconclusive="pass") == found.tiers["quick"]
    assert {"openai/gpt-5-mini": Limits(max_in_flight=64)} == found.limits
    assert "30d" == found.cache.ttl
    assert 0.7 == found.gates[0].min_score


def test_responses_stand_in_the_data_unless_told():
    """No target and no pairs: the column `response`."""
    assert {"default": RecordedTarget()} == suite(HEAD + EXACT).targets


def test_pairs_without_a_target_have_none():
    """A run then evaluates both responses."""
    assert {} == suite(HEAD + EXACT + '[contrast]\ngood = "good"\npoor = "poor"\n', PAIRS).targets


def test_named_targets_stand_beside_the_recorded_one():
    """The default one is what the data holds."""
    found = suite(HEAD + EXACT + '[targets.v2]\nkind = "model"\nmodel = "openai/x"\n')

    assert ["default", "v2"] == list(found.targets)


def test_named_targets_need_no_default():
    """A run then says which: `--target v2`."""
    rows = {"a.jsonl": '{"input": "a", "reference": "b"}\n'}

    assert ["v2"] == list(suite(HEAD + EXACT + '[targets.v2]\nkind = "model"\nmodel = "openai/x"\n', rows).targets)


def test_a_suite_is_called_as_its_folder():
    """Unless it has a name."""
    assert Path.cwd().name == suite(HEAD + EXACT).name


def test_examples_are_numbered_without_ids():
    """By position, three digits wide."""
    rows = '{"input": 1, "reference": 2, "response": 3}\n' * 2

    assert ["ex-001", "ex-002"] == [each.id for each in suite(HEAD + EXACT, {"a.jsonl": rows}).examples]


def test_examples_in_place_and_in_several_files():
    """A list of paths, globs and rows, in this order."""
    text = 'ippon = 1\nexamples = ["b.jsonl", { id = "mine", response = "r", reference = 1 }, "more/*.jsonl"]\n' + EXACT
    files = {
        f"{name}.jsonl": f'{{"id": "{name}", "response": "x", "reference": "y"}}\n'
        for name in ("b", "more/d", "more/c")
    }

    assert ["b", "mine", "more/c", "more/d"] == [each.id for each in suite(text, files).examples]


@pytest.mark.parametrize(
    ("ending", "body"),
    [
        ("jsonl", '{"id": "a", "response": "x, y", "reference": "1"}\n\n{"id": "b", "response": "é", "reference": ""}'),
        (
            "json",
            '[{"id": "a", "response": "x, y", "reference": "1"},\n {"id": "b", "response": "é", "reference": ""}]',
        ),
        ("csv", 'id,response,reference\na,"x, y",1\n\nb,é,\n'),
        ("yaml", '- { id: a, response: "x, y", reference: "1" }\n- id: b\n  response: é\n  reference: ""\n'),
    ],
)
@pytest.mark.parametrize(
    "wrapped", [lambda text: text, lambda text: "\ufeff" + text.replace("\n", "\r\n")], ids=["LF", "BOM, CRLF"]
)
def test_all_formats_say_the_same(ending, body, wrapped):
    """With a BOM and CRLF as well."""
    found = suite(f'ippon = 1\nexamples = "d.{ending}"\n' + EXACT, {f"d.{ending}": wrapped(body).encode()})

    assert (
        Example(id="a", row={"id": "a", "response": "x, y", "reference": "1"}),
        Example(id="b", row={"id": "b", "response": "é", "reference": ""}),
    ) == found.examples


def test_csv_fields_may_be_long_and_hold_lines():
    """Longer than the csv module's limit, with line ends inside."""
    text = "a\n" * 100_000

    found = suite('ippon = 1\nexamples = "d.csv"\n' + EXACT, {"d.csv": f'response,reference\n"{text}",x\n'})

    assert text == found.examples[0].row["response"]


def test_surrogate_pairs_are_letters():
    """As JSON writes what is beyond the basic plane; an escaped backslash begins none."""
    row = '{"input": "\\ud83d\\ude00 \\\\ud800", "response": "r", "reference": "r"}\n'

    assert "\U0001f600 \\ud800" == suite(HEAD + EXACT, {"a.jsonl": row}).examples[0].row["input"]


def test_texts_in_files_are_as_texts_in_place():
    """The last line end is no part of one, and CRLF is LF."""
    judge = '[[evaluators]]\nname = "j"\nrubric = { file = "r.md" }\n'
    found = suite(HEAD + judge, {**ROWS, "r.md": b"\xef\xbb\xbfkind\r\nand wise\r\n"})

    assert "kind\nand wise" == found.evaluators[0].rubric


def test_a_schema_is_a_table_a_text_or_a_file():
    """All three give the table."""
    kinds = ['{ type = "object" }', """'{"type": "object"}'""", '{ file = "s.json" }']
    text = HEAD + "".join(
        f'[[evaluators]]\nname = "{i}"\nkind = "json_schema"\nschema = {each}\n' for i, each in enumerate(kinds)
    )

    found = suite(text, {**ROWS, "s.json": '{"type": "object"}'})

    assert [JsonSchema(name=str(i), schema={"type": "object"}) for i in range(3)] == list(found.evaluators)


def test_a_cascade_has_its_parts_in_place():
    """A judge needs no kind there either; its rubric may stand in a file."""
    text = (
        HEAD + '[[evaluators]]\nname = "c"\nkind = "cascade"\ncheap = { kind = "similarity" }\n'
        'sure = { rubric = { file = "r.md" }, shots = "s.jsonl" }\n'
    )
    shots = '{"input": "a", "response": "b", "label": "good"}\n'

    (found,) = suite(text, {**ROWS, "r.md": "kind", "s.jsonl": shots}).evaluators

    assert found == Cascade(
        name="c",
        cheap={"kind": "similarity"},
        sure={"kind": "judge", "rubric": "kind", "shots": [{"input": "a", "response": "b", "label": "good"}]},
    )


@pytest.mark.parametrize(
    ("how", "labels"),
    [
        ("", ["good", "poor"]),
        ('scale = "yes/no"', ["yes", "no"]),
        ('scale = "0-1"', [0, 1, 0.5, "0.5"]),
        ('scale = "1-5"', [1, "5"]),
        ("labels = { fine = 1, bad = 0 }", ["fine", "bad"]),
    ],
)
def test_labels_of_every_scale(how, labels):
    """As text, or as a number where the scale is one."""
    shots = ", ".join(f'{{ input = "a", response = "b", label = {label!r} }}' for label in labels)

    (found,) = suite(f"{HEAD}{JUDGE}{how}\nshots = [{shots}]\n").evaluators

    assert labels == [shot["label"] for shot in found.shots]


def test_columns_have_two_names():
    """The glossary's and the data's own; `response` is always there to read."""
    text = (
        HEAD + '[fields]\ninput = "question"\nreference = "answer"\n' + EXACT + JUDGE
        + 'reads = ["question", "input", "response"]\n[[evaluators]]\nname = "p"\nkind = "pairwise"\nrubric = "x"\n'
        'against = "response"\n[target]\nkind = "model"\nmodel = "openai/x"\nprompt = "{{ input }}{{ question }}"\n'
    )  # fmt: skip

    assert suite(text, {"a.jsonl": '{"question": "q", "answer": "a"}\n'}).fields.input == "question"


def test_conditions_compare_as_text():
    """Numbers, true and false, and lists of them; CSV knows no types."""
    rows = '{"level": 3, "hard": true, "response": "a", "reference": "b"}\n{"level": "4", "response": "a"}\n'
    text = HEAD + EXACT + 'where = { level = ["3", 4], hard = true }\n'

    assert {"level": ["3", 4], "hard": True} == suite(text, {"a.jsonl": rows}).evaluators[0].where


def test_templates_may_do_what_templates_do():
    """Loops, filters, built-in functions; a text without marks is no template."""
    text = (
        HEAD + EXACT + '[target]\nkind = "model"\nmodel = "openai/x"\nsystem = "100 %"\n'
        'prompt = "{% for i in range(3) %}{{ i }}{{ input | upper }}{% endfor %}"\n'
    )

    assert "100 %" == suite(text).targets["default"].system


def test_bodies_hold_templates_and_other_values():
    """Only texts are templates."""
    text = HEAD + EXACT + '[target]\nkind = "http"\nurl = "http://a"\njson = { q = "{{ input }}", n = 3, l = [true] }\n'

    assert HttpTarget(url="http://a", json={"q": "{{ input }}", "n": 3, "l": [True]}) == suite(text).targets["default"]


def test_a_population_gate_is_read():
    """And `min_separation` where pairs are what a run evaluates."""
    text = (
        HEAD + EXACT + '[contrast]\ngood = "good"\npoor = "poor"\n[targets.v2]\nkind = "recorded"\nfield = "good"\n'
        "[[gates]]\nmin_separation = 0.2\npopulation = true\n[[gates]]\nmin_score = 0.5\n"
    )

    assert suite(text, PAIRS).gates[0].population is True


def test_yaml_reads_as_toml_does():
    """Booleans are true and false only: `no` is a label."""
    write({
        "ippon.yaml": "ippon: 1\nexamples: a.jsonl\nevaluators:\n"
        "  - name: no\n    kind: exact\n    ignore_case: True\n    version: 0o17\n    weight: 1e0\n",
        **ROWS,
    })  # fmt: skip
    from ippon.read.suite import load

    assert (Exact(name="no", ignore_case=True, version=15),) == load("ippon.yaml", trusted=False, memo=None).evaluators


def test_a_trusted_suite_may_read_outside_its_folder():
    """By a relative path, an absolute one, and a glob."""
    rows = '{"id": "%s", "response": "x", "reference": "y"}\n'
    write({"a.jsonl": rows % "a", "b/c.jsonl": rows % "c", "s/x": ""})
    write({"s/ippon.toml": f'ippon = 1\nexamples = ["../a.jsonl", "{Path.cwd()}/b/*.jsonl"]\n' + EXACT})
    from ippon.read.suite import load

    assert ["a", "c"] == [each.id for each in load("s/ippon.toml", trusted=True, memo=None).examples]
    assert "ippon trust s/ippon.toml" in str(refused("s/ippon.toml").problems[0].hint)


def test_a_link_out_of_the_folder_is_outside():
    """What counts is where it leads."""
    write({"s/ippon.toml": HEAD + EXACT, "a.jsonl": ROWS["a.jsonl"]})
    Path("s/a.jsonl").symlink_to(Path("a.jsonl").absolute())

    assert "outside the suite's folder" in refused("s/ippon.toml").problems[0].message


def test_the_content_is_the_bytes_in_order():
    """The folder and code are no part of it; any byte of suite or data is."""
    one = suite(HEAD + EXACT).content
    write({"other/ippon.toml": HEAD + EXACT, "other/a.jsonl": ROWS["a.jsonl"]})
    from ippon.read.suite import load

    assert one == load("other/ippon.toml", trusted=True, memo=None).content
    assert one != suite(HEAD + EXACT + "\n").content


def test_lengths_have_one_bound_or_two():
    """In words unless told."""
    text = (
        HEAD
        + '[[evaluators]]\nname = "a"\nkind = "length"\nmin = 1\nmax = 2\n[[evaluators]]\nname = "b"\nkind = "length"\nmax = 2\n'
    )

    assert [(1, 2), (None, 2)] == [(each.min, each.max) for each in suite(text).evaluators]
