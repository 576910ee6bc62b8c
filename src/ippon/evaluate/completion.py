"""The prompt of a small local model: a plain text that goes on with a label. Tuned for SmolLM2-135M."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ippon.evaluate.texts import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LABEL = "label"


def layout(rubric: str, labels: Sequence[str], shots: Sequence[Mapping[str, Any]], fields: Mapping[str, Any]) -> str:
    """A completion prompt whose next token is the label of the item in `fields`.

    Rubric and judged examples come first, so that all items share that prefix and a server computes it once. Every
    value is JSON on one line; a shot holds the names of `fields` and its `label`.
    """
    lines = [f"{_row({name: shot.get(name) for name in fields})}: {shot[LABEL]}\n" for shot in shots]
    return f"Judge: {' or '.join(labels)}.\n{' '.join(rubric.split())}\n\n{''.join(lines)}{_row(fields)}:"


def _row(fields: Mapping[str, Any]) -> str:
    return " ".join(f"{name} {quoted(value)}" for name, value in fields.items())
