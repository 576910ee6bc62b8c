"""The cascade: cheap first, sure where the cheap one is unsure."""

from __future__ import annotations

import pytest

from ippon.errors import SuiteError
from ippon.evaluate.inner import inner_evaluators
from ippon.evaluate.kinds import check
from ippon.evaluate.material import Context, Material
from ippon.records.call import Failure, Skipped
from ippon.records.evaluators import Cascade, Judge, Number
from ippon.records.judgement import Score, Unscored
from ippon.records.providers import ModelUse
from tests.evaluate.driver import USE, drive, failed, text

UNIT = {"kind": "judge", "rubric": "cheap", "scale": "0-1"}
CASCADE = Cascade(name="c", cheap=UNIT, sure={**UNIT, "rubric": "sure"})
MATERIAL = Material(response="r", columns={"input": "i"})


def scored(value, reason="r"):
    """An answer with a score."""
    return text(f'{{"reason": "{reason}", "score": {value}}}')


@pytest.mark.parametrize("value", [0.0, 0.2, 0.8, 1.0])
def test_the_cheap_one_decides_where_it_is_sure(value):
    """At the bounds of `unsure` and outside."""
    requests, judgement = drive(CASCADE, MATERIAL, scored(value, "plain"))

    assert Score(value, reason="plain", details={"decided_by": "cheap", "cheap_score": value}) == judgement
    assert len(requests) == 1


@pytest.mark.parametrize("value", [0.21, 0.5, 0.79])
def test_the_sure_one_decides_between_the_bounds(value):
    """The details keep the cheap score."""
    (cheap, sure), judgement = drive(CASCADE, MATERIAL, scored(value), scored(0.9, "sure"))

    assert Score(0.9, reason="sure", details={"decided_by": "sure", "cheap_score": value}) == judgement
    assert ("Rubric:\ncheap" in cheap.messages[0].content, "Rubric:\nsure" in sure.messages[0].content) == (True, True)


def test_a_cheap_failure_is_unsure():
    """And noted."""
    _, judgement = drive(CASCADE, MATERIAL, failed("rejected", "400"), scored(1))

    assert judgement.details == {"decided_by": "sure", "cheap_score": None, "cheap_failure": "400"}


def test_a_cheap_call_that_was_never_sent_ends_it():
    """The evaluation is missing; nothing more is asked."""
    assert Unscored(because="budget") == drive(CASCADE, MATERIAL, Skipped(because="budget"))[1]
    spent = Failure(reason="spend", message="quota")
    gone = Skipped(because="lane stopped", failure=spent)
    assert Unscored(because="lane stopped", failure=spent) == drive(CASCADE, MATERIAL, gone)[1]


def test_a_sure_failure_is_the_evaluations_failure():
    """The cheap score is no stand-in for it."""
    _, judgement = drive(CASCADE, MATERIAL, scored(0.5), failed("timeout"))

    assert "timeout" == judgement.failure.reason


def test_each_has_its_own_model():
    """As `inner` of the context says."""
    uses = (ModelUse("ollama", "small", {}), ModelUse("openai", "large", {}))
    requests, _ = drive(CASCADE, MATERIAL, scored(0.5), scored(1), context=Context(inner=uses))

    assert ["small", "large"] == [request.model for request in requests]


def test_both_take_the_cascades_model_otherwise():
    """One model, two rubrics."""
    requests, _ = drive(CASCADE, MATERIAL, scored(0.5), scored(1), context=Context(use=USE))

    assert ["gpt-test", "gpt-test"] == [request.model for request in requests]


def test_code_and_judge():
    """The usual pair: code where it can tell, the judge for the rest."""
    cascade = Cascade(name="c", cheap={"kind": "exact"}, sure=UNIT, unsure=(-0.0, 1.0))
    requests, judgement = drive(cascade, Material(response="a", reference="b"))

    assert ([], 0.0) == (requests, judgement.value)


def test_inner_evaluators_take_name_and_version_of_the_cascade():
    """Unless they have their own; a judge where no kind is said."""
    cascade = Cascade(
        name="c", version="7", cheap={"kind": "number", "name": "own", "version": "1"}, sure={"rubric": "r"}
    )

    assert (Number(name="own", version="1"), Judge(name="c.sure", version="7", rubric="r")) == inner_evaluators(cascade)


@pytest.mark.parametrize(
    ("cheap", "message"),
    [
        ({"kind": "exactly"}, "evaluator `c`: Invalid value 'exactly' - at `$.kind`"),
        ({"kind": "exact", "pattern": "a"}, "evaluator `c`: Object contains unknown field `pattern`"),
        ({"kind": "cascade", "cheap": {}, "sure": {}}, "evaluator `c`: a cascade cannot hold another cascade"),
        ({"kind": "regex", "pattern": "["}, "evaluator `c.cheap`: unterminated character set at position 0"),
    ],
)
def test_inner_mistakes_are_the_suites(cheap, message):
    """Refused before anything runs, with the cascade's name."""
    with pytest.raises(SuiteError) as error:
        check([Cascade(name="c", cheap=cheap, sure=UNIT)])

    assert message == error.value.problems[0].message
