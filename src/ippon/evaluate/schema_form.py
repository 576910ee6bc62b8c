"""Whether a JSON Schema is well formed and says nothing that is not checked."""

from __future__ import annotations

import re
from difflib import get_close_matches
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

from ippon.evaluate.texts import fragment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
ANNOTATIONS = frozenset(
    {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment", "$schema", "$id"}
)


class Form(Enum):
    """What a keyword has to hold; the value says it in words."""

    ANY = "anything"
    SCHEMA = "a schema"
    SCHEMAS = "a list of schemas"
    NAMED_SCHEMAS = "an object of schemas"
    LIST = "a list"
    NAMES = "a list of texts"
    TYPES = "a type or a list of types"
    COUNT = "a whole number, 0 or more"
    NUMBER = "a number"
    PATTERN = "a pattern of Python's `re`"
    REF = "`#`, `#/$defs/NAME` or `#/definitions/NAME` of this schema"


def target_of(root: Any, ref: str) -> Any:
    """The schema that a reference inside a document names; KeyError when there is none."""
    if ref == "#":
        return root
    hash_, place, name = ref.split("/", 2) if ref.count("/") >= 2 else ("", "", "")  # noqa: PLR2004
    if hash_ != "#" or place not in {"$defs", "definitions"} or "/" in name or "%" in name:
        raise KeyError(ref)
    return root[place][name.replace("~1", "/").replace("~0", "~")]


def form_trouble(root: Any, forms: Mapping[str, Form]) -> str | None:
    """What is wrong with a schema, with its place; None when every keyword is known and well formed."""
    try:
        return _schema_trouble(root, root, forms, "#")
    except RecursionError:
        return "the schema is nested too deeply"


def _schema_trouble(schema: Any, root: Any, forms: Mapping[str, Form], at: str) -> str | None:
    if isinstance(schema, bool):
        return None
    if not isinstance(schema, dict):
        return f"{at} is no schema"
    for keyword, rule in cast("dict[str, Any]", schema).items():
        if keyword in ANNOTATIONS:
            continue
        if keyword not in forms:
            near = get_close_matches(keyword, forms, n=1)
            nearest = f" (nearest: {near[0]})" if near else ""
            return f"{at} has the keyword {fragment(keyword)}, which is not checked here{nearest}"
        found = _rule_trouble(forms[keyword], rule, root, forms, f"{at}/{keyword}")
        if found is not None:
            return found
    return None


def _rule_trouble(form: Form, rule: Any, root: Any, forms: Mapping[str, Form], at: str) -> str | None:
    right = _is_ref(rule, root) if form is Form.REF else _FORMS[form](rule)
    if not right:
        return f"{at} has to be {form.value}"
    inner = {"": rule} if form is Form.SCHEMA else _inner(form, rule)
    found = (_schema_trouble(each, root, forms, f"{at}/{name}".rstrip("/")) for name, each in inner.items())
    return next((each for each in found if each is not None), None)


def _inner(form: Form, rule: Any) -> dict[str, Any]:
    if form is Form.NAMED_SCHEMAS:
        return rule
    return {str(i): each for i, each in enumerate(rule)} if form is Form.SCHEMAS else {}


def _is_ref(rule: Any, root: Any) -> bool:
    try:
        target_of(root, rule)
    except (KeyError, TypeError, AttributeError):
        return False
    return True


def _is_types(rule: Any) -> bool:
    names = cast("list[Any]", [rule] if isinstance(rule, str) else rule)
    return (
        isinstance(rule, str | list) and bool(names) and all(isinstance(name, str) and name in TYPES for name in names)
    )


def _is_count(rule: Any) -> bool:
    return isinstance(rule, int) and not isinstance(rule, bool) and rule >= 0


def _is_number(rule: Any) -> bool:
    return isinstance(rule, int | float) and not isinstance(rule, bool)


def _is_names(rule: Any) -> bool:
    return isinstance(rule, list) and all(isinstance(name, str) for name in cast("list[Any]", rule))


def _is_pattern(rule: Any) -> bool:
    try:
        re.compile(rule)
    except (re.error, TypeError, RecursionError, OverflowError):
        return False
    return isinstance(rule, str)


_FORMS: dict[Form, Callable[[Any], bool]] = {
    Form.ANY: lambda rule: True,  # noqa: ARG005
    Form.SCHEMA: lambda rule: isinstance(rule, dict | bool),
    Form.SCHEMAS: lambda rule: isinstance(rule, list) and bool(cast("list[Any]", rule)),
    Form.NAMED_SCHEMAS: lambda rule: isinstance(rule, dict),
    Form.LIST: lambda rule: isinstance(rule, list),
    Form.NAMES: _is_names,
    Form.TYPES: _is_types,
    Form.COUNT: _is_count,
    Form.NUMBER: _is_number,
    Form.PATTERN: _is_pattern,
}
