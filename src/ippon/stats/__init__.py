"""The mathematics, pure: intervals, verdicts, estimates and choices over scores in 0..1.

Each name is loaded when it is first used: what a run needs, the intervals of a finite suite, does without numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.stats.intervals import Interval, finite_mean, population_mean, weighted, with_known, with_missing

if TYPE_CHECKING:
    from typing import Any

    from ippon.stats.agreement import cohen_kappa, flip_rate, krippendorff_alpha
    from ippon.stats.bootstrap import bca
    from ippon.stats.certifier import Certifier
    from ippon.stats.certifier_power import simulated_use, smallest_gap_certified
    from ippon.stats.clusters import clustered_mean, stratified_mean
    from ippon.stats.estimate import estimate_mean
    from ippon.stats.level_shift import ChangePoint, changepoint
    from ippon.stats.multiplicity import holm
    from ippon.stats.paired import mcnemar, paired_difference, wilcoxon
    from ippon.stats.power import (
        Spread,
        evaluations_needed,
        judge_noise,
        smallest_gap,
        spread_of_differences,
        spread_of_residuals,
    )
    from ippon.stats.ppi import ppi_difference, ppi_mean
    from ippon.stats.proportions import wilson
    from ippon.stats.screener import Screener
    from ippon.stats.shortlist import screen, screen_score
    from ippon.stats.sweep import Sweep, halving

# The others: name, and the module of this package that holds it.
_HOMES: dict[str, str] = {
    "Certifier": "certifier",
    "ChangePoint": "level_shift",
    "Screener": "screener",
    "Spread": "power",
    "Sweep": "sweep",
    "bca": "bootstrap",
    "changepoint": "level_shift",
    "clustered_mean": "clusters",
    "cohen_kappa": "agreement",
    "estimate_mean": "estimate",
    "evaluations_needed": "power",
    "flip_rate": "agreement",
    "halving": "sweep",
    "holm": "multiplicity",
    "judge_noise": "power",
    "krippendorff_alpha": "agreement",
    "mcnemar": "paired",
    "paired_difference": "paired",
    "ppi_difference": "ppi",
    "ppi_mean": "ppi",
    "screen": "shortlist",
    "screen_score": "shortlist",
    "simulated_use": "certifier_power",
    "smallest_gap": "power",
    "smallest_gap_certified": "certifier_power",
    "spread_of_differences": "power",
    "spread_of_residuals": "power",
    "stratified_mean": "clusters",
    "wilcoxon": "paired",
    "wilson": "proportions",
}

__all__ = [
    "Certifier",
    "ChangePoint",
    "Interval",
    "Screener",
    "Spread",
    "Sweep",
    "bca",
    "changepoint",
    "clustered_mean",
    "cohen_kappa",
    "estimate_mean",
    "evaluations_needed",
    "finite_mean",
    "flip_rate",
    "halving",
    "holm",
    "judge_noise",
    "krippendorff_alpha",
    "mcnemar",
    "paired_difference",
    "population_mean",
    "ppi_difference",
    "ppi_mean",
    "screen",
    "screen_score",
    "simulated_use",
    "smallest_gap",
    "smallest_gap_certified",
    "spread_of_differences",
    "spread_of_residuals",
    "stratified_mean",
    "weighted",
    "wilcoxon",
    "wilson",
    "with_known",
    "with_missing",
]


def __getattr__(name: str) -> Any:
    """One of the names that are loaded late."""
    from importlib import import_module  # noqa: PLC0415 - as late as what it loads

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
