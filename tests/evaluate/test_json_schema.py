"""The json_schema evaluator, with the `jsonschema` package as the oracle of its subset."""

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ippon.errors import SuiteError
from ippon.evaluate.kinds import check
from ippon.evaluate.material import Material
from ippon.evaluate.schema import trouble, unsupported
from ippon.records.evaluators import JsonSchema
from ippon.records.judgement import Score
from tests.evaluate.driver import drive, score

INVOICE = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Invoice",
    "type": "object",
    "properties": {
        "number": {"type": "string", "pattern": "^INV-[0-9]+$"},
        "total": {"type": "number", "minimum": 0},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}, "minItems": 1},
    },
    "required": ["number", "total"],
    "additionalProperties": False,
    "$defs": {
        "line": {"type": "object", "properties": {"text": {"type": "string", "minLength": 1}}, "required": ["text"]}
    },
}


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ('{"number": "INV-1", "total": 3.5, "lines": [{"text": "a"}]}', None),
        ('```json\n{"number": "INV-1", "total": 0}\n```', None),
        ('{"number": "INV-1"}', '$: lacks "total"'),
        ('{"number": "1", "total": 1}', "$.number: does not match the pattern"),
        ('{"number": "INV-1", "total": -1}', "$.total: is less than 0"),
        ('{"number": "INV-1", "total": "1"}', "$.total: is no number"),
        ('{"number": "INV-1", "total": 1, "tax": 2}', "$.tax: nothing is allowed here"),
        ('{"number": "INV-1", "total": 1, "lines": []}', "$.lines: has too few items, at least 1"),
        (
            '{"number": "INV-1", "total": 1, "lines": [{"text": "a"}, {"text": ""}]}',
            "$.lines[1].text: is too short, at least 1",
        ),
        ("[]", "$: is no object"),
        ("not json", "the response is not JSON: Expecting value at line 1 column 1"),
        ("", "the response is empty"),
        ('Here it is: {"number": "INV-1", "total": 0}', "the response is not JSON: Expecting value at line 1 column 1"),
        ('{"number": "INV-1", "total": NaN}', "the response is JSON with NaN, which is no finite number"),
        ('{"total": 1, "total": 2}', 'the response is ambiguous: the key "total" stands there twice'),
    ],
)
def test_responses(response, reason):
    """1 when the schema accepts, else 0 with the first trouble and its path."""
    _, judgement = drive(JsonSchema(name="j", schema=INVOICE), Material(response=response))

    assert Score(1.0 if reason is None else 0.0, reason=reason) == judgement


def test_a_schema_as_text():
    """As it comes from a file."""
    assert 1.0 == score(JsonSchema(name="j", schema='{"type": "integer"}'), "5")


def test_endless_references_are_survived():
    """The evaluation fails; nothing else does."""
    endless = JsonSchema(name="j", schema={"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}})

    assert "evaluator" == score(endless, "5")


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"formt": "email"}, '# has the keyword "formt", which is not checked here'),
        ({"minimun": 1}, '# has the keyword "minimun", which is not checked here (nearest: minimum)'),
        ({"format": "email"}, '# has the keyword "format", which is not checked here'),
        ({"properties": {"a": {"uniqueItems": True}}}, '#/properties/a has the keyword "uniqueItems", which is not checked here (nearest: minItems)'),
        ({"anyOf": [{}, {"if": {}}]}, '#/anyOf/1 has the keyword "if", which is not checked here'),
        ({"not": {"x": 1}}, '#/not has the keyword "x", which is not checked here'),
        ({"type": "text"}, "#/type has to be a type or a list of types"),
        ({"type": []}, "#/type has to be a type or a list of types"),
        ({"type": [["string"]]}, "#/type has to be a type or a list of types"),
        ({"type": 5}, "#/type has to be a type or a list of types"),
        ({"enum": "a"}, "#/enum has to be a list"),
        ({"required": ["a", 1]}, "#/required has to be a list of texts"),
        ({"required": True}, "#/required has to be a list of texts"),
        ({"properties": []}, "#/properties has to be an object of schemas"),
        ({"properties": {"a": 1}}, "#/properties/a is no schema"),
        ({"items": [{}]}, "#/items has to be a schema"),
        ({"minItems": -1}, "#/minItems has to be a whole number, 0 or more"),
        ({"minItems": True}, "#/minItems has to be a whole number, 0 or more"),
        ({"minimum": "1"}, "#/minimum has to be a number"),
        ({"exclusiveMinimum": True}, "#/exclusiveMinimum has to be a number"),
        ({"pattern": "["}, "#/pattern has to be a pattern of Python's `re`"),
        ({"pattern": 1}, "#/pattern has to be a pattern of Python's `re`"),
        ({"anyOf": []}, "#/anyOf has to be a list of schemas"),
        ({"$ref": "other.json"}, "#/$ref has to be `#`, `#/$defs/NAME` or `#/definitions/NAME` of this schema"),
        ({"$ref": "#/$defs/none"}, "#/$ref has to be `#`, `#/$defs/NAME` or `#/definitions/NAME` of this schema"),
        ({"$ref": "#/properties/a", "properties": {"a": {}}}, "#/$ref has to be `#`, `#/$defs/NAME` or `#/definitions/NAME` of this schema"),
        ({"$ref": 5}, "#/$ref has to be `#`, `#/$defs/NAME` or `#/definitions/NAME` of this schema"),
        (5, "# is no schema"),
    ],
)  # fmt: skip
def test_schemas_that_are_refused(schema, problem):
    """What would not be checked is never passed over in silence."""
    assert problem == unsupported(schema)


def test_a_schema_nested_without_end_is_refused():
    """Instead of ending the process."""
    schema: dict = {}
    for _ in range(5000):
        schema = {"not": schema}

    assert "the schema is nested too deeply" == unsupported(schema)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"format": "email"}, 'evaluator `j`: # has the keyword "format", which is not checked here'),
        (
            "{",
            "evaluator `j`: the schema is not JSON: Expecting property name enclosed in double quotes at line 1 column 2",
        ),
    ],
)
def test_a_bad_schema_is_the_suites_mistake(schema, message):
    """Refused before anything runs."""
    with pytest.raises(SuiteError) as error:
        check([JsonSchema(name="j", schema=schema)])

    assert message == error.value.problems[0].message


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, 1.0),
        ({"type": "integer"}, True),
        ({"type": ["string", "null"]}, None),
        ({"enum": [1, "a", [1, {"b": None}]]}, [1.0, {"b": None}]),
        ({"enum": [0]}, False),
        ({"const": {"a": 1}}, {"a": True}),
        ({"const": [1]}, [1, 2]),
        ({"const": {"a": 1}}, {"b": 1}),
        ({"properties": {"a": {"$ref": "#"}}, "type": "object"}, {"a": {"a": 5}}),
        ({"properties": {"a": {"$ref": "#"}}, "type": "object"}, {"a": {"a": {}}}),
        ({"$ref": "#/definitions/a~1b", "definitions": {"a/b": {"type": "string"}}}, 5),
        ({"$ref": "#/$defs/n", "minimum": 3, "$defs": {"n": {"type": "integer"}}}, 2),
        ({"pattern": "b"}, "abc"),
        ({"pattern": "^b"}, "abc"),
        ({"pattern": "b"}, 5),
        ({"required": ["a"]}, []),
        ({"additionalProperties": False}, []),
        ({"oneOf": [{"minimum": 1}, {"maximum": 5}]}, 3),
        ({"not": {}}, 1),
        ({"maxLength": 1}, "\U0001f600"),
    ],
)
def test_single_cases_agree_with_the_oracle(schema, value):
    """The corners of the standard."""
    assert unsupported(schema) is None
    assert jsonschema.Draft202012Validator(schema).is_valid(value) == (trouble(schema, value) is None)


def test_a_pattern_is_not_run_on_endless_text():
    """Beyond 100,000 characters it is trouble."""
    assert "$: longer than the 100,000 characters that a pattern is run on" == trouble({"pattern": "a"}, "a" * 100_001)


SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, -2.0, "", "a", "ab", "b1"])
NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
NUMBERS = st.sampled_from([-1, 0, 0.5, 1, 2])
COUNTS = st.integers(0, 3)
TYPE = st.sampled_from(["string", "number", "integer", "boolean", "array", "object", "null"])
SIMPLE = st.fixed_dictionaries(
    {},
    optional={
        "type": TYPE | st.lists(TYPE, min_size=1, max_size=3, unique=True),
        "enum": st.lists(VALUES, min_size=1, max_size=3),
        "const": VALUES,
        "minimum": NUMBERS,
        "maximum": NUMBERS,
        "exclusiveMinimum": NUMBERS,
        "exclusiveMaximum": NUMBERS,
        "minLength": COUNTS,
        "maxLength": COUNTS,
        "minItems": COUNTS,
        "maxItems": COUNTS,
        "pattern": st.sampled_from(["a", "^b", "[0-9]$"]),
        "required": st.lists(NAMES, max_size=2, unique=True),
        "$ref": st.just("#/$defs/d"),
        "title": st.just("t"),
    },
)


def compound(inner):
    """Schemas made of schemas."""
    return st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(NAMES, inner, max_size=2),
            "additionalProperties": inner,
            "items": inner,
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
            "type": TYPE,
        },
    )


SCHEMAS = st.recursive(SIMPLE | st.booleans(), compound, max_leaves=6)
DEFINED = st.sampled_from([True, {"type": ["integer", "string"]}, {"required": ["a"]}, {"maxItems": 1}])


@given(SCHEMAS, DEFINED, VALUES)
def test_any_schema_agrees_with_the_oracle(schema, defined, value):
    """The same values are accepted, whatever the schema says."""
    whole = {"allOf": [schema], "$defs": {"d": defined}}

    assert unsupported(whole) is None
    assert jsonschema.Draft202012Validator(whole).is_valid(value) == (trouble(whole, value) is None)
