"""The JSON objects of CONTRACT 4, and their published schemas."""

from __future__ import annotations

import csv
import io
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot
from msgspec.structs import replace

from ippon.errors import Problem
from ippon.records.event import Attempt, Finished, PlanReport
from ippon.report import json_object as objects
from ippon.report.json_others import OBJECTS, schema
from ippon.report.rows import csv_text, json_lines
from tests.report.made import failing, failure, quick, result, run_of

PLAN = PlanReport(
    suite="support-answers", tier="pr", total=294, selected=98, cached=37, to_run=61, calls=61, est_s=None, est_usd=0.09,
    method="drawn examples", seed=7, selection=(("ex-1", "tone", "drawn"),), misses=(("ex-1", "tone", "never asked"),),
)  # fmt: skip
ATTEMPT = Attempt(result=result(), exchanges=(("the prompt", "the answer", False),))
STATS = {
    "entries": 3,
    "bytes": 4096,
    "hits": 1,
    "misses": 2,
    "hit_rate": 1 / 3,
    "by_class": {"score": 3},
    "evicted": 0,
    "runs": 2,
    "saved_s": 0.0,
    "saved_usd": None,
    "oldest_at": None,
    "newest_at": None,
    "path": "c.sqlite",
    "namespace": "",
}
WHY = {
    "hit": False,
    "because": "rubric changed",
    "changed": [{"field": "evaluator.rubric", "was": "9c1e77aa", "now": None}],
    "key": "ab",
    "response": "target",
    "repeat": 0,
    "kept_at": 999_000.0,
    "run_id": "k7m2qd",
    "score": None,
    "label": None,
    "failure": None,
    "model": None,
    "cost_usd": None,
    "seconds": None,
    "equal": 8,
    "rubric": ["- Names a feeling.", "+ Names the feeling."],
    "others": 41,
    "warnings": [],
}
VERIFIED = {
    "rows": 10,
    "entries": 9,
    "damaged": [{"key": "ab" * 32, "table": "entries", "evaluator": "tone", "example": "ex-1"}],
    "removed": True,
    "trouble": None,
    "path": "c.sqlite",
    "namespace": "",
}
PRUNED = {"deleted": 2, "left": 1, "dry_run": False, "path": "c.sqlite"}
EXPORTED = {"written": 3, "damaged": 1, "file": "x.jsonl", "path": "c.sqlite"}
IMPORTED = {"read": 3, "added": 2, "file": "x.jsonl", "path": "c.sqlite"}


def test_a_run_has_every_field_of_the_contract():
    """CONTRACT 4, in its order."""
    broken = result("tone", "ex-2", None, status="failed", error=failure())
    run = run_of(
        {"tone": (0.86, 0.81, 0.91)}, [result(reason="kind", label="good", text="Hello"), broken], hits=1, misses=1
    )

    assert objects.run_object(Finished(run=run)) == snapshot(
        {
            "schema": "ippon.run/1",
            "suite": "support-answers",
            "exit_code": 0,
            "wall_s": 4.8,
            "tier": "pr",
            "run_id": "k7m2qd",
            "target": "default",
            "verdict": "pass",
            "stopped_because": "every gate was certain after 11 of 42 examples",
            "evaluations": {
                "total": 294,
                "planned": 77,
                "cached": 37,
                "answered": 40,
                "failed": 0,
                "missing": 0,
                "skipped": 0,
            },
            "calls_sent": 40,
            "retries": 0,
            "cost_usd": 0.06,
            "saved_usd": 0.0,
            "saved_s": 0.0,
            "tokens": {"input": 1000, "output": 200, "cached_input": 0},
            "cache": {"hits": 1, "misses": 1, "hit_rate": 0.5},
            "latency_s": {"p50": None, "p95": None, "p99": None, "queue_p50": None, "queue_p95": None},
            "in_flight_max": 0,
            "evaluators": {
                "tone": {
                    "n": 11,
                    "failed": 0,
                    "score": 0.86,
                    "interval": (0.81, 0.91),
                    "level": 0.95,
                    "method": "t",
                    "separation": None,
                    "expected_gap": None,
                }
            },
            "gates": [
                {
                    "gate": "tone >= 0.8",
                    "verdict": "pass",
                    "value": 0.86,
                    "interval": (0.81, 0.91),
                    "evaluations_used": 11,
                }
            ],
            "results": [
                {
                    "example": "ex-001",
                    "evaluator": "tone",
                    "response": "target",
                    "repeat": 0,
                    "status": "answered",
                    "score": 0.9,
                    "label": "good",
                    "reason": "kind",
                    "text": "Hello",
                    "cached": False,
                    "tries": 1,
                    "hedged": False,
                    "latency_s": 1.5,
                    "error": None,
                },
                {
                    "example": "ex-2",
                    "evaluator": "tone",
                    "response": "target",
                    "repeat": 0,
                    "status": "failed",
                    "score": None,
                    "label": None,
                    "reason": None,
                    "text": None,
                    "cached": False,
                    "tries": 1,
                    "hedged": False,
                    "latency_s": 1.5,
                    "error": {"class": "connect", "message": "connection refused 127.0.0.1:8191", "retryable": True},
                },
            ],
            "warnings": [],
        }
    )


def test_nothing_looked_up_is_no_hit_rate():
    """Null, not zero."""
    assert objects.run_object(failing())["cache"] == {"hits": 0, "misses": 0, "hit_rate": None}


def test_chosen_examples_give_no_score():
    """CONTRACT 4: null where the items were chosen, not drawn."""
    assert objects.run_object(quick({"tone": 0.2}, gaps={"tone": 0.7}))["evaluators"] == snapshot(
        {
            "tone": {
                "n": 1,
                "failed": 0,
                "score": None,
                "interval": None,
                "level": 0.95,
                "method": "screen",
                "separation": None,
                "expected_gap": 0.7,
            }
        }
    )


def test_the_smaller_objects():
    """Each names its schema and has the common fields."""
    problem = Problem(
        message="unknown key",
        file="ippon.toml",
        line=31,
        column=1,
        key="gates[1].min_scor",
        hint="did you mean `min_score`?",
    )

    assert objects.plan_object(PLAN, 0.1) == snapshot(
        {
            "schema": "ippon.plan/1",
            "suite": "support-answers",
            "exit_code": 0,
            "wall_s": 0.1,
            "tier": "pr",
            "evaluations": {"total": 294, "selected": 98, "cached": 37, "to_run": 61},
            "calls": 61,
            "est_s": None,
            "est_usd": 0.09,
            "selection": {
                "method": "drawn examples",
                "seed": 7,
                "examples": [{"example": "ex-1", "evaluator": "tone", "because": "drawn"}],
            },
            "misses": [{"example": "ex-1", "evaluator": "tone", "because": "never asked"}],
            "warnings": [],
        }
    )
    assert objects.error_object([problem], 0.1) == snapshot(
        {
            "schema": "ippon.error/1",
            "suite": None,
            "exit_code": 2,
            "wall_s": 0.1,
            "errors": [
                {
                    "message": "unknown key",
                    "file": "ippon.toml",
                    "line": 31,
                    "column": 1,
                    "key": "gates[1].min_scor",
                    "hint": "did you mean `min_score`?",
                }
            ],
        }
    )
    assert objects.runs_object([run_of()], 0.1) == snapshot(
        {
            "schema": "ippon.runs/1",
            "suite": "support-answers",
            "exit_code": 0,
            "wall_s": 0.1,
            "runs": [
                {
                    "run_id": "k7m2qd",
                    "suite": "support-answers",
                    "tier": "pr",
                    "target": "default",
                    "started_at": 1000000.0,
                    "verdict": "pass",
                    "exit_code": 0,
                    "stopped_because": "every gate was certain after 11 of 42 examples",
                    "evaluations": {
                        "total": 294,
                        "planned": 77,
                        "cached": 37,
                        "answered": 40,
                        "failed": 0,
                        "missing": 0,
                        "skipped": 0,
                    },
                    "calls_sent": 40,
                    "cost_usd": 0.06,
                    "wall_s": 4.8,
                }
            ],
        }
    )
    assert objects.runs_object([], 0.1)["suite"] is None
    assert objects.attempt_object(ATTEMPT, 0.1, exit_code=0) == snapshot(
        {
            "schema": "ippon.try/1",
            "suite": None,
            "exit_code": 0,
            "wall_s": 0.1,
            "result": {
                "example": "ex-001",
                "evaluator": "tone",
                "response": "target",
                "repeat": 0,
                "status": "answered",
                "score": 0.9,
                "label": None,
                "reason": None,
                "text": None,
                "cached": False,
                "tries": 1,
                "hedged": False,
                "latency_s": 1.5,
                "error": None,
            },
            "exchanges": [{"sent": "the prompt", "answer": "the answer", "cached": False}],
        }
    )
    assert objects.cache_stats_object(STATS, 0.1) == snapshot(
        {
            "schema": "ippon.cache_stats/1",
            "suite": None,
            "exit_code": 0,
            "wall_s": 0.1,
            "entries": 3,
            "bytes": 4096,
            "hits": 1,
            "misses": 2,
            "hit_rate": 0.3333333333333333,
            "by_class": {"score": 3},
            "evicted": 0,
            "runs": 2,
            "saved_s": 0.0,
            "saved_usd": None,
            "oldest_at": None,
            "newest_at": None,
        }
    )
    assert objects.cache_why_object(WHY, 0.1) == snapshot(
        {
            "schema": "ippon.cache_why/1",
            "suite": None,
            "exit_code": 0,
            "wall_s": 0.1,
            "hit": False,
            "because": "rubric changed",
            "changed": ["evaluator.rubric"],
            "differences": [{"field": "evaluator.rubric", "was": "9c1e77aa", "now": None}],
            "key": "ab",
            "response": "target",
            "repeat": 0,
            "kept_at": 999000.0,
            "run_id": "k7m2qd",
            "score": None,
            "label": None,
            "failure": None,
            "model": None,
            "cost_usd": None,
            "seconds": None,
            "equal": 8,
            "rubric": ["- Names a feeling.", "+ Names the feeling."],
            "others": 41,
            "warnings": [],
        }
    )
    assert objects.cleared_object(3, 0.1) == snapshot(
        {"schema": "ippon.cache_clear/1", "suite": None, "exit_code": 0, "wall_s": 0.1, "deleted": 3}
    )
    assert objects.trust_object("ippon.toml", "abcd", 0.1) == snapshot(
        {
            "schema": "ippon.trust/1",
            "suite": None,
            "exit_code": 0,
            "wall_s": 0.1,
            "path": "ippon.toml",
            "digest": "abcd",
        }
    )
    assert objects.doctor_object([("FAIL", "key", "not set")], 0.1, exit_code=2) == snapshot(
        {
            "schema": "ippon.doctor/1",
            "suite": None,
            "exit_code": 2,
            "wall_s": 0.1,
            "findings": [{"state": "FAIL", "name": "key", "text": "not set"}],
        }
    )


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("run", objects.run_object(failing())),
        ("plan", objects.plan_object(PLAN, 0.1)),
        ("error", objects.error_object([Problem(message="no")], 0.1)),
        ("runs", objects.runs_object([run_of()], 0.1)),
        ("try", objects.attempt_object(ATTEMPT, 0.1, exit_code=0)),
        ("cache_stats", objects.cache_stats_object(STATS, 0.1)),
        ("cache_why", objects.cache_why_object(WHY, 0.1)),
        ("cache_clear", objects.cleared_object(3, 0.1)),
        ("cache_verify", objects.verified_object(VERIFIED, 0.1, exit_code=1)),
        ("cache_prune", objects.pruned_object(PRUNED, 0.1)),
        ("cache_export", objects.exported_object(EXPORTED, 0.1)),
        ("cache_import", objects.imported_object(IMPORTED, 0.1)),
        ("doctor", objects.doctor_object([("ok", "key", "set")], 0.1, exit_code=0)),
        ("trust", objects.trust_object("ippon.toml", "abcd", 0.1)),
    ],
)
def test_every_object_is_what_its_schema_says(name, found):
    """Read strictly with the type that the schema is made of, it is the same object."""
    assert msgspec.to_builtins(msgspec.convert(found, OBJECTS[name])) == found


@pytest.mark.parametrize("name", OBJECTS)
def test_every_schema_names_itself(name):
    """A draft, a title, and nothing that Python alone knows."""
    found = schema(name)

    assert (found["$schema"], found["title"]) == ("https://json-schema.org/draft/2020-12/schema", f"ippon.{name}/1")
    assert msgspec.json.decode(msgspec.json.encode(found)) == found


def test_what_is_no_number_is_null():
    """Never NaN."""
    assert objects.encoded({"a": math.nan, "b": math.inf}) == b'{"a":null,"b":null}\n'


def test_lone_surrogates_are_replaced():
    """The one object is UTF-8 whatever a function returned."""
    assert objects.encoded({"a\ud800": ["\udfff", 1], "b": None}) == b'{"a?":["?",1],"b":null}\n'


@given(st.dictionaries(st.text(), st.floats() | st.text() | st.none() | st.lists(st.floats())))
def test_every_object_is_one_line_that_json_reads(value):
    """One line, strictly JSON."""
    encoded = objects.encoded(value)

    assert (encoded.count(b"\n"), encoded[-1:]) == (1, b"\n")
    msgspec.json.decode(encoded)


def test_json_lines_name_their_run():
    """A row stands alone."""
    run = run_of({}, [result("tone", "ex-2", None, status="failed", error=failure(), text="Hello\nthere")])

    assert json_lines(run).decode() == snapshot(
        '{"run_id":"k7m2qd","suite":"support-answers","tier":"pr","target":"default","example":"ex-2","evaluator":"tone","response":"target","repeat":0,"status":"failed","score":null,"label":null,"reason":null,"text":"Hello\\nthere","cached":false,"tries":1,"hedged":false,"latency_s":1.5,"error":{"class":"connect","message":"connection refused 127.0.0.1:8191","retryable":true}}\n'
    )


def test_csv_has_the_same_columns_and_no_formula():
    """Threat 35: text cells only; numbers stay numbers."""
    broken = result("tone", "=ex-2", None, status="failed", error=failure(), text="+1\nline, two")
    run = run_of({}, [result(reason='say "hi"', latency_s=-1.0), broken])

    assert csv_text(run) == snapshot('''\
run_id,suite,tier,target,example,evaluator,response,repeat,status,score,label,reason,text,cached,tries,hedged,latency_s,error_class,error_message
k7m2qd,support-answers,pr,default,ex-001,tone,target,0,answered,0.9,,"say ""hi""",,False,1,False,-1.0,,
k7m2qd,support-answers,pr,default,'=ex-2,tone,target,0,failed,,,,"'+1
line, two",False,1,False,1.5,connect,connection refused 127.0.0.1:8191
''')
    assert [row["text"] for row in csv.DictReader(io.StringIO(csv_text(run)))] == ["", "'+1\nline, two"]
    assert csv_text(replace(run, results=())).count("\n") == 1
