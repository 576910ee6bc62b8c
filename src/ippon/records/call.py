"""What is asked of the outside world, and what becomes of it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


class ModelRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="model"):
    """One call of a model: all that decides its answer, and no secret.

    `base_url` stands here only where it is not the provider's own. `account` is a label, never a key. `runtime` is what
    an embedded model has instead of an address (runtime, version, weights, threads). `schema` asks for JSON of that
    shape where the endpoint can; `labels` asks for the probabilities of those words as the next token (a plain
    completion of `messages[0].content`, answered in `Answer.label_probabilities`).
    """

    provider: str
    model: str
    messages: tuple[Message, ...]
    params: dict[str, Any] = {}
    schema: dict[str, Any] | None = None
    labels: tuple[str, ...] | None = None
    base_url: str | None = None
    account: str = ""
    runtime: dict[str, str] | None = None


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="http"):
    """One POST of a JSON body to a target of the user's own; `version` is the target's declared one."""

    url: str
    json: dict[str, Any]
    version: str = "1"


class CommandRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="command"):
    """One run of a program with a JSON text on its standard input. `code` is the digest of the files it consists of."""

    command: tuple[str, ...]
    stdin: str
    code: str
    version: str = "1"


class FunctionRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="function"):
    """One call of a Python function with arguments by name. `code` is the digest of what it consists of."""

    function: str
    arguments: dict[str, Any]
    code: str
    version: str = "1"


Request = ModelRequest | HttpRequest | CommandRequest | FunctionRequest


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens as the provider counted them; None where it did not say."""

    input: int | None = None
    output: int | None = None
    cached_input: int | None = None

    @property
    def total(self) -> float | None:
        """Tokens in all; None where a count is missing."""
        return None if self.input is None or self.output is None else float(self.input + self.output)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One limit as the headers of an answer tell it: what is left of how much, and seconds until all of it is back."""

    remaining: float
    limit: float
    reset_s: float


class Allowances(msgspec.Struct, frozen=True, kw_only=True):
    """What a server told of its limits, of requests and of tokens; None where it said nothing that makes sense."""

    requests: Told | None = None
    tokens: Told | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, before anyone reads a score from it. Kept as it is, so that a better parser may read it again.

    `label_probabilities` are normalised over the labels asked for. `token_logprobs` are (token, logprob, alternatives)
    of the text where the endpoint gives them. `exit_code` is a command's. `told` is for the lane, and never kept.
    """

    text: str
    model: str | None = None
    finish: str | None = None
    usage: Usage = Usage()
    label_probabilities: dict[str, float] | None = None
    token_logprobs: tuple[tuple[str, float, dict[str, float]], ...] | None = None
    exit_code: int | None = None
    told: Allowances | None = None


# What kind of trouble a failure is decides who suffers: the item, the lane, or nobody (asked again).
FailureClass = Literal[
    "connect",  # transient: no connection
    "timeout",  # transient
    "transport",  # transient: reset, cut off
    "server",  # transient: 5xx
    "overloaded",  # transient, the lane's: 503, 529
    "rate_limit",  # the lane's: 429
    "spend",  # the lane's, final: 402, quota
    "authentication",  # the lane's, final: 401, 403
    "not_found",  # the lane's, final: unknown model or address
    "not_a_provider",  # transient for the item, final for the lane after five: HTML, invalid JSON, no choices
    "rejected",  # the item's, deterministic: 400, 413, 422
    "input_too_long",  # the item's, deterministic
    "truncated",  # the item's, deterministic: the answer hit its token limit
    "refused",  # the item's, deterministic: the model declined to answer
    "unparsed",  # the item's, deterministic: no score could be read, after one more ask
    "invalid_score",  # the item's, deterministic: a score out of range, or several
    "evaluator",  # the item's: the user's function or command failed; never cached
    "target",  # the item's: the system under test failed; never cached
    "cancelled",  # interrupted; never cached
]
TRANSIENT: frozenset[str] = frozenset(
    {"connect", "timeout", "transport", "server", "overloaded", "rate_limit", "not_a_provider"}
)
DETERMINISTIC: frozenset[str] = frozenset(
    {"rejected", "input_too_long", "truncated", "refused", "unparsed", "invalid_score"}
)
LANE_FINAL: frozenset[str] = frozenset({"spend", "authentication", "not_found"})


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request or an evaluation has no result. `retry_after_s` is the server's hint, above 0; a year at most.

    `status` is the HTTP status, `code` the body's own error code. `message` is inert text: no secret, no control character.
    """

    reason: FailureClass
    message: str
    status: int | None = None
    code: str | None = None
    retry_after_s: float | None = None

    @property
    def retryable(self) -> bool:
        """Whether asking again may help."""
        return self.reason in TRANSIENT


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A request that has its answer.

    `latency_s` is of the attempt that succeeded (then, where it is cached), `queue_s` what it waited before. `hedged`: the
    call was made twice, since it was slow, and this is the first answer of the two.
    """

    answer: Answer
    cached: bool = False
    tries: int = 0
    latency_s: float | None = None
    queue_s: float = 0.0
    cost_usd: float | None = None
    hedged: bool = False


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """A request that has none. `cached`: known from before, not asked now."""

    failure: Failure
    cached: bool = False
    tries: int = 0


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """A request that was never sent: its lane, a budget or Ctrl-C was in the way; `failure` is what ended the lane."""

    because: str
    tries: int = 0
    failure: Failure | None = None


Outcome = Answered | Failed | Skipped


def lane_of(request: Request) -> str:
    """The lane (provider x model x account) that a request belongs to: what limits and breakers count."""
    match request:
        case ModelRequest():
            lane = f"{request.provider}/{request.model}"
            return f"{lane} at {request.base_url}" if request.base_url else lane
        case HttpRequest():
            return request.url
        case CommandRequest():
            return f"command {request.command[0]}"
        case FunctionRequest():  # exhaustive
            return f"python {request.function}"
