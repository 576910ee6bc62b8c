"""Models behind an OpenAI-compatible endpoint: chat completions, and llama.cpp's completions for labels."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

import msgspec

from ippon.adapters.client_labels import body_of, labels_of, probabilities
from ippon.adapters.client_model import OK, ModelClient, Strange, count, decoded, strange
from ippon.records.call import Answer, Failure, ModelRequest, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ippon.adapters.client_labels import Labels, Probabilities, Step
    from ippon.adapters.client_model import Door
    from ippon.adapters.http_session import Reply, Timeouts
    from ippon.records.call import Request
    from ippon.records.providers import Endpoint

_NOTHING = msgspec.Raw()
_NULL = b"null"
CONTENT_FILTER = "content_filter"


class _Message(msgspec.Struct):
    content: str | list[Any] | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message = msgspec.field(default_factory=_Message)
    finish_reason: str | None = None
    logprobs: msgspec.Raw = _NOTHING


class _Chat(msgspec.Struct):
    choices: list[_Choice] | None = None
    model: str | None = None
    usage: msgspec.Raw = _NOTHING
    error: msgspec.Raw = _NOTHING


class _Token(msgspec.Struct):
    token: str
    logprob: float
    top_logprobs: list[_Token] = []


class _Logprobs(msgspec.Struct):
    content: list[_Token] | None = None


_chat = msgspec.json.Decoder(_Chat)
_logprobs = msgspec.json.Decoder(_Logprobs | None)


class OpenAIDialect:
    """POST /chat/completions."""

    path = "/chat/completions"

    def headers(self, key: str | None) -> dict[str, str]:
        """The key as a bearer token, where there is one."""
        headers = {"content-type": "application/json"}
        return headers if key is None else {**headers, "authorization": f"Bearer {key}"}

    def body(self, request: ModelRequest, without: frozenset[str]) -> dict[str, Any]:
        """Messages and parameters; the schema as `response_format`."""
        body: dict[str, Any] = {**request.params, "model": request.model, "messages": request.messages}
        body.pop("stream", None)
        if request.schema is not None:
            form = {"name": "answer", "strict": True, "schema": request.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        for name in without:
            given = body.pop(name, None)
            if name == "max_tokens" and given is not None:
                body["max_completion_tokens"] = given
        if "logprobs" in without:
            body.pop("top_logprobs", None)
        return body

    def read(self, body: bytes) -> Answer | Strange:
        """The first choice; a refusal is an answer whose finish is "content_filter"."""
        reply = decoded(body, _chat)
        if isinstance(reply, Strange):
            return reply
        chat = cast("_Chat", reply)
        if _is_there(chat.error):
            return Strange("an error", is_error=True)
        if not chat.choices:
            return Strange("no choices")
        choice = chat.choices[0]
        text, finish = _said(choice)
        if text is None:
            return Strange("no content")
        logprobs = _token_logprobs(choice.logprobs) if _is_there(choice.logprobs) else None
        return Answer(text=text, model=chat.model, finish=finish, usage=usage_of(chat.usage), token_logprobs=logprobs)


class OpenAIClient(ModelClient):
    """Asks OpenAI-compatible endpoints, by provider; see `ModelClient`."""

    def __init__(
        self, endpoints: Mapping[str, Endpoint], keys: Mapping[str, str] | None = None, *,
        timeouts: Timeouts | None = None, now: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        super().__init__(OpenAIDialect(), endpoints, keys or {}, timeouts=timeouts, now=now)

    async def send(self, request: Request) -> Answer | Failure:
        """One attempt; where labels are asked for, as many requests as it takes to tell them apart, mostly one."""
        if not isinstance(request, ModelRequest) or request.labels is None:
            return await super().send(request)
        door, labels = self.door(request), labels_of(request)
        if isinstance(door, Failure):
            return door
        return labels if isinstance(labels, Failure) else await self._told_apart(labels, request, door)

    async def _told_apart(self, labels: Labels, request: ModelRequest, door: Door) -> Answer | Failure:
        while (step := labels.next_step()) is not None:
            found = await self._distribution(step, request, door)
            if isinstance(found, Failure):
                return found
            labels.observe(step, found)
            self._again += labels.steps > 1
        return _label_answer(labels)

    async def _distribution(self, step: Step, request: ModelRequest, door: Door) -> Probabilities | Failure:
        reply = await self.exchange(door, "/completions", body_of(request, step))
        return reply if isinstance(reply, Failure) else self._probabilities(reply, request, door)

    def _probabilities(self, reply: Reply, request: ModelRequest, door: Door) -> Probabilities | Failure:
        found = probabilities(reply.body) if reply.status == OK else Strange("an error", is_error=True)
        if isinstance(found, Strange):
            return self.fault(reply, request, door) if found.is_error else strange(found, door)
        return found


def usage_of(raw: msgspec.Raw) -> Usage:
    """Tokens as the endpoint counts them; None for a count that is missing or makes no sense."""
    try:
        found = msgspec.json.decode(raw) if _is_there(raw) else None
    except msgspec.DecodeError:  # pragma: no cover - it was decoded once, as part of the body
        found = None
    if not isinstance(found, dict):
        return Usage()
    usage = cast("dict[str, Any]", found)
    details = usage.get("prompt_tokens_details")
    cached = cast("dict[str, Any]", details).get("cached_tokens") if isinstance(details, dict) else None
    return Usage(
        input=count(usage.get("prompt_tokens")),
        output=count(usage.get("completion_tokens")),
        cached_input=count(cached),
    )


def _is_there(raw: msgspec.Raw) -> bool:
    return bytes(raw) not in {b"", _NULL}


def _said(choice: _Choice) -> tuple[str | None, str | None]:
    """The text of a choice and how it ended; no text at all only where that is no answer."""
    content, refusal = choice.message.content, choice.message.refusal
    if isinstance(content, list):
        content = "".join(_part(part) for part in content)
    if content is None and refusal is not None:
        return refusal, CONTENT_FILTER
    if content is None and choice.finish_reason in {CONTENT_FILTER, "length"}:
        return "", choice.finish_reason
    return content, choice.finish_reason


def _part(part: Any) -> str:
    text: Any = cast("dict[str, Any]", part).get("text") if isinstance(part, dict) else None
    return text if isinstance(text, str) else ""


def _token_logprobs(raw: msgspec.Raw) -> tuple[tuple[str, float, dict[str, float]], ...] | None:
    """Tokens with their alternatives; None in a shape that is not OpenAI's."""
    try:
        found = _logprobs.decode(raw)
    except msgspec.ValidationError:
        return None
    if found is None or not found.content:
        return None
    return tuple(
        (each.token, each.logprob, {other.token: other.logprob for other in each.top_logprobs})
        for each in found.content
    )


def _label_answer(labels: Labels) -> Answer | Failure:
    shares = labels.shares()
    if shares is None:
        return Failure(reason="not_a_provider", message="none of the labels is among the probabilities", status=OK)
    return Answer(
        text=max(shares, key=lambda label: shares[label]),
        model=labels.model,
        finish="stop",
        usage=labels.usage,
        label_probabilities=shares,
    )
