"""How a run ends: one verdict, one exit code, one reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.records.bundle import Bundle
from ippon.records.suite import BUILT_IN_TIERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.records.run import Counts, GateResult, Verdict
    from ippon.records.suite import OnInconclusive, Tier

ALLOWED_MISSING = 0.01  # more than this share without a result, and nothing is passed by omission
NEXT_TIER = {"quick": "medium", "medium": "full"}


class Ending(Bundle, frozen=True):
    """The verdict and the exit code of CONTRACT 3."""

    verdict: Verdict
    exit_code: int


def ending(
    counts: Counts,
    gates: Sequence[GateResult],
    *,
    on_inconclusive: OnInconclusive,
    interrupted: bool,
    spend_stop: bool,
) -> Ending:
    """The first that applies of: interrupted, stopped for spend or authentication, failed, incomplete or inconclusive, passed."""
    verdicts = {gate.verdict for gate in gates}
    if interrupted:
        return Ending("interrupted", 130)
    if spend_stop:
        return Ending("incomplete", 4)
    if "fail" in verdicts:
        return Ending("fail", 1)
    if counts.failed + counts.missing > ALLOWED_MISSING * counts.planned:
        return Ending("incomplete", 3)
    if "inconclusive" in verdicts:
        return Ending("inconclusive", 0 if on_inconclusive == "pass" else 3)
    return Ending("pass" if "pass" in verdicts else "none", 0)


def what_inconclusive_does(name: str, tier: Tier) -> OnInconclusive:
    """The tier's own word, else that of the built-in tier of its name, else that it fails."""
    built_in = BUILT_IN_TIERS.get(name)
    return tier.on_inconclusive or (built_in.on_inconclusive if built_in else None) or "fail"


def promoted(name: str) -> str | None:
    """The next tier up, None at the top."""
    return None if name == "full" else NEXT_TIER.get(name, "full")
