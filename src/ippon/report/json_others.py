"""The JSON objects of the smaller verbs as types, and the published schemas of all."""

from __future__ import annotations

from typing import Literal

import msgspec

from ippon.records.run import Verdict
from ippon.report.json_types import Count, ErrorObject, EvaluationCounts, PlanObject, ResultObject, RunObject, Share


class RunLine(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the history, without its results. `started_at` is Unix time in seconds."""

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
    wall_s: float


class RunsObject(msgspec.Struct, frozen=True, kw_only=True):
    """`ippon runs ls --json`, the newest first."""

    schema: Literal["ippon.runs/1"] = "ippon.runs/1"
    suite: str | None
    exit_code: int
    wall_s: float
    runs: list[RunLine]


class ExchangeObject(msgspec.Struct, frozen=True, kw_only=True):
    """One call: what was sent, what came back."""

    sent: str
    answer: str
    cached: bool


class AttemptObject(msgspec.Struct, frozen=True, kw_only=True):
    """`ippon try --json`."""

    schema: Literal["ippon.try/1"] = "ippon.try/1"
    suite: str | None
    exit_code: int
    wall_s: float
    result: ResultObject
    exchanges: list[ExchangeObject]


class CacheStatsObject(msgspec.Struct, frozen=True, kw_only=True):
    """`ippon cache stats --json`."""

    schema: Literal["ippon.cache_stats/1"] = "ippon.cache_stats/1"
    suite: str | None
    exit_code: int
    wall_s: float
    entries: Count
    bytes: Count
    hits: Count
    misses: Count
    hit_rate: Share | None
    by_class: dict[str, int]


class DifferenceObject(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a key that differs from the nearest stored entry: its short digests then and now."""

    field: str
    was: str | None
    now: str | None


class CacheWhyObject(msgspec.Struct, frozen=True, kw_only=True):
    """`ippon cache why --json`."""

    schema: Literal["ippon.cache_why/1"] = "ippon.cache_why/1"
    suite: str | None
    exit_code: int
    wall_s: float
    hit: bool
    because: str
    changed: list[str]
    differences: list[DifferenceObject]
    key: str | None


class FindingObject(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that `ippon doctor` looked at."""

    state: Literal["ok", "warn", "FAIL"]
    name: str
    text: str


class DoctorObject(msgspec.Struct, frozen=True, kw_only=True):
    """`ippon doctor --json`."""

    schema: Literal["ippon.doctor/1"] = "ippon.doctor/1"
    suite: str | None
    exit_code: int
    wall_s: float
    findings: list[FindingObject]


class ClearedObject(msgspec.Struct, frozen=True, kw_only=True):
    """`ippon cache clear --json`."""

    schema: Literal["ippon.cache_clear/1"] = "ippon.cache_clear/1"
    suite: str | None
    exit_code: int
    wall_s: float
    deleted: Count


class TrustObject(msgspec.Struct, frozen=True, kw_only=True):
    """`ippon trust --json`: what is trusted from now on, and the digest that it is trusted by."""

    schema: Literal["ippon.trust/1"] = "ippon.trust/1"
    suite: str | None
    exit_code: int
    wall_s: float
    path: str
    digest: str


OBJECTS: dict[str, type[msgspec.Struct]] = {
    "run": RunObject,
    "plan": PlanObject,
    "error": ErrorObject,
    "runs": RunsObject,
    "try": AttemptObject,
    "cache_stats": CacheStatsObject,
    "cache_why": CacheWhyObject,
    "cache_clear": ClearedObject,
    "doctor": DoctorObject,
    "trust": TrustObject,
}


def schema(name: str) -> dict[str, object]:
    """The JSON Schema of one of `OBJECTS`; KeyError for another name."""
    found = msgspec.json.schema(OBJECTS[name])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"ippon.{name}/1", **found}
