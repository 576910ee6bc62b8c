"""`[tool.ippon] suite` of a pyproject.toml."""

from __future__ import annotations

import os
import tomllib

from ippon.errors import Problem, SuiteError
from ippon.read.raw import table_of


def suite_named(project: str) -> str | None:
    """The suite that a pyproject.toml names; None when it names none, or is no TOML."""
    try:
        with open(project, "rb") as file:  # noqa: PTH123
            tables = tomllib.load(file)
    except (OSError, ValueError, RecursionError):
        return None
    name = table_of(table_of(tables.get("tool")).get("ippon")).get("suite")
    if name is None:
        return None
    if not isinstance(name, str):
        hint = 'suite = "evals/ippon.toml"'
        raise SuiteError(Problem(message="`suite` takes text", file=project, key="tool.ippon.suite", hint=hint))
    return os.path.join(os.path.dirname(project), name)  # noqa: PTH118, PTH120
