"""Columns: everything that a suite reads of its examples has to be there, in some example at least."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ippon.read.finding import Finding, meant
from ippon.read.raw import is_list, is_table
from ippon.read.wording import shown
from ippon.records import evaluators as kinds
from ippon.records.suite import Fields, RecordedTarget, as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ippon.read.draft import Draft
    from ippon.read.finding import Path
    from ippon.read.row import Row
    from ippon.records.evaluators import AnyEvaluator

RESPONSE = "response"
_SHOWN = 3  # examples that a message names


def wrong_columns(draft: Draft) -> Iterator[Finding]:
    """Columns that no example has, and expected scores that are none."""
    if draft.rows is None:
        return
    columns = draft.columns()
    yield from _wrong_fields(draft, columns)
    yield from _wrong_contrast(draft, columns)
    yield from _wrong_responses(draft, columns)
    for path, evaluator in draft.every.items():
        for name, key in _read(evaluator):
            if not readable(draft, name, columns):
                yield _absent(name, [*columns, RESPONSE], (*path, *key), by=evaluator)
        yield from _wrong_where(draft, path, evaluator, columns)


def _wrong_responses(draft: Draft, columns: Iterable[str]) -> Iterator[Finding]:
    """Recorded responses that some example, or every one, lacks."""
    for path, target in draft.targets.items():
        if isinstance(target, RecordedTarget):
            place = (*path, "field") if _says(draft, (*path, "field")) else path
            if target.field in columns:
                yield from _all_have(draft, target.field, place)
            else:
                yield _absent(target.field, columns, place)
    if not draft.targets and draft.contrast is None and RESPONSE in columns:
        yield from _all_have(draft, RESPONSE, ("examples",))


def readable(draft: Draft, name: str, columns: Iterable[str]) -> bool:
    """Whether some example has this column, under the data's own name or the glossary's."""
    known = set(columns)
    return name in known or draft.own_name(name) in known


def _says(draft: Draft, path: Path) -> bool:
    """Whether a key stands in the file."""
    value: Any = draft.given
    for part in path:
        if not is_table(value) or part not in value:
            return False
        value = value[str(part)]
    return True


def _absent(name: str, columns: Iterable[str], path: Path, *, by: AnyEvaluator | None = None) -> Finding:
    reader = f"; evaluator `{by.name}` reads it" if by is not None else ""
    return Finding(f"no example has a column `{name}`{reader}", path, meant(name, columns, what="columns"))


def _wrong_fields(draft: Draft, columns: Iterable[str]) -> Iterator[Finding]:
    for name in Fields.__struct_fields__:
        if _says(draft, ("fields", name)) and getattr(draft.fields, name) not in columns:
            yield _absent(getattr(draft.fields, name), columns, ("fields", name))


def _wrong_contrast(draft: Draft, columns: Iterable[str]) -> Iterator[Finding]:
    if draft.contrast is None:
        return
    for key in ("good", "poor", "expected_good", "expected_poor"):
        name: str | None = getattr(draft.contrast, key)
        if name is None:
            continue
        if name not in columns:
            yield _absent(name, columns, ("contrast", key))
            continue
        yield from _all_have(draft, name, ("contrast", key))
        if key.startswith("expected"):
            yield from _no_shares(draft, name, ("contrast", key))


def _all_have(draft: Draft, name: str, path: Path) -> Iterator[Finding]:
    """What has no response cannot be evaluated, and a pair has both."""
    without = [row for row in draft.rows or () if row.value.get(name) is None]
    if without:
        places = ", ".join(row.where() for row in without[:_SHOWN]) + (
            f" and {len(without) - _SHOWN} more" if len(without) > _SHOWN else ""
        )
        yield Finding(f"not every example has a `{name}`: it is missing at {places}", path)


def _no_shares(draft: Draft, name: str, path: Path) -> Iterator[Finding]:
    for row in draft.rows or ():
        value = row.value.get(name)
        if value is not None and number_between(value, 0, 1) is None:
            yield row.finding(f"the expected score `{name}` takes a number from 0 to 1, not {shown(value)}")._replace(
                path=row.path or path
            )


def number_between(value: object, low: float, high: float) -> float | None:
    """A number, or the text of one, between two ends."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if low <= found <= high else None


def _read(evaluator: AnyEvaluator) -> Iterator[tuple[str, Path]]:
    """The columns that an evaluator reads besides the response, each with the key that says so."""
    match evaluator:
        case kinds.Exact() | kinds.Number() | kinds.Similarity() | kinds.Contains(text=None):
            yield "reference", ()
        case kinds.Judge():
            yield from _listed(evaluator.reads)
        case kinds.Pairwise():
            yield from _listed(evaluator.reads)
            if evaluator.against != RESPONSE:
                yield evaluator.against, ("against",)
        case _:
            return


def _listed(names: list[str]) -> Iterator[tuple[str, Path]]:
    yield from ((name, ("reads", index)) for index, name in enumerate(names) if name != RESPONSE)


def _wrong_where(draft: Draft, path: Path, evaluator: AnyEvaluator, columns: Iterable[str]) -> Iterator[Finding]:
    """Conditions on columns or values that no example has; all of them together may leave no example either."""
    if path not in draft.evaluators:
        return
    found = [
        each
        for name, wanted in evaluator.where.items()
        for each in _wrong_condition(draft, (*path, "where", name), wanted, columns)
    ]
    yield from found
    if not found and not any(_all_hold(draft, row, evaluator) for row in draft.rows or ()):
        yield Finding(
            f"evaluator `{evaluator.name}` is for no example: none meets all of its conditions", (*path, "where")
        )


def _wrong_condition(draft: Draft, path: Path, wanted: Any, columns: Iterable[str]) -> Iterator[Finding]:
    name = str(path[-1])
    if not readable(draft, name, columns):
        yield _absent(name, columns, path)
        return
    values = {as_text(draft.value(row, name)): None for row in draft.rows or ()}
    if is_list(wanted) and not wanted:
        yield Finding(f"`{name}` lists no value, so no example is meant", path)
    options = [((*path, index), each) for index, each in enumerate(wanted)] if is_list(wanted) else [(path, wanted)]
    for place, option in options:
        if as_text(option) not in values:
            hint = meant(str(option), [each for each in values if each is not None], what="values")
            yield Finding(f"no example has the {name} `{as_text(option)}`", place, hint)


def _all_hold(draft: Draft, row: Row, evaluator: AnyEvaluator) -> bool:
    return all(
        as_text(draft.value(row, name)) in {as_text(each) for each in (wanted if is_list(wanted) else [wanted])}
        for name, wanted in evaluator.where.items()
    )
