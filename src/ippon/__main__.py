"""`python -m ippon`, and where the console script starts."""

from __future__ import annotations

import gc
import os
import sys

INTERRUPTED = 130


def main() -> None:
    """Run one command and end the process with its exit code."""
    try:
        code = _run()
    except KeyboardInterrupt:  # before or after anything that could say so
        code = INTERRUPTED
    # All that is worth keeping is on disk: an orderly end would have SQLite copy its log back (two syncs, 20 ms) and
    # Python take apart what the system takes back anyway.
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = code or 1
    os._exit(code)


def _run() -> int:
    _open_what_is_closed()
    # A warm run makes fewer objects than a collection is worth; the default would collect forty times while importing.
    gc.set_threshold(50_000)
    if sys.argv[1:2] == ["run"]:
        _import_msgspec()
    from ippon.cli.main import main as command  # noqa: PLC0415 - after msgspec, see there

    return command()


def _open_what_is_closed() -> None:
    """Give a closed standard stream somewhere to go: Python leaves None in its place, which nobody can write to."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), "r" if name == "stdin" else "w"))


def _import_msgspec() -> None:
    """Import msgspec without typing_extensions: it prefers that to typing, which has all that it needs since 3.11.

    8 ms of a warm run of 40. Whoever imports typing_extensions later gets it as ever.
    """
    modules: dict[str, object] = sys.modules  # type: ignore[assignment]  # None in it says: not to be found
    if "typing_extensions" not in modules:
        modules["typing_extensions"] = None
        __import__("msgspec")
        del modules["typing_extensions"]


if __name__ == "__main__":
    main()
