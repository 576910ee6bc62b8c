"""Results to files, and to the annotations of a CI runner."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from ippon.errors import Problem
from ippon.report.escape import annotation
from ippon.report.json_object import encoded, run_object
from ippon.report.rows import csv_text, json_lines
from ippon.report.table import below, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.records.event import Finished
    from ippon.records.run import Run


def write_outputs(paths: Sequence[str], finished: Finished) -> list[Problem]:
    """Write the result to each file, either the old one or the new one, whole; what could not be written is said."""
    problems: list[Problem] = []
    for path in paths:
        if path.endswith(".jsonl"):
            content = json_lines(finished.run)
        elif path.endswith(".csv"):
            content = csv_text(finished.run).encode("utf-8", "replace")
        else:
            content = encoded(run_object(finished))
        try:
            _write(path, content)
        except OSError as error:
            problems.append(
                Problem(
                    message=f"--output {path} cannot be written: {error.strerror}",
                    hint="the run is kept: ippon runs show latest",
                )
            )
    return problems


def _write(path: str, content: bytes) -> None:
    draft = f"{path}.{os.getpid()}.part"
    try:
        with open(draft, "wb") as file:  # noqa: PTH123 - pathlib is slow to import
            file.write(content)
        os.replace(draft, path)  # noqa: PTH105
    except OSError:
        with suppress(OSError):
            os.unlink(draft)  # noqa: PTH108
        raise


def annotation_lines(run: Run) -> list[str]:
    """One GitHub annotation for each failing gate."""
    return [annotation(f"{below(row)} (n {row.n})") for row in rows_of(run) if row.verdict == "fail"]
