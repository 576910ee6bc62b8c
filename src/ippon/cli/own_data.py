"""A user's own data file, and which of its columns is what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ippon.cli.first_suite import SUITE, Draft, is_short
from ippon.errors import Problem, UsageError
from ippon.evaluate.number import last_number
from ippon.evaluate.texts import as_text
from ippon.read.dataset_file import rows_of
from ippon.read.files import Files
from ippon.read.finding import Document, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Row = Mapping[str, Any]

# Names that columns of such data usually have, the likeliest first; a column that ends in _NAME comes after.
NAMES: dict[str, tuple[str, ...]] = {
    "id": ("id", "uid", "key", "name", "example_id", "question_id"),
    "input": ("input", "question", "prompt", "query", "instruction", "user", "message", "text", "opening", "request"),
    "reference": (
        "reference",
        "expected",
        "expected_output",
        "gold",
        "gold_answer",
        "ground_truth",
        "ideal",
        "target",
        "label",
        "answer",
    ),
    "response": (
        "response",
        "output",
        "completion",
        "prediction",
        "generated",
        "model_output",
        "model_answer",
        "reply",
        "actual",
        "answer",  # beside a reference it is what a system said; alone it is what should be said
    ),
    "category": ("category", "topic", "dimension", "type", "tag", "group", "subject", "intent"),
}
# What begins so is what should be said (`expected_answer`), or what was said (`bot_answer`), whatever it ends in.
MARKS = {
    "reference": ("expected_", "reference_", "gold_", "golden_", "ideal_", "correct_", "ground_truth_"),
    "response": (
        "model_",
        "bot_",
        "assistant_",
        "llm_",
        "ai_",
        "agent_",
        "system_",
        "generated_",
        "predicted_",
        "actual_",
    ),
}
ABOUT = ("_id", "_score", "_url", "_at")  # endings of what is said about a text, and is none
GOOD, POOR = ("good", "chosen", "better"), ("poor", "bad", "rejected", "worse")


def draft_of(name: str, judge: str | None, answering: str | None) -> Draft:
    """The suite that fits a data file in this folder; an `IpponError` where nothing can be made of it."""
    rows = rows_in(name)
    if not rows:
        raise UsageError(f"{name} holds no rows", hint="a header line and a line an example")
    return draft(name, rows, judge, answering)


def rows_in(name: str) -> list[Row]:
    """The rows of a data file, read as `ippon run` reads them; SuiteError names each line that cannot be read."""
    files = Files(SUITE, b"", trusted=False)
    found = rows_of(files.body(name), files.shown(name))
    if found.findings:
        raise refusal(found.findings, Document(file=SUITE, value={}, places=dict, headers=True))
    return [row.value for row in found.rows]


def draft(name: str, rows: Sequence[Row], judge: str | None, answering: str | None) -> Draft:
    """The suite that fits such rows. `answering` is the model that stands in where no column holds responses."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    contrast = contrast_in(columns)
    found = mapped(columns, rows, contrast or ())
    response = found.pop("response", None)
    if "input" not in found:
        raise UsageError(_no_column("input", "", columns, "ippon init --from wants such a name"))
    if response is None and contrast is None and answering is None:
        more = ", and no model is found to give one"
        raise UsageError(_no_column("response", more, columns, f"ippon init --from {name} --model openai/gpt-5-mini"))
    references = [row.get(found["reference"]) for row in rows] if "reference" in found else []
    usable = is_short(references)
    return Draft(
        examples=name,
        judge=judge,
        fields=tuple(found.items()),
        response=response,
        answering=answering,
        contrast=contrast,
        reference=found["reference"] if usable else None,
        numbers=usable and all(_is_number(as_text(each)) for each in references),
    )


def mapped(columns: Sequence[str], rows: Sequence[Row], taken: Sequence[str]) -> dict[str, str]:
    """The column that is meant by each word of ippon's; those that are `taken` already are none of them."""
    found: dict[str, str] = {}
    scores = [each for each in columns if taken and each.lower().startswith(("expected_good", "expected_poor"))]
    for matches in (_called, _marked, _ending):
        for word in NAMES:
            free = [each for each in columns if word not in found and each not in {*taken, *scores, *found.values()}]
            likely = matches(word, free)
            if likely is not None and (likely == word or _fits(word, [row.get(likely) for row in rows])):
                found[word] = likely
    return {word: found[word] for word in NAMES if word in found}


def _fits(word: str, values: Sequence[object]) -> bool:
    """Whether a column can be what its name is like: one that is guessed must not be the reason to refuse the data."""
    if word == "id":
        ids = [_label(each) for each in values]
        return all(ids) and len({*ids}) == len(ids)
    return word != "category" or all(each is None or _label(each) is not None for each in values)


def _label(value: object) -> str | None:
    """A text or number as text."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _no_column(word: str, more: str, columns: Sequence[str], hint: str) -> Problem:
    likely = ", ".join(NAMES[word][:4])
    return Problem(
        message=f"no column looks like the {word}{more}; there are: {', '.join(columns)}",
        hint=f"name one of them {likely}, ...   or   {hint}",
    )


def _called(word: str, columns: Sequence[str]) -> str | None:
    """The column that has a name of a word."""
    lower = {each.lower().strip(): each for each in reversed(columns)}
    return next((lower[name] for name in NAMES[word] if name in lower), None)


def _marked(word: str, columns: Sequence[str]) -> str | None:
    """The column whose beginning says that it is the word, such as `expected_result`."""
    likely = [each for each in columns if each.lower().startswith(MARKS.get(word, ()))]
    if word == "response":
        return _last(word, likely)
    return next((each for each in likely if not each.lower().endswith(ABOUT)), None)


def _ending(word: str, columns: Sequence[str]) -> str | None:
    """The column that ends in a name of a word, unless its beginning says what it is."""
    return _last(word, [each for each in columns if not each.lower().startswith(MARKS["reference"])])


def _last(word: str, columns: Sequence[str]) -> str | None:
    endings = (f"_{name}" for name in NAMES[word])
    return next((each for ending in endings for each in columns if each.lower().endswith(ending)), None)


def contrast_in(columns: Iterable[str]) -> tuple[str, str] | None:
    """The columns of good and poor responses; None without both."""
    texts = [each for each in columns if not each.lower().startswith("expected")]
    good = next((each for each in texts if each.lower().split("_")[0] in GOOD), None)
    poor = next((each for each in texts if each.lower().split("_")[0] in POOR), None)
    return None if good is None or poor is None else (good, poor)


def _is_number(text: str) -> bool:
    """Whether a reference is one number and nothing else, as the `number` evaluator reads it."""
    found = last_number(text)
    return found is not None and found.value is not None and found.text == text.strip()
