"""The results of a run as rows: JSON lines, and CSV that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from ippon.report.escape import cell
from ippon.report.json_object import encoded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ippon.records.run import Run

CSV_COLUMNS = (
    "run_id",
    "suite",
    "tier",
    "target",
    "example",
    "evaluator",
    "response",
    "repeat",
    "status",
    "score",
    "label",
    "reason",
    "text",
    "cached",
    "tries",
    "hedged",
    "latency_s",
    "error_class",
    "error_message",
)


def json_lines(run: Run) -> bytes:
    """A line for each result, with the run that it belongs to."""
    return b"".join(encoded(row) for row in _rows(run))


def csv_text(run: Run) -> str:
    """The same as CSV, a header line first."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for row in _rows(run):
        error: dict[str, Any] = row.pop("error") or {}
        flat: dict[str, Any] = {**row, "error_class": error.get("class"), "error_message": error.get("message")}
        cells = [flat[name] for name in CSV_COLUMNS]
        writer.writerow([cell(each) if isinstance(each, str) else each for each in cells])
    return stream.getvalue()


def _rows(run: Run) -> Iterator[dict[str, Any]]:
    of = {"run_id": run.run_id, "suite": run.suite, "tier": run.tier, "target": run.target}
    for result in run.results:
        yield {**of, **result.to_dict()}
