"""Which suites may run their code: digests in the user's state folder, never in the project's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


def is_trusted(path: str, environ: Mapping[str, str]) -> bool:
    """Whether this suite, with its code as it is now, was trusted."""
    known = _known(environ).get(os.path.abspath(path))  # noqa: PTH100 - pathlib is slow to import
    if known is None:
        return False
    from ippon.read.trust_hash import trust_digest  # noqa: PLC0415 - only a suite that was trusted once needs it

    return trust_digest(path) == known


def remember(path: str, environ: Mapping[str, str]) -> str:
    """Trust a suite as it is now; returns the digest that stands for it."""
    from ippon.read.trust_hash import trust_digest  # noqa: PLC0415

    digest = trust_digest(path)
    known = _known(environ) | {os.path.abspath(path): digest}  # noqa: PTH100
    where = state_folder(environ)
    os.makedirs(where, mode=0o700, exist_ok=True)  # noqa: PTH103
    unfinished = os.path.join(where, f"trust.{os.getpid()}")  # noqa: PTH118
    with open(os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123
        file.write(msgspec.json.format(msgspec.json.encode(known)))
    os.replace(unfinished, _file(environ))  # noqa: PTH105
    return digest


def state_folder(environ: Mapping[str, str]) -> str:
    """Where ippon keeps what belongs to the user and to no project."""
    home = environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")  # noqa: PTH111
    return os.path.join(home, "ippon")  # noqa: PTH118


def _file(environ: Mapping[str, str]) -> str:
    return os.path.join(state_folder(environ), "trust.json")  # noqa: PTH118


def _known(environ: Mapping[str, str]) -> dict[str, str]:
    """The digests by suite; none where the file is absent or garbled, for a doubt is no trust."""
    try:
        with open(_file(environ), "rb") as file:  # noqa: PTH123
            return msgspec.json.decode(file.read(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError):
        return {}
