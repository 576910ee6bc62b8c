"""What a judge may answer, and what each answer is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ippon.evaluate.texts import fragment, quoted
from ippon.records.call import Failure

if TYPE_CHECKING:
    from ippon.records.evaluators import Judge


class Labels(msgspec.Struct, frozen=True):
    """Words, each worth a score. Read as written, or in another case where that names one of them only."""

    values: dict[str, float]
    field = "label"


class Numbers(msgspec.Struct, frozen=True):
    """A number between two ends, `low` worth 0 and `high` worth 1; `whole`: whole numbers only."""

    low: float
    high: float
    whole: bool
    field = "score"


Scale = Labels | Numbers
_SCALES: dict[str, Scale] = {
    "good/poor": Labels({"good": 1.0, "poor": 0.0}),
    "yes/no": Labels({"yes": 1.0, "no": 0.0}),
    "0-1": Numbers(low=0, high=1, whole=False),
    "1-5": Numbers(low=1, high=5, whole=True),
}
DEFAULT_SCALE = "good/poor"
_RATINGS = {"1": 0.0, "2": 0.25, "3": 0.5, "4": 0.75, "5": 1.0}


def scale_of(judge: Judge) -> Scale:
    """A judge's labels, else its scale, else good/poor."""
    return Labels(judge.labels) if judge.labels else _SCALES[judge.scale or DEFAULT_SCALE]


def as_labels(scale: Scale) -> dict[str, float]:
    """The scale as words for a model that can only name one: numbers become the ratings 1 to 5, evenly spaced."""
    return scale.values if isinstance(scale, Labels) else _RATINGS


def rating(scale: Scale, given: str) -> str:
    """The word of `as_labels` for what a few-shot row gives; the text itself where it is no label and no number."""
    if isinstance(scale, Labels):
        return given
    try:
        share = (float(given) - scale.low) / (scale.high - scale.low)
        return str(1 + round(4 * min(max(share, 0.0), 1.0)))
    except ValueError:
        return given


def poorest(scale: Scale) -> tuple[float, str | None]:
    """(value, label) of the worst answer there is."""
    if isinstance(scale, Numbers):
        return 0.0, None
    label = min(scale.values, key=lambda name: scale.values[name])
    return scale.values[label], label


def property_schema(scale: Scale) -> dict[str, Any]:
    """The JSON Schema of the answer's value; no range in it, which not every endpoint takes."""
    if isinstance(scale, Labels):
        return {"type": "string", "enum": list(scale.values)}
    return {"type": "integer" if scale.whole else "number", "description": f"from {scale.low:g} to {scale.high:g}"}


def meaning(scale: Scale) -> str:
    """The scale in words, for a prompt."""
    if isinstance(scale, Labels):
        lines = [f"- {quoted(label)} is worth {value:g}" for label, value in scale.values.items()]
        return "\n".join(["Labels, from 0 (poorest) to 1 (best):", *lines])
    numbers = "a whole number" if scale.whole else "a number"
    return f"Score: {numbers} from {scale.low:g} (poorest) to {scale.high:g} (best)."


def placeholder(scale: Scale) -> str:
    """What stands for the value in the form that a prompt asks for."""
    if isinstance(scale, Labels):
        return " or ".join(quoted(label) for label in scale.values)
    return f"{'a whole number' if scale.whole else 'a number'} from {scale.low:g} to {scale.high:g}"


def worth(scale: Scale, given: Any) -> tuple[float, str | None] | Failure:
    """(value in 0..1, label) of what an answer gives, or why it is on no account one of the scale."""
    return _label_worth(scale, given) if isinstance(scale, Labels) else _number_worth(scale, given)


def _label_worth(scale: Labels, given: Any) -> tuple[float, str | None] | Failure:
    if not isinstance(given, str):
        return _invalid(f"the label is {_what(given)}, not text")
    if given in scale.values:
        return scale.values[given], given
    alike = [label for label in scale.values if label.casefold() == given.strip().casefold()]
    if len(alike) != 1:
        return _invalid(f"{fragment(given)} is none of the labels")
    return scale.values[alike[0]], alike[0]


def _number_worth(scale: Numbers, given: Any) -> tuple[float, str | None] | Failure:
    if isinstance(given, bool) or not isinstance(given, int | float):
        return _invalid(f"the score is {_what(given)}, not a number")
    if not scale.low <= given <= scale.high:
        return _invalid(f"the score is not between {scale.low:g} and {scale.high:g}")
    if scale.whole and given != int(given):
        return _invalid("the score is not a whole number")
    label = str(int(given)) if scale.whole else None
    return (given - scale.low) / (scale.high - scale.low), label


def _what(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "text"
        case int() | float():
            return "a number"
        case _:
            return "a list or an object"


def _invalid(message: str) -> Failure:
    return Failure(reason="invalid_score", message=message)
