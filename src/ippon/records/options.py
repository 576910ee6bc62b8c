"""What a user asks of one run: the flags of `ippon run`, read from argv, environment or Python alike."""

from __future__ import annotations

import msgspec


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """One field a flag; None or empty where the suite or the default decides. Fractions in 0..1, times in seconds."""

    suite: str | None = None
    tier: str | None = None
    target: str | None = None
    judge: str | None = None
    base_url: str | None = None
    evaluator: tuple[str, ...] = ()
    example: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    max_in_flight: int | None = None
    seed: int | None = None
    repeats: int | None = None
    max_s: float | None = None
    max_calls: int | None = None
    max_usd: float | None = None
    cache: str | None = None
    no_cache: bool = False
    refresh: bool = False
    retry_failed: bool = False
    resume: str | None = None
    baseline: str | None = None
    hedge: bool = False
    trust: bool = False
    store: str | None = None
    output: tuple[str, ...] = ()
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    debug: bool = False
    no_color: bool = False


def is_address(text: str) -> bool:
    """Whether a text is an http:// or https:// address that names a host."""
    scheme, _, rest = text.partition("://")
    return scheme in {"http", "https"} and bool(rest.partition("/")[0]) and not any(each.isspace() for each in text)


def is_cache(text: str) -> bool:
    """Whether a text names a cache: a path, sqlite:///PATH or redis://HOST/DB."""
    return "://" not in text or text.startswith(("sqlite:///", "redis://"))
