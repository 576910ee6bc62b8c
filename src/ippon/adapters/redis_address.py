"""Where a team's Redis is, read from its URL. No message shows a password, nor what may be part of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.errors import UsageError
from ippon.records.bundle import Bundle
from ippon.records.options import is_name, without_password

if TYPE_CHECKING:
    from collections.abc import Mapping

FORM = "redis://[USER:PASSWORD@]HOST[:PORT][/DB][?namespace=NAME]; rediss:// is TLS"
WORDS = ("namespace", "ca", "hmac_env", "patience_ms")
PORT = 6379
PATIENCE_S = 0.045  # with what a process does besides, 50 ms
FORMAT = "1"  # part of every key: what another version writes is never read as ours
MOST_PATIENCE_MS = 60_000
MOST_PORT = 65_535
MOST_DIGITS = 9


class Address(Bundle, frozen=True, kw_only=True):
    """One database of one server. `seal` is the secret that values are signed with; empty: a plain digest."""

    host: str
    port: int = PORT
    db: int = 0
    username: str | None = None
    password: str | None = None
    tls: bool = False
    ca: str | None = None
    namespace: str = ""
    seal: bytes = b""
    patience_s: float = PATIENCE_S

    @property
    def shown(self) -> str:
        """The address for people."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"redis{'s' if self.tls else ''}://{host}:{self.port}/{self.db}"

    def name(self, *parts: str) -> str:
        """A key of ours: the namespace is in it, so that a server can be told who may touch which."""
        return ":".join(("ippon", self.namespace or "default", FORMAT, *parts))


class _Parts(Bundle, frozen=True, kw_only=True):
    """A URL, taken apart: what is not there is empty."""

    text: str
    is_tls: bool
    account: str
    host: str
    port: str
    db: str
    query: str

    def refused(self, why: str, *, hint: str = FORM) -> UsageError:
        """The error about it."""
        return UsageError(f"cache {without_password(self.text)} {why}", hint=hint, key="cache")


def address_of(text: str, environ: Mapping[str, str]) -> Address:
    """The address that a URL names. UsageError for one that is none, or that names a variable which is not set."""
    parts = _parts(text)
    words = _words(parts)
    username, password = _account(parts)
    return Address(
        host=parts.host,
        port=_port(parts),
        db=_db(parts),
        username=username,
        password=password,
        tls=parts.is_tls,
        ca=words.get("ca"),
        namespace=words.get("namespace", ""),
        seal=_seal(words.get("hmac_env"), parts, environ),
        patience_s=_patience_s(words.get("patience_ms"), parts),
    )


def _parts(text: str) -> _Parts:
    """The parts of a URL. `urllib.parse` would cost 3 ms of every run, and hand a part of a password on as the host."""
    scheme, _, rest = text.partition("://")
    rest, _, query = rest.partition("?")
    place, _, db = rest.partition("/")
    account, _, place = place.rpartition("@")
    host, _, port = place.partition(":")
    if place.startswith("["):
        host, closed, port = place[1:].partition("]")
        host, port = host if closed else "", port.removeprefix(":")
    parts = _Parts(text=text, is_tls=scheme == "rediss", account=account, host=host, port=port, db=db, query=query)
    if "@" in db or "@" in query or "#" in text:
        raise parts.refused("has an @ / ? or # in its password", hint="write them as %40 %2F %3F %23")
    if not host or any(each.isspace() or each in "[]" for each in host):
        raise parts.refused("names no host")
    return parts


def _words(parts: _Parts) -> dict[str, str]:
    """What stands behind the question mark, each word once."""
    found: dict[str, str] = {}
    for each in parts.query.split("&") if parts.query else ():
        name, _, value = each.partition("=")
        if name not in WORDS:
            from ippon.read.finding import nearest  # noqa: PLC0415 - only a mistake needs it

            near = nearest(name, WORDS)
            hint = f"did you mean {near}?" if near else f"there are {', '.join(WORDS)}"
            raise parts.refused(f"says `{name}`, which nothing reads", hint=hint)
        if name in found or not value:
            raise parts.refused(f"says `{name}` {'twice' if name in found else 'and no value'}")
        found[name] = _plain(value)
    if not is_name(found.get("namespace", "default")):
        raise parts.refused(f"has a namespace `{found['namespace']}`", hint="letters, digits, - _ and . make one")
    if "ca" in found and not parts.is_tls:
        raise parts.refused("names a certificate (ca), and redis:// has none", hint="rediss:// is TLS")
    return found


def _account(parts: _Parts) -> tuple[str | None, str | None]:
    """(user, password); both None where none is named."""
    if not parts.account:
        return None, None
    username, _, password = parts.account.partition(":")
    if not password:
        raise parts.refused("names a user and no password", hint="redis://:PASSWORD@HOST/DB, or USER:PASSWORD")
    return _plain(username) or None, _plain(password)


def _port(parts: _Parts) -> int:
    if not parts.port:
        return PORT
    port = _number(parts.port)
    if not 0 < port <= MOST_PORT:
        raise parts.refused(f"has a port that is no number from 1 to {MOST_PORT}", hint=f"the usual one is {PORT}")
    return port


def _db(parts: _Parts) -> int:
    if not parts.db:
        return 0
    db = _number(parts.db)
    if db < 0:
        raise parts.refused(f"has a database `{parts.db}` that is no number", hint="the first one is 0")
    return db


def _seal(name: str | None, parts: _Parts, environ: Mapping[str, str]) -> bytes:
    if name is None:
        return b""
    if not environ.get(name):
        raise parts.refused(f"signs with {name}, which is not set", hint=f"export {name}=...   or leave hmac_env out")
    return environ[name].encode()


def _patience_s(said: str | None, parts: _Parts) -> float:
    if said is None:
        return PATIENCE_S
    if not 0 < _number(said) <= MOST_PATIENCE_MS:
        raise parts.refused(f"has a patience_ms that is no number from 1 to {MOST_PATIENCE_MS}")
    return int(said) / 1000


def _number(text: str) -> int:
    """A whole number; -1 for what is none, or too long to be meant."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else -1


def _plain(text: str) -> str:
    """A text without its percent signs."""
    if "%" not in text:
        return text
    from urllib.parse import unquote  # noqa: PLC0415 - few have any

    return unquote(text)
