"""The endpoint's answers in the shapes of OpenAI (chat and plain completions) and Anthropic."""

from math import exp
from typing import Any, Literal, NamedTuple

import msgspec

from bench.judgements import Asked, token_logprobs, tool_input

Shape = Literal["chat", "text", "messages"]
_CREATED = 1_700_000_000  # a fixed moment, so that equal requests get equal bytes


class Draft(NamedTuple):
    """What is answered, before it takes a provider's shape."""

    asked: Asked
    digest: bytes
    text: str
    prompt_tokens: int
    completion_tokens: int
    model: str
    finish: Literal["stop", "length", "refusal", "content_filter"] = "stop"
    usage: Literal["true", "none", "negative"] = "true"


def body_of(shape: Shape, draft: Draft) -> bytes:
    """The response body."""
    if shape == "messages":
        return msgspec.json.encode(_anthropic(draft))
    answer: dict[str, Any] = {
        "id": f"{'chatcmpl' if shape == 'chat' else 'cmpl'}-{draft.digest.hex()[:24]}",
        "object": "chat.completion" if shape == "chat" else "text_completion",
        "created": _CREATED,
        "model": draft.model,
        "choices": [_chat_choice(draft) if shape == "chat" else _text_choice(draft)],
        "system_fingerprint": "fp_scripted",
    }
    if draft.usage != "none":
        sign = -1 if draft.usage == "negative" else 1
        answer["usage"] = {
            "prompt_tokens": sign * draft.prompt_tokens,
            "completion_tokens": sign * draft.completion_tokens,
            "total_tokens": sign * (draft.prompt_tokens + draft.completion_tokens),
        }
    return msgspec.json.encode(answer)


def models_body(models: tuple[str, ...]) -> bytes:
    """The list of models."""
    listed = [{"id": name, "object": "model", "created": _CREATED, "owned_by": "bench"} for name in models]
    return msgspec.json.encode({"object": "list", "data": listed})


def _chat_choice(draft: Draft) -> dict[str, Any]:
    refused = draft.finish == "refusal"
    message = {
        "role": "assistant",
        "content": None if refused else draft.text,
        "refusal": draft.text if refused else None,
    }
    finish = "stop" if refused else draft.finish
    choice: dict[str, Any] = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    if draft.asked.logprobs:
        choice["logprobs"] = {"content": _content(draft, draft.asked.top_logprobs or 0), "refusal": None}
    return choice


def _text_choice(draft: Draft) -> dict[str, Any]:
    finish = "stop" if draft.finish == "refusal" else draft.finish
    choice: dict[str, Any] = {"index": 0, "text": draft.text, "logprobs": None, "finish_reason": finish}
    wanted = draft.asked.logprobs
    if not wanted:
        return choice
    if draft.asked.grammar or draft.asked.post_sampling_probs:  # llama.cpp's own parameters: its own shape
        choice["logprobs"] = {"content": _content(draft, int(wanted))}
        return choice
    tokens = token_logprobs(draft.asked, draft.text, draft.digest)
    starts = [0]
    for token, _ in tokens:
        starts.append(starts[-1] + len(token))
    choice["logprobs"] = {
        "tokens": [token for token, _ in tokens],
        "token_logprobs": [listed[0][1] for _, listed in tokens],
        "top_logprobs": [dict(listed[: int(wanted)]) for _, listed in tokens],
        "text_offset": starts[:-1],
    }
    return choice


def _content(draft: Draft, top: int) -> list[dict[str, Any]]:
    """Tokens with alternatives as chat has them; with `post_sampling_probs`, llama.cpp's probabilities instead."""
    plain = draft.asked.post_sampling_probs

    def row(token: str, logprob: float) -> dict[str, Any]:
        likely = {"prob": exp(logprob)} if plain else {"logprob": logprob}
        return {"token": token, "bytes": list(token.encode()), **likely}

    alternatives = "top_probs" if plain else "top_logprobs"
    return [
        row(*listed[0]) | {alternatives: [row(*each) for each in listed[:top]]}
        for _, listed in token_logprobs(draft.asked, draft.text, draft.digest)
    ]


def _anthropic(draft: Draft) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": draft.text}
    stop = {"stop": "end_turn", "length": "max_tokens"}.get(draft.finish, "refusal")
    if draft.asked.tools and draft.finish == "stop":
        tool = draft.asked.tools[0]
        filled = tool_input(tool, draft.digest)
        block = {"type": "tool_use", "id": f"toolu_{draft.digest.hex()[:24]}", "name": tool.name, "input": filled}
        stop = "tool_use"
    answer: dict[str, Any] = {
        "id": f"msg_{draft.digest.hex()[:24]}",
        "type": "message",
        "role": "assistant",
        "model": draft.model,
        "content": [block],
        "stop_reason": stop,
        "stop_sequence": None,
    }
    if draft.usage != "none":
        sign = -1 if draft.usage == "negative" else 1
        answer["usage"] = {
            "input_tokens": sign * draft.prompt_tokens,
            "output_tokens": sign * draft.completion_tokens,
        }
    return answer
