"""Rows -> examples: ids, categories and clusters as text, each id once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.read.wording import sort_of
from ippon.records.suite import Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ippon.read.draft import Draft
    from ippon.read.finding import Finding
    from ippon.read.row import Row


def wrong_examples(draft: Draft) -> Iterator[Finding]:
    """Ids that are no text, missing or there twice; categories and clusters that are no text."""
    rows = draft.rows or []
    yield from _wrong_ids(draft, rows)
    for row in rows:
        for name in ("category", "cluster"):
            value = draft.value(row, name)
            if value is not None and _text(value) is None:
                yield row.finding(f"`{draft.own_name(name)}` takes text, not {sort_of(value)}")


def _wrong_ids(draft: Draft, rows: list[Row]) -> Iterator[Finding]:
    ids = [draft.value(row, "id") for row in rows]
    if all(each is None for each in ids):
        return
    seen: dict[str, Row] = {}
    for row, value in zip(rows, ids, strict=True):
        text = _text(value)
        if value is None or value == "":
            yield row.finding(f"this example has no `{draft.own_name('id')}`, the others have")
        elif text is None:
            yield row.finding(f"`{draft.own_name('id')}` takes text, not {sort_of(value)}")
        elif text in seen:
            yield row.finding(f"a second example has the id `{text}`; the first is {seen[text].where()}")
        else:
            seen[text] = row


def examples_of(draft: Draft) -> tuple[Example, ...]:
    """The examples of a draft in which nothing is wrong; without an id column they are numbered."""
    return tuple(
        Example(
            id=_text(draft.value(row, "id")) or f"ex-{number:03d}",
            row=row.value,
            category=_text(draft.value(row, "category")) or None,
            cluster=_text(draft.value(row, "cluster")) or None,
        )
        for number, row in enumerate(draft.rows or (), start=1)
    )


def _text(value: object) -> str | None:
    """A text or number as text."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
