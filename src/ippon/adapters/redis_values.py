"""How what is ours lies in a team's Redis: a mark, a seal over key and value, the value.

What was damaged, moved to another key, signed by nobody of the team or written by another program is nothing.
"""

from __future__ import annotations

from hashlib import sha256  # a fifth of the time of Python's own, for whole entries

import msgspec

from ippon.records.kept import Entry

SEAL_BYTES = 32
SUCCESS, FAILURE = b"+", b"-"  # first in the value, where a script of the server can look at it
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Entry).decode


def stored(name: bytes, entry: Entry, secret: bytes) -> bytes:
    """An entry as it is stored under a name."""
    return sealed(name, (SUCCESS if entry.failure is None else FAILURE) + _encode(entry), secret)


def entry_in(name: bytes, value: bytes, secret: bytes) -> Entry | None:
    """The entry that is stored there, if it is one."""
    whole = unsealed(name, value, secret)
    try:
        return None if whole is None else _decode(whole[1:])
    except (msgspec.DecodeError, UnicodeDecodeError):  # of another shape, though sealed as ours are
        return None


def sealed(name: bytes, value: bytes, secret: bytes) -> bytes:
    """A value as it is stored under a name; its first byte stays the first."""
    return value[:1] + _seal(name, value, secret) + value[1:]


def unsealed(name: bytes, held: bytes, secret: bytes) -> bytes | None:
    """The value; None when it does not match its seal."""
    value = held[:1] + held[1 + SEAL_BYTES :]
    return value if held[1 : 1 + SEAL_BYTES] == _seal(name, value, secret) else None


def _seal(name: bytes, value: bytes, secret: bytes) -> bytes:
    """A digest, signed where the team has a secret. All names of ours are told from what follows: they hold no such byte."""
    if not secret:
        return sha256(name + b"\0" + value).digest()
    from hmac import digest  # noqa: PLC0415 - for those who sign

    return digest(secret, name + b"\0" + value, "sha256")
