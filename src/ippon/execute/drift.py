"""Whether a model's answers came from the model that was asked: providers change what stands behind a name without a word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_FLOATING = ("-latest", ":latest")
_PLACES = r"^.*/|\.gguf$"  # an organisation or a folder before the name, the kind of a file behind it
_VERSION = r"([-_@:.]?[0-9].*|:latest)?"


def strange_models(answered: Mapping[tuple[str, str], int]) -> tuple[str, ...]:
    """A warning for each model that others answered for; `answered` counts answers by (model asked, model answering)."""
    by_asked: dict[str, dict[str, int]] = {}
    for (asked, answering), n in answered.items():
        by_asked.setdefault(asked, {})[answering] = n
    return tuple(
        _warning(asked, counts)
        for asked, counts in by_asked.items()
        if len(counts) > 1 or not is_version(asked, next(iter(counts)))
    )


def is_version(asked: str, answering: str) -> bool:
    """Whether one name is the other, perhaps with a date or a size behind it; a floating name may be any model."""
    asked, answering = (re.sub(_PLACES, "", name.lower()) for name in (asked, answering))
    return asked.endswith(_FLOATING) or re.fullmatch(re.escape(asked) + _VERSION, answering) is not None


def _warning(asked: str, counts: Mapping[str, int]) -> str:
    found = ", ".join(f"{name} ({n})" for name, n in sorted(counts.items(), key=lambda each: (-each[1], each[0])))
    mixed = "; their scores are mixed in this run" if len(counts) > 1 else ""
    return f"asked for the model {asked}, answered by {found}{mixed}"
