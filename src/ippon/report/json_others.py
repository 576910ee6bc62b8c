"""The JSON objects of the smaller verbs as types, and the published schemas of all."""

from __future__ import annotations

from typing import Literal

import msgspec

from ippon.records.run import Verdict
from ippon.report.json_types import (
    Common,
    Count,
    ErrorObject,
    EvaluationCounts,
    PlanObject,
    ResponseKind,
    ResultObject,
    RunObject,
    Share,
)


class RunLine(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the history, without its results. `started_at` is Unix time in seconds.

    One that is at work, or was killed, has the counts of what is kept; what it took and cost is null.
    """

    run_id: str
    suite: str
    tier: str
    target: str | None
    started_at: float
    verdict: Verdict
    exit_code: int
    stopped_because: str
    evaluations: EvaluationCounts
    calls_sent: Count
    cost_usd: float | None
    wall_s: float | None


class RunsObject(Common, frozen=True, kw_only=True, tag="ippon.runs/1"):
    """`ippon runs ls --json`, the newest first; `suite` is null where they are of several."""

    runs: list[RunLine]


class ExchangeObject(msgspec.Struct, frozen=True, kw_only=True):
    """One call: what was sent, what came back."""

    sent: str
    answer: str
    cached: bool


class AttemptObject(Common, frozen=True, kw_only=True, tag="ippon.try/1"):
    """`ippon try --json`."""

    result: ResultObject
    exchanges: list[ExchangeObject]


class CacheStatsObject(Common, frozen=True, kw_only=True, tag="ippon.cache_stats/1"):
    """`ippon cache stats --json`; hits, misses and what was saved are of the suite's last `runs`, whatever cache they used.

    Times are Unix times in seconds.
    """

    entries: Count
    bytes: Count
    hits: Count
    misses: Count
    hit_rate: Share | None
    by_class: dict[str, int]
    evicted: Count
    runs: Count
    saved_s: float
    saved_usd: float | None
    oldest_at: float | None
    newest_at: float | None


class DifferenceObject(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a key that differs from the nearest stored entry: then and now, what is long as the digits of a digest."""

    field: str
    was: str | None
    now: str | None


class CacheWhyObject(Common, frozen=True, kw_only=True, tag="ippon.cache_why/1"):
    """`ippon cache why --json`. `kept_at` (Unix time) and `run_id` are of the entry, or of the nearest to it.

    Of a hit there are score or failure, model, and what it took; of a miss, how many fields are equal, how the rubric has
    changed line by line, and how many other evaluations miss for the same reason.
    """

    hit: bool
    because: str
    changed: list[str]
    differences: list[DifferenceObject]
    key: str | None
    response: ResponseKind
    repeat: Count
    kept_at: float | None
    run_id: str | None
    score: float | None
    label: str | None
    failure: str | None
    model: str | None
    cost_usd: float | None
    seconds: float | None
    equal: Count | None
    rubric: list[str]
    others: Count
    warnings: list[str]


class DamagedObject(msgspec.Struct, frozen=True, kw_only=True):
    """A row that is not as it was written; what it was a score of, as far as that can be told."""

    key: str
    table: str
    evaluator: str | None
    example: str | None


class VerifiedObject(Common, frozen=True, kw_only=True, tag="ippon.cache_verify/1"):
    """`ippon cache verify --json`: the damaged rows were deleted if `removed`; `trouble` says why not.

    `rows` are the entries and the compiled suites.
    """

    rows: Count
    entries: Count
    damaged: list[DamagedObject]
    removed: bool
    trouble: str | None
    path: str


class PrunedObject(Common, frozen=True, kw_only=True, tag="ippon.cache_prune/1"):
    """`ippon cache prune --json`; with `dry_run` nothing was deleted yet."""

    deleted: Count
    left: int
    dry_run: bool
    path: str


class ExportedObject(Common, frozen=True, kw_only=True, tag="ippon.cache_export/1"):
    """`ippon cache export --json`: entries written to `file`, and damaged ones that were left out."""

    written: Count
    damaged: Count
    file: str
    path: str


class ImportedObject(Common, frozen=True, kw_only=True, tag="ippon.cache_import/1"):
    """`ippon cache import --json`: entries in `file`, and those that were kept: nothing better was there."""

    read: Count
    added: Count
    file: str
    path: str


class FindingObject(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that `ippon doctor` looked at."""

    state: Literal["ok", "warn", "FAIL"]
    name: str
    text: str


class DoctorObject(Common, frozen=True, kw_only=True, tag="ippon.doctor/1"):
    """`ippon doctor --json`."""

    findings: list[FindingObject]


class ClearedObject(Common, frozen=True, kw_only=True, tag="ippon.cache_clear/1"):
    """`ippon cache clear --json`."""

    deleted: Count


class TrustObject(Common, frozen=True, kw_only=True, tag="ippon.trust/1"):
    """`ippon trust --json`: what is trusted from now on, and the digest that it is trusted by."""

    path: str
    digest: str


class InitObject(Common, frozen=True, kw_only=True, tag="ippon.init/1"):
    """`ippon init --json`: the files that were written, the model that judges, if there is one, and own data's columns."""

    files: list[str]
    judge: str | None
    columns: dict[str, str]


OBJECTS: dict[str, type[Common]] = {
    tag.removeprefix("ippon.").removesuffix("/1"): kind
    for kind in (
        RunObject,
        PlanObject,
        ErrorObject,
        RunsObject,
        AttemptObject,
        CacheStatsObject,
        CacheWhyObject,
        VerifiedObject,
        PrunedObject,
        ExportedObject,
        ImportedObject,
        ClearedObject,
        DoctorObject,
        TrustObject,
        InitObject,
    )
    for tag in [str(kind.__struct_config__.tag)]
}


def schema(name: str) -> dict[str, object]:
    """The JSON Schema of one of `OBJECTS`; KeyError for another name."""
    found = msgspec.json.schema(OBJECTS[name])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"ippon.{name}/1", **found}
