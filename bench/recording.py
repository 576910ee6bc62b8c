"""A recording of the live region: `ippon run` on a pseudo-terminal against a world of refusals, frame by frame.

python -m bench.recording                          # 5% 429, 2% 500, 1% reset, 1 s of latency, 50 in flight
python -m bench.recording --rpm 1200 --burst 40    # a server that limits requests a minute
"""

import argparse
import fcntl
import os
import pty
import re
import select
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path

from bench.endpoint import spawned
from bench.script import Script

ROOT = Path(__file__).resolve().parent.parent
SUITE = ROOT / "examples" / "coach" / "ippon.toml"
IPPON = str(Path(sys.executable).with_name("ippon"))
ERASED = re.compile(rb"\x1b\[\d+A\r\x1b\[J")
ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
WIDTH, HEIGHT = 110, 40


def frames(command: list[str], *, every_s: float) -> Iterator[tuple[float, str]]:
    """(seconds, what stands on the screen) of a command, at most so often, and at its end."""
    began = time.monotonic()
    pid, screen = pty.fork()
    if pid == 0:
        os.execv(command[0], command)
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    seen, told_s = b"", 0.0
    while True:
        ready, _, _ = select.select([screen], [], [], 0.05)
        try:
            chunk = os.read(screen, 65536) if ready else b""
        except OSError:  # the other end is closed
            break
        if ready and not chunk:
            break
        seen += chunk
        now_s = time.monotonic() - began
        if chunk and now_s - told_s >= every_s and (shown := _shown(seen)):  # empty between erasing and drawing
            told_s = now_s
            yield now_s, shown
    os.waitpid(pid, 0)
    yield time.monotonic() - began, _shown(seen)


def _shown(seen: bytes) -> str:
    """The text since the screen was last erased."""
    text = ERASED.split(seen)[-1].decode(errors="replace").replace("\r\n", "\n")
    return ESCAPE.sub("", text).strip("\n")


def main() -> int:
    """The command."""
    flags = argparse.ArgumentParser(prog="python -m bench.recording")
    flags.add_argument("--rpm", type=float, default=0.0, help="requests a minute; 0: refusals at random instead")
    flags.add_argument("--burst", type=int, default=40)
    flags.add_argument("--every-s", type=float, default=1.0)
    given = flags.parse_args()
    script = (
        Script(latency_s=0.1, requests_per_minute=given.rpm, burst=given.burst)
        if given.rpm
        else Script(latency_s=1.0, faults={"429": 0.05, "500": 0.02, "reset": 0.01})
    )
    with spawned(script) as endpoint, tempfile.TemporaryDirectory(prefix="ippon-recording-") as folder:
        places = ["--cache", f"{folder}/cache.sqlite", "--store", f"{folder}/history.sqlite"]
        words = ["-t", "full", "--judge", "vllm/scripted", "--base-url", endpoint.base_url, *places]
        command = [IPPON, "run", str(SUITE), *words, *([] if given.rpm else ["-j", "50"])]
        for seconds, text in frames(command, every_s=given.every_s):
            print(f"--- {seconds:.1f} s\n{text}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
