"""The probabilities of labels, step by step, without any model."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ippon.adapters.client_labels import STEPS, Labels, Probabilities, Step, body_of, labels_of, probabilities
from ippon.adapters.client_model import Strange
from ippon.records.call import Failure, Message, ModelRequest, Usage


def request(prompt: str = "Label:", labels: tuple[str, ...] | None = ("good", "poor")) -> ModelRequest:
    """A request for labels."""
    return ModelRequest(provider="local", model="m", messages=(Message(role="user", content=prompt),), labels=labels)


def labels(prompt: str = "Label:", names: tuple[str, ...] = ("good", "poor")) -> Labels:
    """The labels of a request that is in order."""
    found = labels_of(request(prompt, names))
    assert isinstance(found, Labels)
    return found


def step_of(found: Labels) -> Step:
    """The next step, which there is."""
    step = found.next_step()
    assert step is not None
    return step


def seen(tokens: dict[str, float], usage: Usage | None = None) -> Probabilities:
    """A reply with these tokens."""
    return Probabilities([(token.encode(), share) for token, share in tokens.items()], usage or Usage(), "m")


def test_tokens_that_begin_one_label_are_its_own() -> None:
    """Whole labels and first letters alike, normalised; what fits none is left out."""
    found = labels()
    found.observe(step_of(found), seen({" good": 0.5, " g": 0.1, " poor": 0.2, " x": 0.2, "": 0.1}))

    assert None is found.next_step()
    assert pytest.approx({"good": 0.75, "poor": 0.25}) == found.shares()


def test_a_token_that_fits_several_is_followed() -> None:
    """The probabilities along the way are multiplied."""
    found = labels(names=("very good", "very poor", "bad"))
    found.observe(step_of(found), seen({" very": 0.8, " bad": 0.2}, Usage(input=3, output=1)))
    step = step_of(found)
    found.observe(step, seen({" good": 0.5, " poor": 0.5}, Usage(input=4, output=1)))

    assert ("Label: very", {"very good": " good", "very poor": " poor"}) == (step.prompt, step.missing)
    assert pytest.approx({"very good": 0.4, "very poor": 0.4, "bad": 0.2}) == found.shares()
    assert Usage(input=7, output=2, cached_input=None) == found.usage


def test_the_likeliest_fork_is_followed_first_and_a_negligible_one_never() -> None:
    """Requests go where the probability is."""
    found = labels(names=("aab", "aac", "bab", "bac", "cab", "cac"))
    found.observe(step_of(found), seen({" a": 0.2, " b": 0.796, " c": 0.004}))

    assert ["Label: b", "Label: a"] == [step_of(found).prompt, step_of(found).prompt]
    assert None is found.next_step()


def test_half_a_character_is_not_followed() -> None:
    """It could not be sent as a text."""
    found = labels(names=("é", "è"))
    found.observe(step_of(found), Probabilities([(" é".encode()[:2], 1.0)], Usage(), None))

    assert None is found.next_step()
    assert None is found.shares()


def test_there_is_an_end_to_following() -> None:
    """A label spelt letter by letter does not cost a request a letter."""
    found = labels(names=("aaaaaaaaaaa", "aaaaaaaaaab"))
    count = 0
    while (step := found.next_step()) is not None:
        count += 1
        found.observe(step, seen({next(iter(step.missing.values()))[:1]: 1.0}))

    assert STEPS == count


@pytest.mark.parametrize(
    ("prompt", "lead"),
    [("Label:", " "), ("Label: ", ""), ("Label:\n", ""), ('{"label": "', ""), ("", ""), ("(", "")],
)
def test_a_blank_stands_before_a_label_where_a_word_would_have_one(prompt: str, lead: str) -> None:
    """The tokens of a model hold the blank before a word."""
    assert {"good": f"{lead}good", "poor": f"{lead}poor"} == step_of(labels(prompt)).missing


def test_a_label_may_bring_its_own_blank() -> None:
    """Then none is added."""
    assert {" good": " good", "poor": " poor"} == step_of(labels(names=(" good", "poor"))).missing


@pytest.mark.parametrize("names", [(), ("good",), ("good", "good"), ("good", " "), None, ("good", "goodish")])
def test_labels_that_cannot_be_told_apart_are_refused(names: tuple[str, ...] | None) -> None:
    """In words, and once: the same request would end in the same way."""
    failure = labels_of(request(labels=names))

    assert isinstance(failure, Failure)
    assert "rejected" == failure.reason


def test_a_step_asks_for_one_token_with_nothing_cut_off() -> None:
    """PARTS 1.4: samplers off, probabilities after the grammar, the prompt kept for the next item."""
    body = body_of(request(labels=('a"b', "c\\d")), step_of(labels(names=('a"b', "c\\d"))))

    assert {
        "model": "m", "prompt": "Label:", "max_tokens": 1, "temperature": 1, "top_k": 0, "top_p": 1, "min_p": 0, "logprobs": 8,
        "post_sampling_probs": True, "grammar": 'root ::= " a\\"b" | " c\\\\d"', "cache_prompt": True,
    } == body  # fmt: skip


def reply(**changes: object) -> bytes:
    """A reply as llama.cpp writes it."""
    place = {"top_probs": [{"token": " g", "bytes": [32, 103], "prob": 0.9}, {"token": " p", "prob": 0.1}]}
    body = {
        "choices": [{"text": " g", "logprobs": {"content": [place]}}],
        "model": "smol",
        "usage": {"prompt_tokens": 5, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 4}},
    }
    return json.dumps(body | changes).encode()


def test_a_reply_is_read_by_its_bytes() -> None:
    """Tokens may be half a character; their bytes say which."""
    usage = Usage(input=5, output=1, cached_input=4)

    assert Probabilities([(b" g", 0.9), (b" p", 0.1)], usage, "smol") == probabilities(reply())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (reply(choices=[]), Strange("no probabilities of the labels", hint="only llama.cpp gives them")),
        (reply(choices=[{"text": "g"}]), Strange("no probabilities of the labels", hint="only llama.cpp gives them")),
        (reply(choices=[{"logprobs": {"content": [{"top_logprobs": []}]}}]), Strange("JSON of another shape")),
        (reply(error={"message": "no"}), Strange("an error", is_error=True)),
        (b"<html>", Strange("HTML or XML instead of JSON")),
    ],
)
def test_a_reply_without_probabilities_is_strange(content: bytes, expected: Strange) -> None:
    """Another server than llama.cpp, an error, no JSON."""
    assert expected == probabilities(content)


@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=2, max_size=4, unique=True))
def test_shares_are_what_the_model_says_along_every_path(names: list[str]) -> None:
    """Letter by letter, every letter as likely as the other ones: a label's share is what its own letters come to."""
    # A mark at the end, so that no label begins another.
    ended = tuple(f"{name}." for name in names)
    found = labels(names=ended)
    while (step := found.next_step()) is not None:
        starts = {missing.removeprefix(" ")[:1] for missing in step.missing.values()}
        lead = " " if step.prompt.endswith(":") else ""
        found.observe(step, seen({f"{lead}{start}": 1 / len(starts) for start in starts}))

    assert pytest.approx({name: share_of(name, ended) for name in ended}) == found.shares()


def share_of(name: str, names: tuple[str, ...]) -> float:
    """The product of one over the number of letters that may come next, along a label, until it is alone."""
    share = 1.0
    for end in range(len(name)):
        nexts = {other[end] for other in names if other.startswith(name[:end])}
        share /= len(nexts)
    return share
