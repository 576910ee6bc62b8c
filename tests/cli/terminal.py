"""A terminal for tests: a pseudo-terminal in place of the three standard streams."""

from __future__ import annotations

import contextlib
import os
import pty
import sys
import threading


@contextlib.contextmanager
def a_terminal(typed=""):
    """The standard streams are a terminal while the block runs; afterwards the list that it yields holds what was seen."""
    ours, theirs = pty.openpty()
    before = sys.stdin, sys.stdout, sys.stderr
    pieces = []
    seen = []
    os.write(ours, typed.encode())
    reader = threading.Thread(target=_read, args=(ours, pieces))
    reader.start()
    with os.fdopen(os.dup(theirs)) as keyboard, os.fdopen(theirs, "w", encoding="utf-8") as screen:
        sys.stdin, sys.stdout, sys.stderr = keyboard, screen, screen
        try:
            yield seen
        finally:
            sys.stdin, sys.stdout, sys.stderr = before
    reader.join()
    os.close(ours)
    seen.append(b"".join(pieces).decode())


def _read(terminal, pieces):
    """Read until nobody has the other end any more, so that no writer ever waits."""
    with contextlib.suppress(OSError):
        while piece := os.read(terminal, 4096):
            pieces.append(piece)
