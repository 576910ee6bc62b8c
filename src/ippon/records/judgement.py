"""What an evaluator says of one response."""

from __future__ import annotations

from typing import Any

import msgspec

from ippon.records.call import Failure


class Score(msgspec.Struct, frozen=True):
    """A number in 0..1, the label it was read from, and the evaluator's reason in words.

    `details` are JSON values that belong to the judgement (both orders of a pair, the probabilities of labels).
    """

    value: float
    label: str | None = None
    reason: str | None = None
    details: dict[str, Any] | None = None


class Unscored(msgspec.Struct, frozen=True, kw_only=True):
    """An evaluation without a score: failed (`failure`), or missing because its request was never sent (`because`).

    Where a lane ended, a missing one holds the failure that ended it.
    """

    failure: Failure | None = None
    because: str | None = None


Judgement = Score | Unscored
