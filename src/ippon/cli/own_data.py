"""A user's own data file, and which of its columns is what."""

from __future__ import annotations

import csv
import os
from typing import TYPE_CHECKING, Any

import msgspec

from ippon.cli.first_suite import Draft, is_short
from ippon.errors import Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROWS_READ = 1000
# Names that columns of such data usually have, the likeliest first; a column that ends in _NAME comes after.
NAMES: dict[str, tuple[str, ...]] = {
    "id": ("id", "uid", "key", "name", "example_id", "question_id"),
    "input": ("input", "question", "prompt", "query", "instruction", "user", "message", "text", "opening", "request"),
    "reference": (
        "reference",
        "expected",
        "expected_output",
        "answer",
        "ideal",
        "gold",
        "target",
        "ground_truth",
        "label",
    ),
    "response": ("response", "output", "completion", "prediction", "generated", "model_output", "reply", "actual"),
    "category": ("category", "topic", "dimension", "type", "tag", "group", "subject", "intent"),
}
GOOD, POOR = ("good", "chosen", "better"), ("poor", "bad", "rejected", "worse")


def draft_of(path: str, judge: str | None) -> Draft:
    """The suite that fits a data file; UsageError where nothing can be made of it."""
    rows = read_rows(path)
    if not rows:
        raise UsageError(f"{path} has no rows", hint="a header line and a line an example")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return draft(os.path.basename(path), columns, rows, judge)  # noqa: PTH119


def draft(name: str, columns: Sequence[str], rows: Sequence[dict[str, str]], judge: str | None) -> Draft:
    """The suite that fits such columns."""
    contrast = contrast_in(columns)
    free = [each for each in columns if contrast is None or each not in contrast]
    free = [each for each in free if not each.lower().startswith("expected_") or each.lower() == "expected_output"]
    found: dict[str, str] = {}
    for word in NAMES:
        column = column_for(word, [each for each in free if each not in found.values()])
        if column is not None and (word != "id" or _unique(row.get(column, "") for row in rows)):
            found[word] = column
    if "input" not in found:
        raise UsageError(_no_column("input", columns))
    if "response" not in found and contrast is None and judge is None:
        raise UsageError(_no_column("response", columns))
    references = [row.get(found["reference"], "") for row in rows] if "reference" in found else []
    usable = is_short(references)
    fields = tuple(
        (word, found[word]) for word in ("id", "input", "reference", "category") if found.get(word, word) != word
    )
    return Draft(
        examples=name,
        judge=judge,
        fields=fields,
        response=found.get("response"),
        contrast=contrast,
        reference=found.get("reference") if usable else None,
        numbers=usable and all(map(_is_number, references)),
    )


def _no_column(word: str, columns: Sequence[str]) -> Problem:
    likely = ", ".join(NAMES[word][:4])
    return Problem(
        message=f"no column looks like the {word}; there are: {', '.join(columns)}",
        hint=f"name one of them {likely}, ...",
    )


def column_for(word: str, columns: Iterable[str]) -> str | None:
    """The column that is most likely meant by a word of ippon's; None where none is."""
    listed = list(columns)
    lower = {each.lower().strip(): each for each in reversed(listed)}
    for name in NAMES[word]:
        if name in lower:
            return lower[name]
    for name in NAMES[word]:
        for each in listed:
            if each.lower().endswith(f"_{name}"):
                return each
    return None


def contrast_in(columns: Iterable[str]) -> tuple[str, str] | None:
    """The columns of good and poor responses; None without both."""
    texts = [each for each in columns if not each.lower().startswith("expected")]
    good = next((each for each in texts if each.lower().split("_")[0] in GOOD), None)
    poor = next((each for each in texts if each.lower().split("_")[0] in POOR), None)
    return None if good is None or poor is None else (good, poor)


def _unique(values: Iterable[str]) -> bool:
    seen = list(values)
    return all(seen) and len(set(seen)) == len(seen)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True


def read_rows(path: str) -> list[dict[str, str]]:
    """The first rows of a CSV or JSONL file, as texts; UsageError naming the line that cannot be read."""
    read = {".csv": _csv_rows, ".jsonl": _jsonl_rows}.get(os.path.splitext(path)[1].lower())  # noqa: PTH122
    if read is None:
        raise UsageError(f"--from {path}: neither .csv nor .jsonl", hint="ippon init --from data.csv")
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:  # noqa: PTH123
            return [row for row, _ in zip(read(path, file), range(ROWS_READ), strict=False)]
    except OSError as error:
        raise UsageError(f"--from {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"--from {path} is not UTF-8", hint="save it as UTF-8") from error


def _csv_rows(path: str, file: Iterable[str]) -> Iterator[dict[str, str]]:
    reader = csv.DictReader(file, strict=True)
    try:
        for row in reader:
            yield {str(name): str(value or "") for name, value in row.items() if name}
    except csv.Error as error:
        raise UsageError(Problem(message=f"broken CSV: {error}", file=path, line=reader.line_num)) from error


def _jsonl_rows(path: str, file: Iterable[str]) -> Iterator[dict[str, str]]:
    for number, line in enumerate(file, 1):
        if line.strip():
            yield {name: _as_text(value) for name, value in _object(path, number, line).items()}


def _object(path: str, number: int, line: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise UsageError(Problem(message=f"no JSON object: {error}", file=path, line=number)) from error


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else msgspec.json.encode(value).decode()
