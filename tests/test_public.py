"""The public surface, frozen: what users and plugs may build on."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import ippon
from ippon import ports, stats, testing


def test_public_names():
    """A name that comes or goes is a reviewed change."""
    assert (
        [
            "EvaluatorFunction",
            "EvaluatorSummary",
            "Gate",
            "GateResult",
            "IpponError",
            "Judge",
            "MissingExtraError",
            "NotBuiltError",
            "Problem",
            "Result",
            "Run",
            "Score",
            "StoreError",
            "Suite",
            "SuiteError",
            "TrustError",
            "UsageError",
            "__version__",
            "compare",
            "evaluator",
            "load",
            "ports",
            "stats",
            "testing",
        ]
        == sorted(ippon.__all__)
        == dir(ippon)
    )
    assert [
        "Cache", "Client", "Clock", "Entry", "History", "Kept", "Learned", "Leases", "Listener", "Rates", "Shared", "Steps", "Store",
    ] == sorted(ports.__all__)  # fmt: skip
    assert [
        "Certifier", "ChangePoint", "Interval", "Screener", "Spread", "Sweep", "bca", "changepoint",
        "clustered_mean", "cohen_kappa", "estimate_mean", "evaluations_needed", "finite_mean", "flip_rate",
        "halving", "holm", "judge_noise", "krippendorff_alpha", "mcnemar", "paired_difference",
        "population_mean", "ppi_difference", "ppi_mean", "screen", "screen_score", "simulated_use",
        "smallest_gap", "smallest_gap_certified", "spread_of_differences", "spread_of_residuals",
        "stratified_mean", "weighted", "wilcoxon", "wilson", "with_known", "with_missing",
    ] == sorted(stats.__all__)  # fmt: skip
    assert ["FakeClock", "MemoryCache", "ScriptedClient"] == sorted(testing.__all__)


@pytest.mark.parametrize("name", ippon.__all__)
def test_every_public_name_is_there(name):
    """Imported when it is first asked for."""
    assert getattr(ippon, name) is ippon.__getattr__(name)


def test_an_unknown_name_is_an_attribute_error():
    """As in any module."""
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = ippon.nonsense


def test_importing_ippon_imports_nothing_else():
    """Forty milliseconds are kept by importing nothing."""
    program = "import sys; before = set(sys.modules); import ippon; print(sorted(set(sys.modules) - before))"
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True, env=bare)

    assert "['__future__', 'ippon']" == done.stdout.strip()
