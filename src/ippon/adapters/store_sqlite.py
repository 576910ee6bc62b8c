"""The history of a suite's runs in one SQLite file beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

from ippon.adapters.sqlite_file import SqliteFile
from ippon.records.kept import Resumed
from ippon.records.run import Counts, Earlier, Result, Run

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from ippon.records.kept import Kept

SCHEMA = """
CREATE TABLE runs (
  run_id TEXT PRIMARY KEY, started_at REAL NOT NULL, suite TEXT NOT NULL, target TEXT, body BLOB NOT NULL, sheet BLOB
);
CREATE INDEX runs_of ON runs (suite, started_at);
CREATE TABLE journal (run_id TEXT NOT NULL, position INTEGER NOT NULL, row BLOB NOT NULL)
"""
LATEST = "latest"


class _Row(msgspec.Struct, frozen=True, array_like=True):
    """A result as it is stored: its text as a position in the sheet's texts."""

    position: int
    key: bytes | None
    text: int | None
    result: Result


class _Sheet(msgspec.Struct, frozen=True, array_like=True):
    """The results of a run in one piece, each response once; `responses` are the keys of fetched ones and their texts."""

    texts: list[str]
    rows: list[_Row]
    responses: list[tuple[bytes, int]] = []


class SqliteStore:
    """Runs and their results. Both `ports.Store` and `ports.History`.

    While a run asks, its results go into a journal as they arrive; when it is closed they become one sheet.
    """

    def __init__(self, path: str) -> None:
        self.file = SqliteFile(path, what="history", schema=SCHEMA)

    def begin(self, run: Run) -> None:
        """Note that a run has started, durably."""
        self.file.write(lambda connection: _put(connection, run, None))

    def record(self, run_id: str, rows: Sequence[Kept]) -> None:
        """Keep results, durably, as they arrive."""
        written = (run_id, rows[0].position, msgspec.json.encode(_sheet(rows)))
        self.file.write(lambda connection: connection.execute("INSERT INTO journal VALUES (?, ?, ?)", written))

    def finish(self, run: Run, rows: Sequence[Kept]) -> None:
        """Close a run: all of its results and its summary, in one transaction."""
        sheet = msgspec.json.encode(_sheet(rows))

        def work(connection: sqlite3.Connection) -> None:
            _put(connection, run, sheet)
            connection.execute("DELETE FROM journal WHERE run_id = ?", (run.run_id,))

        self.file.write(work)

    def runs(self) -> list[Run]:
        """All runs without their results, newest first."""
        rows = self.file.rows("SELECT body FROM runs ORDER BY started_at DESC")
        found = [msgspec.json.decode(body, type=Run) for (body,) in _blobs(rows)]
        return [each if each.finished else _so_far(each, self.results(each.run_id)) for each in found]

    def last(self, suite: str, target: str | None) -> Earlier | None:
        """The newest run of a suite that has an end, without its results: of the same target, else of any."""
        query = (
            "SELECT body FROM runs WHERE suite = ? AND sheet IS NOT NULL "
            "ORDER BY target IS ? DESC, started_at DESC LIMIT 1"
        )
        for (body,) in _blobs(self.file.rows(query, (suite, target))):
            return msgspec.json.decode(body, type=Earlier)
        return None

    def results(self, run_id: str) -> list[Result]:
        """The results of a run, in the order of its plan."""
        sheets = (msgspec.json.decode(sheet, type=_Sheet) for sheet in self._sheets(run_id))
        rows = sorted((row for sheet in sheets for row in _rows(sheet)), key=lambda row: row.position)
        return [row.result for row in rows]

    def newest(self, suite: str) -> Run | None:
        """The newest run of a suite, open ones included, without its results."""
        query = "SELECT body FROM runs WHERE suite = ? ORDER BY started_at DESC LIMIT 1"
        for (body,) in _blobs(self.file.rows(query, (suite,))):
            return msgspec.json.decode(body, type=Run)
        return None

    def load(self, run_id: str) -> Run | None:
        """A run with its results in the order of its plan; "latest" is the newest."""
        by = ("ORDER BY started_at DESC LIMIT 1", ()) if run_id == LATEST else ("WHERE run_id = ?", (run_id,))
        for (body,) in _blobs(self.file.rows(f"SELECT body FROM runs {by[0]}", by[1])):  # noqa: S608 - the words are ours
            run = msgspec.json.decode(body, type=Run)
            results = self.results(run.run_id)
            return msgspec.structs.replace(run if run.finished else _so_far(run, results), results=tuple(results))
        return None

    def known(self, run_id: str) -> Resumed:
        """The scored results and the fetched responses of a run by their keys."""
        results: dict[bytes, Result] = {}
        responses: dict[bytes, str] = {}
        for body in self._sheets(run_id):
            sheet = msgspec.json.decode(body, type=_Sheet)
            responses |= {key: sheet.texts[text] for key, text in sheet.responses}
            for row in _rows(sheet):
                if row.key is not None and row.result.score is not None:
                    results[row.key] = row.result
        return Resumed(results, responses)

    def close(self) -> None:
        """Close the file. May be called twice."""
        self.file.close()

    def _sheets(self, run_id: str) -> list[bytes]:
        """The sheet of a closed run, or what the journal has of an open one."""
        query = "SELECT sheet FROM runs WHERE run_id = ? AND sheet IS NOT NULL"
        journal = "SELECT row FROM journal WHERE run_id = ? ORDER BY position"
        return [sheet for each in (query, journal) for (sheet,) in _blobs(self.file.rows(each, (run_id,)))]


def _put(connection: sqlite3.Connection, run: Run, sheet: bytes | None) -> None:
    body = msgspec.json.encode(msgspec.structs.replace(run, results=()))
    row = (run.run_id, run.started_at, run.suite, run.target, body, None if sheet is None else len(sheet))
    room = "CASE WHEN ?6 IS NULL THEN NULL ELSE zeroblob(?6) END"
    put = connection.execute(f"INSERT OR REPLACE INTO runs VALUES (?1, ?2, ?3, ?4, ?5, {room})", row)  # noqa: S608 - the words are ours
    if sheet is not None:
        assert put.lastrowid is not None
        # Written in place: as a value of the row SQLite would copy it twice, 7 MB of 10,000 results.
        with connection.blobopen("runs", "sheet", put.lastrowid) as blob:
            blob.write(sheet)


def _sheet(rows: Sequence[Kept]) -> _Sheet:
    """Results as one piece; the response is taken out of each and kept once."""
    texts: dict[str, int] = {}
    responses: dict[bytes, int] = {}
    made: list[_Row] = []
    for row in rows:
        text = row.result.text
        place = None if text is None else texts.setdefault(text, len(texts))
        if row.response is not None and place is not None:
            responses[row.response] = place
        made.append(_Row(row.position, row.key, place, msgspec.structs.replace(row.result, text=None)))
    return _Sheet(list(texts), made, list(responses.items()))


def _so_far(run: Run, results: Sequence[Result]) -> Run:
    """A run without an end, with the counts of what is kept of it."""
    counts = Counts.of(results, total=run.counts.total, planned=run.counts.planned)
    return msgspec.structs.replace(run, counts=counts)


def _rows(sheet: _Sheet) -> Iterator[_Row]:
    """The rows of a sheet, each result with its text again."""
    for row in sheet.rows:
        text = None if row.text is None else sheet.texts[row.text]
        yield msgspec.structs.replace(row, result=msgspec.structs.replace(row.result, text=text))


def _blobs(rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[bytes, ...]]:
    """Rows of blobs, as the schema has them."""
    return cast("Iterator[tuple[bytes, ...]]", iter(rows))
