"""Models behind Anthropic's messages API."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

import msgspec

from ippon.adapters.client_model import ModelClient, Strange, count, decoded
from ippon.records.call import Answer, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ippon.adapters.http_session import Timeouts
    from ippon.records.call import ModelRequest
    from ippon.records.providers import Endpoint

VERSION = "2023-06-01"
MAX_TOKENS = 1024  # the API wants a number where the request has none
# How its words for the end of an answer are called everywhere else.
_FINISH = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "refusal": "content_filter"}


class _Block(msgspec.Struct):
    type: str = ""
    text: str = ""


class _Counts(msgspec.Struct):
    input_tokens: Any = None
    output_tokens: Any = None
    cache_read_input_tokens: Any = None
    cache_creation_input_tokens: Any = None


class _Reply(msgspec.Struct):
    content: list[_Block] | None = None
    stop_reason: str | None = None
    model: str | None = None
    usage: _Counts | None = None
    error: Any = None


_reply = msgspec.json.Decoder(_Reply)


class AnthropicDialect:
    """POST /messages."""

    path = "/messages"

    def headers(self, key: str | None) -> dict[str, str]:
        """The key in a header of its own, where there is one."""
        headers = {"content-type": "application/json", "anthropic-version": VERSION}
        return headers if key is None else {**headers, "x-api-key": key}

    def body(self, request: ModelRequest, without: frozenset[str]) -> dict[str, Any]:
        """Messages without the system's, which stand apart; the schema as `output_config`."""
        system = "\n\n".join(each.content for each in request.messages if each.role == "system")
        turns = [each for each in request.messages if each.role != "system"]
        body: dict[str, Any] = {"max_tokens": MAX_TOKENS, **request.params, "model": request.model, "messages": turns}
        body.pop("stream", None)
        if system:
            body["system"] = system
        if request.schema is not None:
            body["output_config"] = {"format": {"type": "json_schema", "schema": request.schema}}
        return {name: value for name, value in body.items() if name not in without}

    def read(self, body: bytes) -> Answer | Strange:
        """The text blocks in one; a refusal is an answer whose finish is "content_filter"."""
        read = decoded(body, _reply)
        if isinstance(read, Strange):
            return read
        reply = cast("_Reply", read)
        if reply.error is not None:
            return Strange("an error", is_error=True)
        finish = _FINISH.get(reply.stop_reason or "", reply.stop_reason)
        texts = [block.text for block in reply.content or () if block.type == "text"]
        if not texts and finish not in {"length", "content_filter"}:
            return Strange("no content")
        return Answer(text="".join(texts), model=reply.model, finish=finish, usage=_usage(reply.usage or _Counts()))


class AnthropicClient(ModelClient):
    """Asks Anthropic, or whoever speaks its dialect, by provider; see `ModelClient`."""

    def __init__(
        self, endpoints: Mapping[str, Endpoint], keys: Mapping[str, str] | None = None, *,
        timeouts: Timeouts | None = None, now: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        super().__init__(AnthropicDialect(), endpoints, keys or {}, timeouts=timeouts, now=now)


def _usage(counts: _Counts) -> Usage:
    """Tokens; here, unlike everywhere else, those read from a cache are not among the input tokens."""
    read, written = count(counts.cache_read_input_tokens), count(counts.cache_creation_input_tokens)
    fresh = count(counts.input_tokens)
    return Usage(
        input=None if fresh is None else fresh + (read or 0) + (written or 0),
        output=count(counts.output_tokens),
        cached_input=read,
    )
