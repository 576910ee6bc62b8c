"""A suite file halfway: the parts of it that are sound, each with its place, whatever is wrong with the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ippon.read.in_place import PARTS
from ippon.read.raw import list_of, table_of
from ippon.records import evaluators as kinds
from ippon.records.evaluators import AnyEvaluator
from ippon.records.suite import CacheSettings, Contrast, Fields, Gate, JudgeDefaults, Limits, Provider, Target, Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ippon.read.finding import Finding, Path
    from ippon.read.in_place import Filled
    from ippon.read.row import Row


class Draft(NamedTuple):
    """What stands in a suite file, as records: a part with something wrong in it is left out, `given` has them all.

    `every` holds the evaluators and the parts of cascades. `rows` is None when the data could not be read in
    full; `shots` are few-shot rows that stand in files.
    """

    given: Mapping[str, Any]
    fields: Fields
    evaluators: Mapping[Path, AnyEvaluator]
    every: Mapping[Path, AnyEvaluator]
    targets: Mapping[Path, Target]
    contrast: Contrast | None
    judge: JudgeDefaults
    providers: Mapping[str, Provider]
    tiers: Mapping[str, Tier]
    gates: Mapping[Path, Gate]
    limits: Mapping[str, Limits]
    cache: CacheSettings
    rows: list[Row] | None
    shots: Mapping[Path, list[Row]]

    def columns(self) -> dict[str, None]:
        """Every column that some example has, in the order of the data."""
        return {name: None for row in self.rows or () for name in row.value}

    def own_name(self, name: str) -> str:
        """The data's own name for a name of the glossary."""
        own: str = getattr(self.fields, name) if name in Fields.__struct_fields__ else name
        return own

    def value(self, row: Row, name: str) -> Any:
        """What a row holds under a name of the glossary or its own; None without it."""
        own = self.own_name(name)
        return row.value.get(own) if own in row.value else row.value.get(name)

    def names(self) -> list[tuple[int, str]]:
        """The positions and names of all evaluators, sound or not."""
        names = [table_of(each).get("name") for each in list_of(self.given.get("evaluators"))]
        return [(index, name) for index, name in enumerate(names) if isinstance(name, str)]


def draft_of(filled: Filled, findings: Iterable[Finding]) -> Draft:
    """The sound parts of a raw suite file, of which the findings name what is wrong."""
    sound = _Sound(filled.raw, findings)
    evaluators = sound.items("evaluators", AnyEvaluator)
    return Draft(
        given=filled.raw,
        fields=sound.one("fields", Fields) or Fields(),
        evaluators=evaluators,
        every=dict(_with_parts(evaluators)),
        targets=sound.one_at("target", Target) | sound.table_at("targets", Target),
        contrast=sound.one("contrast", Contrast),
        judge=sound.one("judge", JudgeDefaults) or JudgeDefaults(),
        providers=sound.table("providers", Provider),
        tiers=sound.table("tiers", Tier),
        gates=sound.items("gates", Gate),
        limits=sound.table("limits", Limits),
        cache=sound.one("cache", CacheSettings) or CacheSettings(),
        rows=filled.rows,
        shots=filled.shots,
    )


def _with_parts(evaluators: Mapping[Path, AnyEvaluator]) -> Iterator[tuple[Path, AnyEvaluator]]:
    for path, each in evaluators.items():
        yield path, each
        if isinstance(each, kinds.Cascade):
            for part in PARTS:
                table = {"name": each.name, **getattr(each, part), "where": each.where}
                yield (*path, part), msgspec.convert(table, type=AnyEvaluator)


class _Sound:
    """Takes parts of a raw file that no finding is about."""

    def __init__(self, raw: Mapping[str, Any], findings: Iterable[Finding]) -> None:
        self._raw = raw
        self._wrong = {each.path[:length] for each in findings for length in range(len(each.path) + 1)}

    def one(self, name: str, of: Any) -> Any:
        """The record of one table of the file; None without it, or when something is wrong in it."""
        return next(iter(self.one_at(name, of).values()), None)

    def one_at(self, name: str, of: Any) -> dict[Path, Any]:
        """That record beside its place."""
        return self._record(self._raw.get(name), (name,), of)

    def items(self, name: str, of: Any) -> dict[Path, Any]:
        """The records of a list of tables, by place."""
        found: dict[Path, Any] = {}
        for index, each in enumerate(list_of(self._raw.get(name))):
            found |= self._record(each, (name, index), of)
        return found

    def table(self, name: str, of: Any) -> dict[str, Any]:
        """The records of a table of tables, by name."""
        return {str(path[-1]): each for path, each in self.table_at(name, of).items()}

    def table_at(self, name: str, of: Any) -> dict[Path, Any]:
        """Those records by place."""
        found: dict[Path, Any] = {}
        for key, each in table_of(self._raw.get(name)).items():
            found |= self._record(each, (name, key), of)
        return found

    def _record(self, value: object, path: Path, of: Any) -> dict[Path, Any]:
        if value is None or path in self._wrong:
            return {}
        return {path: msgspec.convert(value, type=of)}
