"""What a user asks of one run: the flags of `ippon run`, read from argv, environment or Python alike."""

from __future__ import annotations

import msgspec

REDIS = ("redis://", "rediss://")


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
    """Whether a text names a cache: a path, sqlite:///PATH or redis://HOST/DB (rediss:// with TLS)."""
    path = text.removeprefix("sqlite:///").partition("?")[0]  # SQLite takes no name for a file that nobody sees again
    if "://" in text:
        return is_redis(text) or (path != "" and text.startswith("sqlite:///"))
    return path != "" and not _half_url(text)


def nearest_cache(text: str) -> str:
    """What is typed in place of a text that names no cache; empty where nobody can tell."""
    scheme, _, rest = text.partition(":")
    path = rest.removeprefix("//")
    if scheme == "sqlite" and path.partition("?")[0].strip("/"):
        return f"sqlite:///{path}"
    if scheme in {"redis", "rediss"} and path.strip("/"):
        return without_password(f"{scheme}://{path.lstrip('/')}")
    is_file = scheme and _half_url(text) and not scheme.startswith(("red", "val", "sql"))
    return f"./{text}" if is_file else ""


def _half_url(text: str) -> bool:
    """Whether a text begins as a URL does, `redis:` or `:memory:`, and is none: no file is called so."""
    scheme, colon, _ = text.partition(":")
    return colon != "" and "://" not in text and (not scheme or (len(scheme) > 1 and scheme.isalpha()))


def is_redis(text: str | None) -> bool:
    """Whether a text names a team's Redis."""
    return text is not None and text.startswith(REDIS)


def is_name(text: str) -> bool:
    """Whether a text is a name of letters, digits, - _ and ., which no key and no pattern of keys can take for more."""
    return text.isascii() and text.replace("-", "a").replace("_", "a").replace(".", "a").isalnum()


def without_password(text: str) -> str:
    """The name of a cache for people: whatever stands before an @ of a URL may be a password, or a part of one."""
    mark = ":" if _half_url(text) else "://"
    scheme, mark, rest = text.partition(mark)
    return f"{scheme}{mark}***@{rest.rpartition('@')[2]}" if mark and "@" in rest else text
