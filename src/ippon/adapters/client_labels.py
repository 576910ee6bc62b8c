"""How probable each label is as what comes next, from llama.cpp's completions: pure, one step a request.

A grammar lets the model write nothing but a label. Its first token mostly tells which; where it fits several (" very"
of " very good" and " very poor") the next step asks how it goes on, and probabilities are multiplied.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from ippon.adapters.client_model import Strange, count, decoded
from ippon.records.call import Failure, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.records.call import ModelRequest

NEGLIGIBLE = 0.005  # a fork that is less probable than this is not followed
STEPS = 6
_CHOICE = 2
_TOKENS = 100  # alternatives asked for at most
_OPENING = "\"'([{/"  # after these and blanks no blank stands before a word


class Step(NamedTuple):
    """One request: the text so far, what each label still lacks, and how probable the way here is."""

    prompt: str
    missing: dict[str, str]
    share: float


class Probabilities(NamedTuple):
    """What one reply says: tokens as bytes with their probabilities, tokens counted, the model's name."""

    tokens: Sequence[tuple[bytes, float]]
    usage: Usage
    model: str | None


class _Alternative(msgspec.Struct):
    prob: float
    token: str = ""
    bytes: list[int] | None = None


class _Place(msgspec.Struct):
    top_probs: list[_Alternative]


class _Logprobs(msgspec.Struct):
    content: list[_Place]


class _Choice(msgspec.Struct):
    logprobs: _Logprobs | None = None


class _Counts(msgspec.Struct):
    prompt_tokens: Any = None
    completion_tokens: Any = None
    prompt_tokens_details: dict[str, Any] | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice] = []
    model: str | None = None
    usage: _Counts = msgspec.field(default_factory=_Counts)
    error: Any = None


_completion = msgspec.json.Decoder(_Completion)


class Labels:
    """What is known of the labels' probabilities so far, and what to ask next."""

    def __init__(self, first: Step) -> None:
        self.model: str | None = None
        self.usage = Usage()
        self.steps = 0
        self._todo = [first]
        self._masses = dict.fromkeys(first.missing, 0.0)

    def next_step(self) -> Step | None:
        """The most probable fork that is still open, if it is worth a request."""
        if not self._todo or self.steps >= STEPS:
            return None
        self.steps += 1
        return self._todo.pop(0)

    def observe(self, step: Step, found: Probabilities) -> None:
        """Take note of a reply."""
        self.model = found.model
        self.usage = _sum(self.usage, found.usage) if self.steps > 1 else found.usage
        whole = {label: missing.encode() for label, missing in step.missing.items()}
        for token, share in found.tokens:
            fits = [label for label, missing in whole.items() if token and missing.startswith(token)]
            if len(fits) == 1:
                self._masses[fits[0]] += step.share * share
            elif fits and step.share * share >= NEGLIGIBLE:
                self._fork(step, token, step.share * share, fits)
        self._todo.sort(key=lambda each: -each.share)

    def shares(self) -> dict[str, float] | None:
        """The labels' probabilities, normalised; None where none of them was seen."""
        total = sum(self._masses.values())
        return {label: mass / total for label, mass in self._masses.items()} if total > 0 else None

    def _fork(self, step: Step, token: bytes, share: float, fits: Sequence[str]) -> None:
        try:
            text = token.decode()
        except UnicodeDecodeError:  # half a character cannot be sent as a text
            return
        self._todo.append(Step(step.prompt + text, {label: step.missing[label][len(text) :] for label in fits}, share))


def labels_of(request: ModelRequest) -> Labels | Failure:
    """The first step for a request's labels; a Failure where they cannot be told apart by what comes next.

    A blank is put before each label where the prompt ends in a word or a mark such as a colon.
    """
    prompt = request.messages[0].content
    labels = request.labels or ()
    if len(set(labels)) < max(_CHOICE, len(labels)) or not all(label.strip() for label in labels):
        return Failure(reason="rejected", message="label probabilities need two or more different labels")
    for label in labels:
        begun = [other for other in labels if other != label and other.startswith(label)]
        if begun:
            return Failure(
                reason="rejected", message=f"the label {label!r} begins {begun[0]!r}: choose labels that do not"
            )
    lead = "" if not prompt or prompt[-1].isspace() or prompt[-1] in _OPENING else " "
    return Labels(Step(prompt, {label: label if label[0].isspace() else lead + label for label in labels}, 1.0))


def body_of(request: ModelRequest, step: Step) -> dict[str, Any]:
    """The completion request of a step: one token, nothing cut from its distribution but what the grammar forbids.

    Samplers are off; probabilities are those after the grammar: before it labels may not be among the first hundred.
    """
    starts = {missing[:end] for missing in step.missing.values() for end in range(1, len(missing) + 1)}
    return {
        "model": request.model,
        "prompt": step.prompt,
        "max_tokens": 1,
        "temperature": 1,
        "top_k": 0,
        "top_p": 1,
        "min_p": 0,
        "logprobs": min(_TOKENS, len(starts) + 1),
        "post_sampling_probs": True,
        "grammar": f"root ::= {' | '.join(json.dumps(each, ensure_ascii=False) for each in step.missing.values())}",
        "cache_prompt": True,
    }


def probabilities(body: bytes) -> Probabilities | Strange:
    """The distribution of the next token in a reply of status 200."""
    read = decoded(body, _completion)
    if isinstance(read, Strange):
        return read
    reply = cast("_Completion", read)
    if reply.error is not None:
        return Strange("an error", is_error=True)
    found = reply.choices[0].logprobs if reply.choices else None
    if found is None or not found.content:
        return Strange("no probabilities of the labels", hint="only llama.cpp gives them")
    return Probabilities(
        tokens=[
            (bytes(each.bytes) if each.bytes is not None else each.token.encode(), each.prob)
            for each in found.content[0].top_probs
        ],
        usage=Usage(
            input=count(reply.usage.prompt_tokens),
            output=count(reply.usage.completion_tokens),
            cached_input=count((reply.usage.prompt_tokens_details or {}).get("cached_tokens")),
        ),
        model=reply.model,
    )


def _sum(a: Usage, b: Usage) -> Usage:
    def both(x: int | None, y: int | None) -> int | None:
        return None if x is None or y is None else x + y

    return Usage(
        input=both(a.input, b.input), output=both(a.output, b.output), cached_input=both(a.cached_input, b.cached_input)
    )
