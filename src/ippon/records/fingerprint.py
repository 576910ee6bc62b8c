"""Content addresses: SHA-256 over canonical, typed, length-safe bytes of named fields.

Canonical bytes are JSON with sorted keys: quotes and brackets bound every value, and `1`, `1.0`, `true`, `"1"` and
`null` differ. A changed golden digest in the tests is a changed key: every cache in the world misses. Not in any key:
ids, order, paths, time, TTL, secrets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from hashlib import sha256

    from ippon.records.call import Request
else:
    try:
        from _sha256 import sha256  # hashlib loads OpenSSL first: 2.5 ms of a warm run of 40
    except ImportError:  # pragma: no cover - Python 3.12 calls it otherwise
        from hashlib import sha256

CALL_KEY = "ippon.call/1"
SCORE_KEY = b"ippon.score/1"
RESPONSE_KEY = b"ippon.response/1"
_encoder = msgspec.json.Encoder(order="sorted")


def canonical(value: Any) -> bytes:
    """The canonical bytes of a JSON value or a record of them. UnicodeEncodeError for a lone surrogate."""
    return _encoder.encode(value)


def digest(value: Any) -> bytes:
    """The SHA-256 of a value's canonical bytes."""
    return sha256(canonical(value)).digest()


def text_digest(text: str) -> bytes:
    """The SHA-256 of a text's UTF-8 bytes."""
    return sha256(text.encode()).digest()


def call_key(request: Request, repeat: int = 0) -> bytes:
    """The address of an answer: the exact request as sent, and which repeat of it."""
    return digest({"schema": CALL_KEY, "request": request, "repeat": repeat})


def fields_digest(fields: Mapping[str, Any]) -> bytes:
    """The address of what an evaluator reads of an example, the response excepted."""
    return digest(dict(fields))


def response_key(target: bytes, row: bytes) -> bytes:
    """The address of a target's response: the digest of the target and that of the example's whole row."""
    return sha256(b"".join((RESPONSE_KEY, target, row))).digest()


def score_key(identity: bytes, fields: bytes, response: bytes, repeat: int) -> bytes:
    """The address of a score: three digests of 32 bytes and the repeat, so that no part can run into the next."""
    return sha256(b"".join((SCORE_KEY, identity, fields, response, repeat.to_bytes(4, "big")))).digest()
