"""A model that scores a response by a rubric.

Chat models answer with a reason and a label or number as JSON, read strictly (`reading`), asked once more when that
fails. The embedded local model is asked for the probabilities of the labels as the next token (`completion`) and gives
no reason. An empty response is judged by code as the poorest there is: judges are known to be fooled by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ippon.evaluate.asking import ask, ask_to_be_read, settled, unscored
from ippon.evaluate.completion import LABEL, layout
from ippon.evaluate.material import RESPONSE
from ippon.evaluate.probabilities import label_shares, mean_worth, normalised
from ippon.evaluate.prompt import answer_form, answer_schema, briefing, instructions, with_material
from ippon.evaluate.reading import REASON, read_answer
from ippon.evaluate.scale import (
    Labels,
    as_labels,
    meaning,
    placeholder,
    poorest,
    property_schema,
    rating,
    scale_of,
    worth,
)
from ippon.evaluate.texts import as_text, quoted
from ippon.records.call import Answer, Failure, Message, ModelRequest
from ippon.records.judgement import Score, Unscored
from ippon.records.providers import LOCAL

if TYPE_CHECKING:
    from collections.abc import Generator

    from ippon.evaluate.material import Context, Material
    from ippon.evaluate.scale import Scale
    from ippon.ports import Steps
    from ippon.records.call import Outcome, Request
    from ippon.records.evaluators import Judge
    from ippon.records.judgement import Judgement
    from ippon.records.providers import ModelUse

MAX_TOKENS = 400
EMPTY = "empty response"


def steps(evaluator: Judge, material: Material, context: Context) -> Steps:
    """Ask the judge's model; an empty response is not worth a call."""
    scale = scale_of(evaluator)
    if RESPONSE in evaluator.reads and not material.response.strip():
        value, label = poorest(scale)
        return settled(Score(value=value, label=label, reason=EMPTY))
    if context.use is None:
        return settled(unscored("no model is named for this judge"))
    fields = {name: material.value(name) for name in evaluator.reads}
    if context.use.provider == LOCAL:
        return _by_labels(completion_request(evaluator, fields, context.use), as_labels(scale))
    use = context.use
    brief = context.once(evaluator, lambda: chat_brief(evaluator, use))
    return _by_chat(with_material(brief, fields), scale)


def chat_brief(evaluator: Judge, use: ModelUse) -> ModelRequest:
    """All of a judge's request but the item itself: the same for every example, and so made once."""
    scale = scale_of(evaluator)
    shots = [({name: row.get(name) for name in evaluator.reads}, _shot_answer(scale, row)) for row in evaluator.shots]
    system = instructions(subject="one item", rubric=evaluator.rubric, meaning=meaning(scale), form=_form(scale))
    schema = answer_schema(scale.field, property_schema(scale)) if use.schema else None
    return model_request(use, evaluator.params, briefing(system, shots), schema)


def completion_request(evaluator: Judge, fields: dict[str, Any], use: ModelUse) -> ModelRequest:
    """The request of a judge that only names a label; sampling parameters have no part in it."""
    scale = scale_of(evaluator)
    labels = tuple(as_labels(scale))
    shots = [{**row, LABEL: rating(scale, _shot_label(row))} for row in evaluator.shots]
    prompt = layout(evaluator.rubric, labels, shots, fields)
    return ModelRequest(
        provider=use.provider,
        model=use.model,
        messages=(Message(role="user", content=prompt),),
        labels=labels,
        base_url=use.base_url,
        account=use.account,
        runtime=use.runtime,
    )


def model_request(
    use: ModelUse, params: dict[str, Any], turns: tuple[Message, ...], schema: dict[str, Any] | None
) -> ModelRequest:
    """A chat request with the parameters of model and evaluator; `max_tokens` is 400 where neither says."""
    return ModelRequest(
        provider=use.provider,
        model=use.model,
        messages=turns,
        params={"max_tokens": MAX_TOKENS, **use.params, **params},
        schema=schema,
        base_url=use.base_url,
        account=use.account,
        runtime=use.runtime,
    )


def _by_chat(request: ModelRequest, scale: Scale) -> Steps:
    return (yield from ask_to_be_read(request, lambda answer: read_score(answer, scale), lambda: _form(scale)))


def _form(scale: Scale) -> str:
    """The JSON object that an answer has to be, as the model is shown it."""
    return answer_form(scale.field, placeholder(scale))


def read_score(answer: Answer, scale: Scale) -> Score | Failure:
    """The score in a chat model's answer; weighted by the labels' probabilities where the endpoint gives them."""
    given = read_answer(answer.text, scale.field)
    if isinstance(given, Failure):
        return given
    found = worth(scale, given.value)
    if isinstance(found, Failure):
        return found
    value, label = found
    shares = _shares(answer, scale)
    if shares is None or not isinstance(scale, Labels):
        return Score(value=value, label=label, reason=given.reason)
    mean = mean_worth(shares, scale.values)
    return Score(value=mean, label=label, reason=given.reason, details={"probabilities": shares, "label_value": value})


def _shares(answer: Answer, scale: Scale) -> dict[str, float] | None:
    if not answer.token_logprobs or not isinstance(scale, Labels):
        return None
    return label_shares(answer.text, answer.token_logprobs, list(scale.values))


def _by_labels(request: ModelRequest, values: dict[str, float]) -> Generator[Request, Outcome, Judgement]:
    answer = yield from ask(request)
    if isinstance(answer, Unscored):
        return answer
    shares = normalised(answer.label_probabilities or {}, values)
    if shares is None:
        return unscored("the answer holds no probabilities of the labels", "unparsed")
    label = max(shares, key=lambda name: shares[name])
    return Score(value=mean_worth(shares, values), label=label, details={"probabilities": shares})


def _shot_label(row: dict[str, Any]) -> str:
    return as_text(row[LABEL] if LABEL in row else row.get("score", ""))


def _shot_answer(scale: Scale, row: dict[str, Any]) -> str:
    """A few-shot row's verdict as the answer that a judge ought to give."""
    label = _shot_label(row)
    value = quoted(label) if isinstance(scale, Labels) else label
    return f'{{"{REASON}": {quoted(as_text(row.get(REASON) or ""))}, "{scale.field}": {value}}}'
