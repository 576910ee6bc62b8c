"""Models and providers: each named one is known, and no name means two things."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ippon.read.finding import Finding, meant, nearest
from ippon.records.evaluators import Judge, Pairwise
from ippon.records.options import is_address
from ippon.records.providers import LOCAL, LOCAL_MODELS, PROVIDERS, split_model
from ippon.records.suite import HttpTarget, ModelTarget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ippon.read.draft import Draft
    from ippon.read.finding import Path

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def wrong_models(draft: Draft) -> Iterator[Finding]:
    """Models that no provider has, providers that cannot be reached or hide a built-in one."""
    for path, model in _named(draft):
        yield from _wrong_model(draft, model, path)
    yield from _wrong_providers(draft)
    for name in draft.limits:
        provider = name.partition("/")[0]
        if provider not in _providers(draft):
            yield Finding(f"unknown provider `{provider}`", ("limits", name), meant(provider, _providers(draft)))
    for path, target in draft.targets.items():
        if isinstance(target, HttpTarget) and not is_address(target.url):
            yield Finding(f"`{target.url}` is no http address", (*path, "url"), 'url = "http://127.0.0.1:8000/reply"')


def _named(draft: Draft) -> Iterator[tuple[Path, str]]:
    """Every model that the suite names."""
    if draft.judge.model is not None:
        yield ("judge", "model"), draft.judge.model
    for path, evaluator in draft.every.items():
        if isinstance(evaluator, Judge | Pairwise) and evaluator.model is not None:
            yield (*path, "model"), evaluator.model
    for path, target in draft.targets.items():
        if isinstance(target, ModelTarget):
            yield (*path, "model"), target.model


def _providers(draft: Draft) -> list[str]:
    """Built-in providers and the suite's own, sound or not."""
    return [*PROVIDERS, *(draft.given.get("providers") or ())]


def _wrong_model(draft: Draft, name: str, path: Path) -> Iterator[Finding]:
    known = _providers(draft)
    try:
        provider, model = split_model(name)
    except ValueError:
        near = nearest(name, LOCAL_MODELS)
        hint = f"did you mean `{LOCAL}/{near}`?" if near else meant("", known, what="providers")
        yield Finding(f"`{name}` is no PROVIDER/MODEL", path, hint)
        return
    if provider not in known:
        yield Finding(f"unknown provider `{provider}`", path, meant(provider, known, what="providers"))
    elif provider == LOCAL and model not in LOCAL_MODELS:
        yield Finding(f"unknown local model `{model}`", path, meant(model, LOCAL_MODELS))


def _wrong_providers(draft: Draft) -> Iterator[Finding]:
    for name, provider in draft.providers.items():
        path: Path = ("providers", name)
        if name in PROVIDERS:
            yield Finding(
                f"`{name}` is a built-in provider; its key goes to no other host", path, "give yours another name"
            )
        if "/" in name or not name:
            yield Finding(f"`{name}` is no name for a provider: that ends at the first slash", path)
        if not is_address(provider.base_url):
            yield Finding(
                f"`{provider.base_url}` is no http address",
                (*path, "base_url"),
                'base_url = "https://llm.example.com/v1"',
            )
        if provider.api_key_env is not None and not _VARIABLE.fullmatch(provider.api_key_env):
            hint = "api_key_env is the NAME of an environment variable, never the key"
            yield Finding("`api_key_env` is no name of an environment variable", (*path, "api_key_env"), hint)
