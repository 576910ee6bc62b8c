"""What is wrong with a Redis: a mistake in its URL, to be mended before anything is asked, or trouble of the world's."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import msgspec

from ippon.adapters.redis_wire import RefusedError, StrangeError, Wire, connected
from ippon.errors import Problem

if TYPE_CHECKING:
    from ippon.adapters.redis_address import Address

# What a server says of who asks or of what was asked for, and no waiting would mend. All else is its own trouble.
OF_PASSWORD = ("WRONGPASS", "NOAUTH", "ERR AUTH", "ERR Client sent AUTH", "ERR invalid password")
OF_RIGHTS = ("NOPERM",)
RIGHTS = "?namespace=NAME names the part that a user may touch; docs/guides/team-cache.md has the commands"
OF_DATABASE = ("ERR DB index", "ERR invalid DB", "ERR SELECT")
UNKNOWN_HOST = {socket.EAI_NONAME, socket.EAI_NODATA}  # EAI_AGAIN: the name server is gone, not the name
SHOWN = 200  # characters of what a server says
TROUBLES = (OSError, StrangeError, RefusedError, UnicodeError)  # UnicodeError: a host that no name server could know


def mistake(error: Exception, address: Address, *, within_s: float) -> Problem | None:
    """The mistake that explains why a first connection failed; None: there is none, the server is in trouble.

    May connect once more, to see whether it is TLS that one side speaks and the other does not.
    """
    if isinstance(error, RefusedError):
        return _refused(error, address)
    if isinstance(error, UnicodeError) or (isinstance(error, socket.gaierror) and error.errno in UNKNOWN_HOST):
        return _problem(address, f"there is no host `{address.host}`", "is its name spelt right?")
    if isinstance(error, ConnectionRefusedError | socket.gaierror):
        return None
    return _about_tls(error, address, within_s) if address.tls else _about_no_tls(error, address, within_s)


def in_words(error: Exception, address: Address) -> str:
    """Why a server is given up; whatever it said shows no password and no control character."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    said = (error.strerror if isinstance(error, OSError) else None) or str(error)
    said = said.replace(address.password, "***") if address.password else said
    return "".join(each for each in said if each.isprintable())[:SHOWN].lower().rstrip(".")


def _refused(error: RefusedError, address: Address) -> Problem | None:
    said = str(error)
    if said.startswith(OF_PASSWORD):
        who = "redis://:PASSWORD@HOST/DB or redis://USER:PASSWORD@HOST/DB"
        wrong = "the password is wrong" if address.password else "it wants a password"
        return _problem(address, _without_password(said, wrong), who)
    if said.startswith(OF_RIGHTS):
        return _problem(address, f"{address.username or 'the user'} may not: {in_words(error, address)}", RIGHTS)
    if said.startswith(OF_DATABASE):
        return _problem(address, f"it has no database {address.db}", "the first one is 0")
    return None


def _without_password(said: str, otherwise: str) -> str:
    return "it wants no password" if "without any password" in said or "no password is set" in said else otherwise


def _about_tls(error: Exception, address: Address, within_s: float) -> Problem | None:
    from ssl import SSLCertVerificationError, SSLError  # noqa: PLC0415 - loaded already: the address says TLS

    if isinstance(error, SSLCertVerificationError):
        hint = "?ca=FILE names the certificate that signs the server's"
        return _problem(address, f"its certificate cannot be trusted: {error.verify_message}", hint)
    if isinstance(error, FileNotFoundError | IsADirectoryError | PermissionError):
        return _problem(address, f"the certificate {address.ca} cannot be read: {in_words(error, address)}", "?ca=FILE")
    if _answers(address, within_s):
        return _problem(address, "it speaks no TLS", "redis:// instead of rediss://")
    if isinstance(error, SSLError):
        return _problem(address, f"TLS with it fails: {in_words(error, address)}", "is it the port for TLS?")
    return None


def _about_no_tls(error: Exception, address: Address, within_s: float) -> Problem | None:
    closed = isinstance(error, ConnectionError | StrangeError)
    if closed and _answers_tls(address, within_s):
        return _problem(address, "it speaks TLS only", "rediss:// instead of redis://")
    return None


def _answers(address: Address, within_s: float) -> bool:
    """Whether a Redis answers there without TLS, be it that it wants a password."""
    bare = msgspec.structs.replace(address, tls=False, username=None, password=None, db=0)
    try:
        Wire(bare, within_s=within_s).close()
    except RefusedError:
        return True
    except TROUBLES:
        return False
    return True


def _answers_tls(address: Address, within_s: float) -> bool:
    """Whether something there speaks TLS, trusted or not."""
    from ssl import SSLCertVerificationError  # noqa: PLC0415 - 9 ms, for a mistake alone

    try:
        connected(msgspec.structs.replace(address, tls=True), within_s=within_s).close()
    except SSLCertVerificationError:
        return True
    except TROUBLES:
        return False
    return True


def _problem(address: Address, what: str, hint: str) -> Problem:
    return Problem(message=f"the cache {address.shown} cannot be used: {what}", hint=hint, key="cache")
