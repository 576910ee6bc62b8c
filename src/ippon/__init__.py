"""Tests for software built with language models: the same verdict from far fewer evaluations."""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers read it; importing typing would cost more than all the rest here
if TYPE_CHECKING:
    from ippon import ports, stats, testing
    from ippon.api.functions import EvaluatorFunction, evaluator
    from ippon.api.suite import Suite, compare, load
    from ippon.errors import (
        IpponError,
        MissingExtraError,
        NotBuiltError,
        Problem,
        StoreError,
        SuiteError,
        TrustError,
        UsageError,
    )
    from ippon.records.evaluators import Judge
    from ippon.records.judgement import Score
    from ippon.records.run import EvaluatorSummary, GateResult, Result, Run
    from ippon.records.suite import Gate
    from ippon.records.version import __version__

__all__ = [
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
# Where each public name lives; imported when it is first asked for, so that `import ippon` costs nothing.
_HOMES = {
    "EvaluatorFunction": "api.functions",
    "evaluator": "api.functions",
    "Suite": "api.suite",
    "compare": "api.suite",
    "load": "api.suite",
    **dict.fromkeys(
        (
            "IpponError",
            "MissingExtraError",
            "NotBuiltError",
            "Problem",
            "StoreError",
            "SuiteError",
            "TrustError",
            "UsageError",
        ),
        "errors",
    ),
    "Score": "records.judgement",
    "EvaluatorSummary": "records.run",
    "GateResult": "records.run",
    "Result": "records.run",
    "Run": "records.run",
    "Gate": "records.suite",
    "Judge": "records.evaluators",
    "__version__": "records.version",
}
_MODULES = ("ports", "stats", "testing")


def __getattr__(name: str) -> object:
    """A public name, from where it lives (PEP 562)."""
    from importlib import import_module  # noqa: PLC0415 - nothing is imported before it is asked for

    if name in _MODULES:
        return import_module(f"ippon.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'ippon' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"ippon.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
