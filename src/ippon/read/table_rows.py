"""CSV and Parquet -> rows."""

from __future__ import annotations

from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ippon.errors import MissingExtraError
from ippon.read.finding import Finding
from ippon.read.raw import Table, is_list, is_table
from ippon.read.row import Row, Rows
from ippon.read.text import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_FIELD = 2**31 - 1  # the csv module stops at 128 KB unless told


def csv_rows(body: bytes, file: str) -> Rows:
    """The rows of a CSV file, every value a text; a row that is shorter or longer than the header is named."""
    import csv  # noqa: PLC0415 - only a CSV file needs it

    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        records = list(_records(decoded(body, file, limit=None)))
    except csv.Error as error:
        line, message = error.args
        return Rows([], [Finding(f"broken CSV: {message}", file=file, line=line)])
    finally:
        csv.field_size_limit(before)
    if not records:
        return Rows([], [])
    (line, header), *rest = records
    findings = list(_wrong_header(header, file, line))
    if findings:
        return Rows([], findings)
    for number, fields in rest:
        if len(fields) != len(header):
            findings.append(Finding(f"this row has {_count(fields)}, the header {len(header)}", file=file, line=number))
    good = [
        Row(dict(zip(header, fields, strict=True)), file=file, line=number)
        for number, fields in rest
        if len(fields) == len(header)
    ]
    return Rows(good, findings)


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not blank with the line it starts on; a csv.Error of (line, message)."""
    import csv  # noqa: PLC0415 - as above

    lines = csv.reader((f"{line}\n" for line in text.split("\n")), strict=True)
    start = 1
    while True:
        try:
            fields = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            raise csv.Error(start, str(error)) from None
        if fields:
            yield start, fields
        start = lines.line_num + 1


def _wrong_header(header: list[str], file: str, line: int) -> Iterator[Finding]:
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        mark = "semicolons" if ";" in header[0] else "tabs"
        yield Finding(
            f"the columns are separated by {mark}, not commas", hint="save it with commas", file=file, line=line
        )
        return
    for number, name in enumerate(header, start=1):
        if not name.strip():
            yield Finding(f"column {number} has no name", file=file, line=line)
        elif name in header[: number - 1]:
            yield Finding(
                f"columns {header.index(name) + 1} and {number} are both called `{name}`", file=file, line=line
            )


def _count(fields: list[str]) -> str:
    return f"{len(fields)} field{'s' * (len(fields) != 1)}"


def parquet_rows(body: bytes, file: str) -> Rows:
    """The rows of a Parquet file; dates and times become text, decimals numbers. Its `line` is the row's number."""
    try:
        arrow: Any = import_module("pyarrow")
        parquet: Any = import_module("pyarrow.parquet")
    except ImportError:
        message = f"{file} is Parquet, which needs a part that is not installed"
        return Rows([], [Finding(message, (), "pip install 'ippon[parquet]'", file, error=MissingExtraError)])
    try:
        whole = parquet.ParquetFile(arrow.BufferReader(body))
        names: list[str] = whole.schema_arrow.names
        values: list[Table] = whole.read().to_pylist()
    except (arrow.ArrowException, OSError, ValueError) as error:
        return Rows([], [Finding(f"broken Parquet: {str(error).splitlines()[0]}", file=file)])
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        return Rows([], [Finding(f"two columns are called `{name}`", file=file) for name in twice])
    return Rows([Row(_plain(value), file=file, line=number) for number, value in enumerate(values, start=1)], [])


def _plain(value: Any) -> Any:
    """A value of Arrow as a JSON value, where there is one."""
    if is_table(value):
        return {key: _plain(each) for key, each in value.items()}
    if is_list(value):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
