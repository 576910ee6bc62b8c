"""`ippon` as a process of its own: stopped, killed, measured, before pipes and terminals that go away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any, NamedTuple


class Ended(NamedTuple):
    """A process that has ended: exit code, what it printed, its seconds since it was waited for, its largest size."""

    code: int
    out: str
    err: str
    took_s: float
    peak_mib: float

    @property
    def run(self) -> dict[str, Any]:
        """The one object on standard output."""
        return json.loads(self.out)


def started(*words: str, **more: Any) -> subprocess.Popen[bytes]:
    """A command line, under way."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-m", "ippon", *words], **{**streams, **more})


def ended(process: subprocess.Popen[bytes], *, within_s: float = 30.0) -> Ended:
    """Its end."""
    began = time.monotonic()
    out, err = process.communicate(timeout=within_s)
    return Ended(process.returncode, out.decode(), err.decode(), time.monotonic() - began, 0.0)


def measured(*words: str) -> Ended:
    """A command line from start to end, and how large it grew."""
    began = time.monotonic()
    process = started(*words, stderr=subprocess.DEVNULL)
    with process.stdout as stdout:
        out = stdout.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Ended(process.returncode, out, "", time.monotonic() - began, used.ru_maxrss / 1024)


def until(condition, *, within_s: float = 20.0) -> None:
    """Wait for the world to get somewhere."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it did not get there"
        time.sleep(0.005)
