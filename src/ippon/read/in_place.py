"""Puts the content of named files in their place: texts, few-shot rows, JSON schemas, examples."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from ippon.errors import SuiteError
from ippon.read.compiled import LARGEST
from ippon.read.dataset_file import rows_of
from ippon.read.finding import Finding, Path
from ippon.read.json_rows import json_value
from ippon.read.raw import Table, is_list, is_table, table_of
from ippon.read.row import Row
from ippon.read.shape import DEFAULT_KIND, KIND
from ippon.read.text import decoded
from ippon.read.wording import sort_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ippon.read.files import Files

PARTS = ("cheap", "sure")  # the two evaluators inside a cascade
TEXTS = ("prompt", "system", "rubric")


class Filled(NamedTuple):
    """A raw suite file with everything in place, its rows of data, and what was wrong on the way.

    `rows` is None when a data file could not be read in full; `shots` are the few-shot rows that stand in files.
    """

    raw: Table
    rows: list[Row] | None
    shots: dict[Path, list[Row]]
    findings: list[Finding]


def filled(raw: Mapping[str, Any], files: Files, *, wrong: Iterable[Path]) -> Filled:
    """The raw file with the content of its files in place; what is `wrong` stays as it stands."""
    step = _Filling(files, frozenset(wrong))
    rows = step.examples(raw.get("examples"))
    made: Table = dict(raw)
    if is_list(made.get("evaluators")):
        made["evaluators"] = step.items(made["evaluators"], ("evaluators",), step.evaluator)
    if is_table(made.get("target")):
        made["target"] = step.target(made["target"], ("target",))
    if is_table(made.get("targets")):
        made["targets"] = {key: step.target(each, ("targets", key)) for key, each in made["targets"].items()}
    return Filled(made, rows, step.shots, step.findings)


class _Filling:
    """One pass over a raw file; `findings` grow on the way."""

    def __init__(self, files: Files, wrong: frozenset[Path]) -> None:
        self.findings: list[Finding] = []
        self.shots: dict[Path, list[Row]] = {}
        self._files = files
        self._data: set[str] = set()
        self._wrong = wrong

    def items(self, values: list[Any], path: Path, fill: Callable[[Any, Path], Any]) -> list[Any]:
        """A list with each item filled."""
        return [fill(each, (*path, index)) for index, each in enumerate(values)]

    def target(self, value: Any, path: Path) -> Any:
        """A target with its texts in place."""
        return self._texts(value, path) if is_table(value) else value

    def evaluator(self, value: Any, path: Path) -> Any:
        """An evaluator with its kind, texts, shots and schema in place."""
        if not is_table(value):
            return value
        table = self._texts({KIND: DEFAULT_KIND, **value}, path)
        if isinstance(table.get("shots"), str):
            table["shots"] = self._shots(table["shots"], (*path, "shots"))
        if table[KIND] == "json_schema" and "schema" in table:
            table["schema"] = self._schema(table["schema"], (*path, "schema"))
        if table[KIND] == "cascade":
            for part in PARTS:
                table[part] = self.evaluator(table.get(part), (*path, part))
        return table

    def _texts(self, table: Table, path: Path) -> Table:
        return {key: self._text(each, (*path, key)) if key in TEXTS else each for key, each in table.items()}

    def _text(self, value: Any, path: Path) -> Any:
        """A text, be it here or in a file; a file's last newline is no part of it."""
        if path in self._wrong or not _names_file(value):
            return value
        text = self._read(value["file"], (*path, "file"))
        return "" if text is None else text.removesuffix("\n")

    def _read(self, name: str, path: Path) -> str | None:
        try:
            return decoded(self._files.body(name, limit=LARGEST), self._files.shown(name))
        except SuiteError as error:
            self._note(error, path)
            return None

    def _note(self, error: SuiteError, path: Path) -> None:
        for each in error.problems:
            self.findings.append(Finding(each.message, path, each.hint, each.file, each.line, each.column))

    def _schema(self, value: Any, path: Path) -> Any:
        """A JSON schema: a table, or the JSON text of one."""
        text = self._text(value, path)
        if (
            path in self._wrong
            or not isinstance(text, str)
            or any(each.path[: len(path)] == path for each in self.findings)
        ):
            return text
        file = self._files.shown(value["file"]) if is_table(value) else None
        schema = json_value(text, file or "")
        if isinstance(schema, Finding):
            inline = Finding(f"`schema` is {schema.message}", path, 'schema = { file = "..." } names a file')
            self.findings.append(inline if file is None else schema._replace(path=path))
            return {}
        if not is_table(schema):
            self.findings.append(Finding(f"a JSON schema is a JSON object, not {sort_of(schema)}", path))
        return schema

    def _shots(self, name: str, path: Path) -> list[Table]:
        self.shots[path] = self._rows(name, path)
        return [row.value for row in self.shots[path]]

    def _rows(self, name: str, path: Path) -> list[Row]:
        """The rows of one data file; what is wrong with it is noted."""
        try:
            body = self._files.body(name)
        except SuiteError as error:
            self._note(error, path)
            return []
        found = rows_of(body, self._files.shown(name))
        self.findings.extend(each._replace(path=path) for each in found.findings)
        if not (found.rows or found.findings):
            self.findings.append(Finding(f"{self._files.shown(name)} holds no rows", path))
        return [row._replace(path=path) for row in found.rows]

    def examples(self, value: Any) -> list[Row] | None:
        """The rows of all examples, in the order they are named; None when something is wrong with them."""
        path: Path = ("examples",)
        if value is None or any(each[:1] == path for each in self._wrong):
            return None
        before = len(self.findings)
        parts: list[tuple[Any, Path]] = (
            [(value, path)] if isinstance(value, str) else [(each, (*path, i)) for i, each in enumerate(value)]
        )
        rows = [row for part, at in parts for row in self._part(part, at)]
        if not rows and len(self.findings) == before:
            self.findings.append(Finding("there are no examples, so there is nothing to evaluate", path))
        return rows if len(self.findings) == before else None

    def _part(self, part: Any, path: Path) -> Iterator[Row]:
        """One part of the examples: a row in place, a path or a glob."""
        if is_table(part):
            yield Row(part, path)
            return
        try:
            names = self._files.expanded(part)
        except SuiteError as error:
            self._note(error, path)
            return
        for name in names:
            if os.path.normpath(name) in self._data:
                self.findings.append(Finding(f"{self._files.shown(name)} is among the examples twice", path))
            else:
                self._data.add(os.path.normpath(name))
                yield from self._rows(name, path)


def _names_file(value: Any) -> bool:
    return isinstance(table_of(value).get("file"), str)
