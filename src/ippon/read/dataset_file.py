"""Data files -> rows: JSONL, JSON, CSV, YAML, Parquet; every broken line is named, none is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.errors import SuiteError
from ippon.read.finding import Finding, meant
from ippon.read.json_rows import json_rows, jsonl_rows
from ippon.read.raw import is_list, is_table
from ippon.read.row import Row, Rows
from ippon.read.table_rows import csv_rows, parquet_rows
from ippon.read.text import decoded
from ippon.read.unfit import unfit
from ippon.read.wording import sort_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ippon.errors import Problem


def rows_of(body: bytes, file: str) -> Rows:
    """The rows of a data file, by the ending of its name, and all that is wrong with it."""
    ending = file.rpartition(".")[2].lower() if "." in file else ""
    if ending not in _READERS:
        what = f"`.{ending}` is no kind of data file" if ending else "a data file has an ending that says its kind"
        return Rows([], [Finding(f"{what}: {file}", hint=meant(ending, _READERS))])
    try:
        found = _READERS[ending](body, file)
    except SuiteError as error:
        return Rows([], [_from(problem) for problem in error.problems])
    unfit_values = [
        row.finding(f"column `{wrong.path[0]}`: {wrong.message}", hint=wrong.hint)
        for row in found.rows
        for wrong in unfit(row.value)
    ]
    return Rows(found.rows, [*found.findings, *unfit_values])


def _from(problem: Problem) -> Finding:
    return Finding(problem.message, (), problem.hint, problem.file, problem.line, problem.column)


def _yaml_rows(body: bytes, file: str) -> Rows:
    from ippon.read.yaml_file import parsed_value  # noqa: PLC0415 - only a YAML file needs it

    value, places = parsed_value(decoded(body, file), file)
    if value is None:
        return Rows([], [])
    if not is_list(value):
        return Rows([], [Finding(f"rows are a list of tables, not {sort_of(value)}", file=file, line=1, column=1)])
    found = Rows([], [])
    for index, each in enumerate(value):
        line = places[index,][0]
        if is_table(each):
            found.rows.append(Row(each, file=file, line=line))
        else:
            found.findings.append(Finding(f"a row is a table, not {sort_of(each)}", file=file, line=line))
    return found


_READERS: dict[str, Callable[[bytes, str], Rows]] = {
    "jsonl": jsonl_rows,
    "ndjson": jsonl_rows,
    "json": json_rows,
    "csv": csv_rows,
    "yaml": _yaml_rows,
    "yml": _yaml_rows,
    "parquet": parquet_rows,
}
