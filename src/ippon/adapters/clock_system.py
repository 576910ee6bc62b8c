"""The machine's clocks."""

from __future__ import annotations

import time


class SystemClock:
    """Monotonic seconds for durations, Unix seconds for records."""

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time()
