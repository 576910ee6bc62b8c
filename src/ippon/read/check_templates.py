"""Templates: their syntax, and that each name in them is a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ippon.read.check_columns import readable
from ippon.read.finding import Finding, meant
from ippon.read.raw import is_list, is_table
from ippon.records.suite import Fields, HttpTarget, ModelTarget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ippon.read.draft import Draft
    from ippon.read.finding import Path

MARKS = ("{{", "{%", "{#")


def wrong_templates(draft: Draft) -> Iterator[Finding]:
    """Templates that could not be filled in."""
    columns = draft.columns() if draft.rows is not None else None
    for path, target in draft.targets.items():
        if isinstance(target, ModelTarget) and not target.prompt.strip():
            message = "`prompt` is empty: the model would be asked nothing"
            yield Finding(message, (*path, "prompt"), 'prompt = "{{ input }}"')
    for path, text in _templates(draft):
        if any(mark in text for mark in MARKS):
            yield from _wrong(draft, text, path, columns)


def _templates(draft: Draft) -> Iterator[tuple[Path, str]]:
    for path, target in draft.targets.items():
        if isinstance(target, ModelTarget):
            yield (*path, "prompt"), target.prompt
            if target.system is not None:
                yield (*path, "system"), target.system
        elif isinstance(target, HttpTarget):
            yield from _texts(target.json, (*path, "json"))


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield path, value
    elif is_table(value):
        for key, each in value.items():
            yield from _texts(each, (*path, key))
    elif is_list(value):
        for index, each in enumerate(value):
            yield from _texts(each, (*path, index))


def _wrong(draft: Draft, text: str, path: Path, columns: dict[str, None] | None) -> Iterator[Finding]:
    import minijinja  # noqa: PLC0415 - only a template needs it

    environment = minijinja.Environment()
    environment.remove_global("debug")  # shows what an example holds, and is no part of templates
    try:
        names = set(environment.undeclared_variables_in_str(text)).difference(environment.globals)
    except minijinja.TemplateError as error:
        line = f" (line {error.line} of the template)" if error.line and "\n" in text else ""
        yield Finding(f"broken template: {error.detail or error.kind}{line}", path)
        return
    for name in sorted(names if columns is not None else ()):
        if not readable(draft, name, columns or ()):
            known = dict.fromkeys(
                [*(each for each in Fields.__struct_fields__ if readable(draft, each, columns or ())), *(columns or ())]
            )
            yield Finding(
                f"the template asks for `{name}`, which no example has", path, meant(name, known, what="columns")
            )
