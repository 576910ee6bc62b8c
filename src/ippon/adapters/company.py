"""Whether another process asks as well: a lock file beside the cache, and a look at its size.

Who is alone has the file's lock to itself, and needs no lease. Who comes later knocks, by making the file longer, and
waits until the first has leased what it is asking and shares the lock. A killed process leaves nothing behind.
"""

from __future__ import annotations

import fcntl
import os
import time

SUFFIX = "-asking"
RETRY_S = 0.01


class Company:
    """One process's place at the lock file of a cache. OSError where there can be none."""

    def __init__(self, path: str) -> None:
        os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120
        self._file = os.open(path + SUFFIX, os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._is_in = False
        try:
            self.is_first = self._locks(fcntl.LOCK_EX)
        except OSError:  # a file system without locks
            os.close(self._file)
            raise
        if self.is_first:
            os.ftruncate(self._file, 0)  # who has knocked at somebody else's will knock again

    def is_alone(self) -> bool:
        """Whether it is the first, and nobody has knocked."""
        return self.is_first and os.fstat(self._file).st_size == 0

    def join(self, patience_s: float) -> None:
        """Share the lock, as soon as the first one does; TimeoutError where that takes too long."""
        ends = time.monotonic() + patience_s
        while not self._is_in and not self._locks(fcntl.LOCK_SH):
            if time.monotonic() > ends:
                raise TimeoutError
            os.write(self._file, b".")
            time.sleep(RETRY_S)
        self._is_in, self.is_first = True, False

    def close(self) -> None:
        """Leave."""
        fcntl.flock(self._file, fcntl.LOCK_UN)  # a forked process has the same lock
        os.close(self._file)

    def _locks(self, how: int) -> bool:
        try:
            fcntl.flock(self._file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
