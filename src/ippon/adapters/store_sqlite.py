"""The history of a suite's runs in one SQLite file beside it."""

from __future__ import annotations

from contextlib import contextmanager
from heapq import heappop, heappush
from typing import TYPE_CHECKING, cast

import msgspec

from ippon.adapters.sqlite_file import SqliteFile
from ippon.errors import Problem, StoreError
from ippon.records.evaluations import Results
from ippon.records.kept import Resumed
from ippon.records.run import Counts, Earlier, Result, Run

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from ippon.records.kept import Kept

SCHEMA = """
CREATE TABLE runs (
  run_id TEXT PRIMARY KEY, started_at REAL NOT NULL, suite TEXT NOT NULL, target TEXT, body BLOB NOT NULL, sheet BLOB
);
CREATE INDEX runs_of ON runs (suite, started_at);
CREATE TABLE journal (run_id TEXT NOT NULL, position INTEGER NOT NULL, row BLOB NOT NULL)
"""
# From format 1 to 2: what was written while a run asked stays as it is, instead of being gathered in one sheet at its end.
UPGRADES = (
    """
ALTER TABLE runs ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;
UPDATE runs SET ended = 1 WHERE sheet IS NOT NULL;
ALTER TABLE journal RENAME TO results;
ALTER TABLE results RENAME COLUMN row TO rows;
INSERT INTO results SELECT run_id, 0, sheet FROM runs WHERE sheet IS NOT NULL;
ALTER TABLE runs DROP COLUMN sheet;
CREATE INDEX results_of ON results (run_id, position);
CREATE TABLE texts (run_id TEXT NOT NULL, first INTEGER NOT NULL, texts BLOB NOT NULL, PRIMARY KEY (run_id, first))
""",
)
ROWS_A_SHEET = 500
LATEST = "latest"


class _Row(msgspec.Struct, frozen=True, array_like=True):
    """A result as it is stored: its text as a number among the texts of its run."""

    position: int
    key: bytes | None
    text: int | None
    result: Result


class _Sheet(msgspec.Struct, frozen=True, array_like=True):
    """Some results of a run; `responses` are the keys of fetched ones and their texts' numbers.

    Where it has `texts` of its own (format 1), the numbers are among these.
    """

    texts: list[str]
    rows: list[_Row]
    responses: list[tuple[bytes, int]] = []


class SqliteStore:
    """Runs and their results. Both `ports.Store` and `ports.History`.

    Results are written in sheets as they arrive, each under the first position in it, and each response once in a run;
    nothing is gathered, so that a run may have more of them than memory holds.
    """

    def __init__(self, path: str) -> None:
        self.file = SqliteFile(path, what="history", schema=SCHEMA, upgrades=UPGRADES)
        self._numbers: dict[str, dict[str, int]] = {}
        self._is_closed = False

    def begin(self, run: Run) -> None:
        """Note that a run has started, durably."""
        self.file.write(lambda connection: _put(connection, run, ended=False))

    def record(self, run_id: str, rows: Sequence[Kept]) -> None:
        """Keep results, durably, as they arrive."""
        known = self._numbers.setdefault(run_id, {})
        new: dict[str, int] = {}
        sheet = _sheet(rows, known, new)
        self.file.write(lambda connection: _add(connection, run_id, sheet, new))
        known.update(new)

    def finish(self, run: Run, rows: Sequence[Kept]) -> None:
        """Close a run: its last results and its summary, in one transaction."""
        known = self._numbers.pop(run.run_id, {})

        def work(connection: sqlite3.Connection) -> None:
            for start in range(0, len(rows), ROWS_A_SHEET):
                new: dict[str, int] = {}
                sheet = _sheet(rows[start : start + ROWS_A_SHEET], known, new)
                _add(connection, run.run_id, sheet, new)
                known.update(new)
            _put(connection, run, ended=True)

        self.file.write(work)

    def runs(self) -> list[Run]:
        """All runs without their results, newest first."""
        rows = self._rows("SELECT body FROM runs ORDER BY started_at DESC")
        found = [msgspec.json.decode(body, type=Run) for (body,) in _blobs(rows)]
        return [each if each.finished else _so_far(each, self.results(each.run_id)) for each in found]

    def last(self, suite: str, target: str | None) -> Earlier | None:
        """The newest run of a suite that has an end, without its results: of the same target, else of any."""
        query = "SELECT body FROM runs WHERE suite = ? AND ended ORDER BY target IS ? DESC, started_at DESC LIMIT 1"
        for (body,) in _blobs(self._rows(query, (suite, target))):
            return msgspec.json.decode(body, type=Earlier)
        return None

    def results(self, run_id: str) -> Results:
        """The results of a run, in the order of its plan; read whenever they are looked at, after `close` as well."""
        return Results(lambda: self._results(run_id), lambda: self._count(run_id))

    def newest(self, suite: str) -> Run | None:
        """The newest run of a suite, open ones included, without its results."""
        query = "SELECT body FROM runs WHERE suite = ? ORDER BY started_at DESC LIMIT 1"
        for (body,) in _blobs(self._rows(query, (suite,))):
            return msgspec.json.decode(body, type=Run)
        return None

    def load(self, run_id: str) -> Run | None:
        """A run with its results in the order of its plan; "latest" is the newest."""
        by = ("ORDER BY started_at DESC LIMIT 1", ()) if run_id == LATEST else ("WHERE run_id = ?", (run_id,))
        for (body,) in _blobs(self._rows(f"SELECT body FROM runs {by[0]}", by[1])):  # noqa: S608 - the words are ours
            run = msgspec.json.decode(body, type=Run)
            results = self.results(run.run_id)
            return msgspec.structs.replace(run if run.finished else _so_far(run, results), results=results)
        return None

    def known(self, run_id: str) -> Resumed:
        """The scored results and the fetched responses of a run by their keys."""
        results: dict[bytes, Result] = {}
        responses: dict[bytes, str] = {}
        texts = self._texts(run_id)
        for _, sheet in self._sheets(run_id):
            for row in _with_texts(sheet, texts):
                if row.key is not None and row.result.score is not None:
                    results[row.key] = row.result
            known = sheet.texts or texts
            responses |= {key: known[text] for key, text in sheet.responses}
        return Resumed(results, responses)

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._is_closed = True
        self.file.close()

    def _rows(self, query: str, parameters: Sequence[object] = ()) -> Iterator[tuple[object, ...]]:
        self.file.upgrade()
        return self.file.rows(query, parameters)

    def _results(self, run_id: str) -> Iterator[Result]:
        with self._open(run_id) as it:
            yield from it._in_order(run_id)  # noqa: SLF001 - its own class

    def _count(self, run_id: str) -> int:
        query = "SELECT total(json_array_length(CAST(rows AS TEXT), '$[1]')) FROM results WHERE run_id = ?"
        with self._open(run_id) as it:
            rows = it._rows(query, (run_id,))  # noqa: SLF001
            return sum(int(cast("float", count)) for (count,) in rows)

    @contextmanager
    def _open(self, run_id: str) -> Generator[SqliteStore]:
        """This one; once it is closed, another one of the same file, for as long as it is looked at.

        StoreError where that has the run no more: to show it without results would be a lie.
        """
        if not self._is_closed:
            yield self
            return
        again = SqliteStore(self.file.path)
        try:
            if not list(again._rows("SELECT 1 FROM runs WHERE run_id = ?", (run_id,))):
                message = f"the results of run {run_id} are gone: they were in {self.file.path}"
                raise StoreError(Problem(message=message, hint="keep that file for as long as results are looked at"))
            yield again
        finally:
            again.close()

    def _in_order(self, run_id: str) -> Iterator[Result]:
        texts = self._texts(run_id)
        waiting: list[tuple[int, Result]] = []
        # A sheet holds what arrived together: what lies before the first of the next sheet has all been read.
        for first, sheet in self._sheets(run_id):
            while waiting and waiting[0][0] < first:
                yield heappop(waiting)[1]
            for row in _with_texts(sheet, texts):
                heappush(waiting, (row.position, row.result))
        while waiting:
            yield heappop(waiting)[1]

    def _sheets(self, run_id: str) -> Iterator[tuple[int, _Sheet]]:
        query = "SELECT position, rows FROM results WHERE run_id = ? ORDER BY position"
        for first, rows in cast("Iterator[tuple[int, bytes]]", self._rows(query, (run_id,))):
            yield first, msgspec.json.decode(rows, type=_Sheet)

    def _texts(self, run_id: str) -> list[str]:
        found = _blobs(self._rows("SELECT texts FROM texts WHERE run_id = ? ORDER BY first", (run_id,)))
        return [text for (texts,) in found for text in msgspec.json.decode(texts, type=list[str])]


def _put(connection: sqlite3.Connection, run: Run, *, ended: bool) -> None:
    body = msgspec.json.encode(msgspec.structs.replace(run, results=()))
    row = (run.run_id, run.started_at, run.suite, run.target, body, ended)
    connection.execute(
        "INSERT OR REPLACE INTO runs (run_id, started_at, suite, target, body, ended) VALUES (?, ?, ?, ?, ?, ?)", row
    )


def _add(connection: sqlite3.Connection, run_id: str, sheet: _Sheet, new: Mapping[str, int]) -> None:
    """Write a sheet and the texts that no sheet of the run had before."""
    first = min(row.position for row in sheet.rows)
    connection.execute("INSERT INTO results VALUES (?, ?, ?)", (run_id, first, msgspec.json.encode(sheet)))
    if new:
        texts = msgspec.json.encode(list(new))
        connection.execute("INSERT INTO texts VALUES (?, ?, ?)", (run_id, min(new.values()), texts))


def _sheet(rows: Sequence[Kept], known: Mapping[str, int], new: dict[str, int]) -> _Sheet:
    """Results as one piece; the response is taken out of each. Those that are not known get the next numbers, in `new`."""
    responses: dict[bytes, int] = {}
    made: list[_Row] = []
    for row in rows:
        text = row.result.text
        number = None if text is None else known.get(text)
        if text is not None and number is None:
            number = new.setdefault(text, len(known) + len(new))
        if row.response is not None and number is not None:
            responses[row.response] = number
        made.append(_Row(row.position, row.key, number, msgspec.structs.replace(row.result, text=None)))
    return _Sheet([], made, list(responses.items()))


def _so_far(run: Run, results: Sequence[Result]) -> Run:
    """A run without an end, with the counts of what is kept of it."""
    counts = Counts.of(results, total=run.counts.total, planned=run.counts.planned)
    return msgspec.structs.replace(run, counts=counts)


def _with_texts(sheet: _Sheet, texts: Sequence[str]) -> Iterator[_Row]:
    """The rows of a sheet, each result with its text again."""
    known = sheet.texts or texts
    for row in sheet.rows:
        text = None if row.text is None else known[row.text]
        yield msgspec.structs.replace(row, result=msgspec.structs.replace(row.result, text=text))


def _blobs(rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[bytes, ...]]:
    """Rows of blobs, as the schema has them."""
    return cast("Iterator[tuple[bytes, ...]]", iter(rows))
