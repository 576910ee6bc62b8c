"""`ippon init`: a suite that runs at once, for what is found on this machine or in the user's own data."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ippon import api
from ippon.cli.first_suite import ROWS, Draft, examples_text, suite_text
from ippon.cli.found import Found, judge_of, look_around, others
from ippon.errors import UsageError
from ippon.read.finding import meant
from ippon.records.providers import LOCAL, LOCAL_MODELS, PROVIDERS, split_model
from ippon.report.escape import visible
from ippon.report.json_object import init_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ippon.cli.session import Session
    from ippon.records.options import Options

SUITE, DATA = "ippon.toml", "examples.jsonl"


def init(options: Options, arguments: Mapping[str, str | None], session: Session) -> int:
    """Write the suite and say what was written."""
    source, wanted = arguments["from_"], arguments["model_"]
    found = look_around(session.environ)
    judge = judge_of(found) if wanted is None else (_checked(wanted), "as you said")
    model = None if judge is None else judge[0]
    told_of: list[str] = []
    if source is None:
        texts = {SUITE: suite_text(Draft(examples=DATA, judge=model, reference="reference")), DATA: examples_text()}
    else:
        _require_here(source)
        from ippon.cli.own_data import draft_of  # noqa: PLC0415 - only with data of one's own

        draft = draft_of(source, model)
        texts = {SUITE: suite_text(draft)}
        api.check(SUITE, texts[SUITE])
        told_of += mapped_lines(draft)
    write_new(texts)
    told = init_object(list(texts), model, session.wall_s)
    return session.tell(options, told_lines(texts, judge, found, source, told_of), told)


def mapped_lines(draft: Draft) -> list[str]:
    """Which column was taken for what, and who answers where no column holds responses."""
    columns = {"input": "input", "reference": draft.reference, "response": draft.response, **dict(draft.fields)}
    taken = ", ".join(f"{word} = {visible(column)}" for word, column in columns.items() if column is not None)
    lines = [f"columns  {taken}   (a wrong one: change it in [fields] or [target])"]
    if draft.response is None and draft.contrast is None:
        lines.append(f"target   no column holds responses, so {draft.judge} answers: put your own system into [target]")
    return lines


def told_lines(
    texts: Mapping[str, str],
    judge: tuple[str, str] | None,
    found: Found,
    source: str | None,
    mapped: Sequence[str] = (),
) -> list[str]:
    """What was written, why with this judge, and what to type next."""
    about = {SUITE: f"{texts[SUITE].count('[[evaluators]]')} evaluators", DATA: f"{len(ROWS)} examples"}
    lines = [f"wrote {name:<15}  {about[name]}" for name in texts]
    lines += [] if source is None else [f"reads {visible(source)}", *mapped]
    if judge is None:
        lines.append("judge none: no key, no local server, no local model found; the suite runs without any")
        lines.append(
            '      to have one: export OPENAI_API_KEY=..., or pip install "ippon[local]", then ippon init again'
        )
    else:
        lines.append(f"judge {visible(judge[0])}: {judge[1]}")
    also = others(found, judge[0] if judge else None)
    lines += [f"also  ippon run --judge {visible(each)}" for each in also]
    return [*lines, "next  ippon run"]


def write_new(texts: Mapping[str, str]) -> None:
    """Write files that do not exist yet: all of them or none."""
    there = [name for name in texts if os.path.lexists(name)]
    if there:
        hint = "ippon run   or, for a new one, in another folder: ippon init"
        raise UsageError(*(f"{name} is here already, and init never overwrites" for name in there), hint=hint)
    for name, text in texts.items():
        try:
            with open(name, "x", encoding="utf-8") as file:  # noqa: PTH123
                file.write(text)
        except OSError as error:
            raise UsageError(f"{name} cannot be written: {error.strerror}") from error


def _checked(model: str) -> str:
    try:
        provider, name = split_model(model)
    except ValueError:
        raise UsageError(f"--model {model} is no PROVIDER/MODEL", hint="ippon init --model openai/gpt-5-mini") from None
    known = list(LOCAL_MODELS) if provider == LOCAL else [*PROVIDERS]
    wrong, what = (name, "embedded model") if provider == LOCAL else (provider, "provider")
    if wrong not in known:
        raise UsageError(f"--model {model}: there is no {what} `{wrong}`", hint=meant(wrong, known))
    return model


def _require_here(source: str) -> None:
    if os.path.dirname(source) not in {"", "."}:  # noqa: PTH120
        raise UsageError(
            f"--from {source} lies in another folder, and a suite reads only its own",
            hint=f"cd there, or cp {source} .",
        )
