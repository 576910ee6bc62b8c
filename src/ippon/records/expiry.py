"""How long what is kept stays valid. Looked at when it is read: a longer time brings entries back, none was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ippon.records.kept import Entry

WEEK_S = 7 * 86400.0  # of a failure: a limit that was raised meanwhile deserves another try; of a name that floats
# Providers and makers whose names without a date are pointed at newer models; elsewhere a name is a set of weights.
MOVING = frozenset({"openai", "anthropic", "gemini", "google", "mistral", "mistralai", "deepseek", "xai", "x-ai"})
LATEST = "latest"
DATES = (3, 4, 6, 8)  # digits of a date or a version that stands in a name: 001, 0613, 250929, 20250929
HOSTS = frozenset({"openrouter"})  # their models have the maker's name before them


def is_expired(entry: Entry, ttl_s: float | None, *, now: float) -> bool:
    """Whether an entry is too old to be used; `ttl_s` is what the suite says, None where it says nothing."""
    age_s = now - entry.created_at
    if ttl_s is not None and age_s > ttl_s:
        return True
    if age_s <= WEEK_S:
        return False
    return entry.failure is not None or (ttl_s is None and is_floating(entry.model))


def expired_by(entry: Entry, ttl_s: float | None) -> str:
    """Which time an entry that is too old has outlived."""
    if entry.failure is not None and (ttl_s is None or ttl_s >= WEEK_S):
        return "a failure is kept 7 days"
    return "[cache] ttl" if ttl_s is not None else f"{entry.model} is a name that floats, so it is kept 7 days"


def is_floating(model: str | None) -> bool:
    """Whether a provider may point this name (PROVIDER/MODEL) at another model: `latest`, or neither date nor version."""
    provider, _, name = (model or "").partition("/")
    words = _words(name)
    if LATEST in words:
        return True
    if provider in HOSTS:
        return is_floating(name)
    return provider in MOVING and not _is_dated(words)


def _words(name: str) -> list[str]:
    for mark in ":@/_":
        name = name.replace(mark, "-")
    return name.split("-")


def _is_dated(words: list[str]) -> bool:
    """Whether a word is all digits, and as many as dates and versions have."""
    return any(word.isdigit() and len(word) in DATES for word in words)
