"""Whose a lease is: a name that tells the other processes of this machine whether its owner is still there."""

from __future__ import annotations

import os

BOOT = "/proc/sys/kernel/random/boot_id"
PARTS = 4  # of a name
UNKNOWN = "?"


def new_owner() -> str:
    """A name for this process, and for one run of it: "MACHINE PID STARTED TOKEN"."""
    pid = os.getpid()
    return f"{_machine()} {pid} {_started(pid)} {os.urandom(8).hex()}"


def is_gone(owner: str) -> bool:
    """Whether an owner has ended for certain; False for one of another machine, and wherever nobody can tell."""
    parts = owner.split(" ")
    if len(parts) != PARTS or parts[0] == UNKNOWN or parts[0] != _machine():
        return False
    return parts[1].isdigit() and _started(int(parts[1])) != parts[2]


def _machine() -> str:
    """This boot of this machine, and which of its processes we can see: a container has numbers of its own."""
    try:
        with open(BOOT, encoding="ascii") as boot:  # noqa: PTH123
            return f"{boot.read().strip()}/{os.readlink('/proc/self/ns/pid')}"  # noqa: PTH115
    except OSError:
        return UNKNOWN


def _started(pid: int) -> str | None:
    """When a process began, in ticks since the boot: numbers of processes come again. None for one that has ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:  # noqa: PTH123
            state, *rest = stat.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state == "Z" else rest[18]
