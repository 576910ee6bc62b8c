"""One evaluation looked at closely: each prompt as sent, each raw answer, and how it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.report.escape import visible
from ippon.report.number import score, seconds
from ippon.report.view import View, spread

if TYPE_CHECKING:
    from ippon.records.event import Attempt
    from ippon.records.run import Result

SHOWN_LINES = 60


def attempt_lines(attempt: Attempt, view: View) -> list[str]:
    """The lines of `ippon try`."""
    result = attempt.result
    lines = spread([f"{visible(result.evaluator)} on {visible(result.example)}", f"response: {result.response}"], view)
    lines += _block("response", result.text or "", view)
    for number, (sent, answer, cached) in enumerate(attempt.exchanges, 1):
        of = f" {number} of {len(attempt.exchanges)}" if len(attempt.exchanges) > 1 else ""
        lines += _block(f"sent{of}", sent, view)
        lines += _block(f"answer{of}{' (cached)' if cached else ''}", answer, view)
    return lines + spread(_read(result), view)


def _read(result: Result) -> list[str]:
    """How the answer was read, last."""
    if result.error is not None:
        return [f"no score: {result.error.reason}: {visible(result.error.message)}"]
    label = "" if result.label is None else f" (label {visible(result.label)})"
    took = "" if result.latency_s is None or result.cached else seconds(result.latency_s)
    reason = "" if result.reason is None else f"reason: {visible(result.reason)}"
    return [f"score {score(result.score)}{label}", result.status, took, reason]


def _block(title: str, text: str, view: View) -> list[str]:
    """A text under its title, line by line, every one marked so that it cannot be taken for ippon's own."""
    found = text.splitlines() or [""]
    shown = found if view.verbose else found[:SHOWN_LINES]
    lines = [f"--- {title}", *(f"| {visible(line)}".rstrip() for line in shown)]
    return [*lines, f"--- {len(found) - len(shown)} more lines: -v"] if len(found) > len(shown) else lines
