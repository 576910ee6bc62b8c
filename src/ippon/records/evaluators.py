"""The kinds of evaluators, as a suite file has them."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

# A text of the file, or { file = "path" }: `read` puts the file's content in its place before the types see it.
Text = Annotated[str, Meta(extra={"text": True})]
# A path to a data file, or the rows in place: `read` puts the rows in its place.
Rows = Annotated[list[dict[str, Any]], Meta(extra={"rows": True})]
Share = Annotated[float, Meta(ge=0, le=1)]
Positive = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[float, Meta(ge=0)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
# One value or several; an example matches when its column holds one of them.
Where = dict[str, str | int | float | bool | list[str | int | float | bool]]


class Evaluator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all evaluators have in common. `weight` counts in the mean of a gate that names no evaluator."""

    name: Name
    version: str | int = "1"
    weight: Annotated[float, Meta(gt=0)] = 1.0
    repeats: Positive = 1
    where: Where = {}


class Exact(Evaluator, frozen=True, kw_only=True, tag_field="kind", tag="exact"):
    """1 when the response equals the reference."""

    ignore_case: bool = False
    strip: bool = True


class Contains(Evaluator, frozen=True, kw_only=True, tag_field="kind", tag="contains"):
    """1 when the response contains `text` (one or several: all of them), or the reference."""

    text: str | list[str] | None = None
    ignore_case: bool = False


class Regex(Evaluator, frozen=True, kw_only=True, tag_field="kind", tag="regex"):
    """1 when the pattern is found in the response."""

    pattern: str


class Number(Evaluator, frozen=True, kw_only=True, tag_field="kind", tag="number"):
    """1 when the last number of the response is the reference's, within the larger of the two tolerances."""

    tolerance: NotNegative = 0.0
    relative_tolerance: NotNegative = 0.0


class Length(Evaluator, frozen=True, kw_only=True, tag_field="kind", tag="length"):
    """1 when the response is as long as asked."""

    min: Annotated[int, Meta(ge=0)] | None = None
    max: Annotated[int, Meta(ge=0)] | None = None
    unit: Literal["words", "characters"] = "words"


class JsonSchema(Evaluator, frozen=True, kw_only=True, tag_field="kind", tag="json_schema"):
    """1 when the response is JSON that the schema accepts."""

    schema: dict[str, Any] | Text


class Similarity(Evaluator, frozen=True, kw_only=True, tag_field="kind", tag="similarity"):
    """How alike response and reference are (normalised Indel similarity), or 1/0 beside a threshold."""

    threshold: Share | None = None
    ignore_case: bool = False


class Judge(Evaluator, frozen=True, kw_only=True, tag_field="kind", tag="judge"):
    """A model that scores by a rubric. `scale` or `labels`; `reads` is all that it is shown and all that its key covers.

    `shots` are judged examples (columns: what it reads, label, reason), or the path of a file of them.
    """

    rubric: Text
    scale: Literal["good/poor", "yes/no", "0-1", "1-5"] | None = None
    labels: dict[str, Share] | None = None
    shots: Rows = []
    reads: list[str] = msgspec.field(default_factory=lambda: ["input", "response"])
    model: str | None = None
    params: dict[str, Any] = {}


class Pairwise(Evaluator, frozen=True, kw_only=True, tag_field="kind", tag="pairwise"):
    """A model that picks the better of the response and the column `against`, asked in both orders; a split is a tie."""

    rubric: Text
    against: str = "reference"
    reads: list[str] = msgspec.field(default_factory=lambda: ["input"])
    model: str | None = None
    params: dict[str, Any] = {}


class Cascade(Evaluator, frozen=True, kw_only=True, tag_field="kind", tag="cascade"):
    """A cheap evaluator first; the sure one only where the cheap score lies strictly between the two bounds of `unsure`."""

    cheap: dict[str, Any]
    sure: dict[str, Any]
    unsure: tuple[Share, Share] = (0.2, 0.8)


class PythonEvaluator(Evaluator, frozen=True, kw_only=True, tag_field="kind", tag="python"):
    """A function `module:name` bound by parameter name. Needs trust."""

    function: str


class CommandEvaluator(Evaluator, frozen=True, kw_only=True, tag_field="kind", tag="command"):
    """A program: example and response as JSON on standard input; `{score, reason}` or an exit code back. Needs trust."""

    command: Annotated[list[str], Meta(min_length=1)]


AnyEvaluator = (
    Exact
    | Contains
    | Regex
    | Number
    | Length
    | JsonSchema
    | Similarity
    | Judge
    | Pairwise
    | Cascade
    | PythonEvaluator
    | CommandEvaluator
)
