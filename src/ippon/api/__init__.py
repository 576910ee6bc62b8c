"""What Python programs and the command line call."""

from ippon.api.caches import cache_clear, cache_stats
from ippon.api.verbs import (
    attempt,
    cache_why,
    check,
    doctor,
    execute,
    plan,
    runs,
    schema,
    show,
    trust,
)

__all__ = [
    "attempt",
    "cache_clear",
    "cache_stats",
    "cache_why",
    "check",
    "doctor",
    "execute",
    "plan",
    "runs",
    "schema",
    "show",
    "trust",
]
