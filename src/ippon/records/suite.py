"""What a suite file says: the types that read it, and that its JSON Schema is made from."""

# Annotations stand as they are, not as text: that makes the decoder of a compiled suite four times as fast to build.
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ippon.records.duration import duration_s
from ippon.records.evaluators import AnyEvaluator, Name, NotNegative, Positive, Share, Text

ResponseKind = Literal["target", "good", "poor"]
DEFAULT_TARGET = "default"


class Fields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The columns that hold what ippon asks for, where the data's own names differ."""

    id: str = "id"
    input: str = "input"
    reference: str = "reference"
    category: str = "category"
    cluster: str = "cluster"


class RecordedTarget(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="recorded"
):
    """Responses that stand in a column of the examples."""

    field: str = "response"


class ModelTarget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="model"):
    """A model asked with a prompt: PROVIDER/MODEL."""

    model: str
    prompt: Text = "{{ input }}"
    system: Text | None = None
    params: dict[str, Any] = {}
    version: str | int = "1"


class HttpTarget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="http"):
    """An HTTP endpoint that is sent a JSON body (texts in it are templates) and no key.

    The response is the body's text, or what `answer` names inside a JSON body (keys joined by dots).
    """

    url: str
    json: dict[str, Any] = msgspec.field(default_factory=lambda: {"input": "{{ input }}"})
    answer: str | None = None
    version: str | int = "1"


class CommandTarget(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="command"
):
    """A program that gets the example as JSON on standard input and prints the response. Needs trust."""

    command: Annotated[list[str], Meta(min_length=1)]
    version: str | int = "1"


class PythonTarget(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="python"
):
    """A function `module:name`, bound by parameter name. Needs trust."""

    function: str
    version: str | int = "1"


Target = RecordedTarget | ModelTarget | HttpTarget | CommandTarget | PythonTarget


class Contrast(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A good and a poor response for each example; columns of expected scores (0..1), or 1 and 0."""

    good: str
    poor: str
    expected_good: str | None = None
    expected_poor: str | None = None


class Price(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """US dollars per million tokens."""

    input: NotNegative
    output: NotNegative
    cached_input: NotNegative | None = None


class JudgeDefaults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The default model of all judges."""

    model: str | None = None
    params: dict[str, Any] = {}
    price: Price | None = None


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An OpenAI-compatible endpoint of your own. Its key is sent only when the suite is trusted."""

    base_url: str
    api_key_env: str | None = None


OnInconclusive = Literal["pass", "fail", "promote"]


class Tier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of the suite is run: one of the four ways to say how far, or all of it; and what it may cost."""

    per_evaluator: Positive | None = None
    examples: Positive | None = None
    evaluations: Positive | None = None
    share: Annotated[float, Meta(gt=0, le=1)] | None = None
    max_s: Annotated[float, Meta(gt=0)] | None = None
    max_calls: Annotated[int, Meta(ge=0)] | None = None
    max_usd: NotNegative | None = None
    on_inconclusive: OnInconclusive | None = None


class Gate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A threshold that an interval has to clear."""

    evaluator: str | None = None
    min_score: Share | None = None
    min_separation: Annotated[float, Meta(ge=-1, le=1)] | None = None
    not_worse_than: str | None = None
    margin: Share | None = None
    alpha: Annotated[float, Meta(gt=0, lt=1)] = 0.05
    population: bool = False


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an account allows: requests and tokens a minute, calls in flight."""

    rpm: Annotated[float, Meta(gt=0)] | None = None
    tpm: Annotated[float, Meta(gt=0)] | None = None
    max_in_flight: Positive | None = None


class CacheSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a judgement is valid, looked at when it is read: 30m 12h 7d 2w never.

    Without it a judgement of a model whose name floats is valid for 7 days, every other for ever.
    """

    ttl: Annotated[str, Meta(pattern=r"^([1-9][0-9]*[mhdw]|never)$")] | None = None

    @property
    def ttl_s(self) -> float | None:
        """Seconds, without end for `never`; None where the suite says nothing."""
        return None if self.ttl is None else duration_s(self.ttl)


class Alerts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a run should say that something drifts."""

    p95_s: Annotated[float, Meta(gt=0)] | None = None
    hit_rate: Share | None = None


class SuiteFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A suite file (`ippon.toml`, `ippon.yaml`)."""

    ippon: Literal[1]
    examples: str | list[str | dict[str, Any]]
    evaluators: Annotated[list[AnyEvaluator], Meta(min_length=1)]
    name: Name | None = None
    fields: Fields = Fields()
    target: Target | None = None
    targets: dict[str, Target] = {}
    contrast: Contrast | None = None
    judge: JudgeDefaults = JudgeDefaults()
    providers: dict[str, Provider] = {}
    tiers: dict[str, Tier] = {}
    gates: list[Gate] = []
    limits: dict[str, Limits] = {}
    cache: CacheSettings = CacheSettings()
    alerts: Alerts | None = None


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """What a python function or command consists of: the digest of its files, and the names it is bound by.

    `parameters` is None where it is given the whole example (commands, functions that take `example` or `**rest`).
    """

    digest: str
    parameters: tuple[str, ...] | None = None


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the data. `row` holds every column under the data's own name, as JSON values."""

    id: str
    row: dict[str, Any]
    category: str | None = None
    cluster: str | None = None


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """A suite ready to plan: files read, texts in place, every name checked.

    `content` is the SHA-256 of all that was read (suite and data), `folder` where relative paths and imports start,
    `code` what its python functions and commands consist of, by `module:name` or by the command's words joined with NUL.
    `path` is None for a suite that was built in Python.
    """

    name: str
    content: bytes
    examples: tuple[Example, ...]
    evaluators: tuple[AnyEvaluator, ...]
    fields: Fields = Fields()
    targets: dict[str, Target] = {}
    contrast: Contrast | None = None
    judge: JudgeDefaults = JudgeDefaults()
    providers: dict[str, Provider] = {}
    tiers: dict[str, Tier] = {}
    gates: tuple[Gate, ...] = ()
    limits: dict[str, Limits] = {}
    cache: CacheSettings = CacheSettings()
    code: dict[str, Code] = {}
    path: str | None = None
    folder: str = "."


BUILT_IN_TIERS: dict[str, Tier] = {
    "quick": Tier(per_evaluator=1, max_s=60, on_inconclusive="pass"),
    "medium": Tier(per_evaluator=3, max_s=300, on_inconclusive="pass"),
    "full": Tier(on_inconclusive="fail"),
}
DEFAULT_TIER = "quick"


def column(suite: Suite, example: Example, name: str) -> Any:
    """What an example holds under a name of the glossary (input, reference, ...) or of its own data; KeyError without it."""
    own = getattr(suite.fields, name) if name in Fields.__struct_fields__ else name
    return example.row[own] if own in example.row else example.row[name]


def as_text(value: Any) -> str | None:
    """A value as conditions compare it: as text, for CSV and flags know no types; None stays None."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
