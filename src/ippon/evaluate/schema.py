"""JSON Schema (2020-12), the part that ippon checks: `trouble` looks at values, `unsupported` refuses other schemas.

Checked: type, enum, const; properties, required, additionalProperties; items, minItems, maxItems; minimum, maximum,
exclusiveMinimum, exclusiveMaximum; minLength, maxLength, pattern; allOf, anyOf, oneOf, not; $ref to `#` and to
`#/$defs/NAME`.
Passed over, as they check nothing: title, description, default, examples, deprecated, readOnly, writeOnly, $comment,
$schema, $id. Any other keyword (`format` too) is refused: an unchecked promise is worse than none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ippon.evaluate.schema_form import Form, form_trouble, target_of
from ippon.evaluate.texts import fragment, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    # Called as check(rule, value, place).
    Check = Callable[[Any, Any, "_Place"], str | None]

# A pattern runs on at most this many characters, as `re` knows no time limit.
SEARCHED = 100_000


class _Place(NamedTuple):
    """Where a check is: the whole schema, the schema at hand, and the path of the value."""

    root: Any
    schema: dict[str, Any]
    path: str


def unsupported(schema: Any) -> str | None:
    """Why a schema cannot be checked here in full; None when it can."""
    return form_trouble(schema, {keyword: form for keyword, (form, _) in _KEYWORDS.items()})


def trouble(schema: Any, value: Any) -> str | None:
    """The first thing that a supported schema finds wrong with a value, with its path; None when it accepts it."""
    return _trouble(schema, value, schema, "$")


def _trouble(schema: Any, value: Any, root: Any, path: str) -> str | None:
    if isinstance(schema, bool):
        return None if schema else f"{path}: nothing is allowed here"
    place = _Place(root, schema, path)
    found = (_KEYWORDS[keyword][1](rule, value, place) for keyword, rule in schema.items() if keyword in _KEYWORDS)
    return next((each for each in found if each is not None), None)


def _within(schema: Any, value: Any, place: _Place, step: str = "") -> str | None:
    return _trouble(schema, value, place.root, place.path + step)


def _type(rule: Any, value: Any, place: _Place) -> str | None:
    wanted: list[str] = [rule] if isinstance(rule, str) else rule
    return None if any(_is(name, value) for name in wanted) else f"{place.path}: is no {' or '.join(wanted)}"


def _is(name: str, value: Any) -> bool:
    match name:
        case "integer":
            return _is_number(value) and value == int(value)
        case "number":
            return _is_number(value)
        case "null":
            return value is None
        case _:
            kinds = {"string": str, "boolean": bool, "array": list, "object": dict}
            return isinstance(value, kinds[name])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _enum(rule: Any, value: Any, place: _Place) -> str | None:
    return None if any(_same(each, value) for each in rule) else f"{place.path}: is none of the allowed values"


def _const(rule: Any, value: Any, place: _Place) -> str | None:
    return None if _same(rule, value) else f"{place.path}: is not the one allowed value"


def _same(one: Any, other: Any) -> bool:
    """Equality of JSON: 1 is 1.0, yet not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        left, right = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        return left.keys() == right.keys() and all(_same(left[name], right[name]) for name in left)
    if isinstance(one, list) and isinstance(other, list):
        first, second = cast("list[Any]", one), cast("list[Any]", other)
        return len(first) == len(second) and all(map(_same, first, second))
    return bool(one == other)


def _properties(rule: Any, value: Any, place: _Place) -> str | None:
    if not isinstance(value, dict):
        return None
    return _first(_within(rule[name], value[name], place, f".{name}") for name in rule if name in value)


def _required(rule: Any, value: Any, place: _Place) -> str | None:
    if not isinstance(value, dict):
        return None
    missing = [name for name in rule if name not in value]
    return f"{place.path}: lacks {fragment(missing[0])}" if missing else None


def _additional(rule: Any, value: Any, place: _Place) -> str | None:
    if not isinstance(value, dict):
        return None
    fields = cast("dict[str, Any]", value)
    others = [name for name in fields if name not in place.schema.get("properties", {})]
    return _first(_within(rule, fields[name], place, f".{name[:60]}") for name in others)


def _items(rule: Any, value: Any, place: _Place) -> str | None:
    if not isinstance(value, list):
        return None
    return _first(_within(rule, each, place, f"[{i}]") for i, each in enumerate(cast("list[Any]", value)))


def _count(kind: type, compare: Callable[[int, int], bool], words: str) -> Check:
    def check(rule: Any, value: Any, place: _Place) -> str | None:
        right = not isinstance(value, kind) or compare(len(value), rule)
        return None if right else f"{place.path}: {words} {rule}"

    return check


def _size(compare: Callable[[float, float], bool], words: str) -> Check:
    def check(rule: Any, value: Any, place: _Place) -> str | None:
        right = not _is_number(value) or compare(value, rule)
        return None if right else f"{place.path}: {words} {quoted(rule)}"

    return check


def _pattern(rule: Any, value: Any, place: _Place) -> str | None:
    if not isinstance(value, str):
        return None
    if len(value) > SEARCHED:
        return f"{place.path}: longer than the {SEARCHED:,} characters that a pattern is run on"
    return None if re.search(rule, value) else f"{place.path}: does not match the pattern"


def _all_of(rule: Any, value: Any, place: _Place) -> str | None:
    return _first(_within(each, value, place) for each in rule)


def _any_of(rule: Any, value: Any, place: _Place) -> str | None:
    return None if _accepting(rule, value, place) else f"{place.path}: no schema of anyOf accepts it"


def _one_of(rule: Any, value: Any, place: _Place) -> str | None:
    n = _accepting(rule, value, place)
    return None if n == 1 else f"{place.path}: {n} schemas of oneOf accept it"


def _not(rule: Any, value: Any, place: _Place) -> str | None:
    return f"{place.path}: the schema of not accepts it" if _within(rule, value, place) is None else None


def _ref(rule: Any, value: Any, place: _Place) -> str | None:
    return _within(target_of(place.root, rule), value, place)


def _nothing(rule: Any, value: Any, place: _Place) -> str | None:  # noqa: ARG001 - definitions check nothing themselves
    return None


def _accepting(schemas: Iterable[Any], value: Any, place: _Place) -> int:
    return sum(_within(each, value, place) is None for each in schemas)


def _first(found: Iterator[str | None]) -> str | None:
    return next((each for each in found if each is not None), None)


_KEYWORDS: dict[str, tuple[Form, Check]] = {
    "$defs": (Form.NAMED_SCHEMAS, _nothing),
    "definitions": (Form.NAMED_SCHEMAS, _nothing),
    "$ref": (Form.REF, _ref),
    "type": (Form.TYPES, _type),
    "enum": (Form.LIST, _enum),
    "const": (Form.ANY, _const),
    "properties": (Form.NAMED_SCHEMAS, _properties),
    "required": (Form.NAMES, _required),
    "additionalProperties": (Form.SCHEMA, _additional),
    "items": (Form.SCHEMA, _items),
    "minItems": (Form.COUNT, _count(list, lambda n, least: n >= least, "has too few items, at least")),
    "maxItems": (Form.COUNT, _count(list, lambda n, most: n <= most, "has too many items, at most")),
    "minLength": (Form.COUNT, _count(str, lambda n, least: n >= least, "is too short, at least")),
    "maxLength": (Form.COUNT, _count(str, lambda n, most: n <= most, "is too long, at most")),
    "minimum": (Form.NUMBER, _size(lambda value, least: value >= least, "is less than")),
    "maximum": (Form.NUMBER, _size(lambda value, most: value <= most, "is more than")),
    "exclusiveMinimum": (Form.NUMBER, _size(lambda value, limit: value > limit, "is not more than")),
    "exclusiveMaximum": (Form.NUMBER, _size(lambda value, limit: value < limit, "is not less than")),
    "pattern": (Form.PATTERN, _pattern),
    "allOf": (Form.SCHEMAS, _all_of),
    "anyOf": (Form.SCHEMAS, _any_of),
    "oneOf": (Form.SCHEMAS, _one_of),
    "not": (Form.SCHEMA, _not),
}
CHECKED = tuple(_KEYWORDS)
