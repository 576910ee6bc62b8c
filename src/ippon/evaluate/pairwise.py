"""A model that picks the better of the response and another text, asked in both orders.

Judges prefer a place (the first, mostly) to a text, so one order alone is no evidence. Both orders agreeing is a win, a
loss or a tie; disagreeing is a tie that is marked `split`. An order without a verdict leaves the pair without a score.
Equal texts and empty ones are judged by code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ippon.evaluate.asking import ask_to_be_read, settled, unscored
from ippon.evaluate.judge import EMPTY, model_request
from ippon.evaluate.material import RESPONSE
from ippon.evaluate.prompt import answer_form, answer_schema, briefing, instructions, with_material
from ippon.evaluate.reading import read_answer
from ippon.evaluate.scale import Labels, placeholder, property_schema, worth
from ippon.evaluate.texts import as_text
from ippon.records.call import Failure
from ippon.records.judgement import Score, Unscored

if TYPE_CHECKING:
    from collections.abc import Callable

    from ippon.evaluate.material import Context, Material
    from ippon.ports import Steps
    from ippon.records.call import Answer, ModelRequest
    from ippon.records.evaluators import Pairwise
    from ippon.records.providers import ModelUse

Winner = Literal["response", "against", "tie"]
FIELD = "winner"
FIRST, SECOND, TIE = "first", "second", "tie"
_PLACES = Labels({FIRST: 1.0, SECOND: 0.0, TIE: 0.5})
_MEANING = (
    "The two texts to compare are `first` and `second`. Which is better by the rubric? Their order means nothing."
)
_SCORES: dict[Winner, tuple[float, str]] = {"response": (1.0, "win"), "against": (0.0, "loss"), "tie": (0.5, "tie")}


def steps(evaluator: Pairwise, material: Material, context: Context) -> Steps:
    """Ask twice, the response first and the response last."""
    against = material.value(evaluator.against)
    if against is None:
        return settled(unscored(f"the example has no `{evaluator.against}` to compare with"))
    found = _by_code(material.response, as_text(against))
    if found is not None:
        return settled(found)
    if context.use is None:
        return settled(unscored("no model is named for this evaluator"))
    shown = {name: material.value(name) for name in evaluator.reads if name not in {RESPONSE, evaluator.against}}
    return _both_orders(evaluator, shown, (material.response, as_text(against)), context.use)


def request(evaluator: Pairwise, shown: dict[str, Any], first: str, second: str, use: ModelUse) -> ModelRequest:
    """The request of one order."""
    form = answer_form(FIELD, placeholder(_PLACES))
    system = instructions(subject="two texts", rubric=evaluator.rubric, meaning=_MEANING, form=form)
    schema = answer_schema(FIELD, property_schema(_PLACES)) if use.schema else None
    brief = model_request(use, evaluator.params, briefing(system, ()), schema)
    return with_material(brief, {**shown, FIRST: first, SECOND: second})


def _by_code(response: str, against: str) -> Score | None:
    if response.strip() == against.strip():
        return Score(0.5, label="tie", reason="the two texts are equal")
    if not response.strip():
        return Score(0.0, label="loss", reason=EMPTY)
    return None if against.strip() else Score(1.0, label="win", reason="the other text is empty")


def _both_orders(evaluator: Pairwise, shown: dict[str, Any], pair: tuple[str, str], use: ModelUse) -> Steps:
    response, against = pair
    form = answer_form(FIELD, placeholder(_PLACES))
    straight = request(evaluator, shown, response, against, use)
    one = yield from ask_to_be_read(straight, _read("response", "against"), lambda: form)
    if isinstance(one, Unscored):
        return one
    turned = request(evaluator, shown, against, response, use)
    other = yield from ask_to_be_read(turned, _read("against", "response"), lambda: form)
    if isinstance(other, Unscored):
        return other
    return _agreed(one, other)


def _read(first: Winner, second: Winner) -> Callable[[Answer], tuple[Winner, str | None] | Failure]:
    """A reader of (winner, reason) for one order."""
    winners: dict[str | None, Winner] = {FIRST: first, SECOND: second, TIE: "tie"}

    def read(answer: Answer) -> tuple[Winner, str | None] | Failure:
        given = read_answer(answer.text, FIELD)
        if isinstance(given, Failure):
            return given
        found = worth(_PLACES, given.value)
        return found if isinstance(found, Failure) else (winners[found[1]], given.reason)

    return read


def _agreed(one: tuple[Winner, str | None], other: tuple[Winner, str | None]) -> Score:
    orders = [one[0], other[0]]
    split = one[0] != other[0]
    value, label = _SCORES["tie" if split else one[0]]
    reasons = [reason for _, reason in (one, other) if reason]
    reason = " / ".join(reasons) if split else next(iter(reasons), None)
    return Score(value, label=label, reason=reason, details={"orders": orders, "split": split})
