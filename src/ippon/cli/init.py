"""`ippon init`: a suite that runs at once, for what is found on this machine or in the user's own data."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ippon import api
from ippon.cli.first_suite import ROWS, SUITE, Draft, examples_text, suite_text
from ippon.cli.found import Found, answering_of, judge_of, look_around, others
from ippon.errors import UsageError
from ippon.read.files import inside
from ippon.read.finding import meant
from ippon.records.providers import LOCAL, LOCAL_MODELS, PROVIDERS, split_model
from ippon.report.escape import visible
from ippon.report.json_object import init_object
from ippon.report.view import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ippon.cli.session import Session
    from ippon.records.options import Options

DATA = "examples.jsonl"


def init(options: Options, arguments: Mapping[str, str | None], session: Session) -> int:
    """Write the suite and say what was written."""
    source, wanted = arguments["from_"], arguments["model_"]
    found = look_around(session.environ)
    judge = judge_of(found) if wanted is None else (_checked(wanted), _as_said(wanted, session.environ))
    model = None if judge is None else judge[0]
    if source is None:
        draft = Draft(examples=DATA, judge=model, reference="reference")
        texts = {SUITE: suite_text(draft), DATA: examples_text()}
    else:
        from ippon.cli.own_data import draft_of  # noqa: PLC0415 - only with data of one's own

        draft = draft_of(_here(source), model, wanted or answering_of(found))
        texts = {SUITE: suite_text(draft)}
        api.check(SUITE, texts[SUITE])
    write_new(texts)
    told = init_object(list(texts), model, dict(columns_of(draft)), session.wall_s)
    return session.tell(options, told_lines(texts, judge, found, None if source is None else draft), told)


def columns_of(draft: Draft) -> list[tuple[str, str]]:
    """(ippon's word, the column that was taken for it)."""
    pairs = zip(("good", "poor"), draft.contrast or (), strict=False)
    return [*draft.fields, *([("response", draft.response)] if draft.response else []), *pairs]


def mapped_lines(draft: Draft) -> list[str]:
    """Which column was taken for what, and who answers where no column holds responses."""
    taken = [word if word == column else f"{word} = {visible(column)}" for word, column in columns_of(draft)]
    lines = [f"reads {visible(draft.examples)}: {', '.join(taken)}"]
    lines.append(f"      a wrong one? change it in [fields], [target] or [contrast] of {SUITE}")
    if draft.response is None and draft.contrast is None:
        lines.append(f"asks  {visible(draft.answering or '')} for responses: no column holds any")
        lines.append(f"      name the system that you test in [target] of {SUITE}")
    return lines


def told_lines(
    texts: Mapping[str, str],
    judge: tuple[str, str] | None,
    found: Found,
    draft: Draft | None,
) -> list[str]:
    """What was written, why with this judge, and what to type next."""
    evaluators = texts[SUITE].count("[[evaluators]]")
    about = {SUITE: f"{evaluators} evaluator{'s' * (evaluators != 1)}", DATA: f"{len(ROWS)} examples"}
    lines = [f"wrote {name:<15}  {about[name]}" for name in texts]
    lines += [] if draft is None else mapped_lines(draft)
    if judge is None:
        lines.append("judge none: no key, no local server, no local model found; the suite runs without any")
        lines.append(
            '      to have one: export OPENAI_API_KEY=..., or pip install "ippon[local]", then ippon init again'
        )
    else:
        lines.append(f"judge {visible(judge[0])}: {judge[1]}")
    also = others(found, judge[0] if judge else None)
    lines += [f"also  ippon run --judge {visible(quoted(each))}" for each in also]
    return [*lines, "next  ippon run"]


def write_new(texts: Mapping[str, str]) -> None:
    """Write files that do not exist yet: all of them or none."""
    there = [name for name in texts if os.path.lexists(name)]
    if there:
        hint = "ippon run   or, for a new one, in another folder: ippon init"
        raise UsageError(*(f"{name} is here already, and init never overwrites" for name in there), hint=hint)
    made: list[str] = []
    for name, text in texts.items():
        try:
            with open(name, "x", encoding="utf-8") as file:  # noqa: PTH123
                made.append(name)
                file.write(text)
        except OSError as error:
            for each in made:
                os.unlink(each)  # noqa: PTH108
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


def _as_said(model: str, environ: Mapping[str, str]) -> str:
    """Why this judge, and what it still needs."""
    variable = PROVIDERS[split_model(model)[0]].key_env
    return "as you said" if variable is None or environ.get(variable) else f"as you said; {variable} is not set yet"


def _here(source: str) -> str:
    """The path of a data file as a suite in this folder names it."""
    if not inside(os.curdir, source):
        raise UsageError(
            f"--from {source} is outside this folder, and a suite reads only its own",
            hint=f"cd there, or cp {quoted(source)} .",
        )
    return os.path.relpath(os.path.realpath(source), os.path.realpath(os.curdir))
