"""Suites from Python: functions as evaluators and targets, in scripts, async code and notebooks."""

from __future__ import annotations

import asyncio
import functools

import pytest

import ippon
from bench.endpoint import serving
from bench.script import Script
from ippon.api.functions import code_of, name_of

EXAMPLES = [{"id": f"e{i}", "input": str(i), "reference": str(i * 2), "response": str(i * 2)} for i in range(8)]
calls: list[str] = []


@ippon.evaluator(version="1", weight=2.0)
def right(response: str, reference: str) -> bool:
    """Whether the answer is the reference."""
    return response == reference


def double(input: str) -> str:
    """The system under test."""
    calls.append(input)
    return str(int(input) * 2)


async def double_later(input: str) -> str:
    """The same, async."""
    await asyncio.sleep(0)
    return double(input)


@pytest.fixture(autouse=True)
def no_calls():
    """Nothing has been called yet."""
    calls.clear()


@pytest.mark.parametrize("target", [double, double_later])
def test_functions_are_evaluators_and_targets(target):
    """Each input is asked once for all evaluators; the second run calls nothing."""
    suite = ippon.Suite(
        name="doubles", examples=EXAMPLES, evaluators=[right, lambda response: len(response) / 10], target=target
    )
    run = suite.run(tier="full")

    assert ("none", 16, 8) == (run.verdict, run.counts.answered, len(calls))
    assert 1.0 == run.evaluators["right"].score
    first = next(row for row in run.to_dicts() if row["example"] == "e3" and row["evaluator"] == "right")
    assert (1.0, "answered", "6", None) == (first["score"], first["status"], first["text"], first["error"])
    assert 16 == suite.run(tier="full").counts.cached
    assert 8 == len(calls)
    assert "doubles" == suite.name


def test_gates_on_recorded_responses():
    """Without a target the column `response` is what is scored."""
    suite = ippon.Suite(
        examples=EXAMPLES, evaluators=[right], gates=[ippon.Gate(evaluator="*", min_score=0.9), {"min_score": 0.9}]
    )
    run = suite.run(tier="full")

    assert ("pass", ["right >= 0.90", "mean >= 0.90"]) == (run.verdict, [gate.gate for gate in run.gates])


def test_judges_and_models(tmp_path):
    """A record for a judge, a model's name for a target, one default model for all judges."""
    with serving(
        Script(), answer=lambda body: "four" if body["model"] == "bot" else {"reason": "so", "label": "good"}
    ) as endpoint:
        suite = ippon.Suite(
            examples=[{"id": "a", "input": "2+2"}, {"id": "b", "input": "3+1"}],
            evaluators=[
                ippon.Judge(
                    name="polite", rubric="The reply is polite.", labels={"good": 1.0, "poor": 0.0}, where={"id": "a"}
                ),
                ippon.Judge(
                    name="short", rubric="The reply is short.", shots=[{"input": "x", "response": "y", "label": "good"}]
                ),
            ],
            target="ours/bot",
            judge="ours/judge",
            providers={"ours": {"base_url": endpoint.base_url}},
            folder=str(tmp_path),
        )
        run = suite.run(tier="full", max_in_flight=2)

        assert (3, 5) == (run.counts.answered, endpoint.stats().requests)
    assert {"four"} == {result.text for result in run.results}
    assert (tmp_path / ".ippon" / "history.sqlite").exists()


def test_arun_and_a_running_loop():
    """Awaited in async code; in a notebook, whose loop runs already, `run` works as well."""
    suite = ippon.Suite(name="loops", examples=EXAMPLES, evaluators=[right], target=double)

    async def main():
        first = await suite.arun(tier="full", no_cache=True)
        return first, suite.run(tier="full", no_cache=True)

    first, second = asyncio.run(main())

    assert 8 == first.counts.answered == second.counts.answered
    assert 16 == len(calls)


def test_a_failing_function_fails_its_evaluation_only():
    """It is named, is never a score, and is asked again the next time."""

    def picky(response: str, input: str) -> float:
        if input == "3":
            raise ValueError("three is too many")
        if input == "4":
            return 7.0
        raise SystemExit if input == "5" else KeyError(response)

    suite = ippon.Suite(examples=EXAMPLES[:6], evaluators=[right, picky])
    run = suite.run(tier="full")

    failed = {result.example: result.error for result in run.results if result.status == "failed"}
    assert ("incomplete", 3, 6) == (run.verdict, run.exit_code, len(failed))
    assert "three is too many" in failed["e3"].message
    assert "invalid_score" == failed["e4"].reason
    assert 6 == sum(result.score == 1.0 for result in run.results)
    assert 6 == suite.run(tier="full").counts.failed


def test_a_failing_target_is_the_targets_failure():
    """Each example that it fails on has no score, whatever the evaluator."""

    def broken(input: str) -> str:
        raise RuntimeError(f"no answer to {input}")

    run = ippon.Suite(examples=EXAMPLES[:2], evaluators=[right], target=broken).run()

    assert {"target"} == {result.error.reason for result in run.results}


def test_code_is_what_decides_the_key():
    """Source, values closed over, declared version; no source and no version: no digest, so nothing is cached."""

    def made(n):
        return lambda response: n

    assert code_of(made(1), None) == code_of(made(1), None)
    assert code_of(made(1), None).digest != code_of(made(2), None).digest != code_of(made(2), "2").digest
    assert "" == code_of(made(object()), None).digest
    assert "" == code_of(functools.partial(double, "1"), None).digest
    assert 64 == len(code_of(functools.partial(double, "1"), "3").digest)
    assert ("response", "reference") == code_of(right.function, None).parameters
    assert None is code_of(lambda **_rest: 1, None).parameters
    assert None is code_of(lambda example: 1, None).parameters
    assert name_of(made(1)).endswith("made_locals_lambda")


def test_a_function_without_a_digest_is_called_every_time():
    """It may be anything, so nothing of it is kept."""

    def counted(mark, response):
        calls.append(mark)
        return True

    suite = ippon.Suite(
        name="partial", examples=EXAMPLES[:2], evaluators=[ippon.evaluator(name="p")(functools.partial(counted, "x"))]
    )
    for _ in range(2):
        assert 2 == suite.run().counts.answered
    assert 4 == len(calls)


def test_two_functions_of_one_name_are_told_apart():
    """Two lambdas of one line are two evaluators, if they are named."""
    one, two = (
        ippon.evaluator(name=name)(lambda response, wanted=wanted: wanted)
        for name, wanted in (("one", 1.0), ("two", 0.0))
    )
    run = ippon.Suite(examples=EXAMPLES[:1], evaluators=[one, two]).run()

    assert [1.0, 0.0] == [result.score for result in run.results]


def test_a_decorated_function_is_still_one():
    """With and without parentheses."""
    bare = ippon.evaluator(double)

    assert "4" == bare(input="2")
    assert right("a", "a")
    assert "double" == bare.name
    assert {"name": "right", "version": "1", "weight": 2.0, "repeats": 1, "where": {}} == right.fields()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"evaluators": []}, "evaluators"),
        ({"evaluators": [ippon.Judge(name="a", rubric="r", scale="bad")]}, "scale"),
        ({"examples": []}, "no examples"),
        ({"examples": [{"id": "a", "x": object()}]}, "JSON"),
        ({"colour": 1}, "colour"),
        ({"examples": None}, "no suite"),
        ({"examples": ["a"]}, "no suite"),
        ({"evaluators": ["f"]}, "no suite"),
    ],
)
def test_mistakes_are_told_as_in_a_file(fields, message):
    """One error with every problem."""
    with pytest.raises(ippon.SuiteError, match=message):
        ippon.Suite(**{"examples": EXAMPLES, "evaluators": [right], **fields})


def test_options_are_the_flags():
    """An unknown one names the nearest; a wrong type is refused."""
    suite = ippon.Suite(examples=EXAMPLES, evaluators=[right])
    with pytest.raises(ippon.UsageError) as caught:
        suite.run(teir="full")
    assert "did you mean `tier`?" == caught.value.problems[0].hint
    with pytest.raises(ippon.UsageError):
        suite.run(seed="x")
    with pytest.raises(ippon.UsageError, match="unknown option `json`"):
        suite.run(json=True)
    with pytest.raises(ippon.NotBuiltError):
        suite.run(baseline="main")


def test_load_reads_a_file(tmp_path):
    """And runs it; what comes later says so."""
    (tmp_path / "ippon.toml").write_text(
        'ippon = 1\nname = "file"\n[[evaluators]]\nname = "same"\nkind = "exact"\n'
        '[[examples]]\nid = "a"\nresponse = "x"\nreference = "x"\n[[examples]]\nid = "b"\nresponse = "x"\nreference = "y"\n'
    )
    suite = ippon.load(tmp_path / "ippon.toml")
    run = suite.run(tier="full")

    assert ("file", 0.5) == (suite.name, run.evaluators["same"].score)
    with pytest.raises(ippon.NotBuiltError):
        run.assert_not_worse("main", margin=0.05)
    with pytest.raises(ippon.NotBuiltError):
        ippon.compare(run, run)
    with pytest.raises(ippon.SuiteError):
        ippon.load(tmp_path / "nothing.toml")


def test_fakes_are_public():
    """A clock that stands still, and a client that says what it is told."""
    clock = ippon.testing.FakeClock(5.0)
    clock.advance(2.5)

    assert (7.5, 7.5) == (clock.now(), clock.monotonic())
    with pytest.raises(ValueError, match="time does not go back"):
        clock.advance(-1)
    client = ippon.testing.ScriptedClient(lambda _request: "hello")
    assert "hello" == asyncio.run(client.send(None)).text
    assert 1 == client.in_flight_max
    asyncio.run(client.close())


def test_schemas_have_names():
    """The suite file's is there; another name is a usage error."""
    from ippon import api

    assert "ippon.suite/1" == api.schema("suite")["$id"]
    with pytest.raises(ippon.UsageError):
        api.schema("nothing")
