"""One attempt at a model over HTTP, whatever the provider's dialect: address, key, body, reply, what a refusal teaches.

A key goes to its own provider's address, over TLS or to this machine, and nowhere else.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from ippon.adapters.http_session import HttpSession, Reply, host_of, keeps_secrets
from ippon.execute.faults import Asked, classify, error_in, well_formed
from ippon.execute.hints import told_in
from ippon.records.call import Answer, Failure, ModelRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ippon.adapters.http_session import Timeouts
    from ippon.records.call import Request
    from ippon.records.providers import Endpoint

OK = 200
_encode = msgspec.json.Encoder().encode
# Parameters that some models refuse, how they are named in the refusal, and whether it must also say "not supported": a
# bad value of the user's own is an error to show, a schema that an endpoint stumbles over is not.
REFUSABLE: dict[str, tuple[str, bool]] = {
    "response_format": (r"response_format|json_schema|structured output|guided", False),
    "output_config": (r"output_config|output_format|structured output", False),
    "max_tokens": (r"\bmax_tokens", True),
    "temperature": (r"temperature", True),
    "logprobs": (r"logprobs", True),
}
_UNSUPPORTED = (
    r"unsupported|not support|n't support|not allowed|not permitted|unknown|unrecognized|unexpected"
    r"|extra (inputs|fields)|deprecated|only the default|max_completion_tokens"
)
_REFUSALS = frozenset({400, 422})
_EVENTS = ("data:", "event:", ":", "id:", "retry:")  # how a line of a `text/event-stream` begins


class Strange(NamedTuple):
    """A 200 that is no answer: what it is instead; `is_error` where the provider itself says that it is one."""

    what: str
    is_error: bool = False
    hint: str = "is the base URL right?"


class Dialect(Protocol):
    """How a provider wants to be asked, and how it answers."""

    path: str

    def headers(self, key: str | None) -> dict[str, str]:
        """The headers of a request with this key."""
        ...

    def body(self, request: ModelRequest, without: frozenset[str]) -> dict[str, Any]:
        """The request's body, without the parameters that this model refuses."""
        ...

    def read(self, body: bytes) -> Answer | Strange:
        """The answer in a reply of status 200."""
        ...


class Door(NamedTuple):
    """Where requests of one provider and address go: URL without the path, headers with the key, words for messages."""

    base_url: str
    headers: dict[str, str]
    host: str
    key_env: str | None


class ModelClient:
    """Asks models that speak one dialect. `keys` are by provider; `now` tells Unix time, for dates in server hints.

    `resent` counts what was sent beyond one request a `send`: without a refused parameter, or on a fresh connection.
    """

    def __init__(
        self, dialect: Dialect, endpoints: Mapping[str, Endpoint], keys: Mapping[str, str], *,
        timeouts: Timeouts | None = None, now: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._dialect = dialect
        self._endpoints = endpoints
        self._keys = keys
        self._secrets = tuple(keys.values())
        self._now = now
        self._session = HttpSession(timeouts)
        self._doors: dict[tuple[str, str | None], Door | Failure] = {}
        self._refused: dict[tuple[str, str], set[str]] = {}
        self._replaced: dict[str, int] = {}
        self._again = 0

    @property
    def resent(self) -> int:
        """Requests sent beyond one a `send`."""
        return self._again + self._session.resent

    @property
    def notes(self) -> tuple[str, ...]:
        """What was no text in what came back, in words."""
        what = "bytes that are no UTF-8 or half characters; \ufffd stands in their place"
        return tuple(f"{n} of the answers of {host} hold {what}" for host, n in self._replaced.items())

    async def send(self, request: Request) -> Answer | Failure:
        """One attempt; once more for each parameter that the model is found to refuse."""
        assert isinstance(request, ModelRequest), "wiring sends each kind of request to its own client"
        door = self.door(request)
        if isinstance(door, Failure):
            return door
        refused = self._refused.setdefault((door.base_url, request.model), set())
        while True:
            body = self._dialect.body(request, frozenset(refused))
            reply = await self.exchange(door, self._dialect.path, body)
            if isinstance(reply, Failure):
                return reply
            if reply.status == OK:
                return self._read(reply, request, door)
            parameter = refused_parameter(reply, body)
            if parameter is None:
                return self.fault(reply, request, door)
            refused.add(parameter)
            self._again += 1

    async def close(self) -> None:
        """Close all connections. May be called twice."""
        await self._session.close()

    def door(self, request: ModelRequest) -> Door | Failure:
        """Where this request goes, and with which key; or why it may not be sent."""
        at = (request.provider, request.base_url)
        door = self._doors.get(at)
        if door is None:
            door = self._doors[at] = self._found(*at)
        return door

    async def exchange(self, door: Door, path: str, body: dict[str, Any]) -> Reply | Failure:
        """The reply to one POST, whatever its status."""
        try:
            content = _encode(body)
        except (UnicodeEncodeError, TypeError, ValueError) as error:
            return Failure(reason="rejected", message=f"the request is no JSON: {type(error).__name__}")
        return await self._session.post(door.base_url + path, door.headers, content)

    def fault(self, reply: Reply, request: ModelRequest, door: Door) -> Failure:
        """The failure that a reply stands for."""
        asked = Asked(request.model, door.host, door.key_env)
        return classify(reply.status, reply.headers, reply.body, now=self._now(), secrets=self._secrets, asked=asked)

    def _read(self, reply: Reply, request: ModelRequest, door: Door) -> Answer | Failure:
        answer = self._dialect.read(reply.body)
        if isinstance(answer, Answer):
            if has_replaced(answer.text, reply.body):
                self._replaced[door.host] = self._replaced.get(door.host, 0) + 1
            told = told_in(reply.headers, self._now())
            return answer if told is None else msgspec.structs.replace(answer, told=told)
        return self.fault(reply, request, door) if answer.is_error else strange(answer, door)

    def _found(self, provider: str, base_url: str | None) -> Door | Failure:
        endpoint = self._endpoints.get(provider)
        at = base_url or (endpoint.base_url if endpoint else "")
        if not at:
            return Failure(reason="not_found", message=f"no address is known for the provider {provider!r}")
        own = endpoint is not None and at == endpoint.base_url
        key, key_env = (self._keys.get(provider), endpoint.key_env) if endpoint is not None and own else (None, None)
        if key is None and key_env is not None:
            return Failure(reason="authentication", message=f"{key_env} is not set: no key for {provider}")
        if key is not None and not keeps_secrets(at):
            return Failure(
                reason="authentication",
                message=f"the key of {provider} is sent over https or to this machine only, not to {host_of(at)}",
            )
        if key is not None and not (key.isascii() and key.isprintable()):
            return Failure(reason="authentication", message=f"the key of {provider} holds characters that no key has")
        return Door(at.rstrip("/"), self._dialect.headers(key), host_of(at), key_env)


def has_replaced(text: str, body: bytes) -> bool:
    """Whether a text holds the mark of what is no character although the reply that it came in does not."""
    return "\ufffd" in text and b"\xef\xbf\xbd" not in body and b"\\ufffd" not in body.lower()


def refused_parameter(reply: Reply, body: Mapping[str, Any]) -> str | None:
    """The parameter of the body that a model says it does not take, if it is one that can be left out."""
    if reply.status not in _REFUSALS or classify(reply.status, {}, reply.body, now=0.0).reason != "rejected":
        return None
    error = error_in(reply.body)
    words = f"{error.codes} {error.parameter} {error.message}".lower()
    for name, (named, needs_word) in REFUSABLE.items():
        if name in body and re.search(named, words) and (not needs_word or re.search(_UNSUPPORTED, words)):
            return name
    return None


def strange(found: Strange, door: Door) -> Failure:
    """The failure of an address that answers, but not as a provider does."""
    return Failure(reason="not_a_provider", message=f"{door.host} sent {found.what}: {found.hint}", status=OK)


def decoded(body: bytes, decoder: msgspec.json.Decoder[Any]) -> Any | Strange:
    """A reply's body as the decoder's type; anything that is broken in it is strange.

    Mended are broken characters, which are replaced, and numbers that are none (NaN, Infinity): they are not told.
    """
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _mended(body, decoder)


def _mended(body: bytes, decoder: msgspec.json.Decoder[Any]) -> Any | Strange:
    import json  # noqa: PLC0415 - for the rare body that msgspec refuses

    text = body.decode("utf-8-sig", "replace").strip()
    if not text:
        return Strange("an empty body")
    if text.startswith("<"):
        return Strange("HTML or XML instead of JSON")
    if text.startswith(_EVENTS):
        return Strange("a stream of events, which nobody asked for, instead of one JSON object")
    try:
        mended = json.loads(text, parse_constant=lambda _: None)
        return decoder.decode(well_formed(json.dumps(mended, ensure_ascii=False)))
    except msgspec.ValidationError:
        return Strange("JSON of another shape")
    except (ValueError, RecursionError):
        return Strange("no valid JSON")


def count(value: Any) -> int | None:
    """A number of tokens; None for what cannot be one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
