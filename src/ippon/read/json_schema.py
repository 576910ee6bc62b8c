"""The JSON Schema (2020-12) of suite files, made from the types that read them."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from msgspec import inspect

from ippon.read.in_place import PARTS
from ippon.read.raw import is_list, is_table
from ippon.read.shape import DEFAULT_KIND, KIND, marks
from ippon.records import evaluators as kinds
from ippon.records import suite as types
from ippon.records.suite import SuiteFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IDENTITY = "ippon.suite/1"
REFERENCE = "#/$defs/"
FILE: dict[str, Any] = {
    "type": "object",
    "properties": {"file": {"type": "string"}},
    "required": ["file"],
    "additionalProperties": False,
    "description": "The text stands in a file, named relative to the suite.",
}


def suite_schema() -> dict[str, Any]:
    """The schema of a suite file as an editor wants it: texts in files, rows in files, a judge without a kind."""
    (top,), definitions = msgspec.json.schema_components([SuiteFile], ref_template=REFERENCE + "{name}")
    schemas = {name: _tidy(schema) for name, schema in definitions.items()}
    for record in (types.ModelTarget, kinds.Judge, kinds.Pairwise, kinds.JsonSchema):
        _texts_in_files(schemas[record.__name__], record)
    _rows_in_files(schemas[kinds.Judge.__name__])
    _optional_kind(schemas)
    _parts(schemas)
    whole = schemas.pop(top["$ref"].removeprefix(REFERENCE))
    return {"$schema": DIALECT, "$id": IDENTITY, **whole, "$defs": schemas}


def _tidy(value: Any) -> Any:
    """A part of a schema without what editors stumble over: OpenAPI's discriminators, defaults that say nothing."""
    if is_table(value):
        return {key: _tidy(each) for key, each in value.items() if key != "discriminator"}
    return [_tidy(each) for each in value] if is_list(value) else value


def _texts_in_files(schema: dict[str, Any], record: type[msgspec.Struct]) -> None:
    """Let every text field be a text or a file."""
    for field in cast("inspect.StructType", inspect.type_info(record)).fields:
        if _marked(field.type):
            _or(schema["properties"], field.name, FILE)


def _marked(of: inspect.Type) -> bool:
    """Whether a type is a text that may stand in a file."""
    if isinstance(of, inspect.UnionType):
        return any(_marked(each) for each in of.types)
    return isinstance(of, inspect.Metadata) and "text" in marks(of)


def _rows_in_files(judge: dict[str, Any]) -> None:
    _or(judge["properties"], "shots", {"type": "string", "description": "The path of a file of rows."})


def _or(properties: dict[str, Any], name: str, other: dict[str, Any]) -> None:
    """Let a property be something else besides; its default stays with it."""
    schema: dict[str, Any] = properties[name]
    default = {"default": schema.pop("default")} if "default" in schema else {}
    options = schema["anyOf"] if set(schema) == {"anyOf"} else [schema]
    properties[name] = {"anyOf": [*options, other], **default}


def _optional_kind(schemas: dict[str, Any]) -> None:
    """An evaluator without a kind is a judge."""
    judge = schemas[kinds.Judge.__name__]
    judge["required"] = [each for each in judge["required"] if each != KIND]
    judge["properties"][KIND]["default"] = DEFAULT_KIND


def _parts(schemas: dict[str, Any]) -> None:
    """The parts of a cascade are evaluators, which need no name of their own."""
    cascade = schemas[kinds.Cascade.__name__]
    parts: list[type[msgspec.Struct]] = [each for each in kinds.AnyEvaluator.__args__ if each is not kinds.Cascade]
    for kind in parts:
        whole = schemas[kind.__name__]
        kept = {key: each for key, each in whole["properties"].items() if key not in {"weight", "repeats", "where"}}
        required = [each for each in whole["required"] if each != "name"]
        schemas[f"{kind.__name__}Part"] = {
            **whole,
            "title": f"{kind.__name__}Part",
            "properties": kept,
            "required": required,
        }
    options = {"anyOf": [{"$ref": f"{REFERENCE}{kind.__name__}Part"} for kind in parts]}
    for part in PARTS:
        cascade["properties"][part] = options
