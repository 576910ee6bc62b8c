"""How sure a model was of its label: the probability of each label, from what its endpoint gives."""

from __future__ import annotations

import json
from itertools import accumulate, takewhile
from math import exp, isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Token = tuple[str, float, dict[str, float]]


def normalised(given: Mapping[str, float], labels: Iterable[str]) -> dict[str, float] | None:
    """The shares of the labels among themselves; None where nothing is left to share, or a share is none."""
    found = {label: given.get(label, 0.0) for label in labels}
    if not all(isfinite(share) and share >= 0 for share in found.values()):
        return None
    total = sum(found.values())
    return {label: share / total for label, share in found.items()} if total > 0 else None


def mean_worth(shares: Mapping[str, float], values: Mapping[str, float]) -> float:
    """The mean of the labels' values, each weighted with its share; kept inside 0..1 against rounding."""
    return min(max(sum(share * values[label] for label, share in shares.items()), 0.0), 1.0)


def label_shares(text: str, tokens: Sequence[Token], labels: Sequence[str]) -> dict[str, float] | None:
    """The labels' shares at the first token that tells them apart, from the alternatives that the endpoint lists.

    While the chosen token fits several labels (`g` of good and great) the next one is looked at, times the chosen one's
    probability. None where the tokens are not the text, or no label can be found in them.
    """
    start = _label_start(text)
    if start is None or "".join(token for token, _, _ in tokens) != text:
        return None
    masses = dict.fromkeys(labels, 0.0)
    reached = 1.0
    for position, (token, logprob, alternatives) in _deciding(text, start, tokens, labels):
        for option, option_logprob in {**alternatives, token: logprob}.items():
            fits = _fitting(_begun(text[:position] + option, text[:start]), labels)
            if len(fits) == 1:
                masses[fits[0]] += reached * exp(option_logprob)
        reached *= exp(logprob)
    return normalised(masses, labels)


def _deciding(text: str, start: int, tokens: Sequence[Token], labels: Sequence[str]) -> Iterator[tuple[int, Token]]:
    """The tokens from the one that holds the label's first character to the one that leaves a single label."""
    positions = accumulate((len(token) for token, _, _ in tokens), initial=0)
    within = ((at, token) for at, token in zip(positions, tokens, strict=False) if at + len(token[0]) > start)
    return takewhile(lambda each: each[0] <= start or len(_fitting(text[start : each[0]], labels)) > 1, within)


def _begun(text: str, lead: str) -> str:
    """What follows the lead in a text; nothing where the text does not begin with it."""
    return text.removeprefix(lead) if text.startswith(lead) else ""


def _label_start(text: str) -> int | None:
    """Where the label's own characters begin in an answer that is known to be one JSON object with that key."""
    key = '"label"'
    at = text.find(key)
    while at >= 0:
        rest = text[at + len(key) :]
        value = rest.lstrip().removeprefix(":").lstrip()
        if rest.lstrip().startswith(":") and value.startswith('"'):
            return len(text) - len(value) + 1
        at = text.find(key, at + 1)
    return None


def _fitting(begun: str, labels: Sequence[str]) -> list[str]:
    """The labels that a begun JSON string may still become, or has become; none before its first character."""
    if not begun:
        return []
    whole = {label: json.dumps(label, ensure_ascii=False)[1:] for label in labels}
    return [label for label, written in whole.items() if written.startswith(begun) or begun.startswith(written)]
