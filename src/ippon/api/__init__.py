"""What Python programs and the command line call; the verbs over the cache itself are in `caches` and `why`."""

from ippon.api.verbs import (
    attempt,
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
    "check",
    "doctor",
    "execute",
    "plan",
    "runs",
    "schema",
    "show",
    "trust",
]
