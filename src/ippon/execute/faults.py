"""What a provider's reply means when it is no answer: which kind of trouble, how long to wait, in words safe to show.

Decided by the status and by the body's own code: a 429 may be a rate limit or an empty account, a 200 may be an error.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ippon.execute.hints import EXPLICIT, LIMITS, LONGEST_S, wait_s
from ippon.records.call import TRANSIENT, Failure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ippon.records.call import FailureClass

MESSAGE_LENGTH = 300
CODE_LENGTH = 80

_BY_STATUS: dict[int, FailureClass] = {
    401: "authentication",
    402: "spend",
    403: "authentication",
    404: "not_found",
    405: "not_found",
    407: "authentication",
    408: "server",
    409: "server",
    410: "not_found",
    425: "server",
    429: "rate_limit",
    503: "overloaded",
    529: "overloaded",
}
# Patterns are texts, compiled when first needed: most runs meet no fault at all.
# Codes and types as OpenAI, Anthropic, OpenRouter, vLLM, llama.cpp and their likes write them, in lower case.
_BY_CODE: tuple[tuple[str, FailureClass], ...] = (
    (
        (
            r"insufficient_(quota|credit|balance|funds)|credit_balance|spend_limit|billing|payment_required"
            r"|budget_?exceeded|exceeded_?budget|exceeded_current_quota|arrearage"
        ),
        "spend",
    ),
    (r"context_(length|size|window)|string_above_max_length|prompt_too_long", "input_too_long"),
    (r"api_key_invalid|(invalid|incorrect)_api_key|authentication|account_deactivated", "authentication"),
    (r"model_not_(found|exist)|(invalid|unknown)_model|unknown_url|\bnot_?found_?error", "not_found"),
    (r"rate_?limit", "rate_limit"),
    (r"overloaded|unavailable_error|service_unavailable", "overloaded"),
)
# What the vaguer codes say, where there is no status to go by: in an error that came as a 200.
_BY_VAGUE_CODE: tuple[tuple[str, FailureClass], ...] = (
    (r"permission|forbidden", "authentication"),
    (r"invalid_request|bad_?request|content_filter|content_policy", "rejected"),
)
_SPENT = (
    r"credit balance is too low|insufficient (credit|balance|funds)|exceeded your current quota"
    r"|(spend|spending|budget) limit|out of credits"
)
_TOO_LONG = (
    r"context (length|size|window)|(prompt|input) is too long|too many (input )?tokens"
    r"|(reduce|shorten) (the length of )?(the|your) (messages|prompt|input)"
)
_WRONG_KEY = r"api key not valid|invalid api key"
_FLAGGED = r"flagged|moderation"
_SHARED_QUOTA = "resource_exhausted"  # Google's word for every limit, the passing ones too
# Controls and formats: C0, C1, bidi, zero-width, separators, tags, half surrogates. They move a cursor, or hide.
_UNSAFE = (
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e01ef]"
)
_NO_KEY = "export IPPON_API_KEY=... beside --base-url, or api_key_env in [providers]"
_KEY_LIKE = r"(?i)\bbearer\s+[^\s\"',;]+|\bsk-[\w-]{8,}"
_REDACTED = "[secret]"
_SHORTEST_SECRET = 4  # shorter ones would blot out ordinary words


class Asked(NamedTuple):
    """What a request was about, for messages: the model, the host, the name of the variable that holds the key."""

    model: str = ""
    host: str = ""
    key_env: str | None = None


class ErrorBody(NamedTuple):
    """What a body says of an error: all its codes in lower case, its own code as written, its words."""

    codes: str = ""
    code: str | None = None
    message: str = ""
    status: int | None = None
    parameter: str = ""


def classify(
    status: int, headers: Mapping[str, str], body: bytes, *, now: float, secrets: Sequence[str] = (),
    asked: Asked | None = None,
) -> Failure:  # fmt: skip
    """The failure that a reply stands for. `headers` are looked up in lower case; `now` is Unix time."""
    error = error_in(body)
    reason = _reason(status, error)
    hint_s = _hint_s(reason, headers, now)
    message = _message(reason, status, error, asked or Asked())
    if reason == "not_a_provider":
        message = f"redirect refused (HTTP {status}, to {headers.get('location', 'nowhere')})"
    if hint_s is not None and hint_s > LONGEST_S:
        message = f"asks to wait {hint_s:.0f} s: {message}"
    return Failure(
        reason=reason,
        message=inert(message, secrets),
        status=status,
        code=inert(error.code, secrets, length=CODE_LENGTH) if error.code else None,
        retry_after_s=hint_s,
    )


def inert(text: str, secrets: Sequence[str] = (), *, length: int = MESSAGE_LENGTH) -> str:
    """Text of a stranger on one line, without secrets, its controls and hidden characters spelt out, cut to length."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, _REDACTED)
    text = re.sub(_KEY_LIKE, _REDACTED, text[: 4 * length])
    text = re.sub(_UNSAFE, lambda found: found[0].encode("unicode_escape").decode(), " ".join(text.split()))
    return text if len(text) <= length else f"{text[: length - 1]}…"


def well_formed(text: str) -> str:
    """The text with halves of surrogate pairs replaced: UTF-8, and so every store, refuses them."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def error_in(body: bytes) -> ErrorBody:
    """What a body says of an error, whoever wrote it; only its text, cut, where it is no JSON object."""
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        text = body.decode(errors="replace")
        return ErrorBody(message="" if text.lstrip().startswith("<") else text)
    if isinstance(found, list) and found:
        found = cast("list[Any]", found)[0]
    if not isinstance(found, dict):
        return ErrorBody(message=_text(found))
    whole = cast("dict[str, Any]", found)
    inner: Any = whole.get("error") or whole.get("errors")
    if isinstance(inner, list) and inner:
        inner = cast("list[Any]", inner)[0]
    if isinstance(inner, dict):
        return _described(cast("dict[str, Any]", inner))
    return _described({**whole, "message": inner or whole.get("message") or whole.get("detail")})


def _described(error: dict[str, Any]) -> ErrorBody:
    words = [
        value.lower() for name in ("code", "type", "status", "reason") if isinstance(value := error.get(name), str)
    ]
    given = error.get("code")
    number = _status_of(given)
    message = _text(error.get("message") or error.get("detail") or "")
    metadata: Any = error.get("metadata")
    if isinstance(metadata, dict):  # what OpenRouter was told by the provider behind it
        message = f"{message} {_text(cast('dict[str, Any]', metadata))}"
    own = given if isinstance(given, str) and given and number is None else error.get("type")
    return ErrorBody(
        codes=" ".join(words),
        code=own if isinstance(own, str) else None,
        message=message.strip(),
        status=number,
        parameter=_text(error.get("param") or ""),
    )


def _status_of(code: Any) -> int | None:
    if isinstance(code, str) and len(code) == 3 and code.isdecimal():  # noqa: PLR2004 - an HTTP status
        code = int(code)
    return code if isinstance(code, int) and 400 <= code <= 599 else None  # noqa: PLR2004 - the errors of HTTP


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _reason(status: int, error: ErrorBody) -> FailureClass:
    if 300 <= status < 400:  # noqa: PLR2004 - the redirects of HTTP
        return "not_a_provider"
    if status < 300:  # noqa: PLR2004 - the successes of HTTP
        status = error.status or 0
    words = error.message.lower()
    if status == 403 and re.search(_FLAGGED, words):  # noqa: PLR2004 - OpenRouter's for a prompt that it will not pass on
        return "rejected"
    by_code = _first(_BY_CODE, error.codes)
    if by_code is not None:
        return by_code
    return _by_words(status, error, words) or _by_status(status, error)


def _by_words(status: int, error: ErrorBody, words: str) -> FailureClass | None:
    """What the words say where the code is silent; only for statuses that are used for several things."""
    if re.search(_SPENT, words) and status in {0, 400, 403, 429} and _SHARED_QUOTA not in error.codes:
        return "spend"
    if status not in {0, 400, 413, 422, 500}:
        return None
    if re.search(_TOO_LONG, words):
        return "input_too_long"
    return "authentication" if re.search(_WRONG_KEY, words) else None


def _by_status(status: int, error: ErrorBody) -> FailureClass:
    if not status:
        return _first(_BY_VAGUE_CODE, error.codes) or "server"
    return _BY_STATUS.get(status) or ("rejected" if status < 500 else "server")  # noqa: PLR2004 - the server's own errors


def _first(table: Sequence[tuple[str, FailureClass]], codes: str) -> FailureClass | None:
    return next((reason for pattern, reason in table if re.search(pattern, codes)), None) if codes else None


def _hint_s(reason: FailureClass, headers: Mapping[str, str], now: float) -> float | None:
    """How long to wait: reset headers stand in every answer, and mean something only where a limit was hit."""
    if reason not in TRANSIENT or reason == "not_a_provider":
        return None
    return wait_s(headers, now, EXPLICIT, LIMITS if reason in {"rate_limit", "overloaded"} else ())


def _message(reason: FailureClass, status: int, error: ErrorBody, asked: Asked) -> str:
    told = error.message or (f"HTTP {status}" if status >= 300 else "no reason given")  # noqa: PLR2004 - no success
    match reason:
        case "spend":
            return f"billing: {told}"
        case "authentication":
            key = f"the key in {asked.key_env}" if asked.key_env else f"the request, which had no key ({_NO_KEY})"
            return f"{asked.host or 'the provider'} refused {key}: {told}"
        case "not_found" if asked.model and (error.codes or error.status):
            return f"{asked.host or 'the provider'} knows no model {asked.model!r}: {told}"
        case "not_found":
            return f"nothing answers at this address of {asked.host or 'the provider'} ({told}); is the base URL right?"
        case _:
            return told if told.startswith("HTTP") else f"HTTP {status}: {told}"
