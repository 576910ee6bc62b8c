"""1 when the response is JSON that a schema accepts. The schema language is the subset of `schema`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ippon.errors import Problem, SuiteError
from ippon.evaluate.asking import settled, unscored
from ippon.evaluate.schema import CHECKED, trouble, unsupported
from ippon.evaluate.strict_json import Refused, decode
from ippon.records.judgement import Score

if TYPE_CHECKING:
    from ippon.evaluate.material import Context, Material
    from ippon.ports import Steps
    from ippon.records.evaluators import JsonSchema
    from ippon.records.judgement import Judgement


def check(evaluator: JsonSchema) -> None:
    """Refuse a schema that is none, or says something that would not be looked at."""
    problem = _problem(_schema(evaluator))
    if problem is not None:
        hint = f"checked are {', '.join(CHECKED)}"
        raise SuiteError(Problem(message=f"evaluator `{evaluator.name}`: {problem}", key="schema", hint=hint))


def steps(evaluator: JsonSchema, material: Material, context: Context) -> Steps:  # noqa: ARG001 - one signature for all kinds
    """Score without asking anyone. One Markdown fence around the JSON is allowed, any other text is not."""
    check(evaluator)
    return settled(_judgement(_schema(evaluator), material))


def _judgement(schema: Any, material: Material) -> Judgement:
    found = decode(material.response)
    if isinstance(found, Refused):
        return Score(0.0, reason=f"the response is {found.message}")
    try:
        problem = trouble(schema, found.value)
    except RecursionError:
        return unscored("the response is nested too deeply for this schema")
    return Score(1.0 if problem is None else 0.0, reason=problem)


def _schema(evaluator: JsonSchema) -> Any:
    """The schema as a JSON value; a Refused for a text that holds none."""
    if isinstance(evaluator.schema, dict):
        return evaluator.schema
    found = decode(evaluator.schema)
    return found if isinstance(found, Refused) else found.value


def _problem(schema: Any) -> str | None:
    return f"the schema is {schema.message}" if isinstance(schema, Refused) else unsupported(schema)
