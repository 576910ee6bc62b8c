"""The texts that `ippon init` writes: a suite of a few lines, and examples that it runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

SUITE = "ippon.toml"
LONGEST_SHORT = 60  # characters of a reference that a response may well contain
SURE = 60  # words that an answer should not exceed
ROWS = (
    {
        "id": "returns",
        "input": "How long do I have to return a pair of shoes?",
        "reference": "30 days",
        "response": "You have 30 days from delivery, as long as the shoes are unworn.",
    },
    {
        "id": "shipping",
        "input": "Do you ship to Norway?",
        "reference": "Norway",
        "response": "Yes, we ship to Norway. It takes four to six working days.",
    },
    {
        "id": "refund",
        "input": "When will I see my refund?",
        "reference": "5 working days",
        "response": "Once the parcel is back with us, your refund arrives within 5 working days.",
    },
    {
        "id": "swap",
        "input": "The boots are too small, can I swap them?",
        "reference": "swap",
        "response": "Of course, we swap them for free: print the label in your account and send them back.",
    },
)
# An inline table of TOML has to stand on one line.
SHOTS = (
    "shots = [\n"
    '  { input = "Is the shop open on Sunday?", response = "Yes, from 10 to 16.", '
    'label = "good", reason = "answers the question at once" },\n'
    '  { input = "Can I pay by card?", response = "Our company was founded in 1998.", '
    'label = "poor", reason = "does not answer the question" },\n'
    "]\n"
)


STAND_IN = """\
[target]                  # no column holds responses, so a model gives them, until you name your own system here
kind = "model"
"""
YOURS = """\
# kind = "http"           # url = "http://127.0.0.1:8000/reply"
# kind = "command"        # command = ["./bot", "--stdin"]
# kind = "python"         # function = "module:name"
# kind = "recorded"       # field = "response", once the data has such a column"""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a suite is made of. `fields` are (ippon's word, the column), `contrast` the columns of good and poor.

    `answering` is the model that gives the responses where no column holds them.
    """

    examples: str
    judge: str | None
    fields: tuple[tuple[str, str], ...] = ()
    response: str | None = "response"
    answering: str | None = None
    contrast: tuple[str, str] | None = None
    reference: str | None = None
    numbers: bool = False


def examples_text() -> str:
    """The examples as JSON lines."""
    return "".join(f"{msgspec.json.encode(row).decode()}\n" for row in ROWS)


def suite_text(draft: Draft) -> str:
    """The suite as TOML."""
    parts = [f"ippon = 1\nexamples = {_quoted(draft.examples)}", _fields(draft), *_responses(draft)]
    parts += [f"[judge]\nmodel = {_quoted(draft.judge)}" if draft.judge else "", *_evaluators(draft), *_gates(draft)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _fields(draft: Draft) -> str:
    lines = [f"{word} = {_quoted(column)}" for word, column in draft.fields if word != column]
    return "\n".join([f"{'[fields]':<26}# the columns of your data", *lines]) if lines else ""


def _responses(draft: Draft) -> list[str]:
    found: list[str] = []
    target = f"{'[target]':<26}# the system under test; also: model, http, command, python"
    if draft.response is not None:
        field = [] if draft.response == "response" else [f"field = {_quoted(draft.response)}"]
        found.append("\n".join([target, 'kind = "recorded"', *field]))
    elif draft.contrast is None:
        found.append(f"{STAND_IN}model = {_quoted(draft.answering or '')}\n{YOURS}")
    if draft.contrast is not None:
        good, poor = draft.contrast
        title = f"{'[contrast]':<26}# a good and a poor response each: they test the judges"
        found.append("\n".join([title, f"good = {_quoted(good)}", f"poor = {_quoted(poor)}"]))
    return found


def _evaluators(draft: Draft) -> list[str]:
    found: list[str] = []
    if draft.judge is not None:
        shots = SHOTS if draft.judge.startswith("local/") else ""
        found.append(
            '[[evaluators]]\nname = "helpful"\n'
            'rubric = "The response answers what was asked, correctly and in plain words."\n'
            f'scale = "good/poor"\n{shots}'.rstrip("\n")
        )
    if draft.reference is not None:
        kind, more = ("number", "") if draft.numbers else ("contains", "\nignore_case = true")
        found.append(f'[[evaluators]]\nname = "says_the_fact"\nkind = "{kind}"{more}')
    found.append(f'[[evaluators]]\nname = "short"\nkind = "length"\nmax = {SURE}                  # words')
    return found


def _gates(draft: Draft) -> list[str]:
    if draft.response is None and draft.contrast is not None:
        return []
    return ['[[gates]]\nevaluator = "short"        # "*": each evaluator on its own\nmin_score = 0.7']


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are all TOML's, DEL is not allowed there."""
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")


def is_short(references: Sequence[object]) -> bool:
    """Whether a response can be expected to contain such references as they stand."""
    texts = [
        str(each).strip() for each in references if isinstance(each, str | int | float) and not isinstance(each, bool)
    ]
    return len(texts) == len(references) > 0 and all(0 < len(each) <= LONGEST_SHORT for each in texts)
