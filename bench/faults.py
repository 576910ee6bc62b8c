"""What is sent for a request: a good answer, or one that its fault has spoilt."""

import gzip
import io
from typing import Any, Literal, NamedTuple

import msgspec

from bench.judgements import Answer, Asked, text_of, token_count
from bench.replies import Draft, Shape, body_of
from bench.script import Fault, Script

Delivery = Literal["whole", "reset", "close", "cut", "hang", "idle", "drip", "big"]
Struck = Fault | Literal["rate", "full", "key"] | None
"""A fault of the script, one of its limits, a wrong key, or nothing."""
_DELIVERIES: dict[str, Delivery] = {kind: kind for kind in ("reset", "close", "cut", "hang", "idle", "drip", "big")}
_JSON = "application/json"
_HTML = (
    b"<!doctype html><html><head><title>Sign in</title></head><body><h1>Welcome to the guest network</h1></body></html>"
)
_SPOILT = {"bad_utf8": b"\xff\xfe\x80", "surrogate": b"\\ud800", "nul": b"\\u0000"}
MARK = "%spoilt%"
"""Where a body is spoilt, or a big one filled."""
_MESSAGES = {
    "400": ("The request is not valid.", "invalid_request_error", "invalid_request_error"),
    "401": ("Incorrect API key provided.", "authentication_error", "invalid_api_key"),
    "402": ("Insufficient credits.", "billing_error", "insufficient_credits"),
    "403": ("Your project has no access to this model.", "permission_error", "permission_denied"),
    "404": (
        "The model `{model}` does not exist or you do not have access to it.",
        "not_found_error",
        "model_not_found",
    ),
    "408": ("The request timed out.", "timeout_error", "request_timeout"),
    "413": ("The request is too large.", "request_too_large", "request_too_large"),
    "422": ("The request cannot be processed.", "invalid_request_error", "unprocessable"),
    "429": ("Rate limit reached for `{model}`.", "rate_limit_error", "rate_limit_exceeded"),
    "500": ("The server had an error while processing your request.", "api_error", "server_error"),
    "502": ("Bad gateway.", "api_error", "bad_gateway"),
    "503": ("The service is overloaded.", "overloaded_error", "service_unavailable"),
    "529": ("Overloaded", "overloaded_error", "overloaded"),
    "context": (
        "This model's maximum context length is 8192 tokens, yours has 9000.",
        "invalid_request_error",
        "context_length_exceeded",
    ),
    "quota": (
        "You exceeded your current quota, please check your plan and billing details.",
        "insufficient_quota",
        "insufficient_quota",
    ),
}


class Reply(NamedTuple):
    """What is sent, and how."""

    status: int
    body: bytes
    content_type: str = _JSON
    headers: tuple[tuple[str, str], ...] = ()
    delivery: Delivery = "whole"
    filler: int = 0
    """Bytes put in the place of the mark of a big body."""
    drip_s: float = 0.0
    billed: tuple[int, int] = (0, 0)
    """Prompt and completion tokens."""


class Call(NamedTuple):
    """A request to a model route with what the script has in store for it."""

    shape: Shape
    body: bytes
    digest: bytes
    fault: Struck
    wait_s: float = 0.0


def reply_to(call: Call, script: Script, answer: Answer | None, bomb: bytes) -> Reply:
    """The reply; a body that is no request of this shape gets a 400, as from a provider."""
    if call.fault in _DELIVERIES and call.fault in {"reset", "close", "hang"}:
        return Reply(0, b"", delivery=_DELIVERIES[call.fault])
    try:
        asked = msgspec.json.decode(call.body, type=Asked)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _error(call, "400", "", headers=script.headers, message=f"We could not parse the body: {error}")
    if asked.stream:
        return _error(call, "400", "", headers=script.headers, message="The scripted endpoint does not stream.")
    if call.fault is not None:
        return _spoilt(call, asked, script, answer, bomb)
    return _good(call, _draft(call, asked, answer), script)


def bomb_of(size_bytes: int) -> bytes:
    """So many blanks, packed about 1000:1."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0) as stream:
        for start in range(0, size_bytes, 1_000_000):
            stream.write(b" " * min(1_000_000, size_bytes - start))
    return packed.getvalue()


def _draft(call: Call, asked: Asked, answer: Answer | None) -> Draft | bytes:
    said = text_of(asked, call.digest) if answer is None else answer(msgspec.json.decode(call.body))
    if isinstance(said, bytes):
        return said
    text = said if isinstance(said, str) else msgspec.json.encode(said).decode()
    return Draft(asked, call.digest, text, max(1, len(call.body) // 4), token_count(text), asked.model)


def _good(call: Call, draft: Draft | bytes, script: Script) -> Reply:
    if isinstance(draft, bytes):
        return Reply(200, draft, headers=script.headers)
    billed = (draft.prompt_tokens, draft.completion_tokens)
    return Reply(200, body_of(call.shape, draft), headers=script.headers, billed=billed)


def _spoilt(call: Call, asked: Asked, script: Script, answer: Answer | None, bomb: bytes) -> Reply:
    fault = call.fault or ""
    refused = _refused(call, asked, script)
    if refused is not None:
        return refused
    draft = _draft(call, asked, answer)
    if isinstance(draft, Draft):
        draft = _misjudged(draft, fault)
    reply = _good(call, draft, script)
    if fault in _SPOILT:
        return reply._replace(body=reply.body.replace(MARK.encode(), _SPOILT[fault], 1))
    if fault == "bomb":
        return reply._replace(body=bomb, headers=(*script.headers, ("content-encoding", "gzip")))
    if fault == "big":
        return reply._replace(delivery="big", filler=max(0, script.size_bytes - len(reply.body) + len(MARK)))
    if fault in _DELIVERIES:
        return reply._replace(delivery=_DELIVERIES[fault], drip_s=script.drip_s)
    return _other_body(reply, fault)


def _refused(call: Call, asked: Asked, script: Script) -> Reply | None:
    """The replies with a status of their own."""
    fault = call.fault or ""
    if fault == "redirect":
        return Reply(307, b"", "text/plain", (*script.headers, ("location", script.redirect_to)))
    if fault in {"rate", "full"}:
        hint = [("retry-after", f"{-int(-call.wait_s // 1)}"), ("retry-after-ms", f"{call.wait_s * 1000:.0f}")]
        return _error(call, "429", asked.model, headers=(*script.headers, *(hint if fault == "rate" else [])))
    if fault == "key":
        return _error(call, "401", asked.model, headers=script.headers)
    if fault not in _MESSAGES:
        return None
    hinted = script.retry_after and fault in {"429", "503", "529"}
    headers = (*script.headers, ("retry-after", script.retry_after)) if hinted else script.headers
    return _error(call, fault, asked.model, headers=headers)


def _error(
    call: Call, kind: str, model: str, *, headers: tuple[tuple[str, str], ...], message: str | None = None
) -> Reply:
    """An error in the provider's own words; Anthropic calls an empty account a bad request."""
    text, family, code = _MESSAGES[kind]
    status = {"context": 400, "quota": 400 if call.shape == "messages" else 429}.get(kind) or int(kind)
    text = message or text.replace("{model}", model)
    if call.shape == "messages":
        if kind == "quota":
            text, family = "Your credit balance is too low to access the API.", "invalid_request_error"
        return Reply(
            status, msgspec.json.encode({"type": "error", "error": {"type": family, "message": text}}), headers=headers
        )
    error = {"message": text, "type": family, "param": None, "code": code}
    return Reply(status, msgspec.json.encode({"error": error}), headers=headers)


def _misjudged(draft: Draft, fault: str) -> Draft:
    """The faults that are well-formed answers."""
    changes: dict[str, dict[str, Any]] = {
        "no_usage": {"usage": "none"},
        "negative_usage": {"usage": "negative"},
        "length": {"finish": "length", "text": draft.text[: len(draft.text) // 2]},
        "refusal": {"finish": "refusal", "text": "I'm sorry, I can't help with that."},
        "content_filter": {"finish": "content_filter", "text": ""},
        "other_model": {"model": f"{draft.model}-next"},
    }
    if fault in _SPOILT or fault == "big":
        return draft._replace(text=_marked(draft.text))
    changed = draft._replace(**changes.get(fault, {}))
    return changed._replace(completion_tokens=token_count(changed.text))


def _marked(text: str) -> str:
    """The mark inside the reason where there is one, else at the end."""
    return text.replace("because", f"because {MARK}", 1) if "because" in text else f"{text} {MARK}"


def _other_body(reply: Reply, fault: str) -> Reply:
    """A 200 that carries something else than an answer; the well-formed ones are left as they are."""
    if fault == "html":
        return reply._replace(body=_HTML, content_type="text/html; charset=utf-8", billed=(0, 0))
    if fault == "error_200":
        error = {"message": "Provider returned error", "code": 502}
        return reply._replace(body=msgspec.json.encode({"error": error}), billed=(0, 0))
    bodies = {
        "invalid_json": reply.body[: len(reply.body) // 2],
        "empty_body": b"",
        "empty_choices": _without_choices(reply.body),
        "deep": b"[" * 100_000,
    }
    return reply._replace(body=bodies.get(fault, reply.body))


def _without_choices(body: bytes) -> bytes:
    answer = msgspec.json.decode(body)
    answer["content" if "content" in answer else "choices"] = []
    return msgspec.json.encode(answer)
