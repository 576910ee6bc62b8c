"""One writer at a time among processes: a lock file beside the file that is written."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

RETRY_S = 0.001
SUFFIX = "-lock"
# What a system says whose files cannot be locked: there is no log ahead on such, so nothing depends on it.
WITHOUT_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


@contextmanager
def alone(path: str, *, patience_s: float) -> Generator[None]:
    """Hold the lock of a file. TimeoutError when another keeps it longer than that; OSError when there can be none.

    Opened anew each time: whoever deletes it, or is a fork of its holder, meets the others at the next one.
    """
    descriptor = os.open(path + SUFFIX, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor, patience_s)
        yield
    finally:
        # Not by closing alone: a process that was forked meanwhile has the same lock.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def _take(descriptor: int, patience_s: float) -> None:
    ends = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > ends:
                raise TimeoutError(f"another process has kept it locked for {patience_s:g} s") from error
            time.sleep(RETRY_S)
        except OSError as error:
            if error.errno not in WITHOUT_LOCKS:
                raise
            return
        else:
            return
