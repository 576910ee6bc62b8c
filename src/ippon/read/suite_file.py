"""A suite file -> `Suite`: parsed, checked, its files in place; every problem that can be found at once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from ippon.errors import Problem, SuiteError
from ippon.read.check_columns import wrong_columns
from ippon.read.check_evaluators import wrong_evaluators, wrong_parts
from ippon.read.check_gates import not_built, wrong_gates, wrong_targets, wrong_tiers
from ippon.read.check_models import wrong_models
from ippon.read.check_templates import wrong_templates
from ippon.read.code import code_of, wrong_bindings
from ippon.read.compiled import Compiled
from ippon.read.draft import Draft, draft_of
from ippon.read.examples import examples_of, wrong_examples
from ippon.read.files import Files
from ippon.read.finding import Document, Finding, refusal
from ippon.read.in_place import filled
from ippon.read.shape import differences
from ippon.read.text import decoded
from ippon.read.toml_file import parsed as parsed_toml
from ippon.read.unfit import TOO_DEEP, unfit
from ippon.records.evaluators import AnyEvaluator, Judge
from ippon.records.fingerprint import canonical
from ippon.records.suite import DEFAULT_TARGET, RecordedTarget, Suite, SuiteFile, Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ippon.records.suite import Code


def compiled(path: str, body: bytes, *, trusted: bool) -> Compiled:
    """The suite of a file's bytes, and what it was made of; an `IpponError` with every problem."""
    files = Files(path, body, trusted=trusted)
    return Compiled(suite=_checked(parsed(path, body), files), files=files.read, globs=files.globs)


def suite_of(
    raw: dict[str, object], *, code: Mapping[str, Code], needed: Mapping[str, Sequence[str]], folder: str
) -> Suite:
    """A suite whose file is Python values, with the functions that it names; as trusted as the program that made it.

    `needed` are the parameters of each function that have no default.
    """
    try:
        body = canonical(raw)
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        raise SuiteError(f"a suite is made of JSON values: {error}") from None
    document = Document(file="ippon.Suite", value=raw, places=dict, headers=False)
    files = Files(os.path.join(folder, "suite"), body, trusted=True)  # noqa: PTH118
    return msgspec.structs.replace(_checked(document, files, code, needed), path=None)


def _checked(
    document: Document,
    files: Files,
    code: Mapping[str, Code] | None = None,
    needed: Mapping[str, Sequence[str]] = {},
) -> Suite:
    """The suite in a document; `code` is that of its functions, where it is not to be looked for in files."""
    findings = [*unfit(document.value)]
    if any(each.message == TOO_DEEP for each in findings):
        raise refusal(findings, document)
    findings += differences(document.value, SuiteFile, headers=document.headers, skip=[each.path for each in findings])
    findings += wrong_parts(document.value, headers=document.headers, wrong=findings)
    made = filled(document.value, files, wrong=[each.path for each in findings])
    findings += made.findings
    draft = draft_of(made, findings)
    if code is None:
        coded = code_of(draft, files, suite=document.file)
        code = coded.code
        findings += coded.findings
    findings += wrong_bindings(draft, needed)
    findings += [*_wrong(draft, headers=document.headers), *not_built(draft)]
    if findings:
        raise refusal(findings, document)
    return _suite(draft, files, code)


def parsed(path: str, body: bytes) -> Document:
    """The document in a suite file's bytes; SuiteError when it is empty or broken. TOML unless its name says YAML."""
    text = decoded(body, path)
    if path.lower().endswith((".yaml", ".yml")):
        from ippon.read.yaml_file import parsed as parsed_yaml  # noqa: PLC0415 - a TOML suite does without

        document = parsed_yaml(text, path)
    else:
        document = parsed_toml(text, path)
    if not document.value:
        raise SuiteError(
            Problem(message=f"{path} is empty", file=path, hint="ippon init writes a suite that runs at once")
        )
    return document


def _wrong(draft: Draft, *, headers: bool) -> Iterator[Finding]:
    yield from wrong_examples(draft)
    yield from wrong_columns(draft)
    yield from wrong_evaluators(draft)
    yield from wrong_models(draft)
    yield from wrong_templates(draft)
    yield from wrong_targets(draft)
    yield from wrong_tiers(draft)
    yield from wrong_gates(draft, headers=headers)


def _suite(draft: Draft, files: Files, code: Mapping[str, Code]) -> Suite:
    name = draft.given.get("name") or _text(os.path.basename(files.folder)) or "suite"  # noqa: PTH119
    return Suite(
        name=name,
        content=files.content,
        examples=examples_of(draft),
        evaluators=tuple(_with_scale(each) for each in draft.evaluators.values()),
        fields=draft.fields,
        targets=_targets(draft),
        contrast=draft.contrast,
        judge=draft.judge,
        providers=dict(draft.providers),
        tiers=dict(draft.tiers),
        gates=tuple(draft.gates.values()),
        limits=dict(draft.limits),
        cache=draft.cache,
        code=dict(code),
        path=files.suite,
        folder=files.folder,
    )


def _text(name: str) -> str:
    """The name of a folder, in which bytes that are no text are shown as such."""
    return os.fsencode(name).decode(errors="replace")


def _with_scale(evaluator: AnyEvaluator) -> AnyEvaluator:
    """A judge with neither scale nor labels says good or poor."""
    if isinstance(evaluator, Judge) and evaluator.scale is None and evaluator.labels is None:
        return msgspec.structs.replace(evaluator, scale="good/poor")
    return evaluator


def _targets(draft: Draft) -> dict[str, Target]:
    """The targets by name; without a target and pairs, the responses that stand in the data."""
    targets = {DEFAULT_TARGET if path == ("target",) else str(path[-1]): each for path, each in draft.targets.items()}
    if DEFAULT_TARGET not in targets and draft.contrast is None and "response" in draft.columns():
        targets = {DEFAULT_TARGET: RecordedTarget(), **targets}
    return targets
