"""The embedded model's process: llama.cpp's server on a free loopback port, alive exactly as long as its parent.

Started by `client_local`. The first line of standard input holds the settings, the key among them (an argument would
show in `ps`); the address goes to standard output. End of standard input, or the parent's death, ends the process.

Nothing of it is seen by coverage: the process ends without goodbye, so no record of what it ran survives.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from importlib import import_module
from typing import Any

_PR_SET_PDEATHSIG = 1
_WARNINGS = 1


def main() -> None:  # pragma: no cover - in the child alone
    """Serve until standard input ends."""
    _die_with_parent()
    lines = sys.stdin.buffer
    settings: dict[str, Any] = json.loads(lines.readline())
    threading.Thread(target=_end_with, args=(lines.fileno(),), daemon=True).start()
    server = serve(settings)
    os.write(1, json.dumps({"address": server.listening_address}).encode() + b"\n")
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    threading.Event().wait()


def serve(settings: dict[str, Any]) -> Any:  # pragma: no cover - in the child alone
    """A running server."""
    xllamacpp: Any = import_module("xllamacpp")  # it has no types; not before the parent can end us
    wanted: Any = xllamacpp.CommonParams()
    wanted.model.path = settings["weights"]
    wanted.model_alias = {settings["model"]}
    wanted.api_keys = [settings["key"]]
    wanted.n_ctx = settings["context_tokens"]
    wanted.n_batch = wanted.n_ubatch = settings["batch_tokens"]
    wanted.n_parallel = 1  # one slot: more of them do not make two cores faster
    wanted.cpuparams.n_threads = 1  # one token an answer: nothing to share
    wanted.cpuparams_batch.n_threads = settings["threads"]
    wanted.cpuparams_batch.poll = 0
    wanted.n_threads_http = 2
    wanted.cache_ram_mib = settings["cache_mib"]
    wanted.warmup = wanted.ui = wanted.endpoint_slots = False
    wanted.verbosity = _WARNINGS
    return xllamacpp.Server(wanted)


def _die_with_parent() -> None:  # pragma: no cover - in the child alone
    """Have the kernel end us when the thread that started us ends, where it can (Linux)."""
    parent = int(sys.argv[1])
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only there

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _end_with(descriptor: int) -> None:  # pragma: no cover - in the child alone
    """Wait for the end of standard input, then end: at once, whatever the server is doing."""
    while os.read(descriptor, 4096):
        pass
    os._exit(0)


if __name__ == "__main__":  # pragma: no cover - in the child alone
    main()
