"""A URL that cannot work is told at the first question: what is wrong, what to type, and no password."""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from bench.redis_server import PATIENT, serving
from ippon.adapters.cache_redis import RedisCache
from ippon.adapters.leases_redis import RedisLeases
from ippon.adapters.rates_memory import MemoryRates
from ippon.adapters.rates_redis import RedisRates
from ippon.adapters.redis_address import address_of
from ippon.adapters.redis_link import RedisLink
from ippon.errors import MissingExtraError, StoreError
from ippon.records.kept import Entry
from ippon.records.lane import Learned, Shared

SECRET = "hunter2"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server with a password, and a user who may do next to nothing."""
    with serving(tmp_path_factory.mktemp("guarded"), requirepass=SECRET) as server:
        assert "OK" == _text(server.say("ACL", "SETUSER", "low", "on", f">{SECRET}", "~*", "+auth", password=SECRET))
        yield server


@pytest.fixture(scope="module")
def secure(tmp_path_factory, certificate):
    """A server that speaks TLS only."""
    with serving(tmp_path_factory.mktemp("secure"), tls=certificate) as server:
        yield server


def _text(reply) -> str:
    return reply.decode() if isinstance(reply, bytes) else str(reply)


def refused(link: RedisLink) -> tuple[str, str]:
    """(message, hint) of the mistake; asked twice, it is told twice, and the link is not down."""
    with pytest.raises(StoreError):
        link.open()
    with pytest.raises(StoreError) as caught:
        link.ask(("GET", "x"))
    link.close()
    assert not link.down
    assert not link.notes
    problem = caught.value.problems[0]
    assert SECRET not in f"{problem.message}{problem.hint}"
    assert problem.message.startswith(f"the cache {link.address.shown} cannot be used: ")
    return problem.message.partition("used: ")[2], problem.hint or ""


@pytest.mark.parametrize("account", [f":{SECRET}@", f"default:{SECRET}@"])
def test_the_right_password_opens(guarded, account):
    """With and without the user's name, in another database as well."""
    link = guarded.link(2, account)
    assert ["PONG"] == list(map(_text, link.ask(("PING",)) or []))
    link.close()


@pytest.mark.parametrize(
    ("account", "what", "hint"),
    [
        (":wrong@", "the password is wrong", "redis://:PASSWORD@HOST/DB"),
        (f"nobody:{SECRET}@", "the password is wrong", "redis://USER:PASSWORD@HOST/DB"),
        ("", "it wants a password", "redis://:PASSWORD@HOST/DB"),
        (f"low:{SECRET}@", "has no permissions", "?namespace=NAME names the part"),
    ],
)
def test_a_wrong_password(guarded, account, what, hint):
    """Wrong, of another user, missing; and a user who may not do what a cache does."""
    message, shown = refused(guarded.link(0, account))

    assert what in message
    assert hint in shown


def test_the_rights_that_the_guide_names_are_enough(server):
    """For its own namespace; for any other they are too few, and that is told at once."""
    guide = (ROOT / "docs" / "guides" / "team-cache.md").read_text()
    rights = next(line for line in guide.splitlines() if line.startswith("ACL SETUSER forks"))
    assert "OK" == _text(server.say(*rights.replace("PASSWORD", SECRET).split()))
    for db in (0, 2):
        link = server.link(db, f"forks:{SECRET}@", words=f"namespace=forks&{PATIENT}")
        cache, rates = RedisCache(link), RedisRates(link, alone=MemoryRates())
        rows = [Entry(key=bytes([n]) * 32, kind="call", created_at=0.0, failure=(None, "unparsed")[n]) for n in (0, 1)]
        cache.write(rows)
        assert rows == list(cache.read([row.key for row in rows], now=0.0).values())
        rates.remember({"lane": Learned(limit=3)}, now=0.0)
        asyncio.run(rates.reserve(Shared(name="vllm", rpm=60), 90.0, 0.0, now=0.0))
        assert 3 == rates.recall("lane", now=0.0).limit
        assert 60 < asyncio.run(rates.reserve(Shared(name="vllm", rpm=60), 1.0, 0.0, now=0.0))
        leases = RedisLeases(link, local=lambda: None)
        asyncio.run(leases.take([rows[0].key], over=(), now=0.0))
        held = ("EXISTS", link.name("lease", rows[0].key.hex()))
        assert 1 == server.say(*held, db=db)
        leases.close()
        assert 0 == server.say(*held, db=db)
        assert () == link.notes
        rates.close()
        cache.close()

    message, hint = refused(server.link(0, f"forks:{SECRET}@"))
    assert message.startswith("forks may not: noperm")
    assert "?namespace=NAME" in hint


def test_a_password_that_nobody_asked_for(server):
    """A server without one says so; its own words may hold what was sent, so they are not shown."""
    message, _ = refused(server.link(0, f":{SECRET}@"))
    assert "it wants no password" == message


def test_a_database_that_is_not_there(server):
    """Sixteen are usual."""
    message, hint = refused(server.link(99))
    assert ("it has no database 99", "the first one is 0") == (message, hint)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 70])
def test_an_unknown_host(monkeypatch, host):
    """The name server knows it not, or it can be no name at all."""

    def unknown(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    if host.endswith(".invalid"):  # whether a name server answers depends on the machine
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
    message, hint = refused(RedisLink(address_of(f"redis://{host}/0", {})))
    assert (f"there is no host `{host}`", "is its name spelt right?") == (message, hint)


def test_tls_to_a_server_without(server):
    """It waits for more, or answers what is no TLS: either is seen."""
    link = server.link(words="patience_ms=2000")
    link.address = msgspec.structs.replace(link.address, tls=True)
    assert ("it speaks no TLS", "redis:// instead of rediss://") == refused(link)


def test_tls_to_a_server_without_that_wants_a_password(guarded):
    """It refuses us without TLS, so it speaks none."""
    link = guarded.link(0, f":{SECRET}@", words="patience_ms=2000")
    link.address = msgspec.structs.replace(link.address, tls=True)
    assert ("it speaks no TLS", "redis:// instead of rediss://") == refused(link)


@pytest.mark.parametrize("trusts", [True, False])
def test_no_tls_to_a_server_with(secure, certificate, monkeypatch, trusts):
    """Whether its certificate is known or not."""
    if trusts:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    link = secure.link()
    link.address = msgspec.structs.replace(link.address, tls=False)
    assert ("it speaks TLS only", "rediss:// instead of redis://") == refused(link)


def test_tls_with_the_certificate_that_is_named(secure, certificate):
    """The team's own authority."""
    link = secure.link(words=f"{PATIENT}&ca={certificate / 'cert.pem'}")
    assert ["PONG"] == list(map(_text, link.ask(("PING",)) or []))
    link.close()


def test_a_certificate_that_nobody_trusts(secure):
    """Not one byte is sent."""
    message, hint = refused(secure.link())
    assert message.startswith("its certificate cannot be trusted: self")
    assert "?ca=FILE" in hint


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "the certificate {} cannot be read: no such file or directory"), ("no pem", "TLS with it fails: ")],
)
def test_a_certificate_that_is_none(secure, tmp_path, content, message):
    """Not there, or something else."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    said, _ = refused(secure.link(words=f"{PATIENT}&ca={path}"))
    assert said.startswith(message.format(path))


def test_tls_to_what_closes(tmp_path):
    """Neither TLS nor a Redis: a failing proxy, so the run goes on without."""
    from threading import Thread

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def refuse() -> None:
            for _ in range(2):
                closing_at_once, _address = listening.accept()
                with closing(closing_at_once):
                    closing_at_once.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

        thread = Thread(target=refuse)
        thread.start()
        link = RedisLink(address_of(f"rediss://127.0.0.1:{listening.getsockname()[1]}?{PATIENT}", {}))
        link.open()
        thread.join()

    assert "connection reset by peer" in link.notes[0]


def test_without_the_library(server, monkeypatch):
    """The one command that adds it."""
    monkeypatch.delitem(sys.modules, "ippon.adapters.redis_wire", raising=False)
    monkeypatch.setitem(sys.modules, "hiredis", None)
    with pytest.raises(MissingExtraError) as caught:
        server.link().open()
    assert "pip install 'ippon[redis]'" == caught.value.problems[0].hint
