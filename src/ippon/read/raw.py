"""Raw values as parsers give them: tables with text keys, lists, and single values."""

from __future__ import annotations

from typing import Any, TypeGuard

Table = dict[str, Any]


def is_table(value: object) -> TypeGuard[Table]:
    """Whether a value is a table."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether a value is a list."""
    return isinstance(value, list)


def table_of(value: object) -> Table:
    """A table as it is, anything else as an empty one."""
    return value if is_table(value) else {}


def list_of(value: object) -> list[Any]:
    """A list as it is, anything else as an empty one."""
    return value if is_list(value) else []
