"""Models whose names may come to mean other models: what a run that asks them says of it, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.records.expiry import is_floating
from ippon.wiring.models import uses_in

if TYPE_CHECKING:
    from ippon.engine.setting import Setting


def floating_notes(setting: Setting) -> tuple[str, ...]:
    """That their answers are kept for a week; nothing where the suite says how long."""
    if setting.suite.cache.ttl is not None:
        return ()
    uses = [use for models in setting.models for use in uses_in(models)]
    uses += [] if setting.target_use is None else [setting.target_use]
    names = [name for name in sorted({f"{use.provider}/{use.model}" for use in uses}) if is_floating(name)]
    if not names:
        return ()
    verb = "is a name" if len(names) == 1 else "are names"
    kept = f"{', '.join(names)} {verb} that may come to mean another model: answers are kept 7 days"
    return (f"{kept}; name one with a date, or say [cache] ttl",)
