"""A server that is gone, slow, full, strange or somebody's replica: given up with one note, and never an error."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from bench.redis_server import HOST, PATIENT, free_port, serving, until
from ippon.adapters.cache_redis import RedisCache
from ippon.adapters.redis_address import address_of
from ippon.adapters.redis_link import RedisLink
from ippon.adapters.redis_trouble import in_words
from ippon.records.kept import Entry

KEY = b"k" * 32
ROW = Entry(key=KEY, kind="score", created_at=0.0, score=0.5)
ALONE = "until it is back the local cache serves alone"


def linked(port: int, words: str = PATIENT) -> RedisLink:
    """A link to whatever listens there."""
    return RedisLink(address_of(f"redis://{HOST}:{port}/0?{words}", {}))


@contextmanager
def answering(*replies: bytes, greets: bytes = b"+PONG\r\n"):
    """What answers each packet of a connection with the next of these bytes, and closes it after the last: its port."""
    over = threading.Event()
    with socket.create_server((HOST, 0)) as listening:
        listening.settimeout(0.05)

        def answer() -> None:
            while not over.is_set():
                with suppress(OSError):
                    connection, _ = listening.accept()
                    with connection:
                        for reply in (greets, *replies):
                            connection.recv(1 << 20)
                            connection.sendall(reply)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()
            thread.join()


def test_nobody_listens():
    """One note, then silence; all reads miss and all writes are dropped."""
    cache = RedisCache(linked(free_port(), "patience_ms=50"))
    for _ in range(3):
        assert {} == cache.read([KEY], now=0.0)
        cache.write([ROW])

    assert len(cache.link.notes) == 1
    assert "is in trouble: connection refused" in cache.link.notes[0]
    assert ALONE in cache.link.notes[0]
    cache.close()


def test_a_name_server_that_is_gone(monkeypatch):
    """Nobody has misspelt anything."""

    def gone(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", gone)
    link = RedisLink(address_of("redis://cache.team/0", {}))
    link.open()
    assert "temporary failure in name resolution" in link.notes[0]


@pytest.mark.parametrize("tls", ["redis", "rediss"])
def test_a_server_that_never_answers(tls):
    """Waited for as long as patience lasts, and not again."""
    with socket.create_server((HOST, 0)) as silent:
        address = address_of(f"{tls}://{HOST}:{silent.getsockname()[1]}/0?patience_ms=50", {})
        link = RedisLink(address)
        assert None is link.ask(("GET", "x"))

    assert "no answer in time" in link.notes[0]
    starts = time.monotonic()
    for _ in range(1000):
        assert None is link.ask(("GET", "x"))
    assert time.monotonic() - starts < 20


@pytest.mark.parametrize(
    ("greets", "why"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "what answers is no redis"),
        (b"-LOADING Redis is loading the dataset in memory\r\n", "loading redis is loading"),
        (b"-MASTERDOWN Link with MASTER is down\r\n", "masterdown"),
        (b"-ERR max number of clients \x1b[31mreached\r\n", "err max number of clients [31mreached;"),
    ],
)
def test_a_server_that_greets_with_something_else(greets, why):
    """An HTTP server, one that is just starting, one that is crowded: no mistake of the user's."""
    with answering(greets=greets) as port:
        link = linked(port)
        link.open()

    assert why in link.notes[0]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (b"?what\r\n", "what answers is no redis"),
        (b"$4\r\nwhat\r\n", "what answers is no redis"),
        (b"-CLUSTERDOWN Hash slot not served\r\n", "clusterdown hash slot not served"),
    ],
)
def test_a_server_that_answers_reads_with_something_else(reply, why):
    """A miss; and it is asked no more."""
    with answering(reply) as port:
        cache = RedisCache(linked(port))
        assert {} == cache.read([KEY], now=0.0)

    assert why in cache.link.notes[0]
    cache.close()


def test_too_many_values_and_too_few(server):
    """What comes back is taken for what it is sealed as, whatever its place."""
    for reply in (b"*0\r\n", b"*3\r\n$1\r\na\r\n:1\r\n$-1\r\n"):
        with answering(reply) as port:
            cache = RedisCache(linked(port))
            assert {} == cache.read([KEY], now=0.0)
            cache.close()


def test_a_connection_that_was_closed_while_idle_is_opened_anew(server):
    """Servers do that, and proxies; nobody is told."""
    cache = RedisCache(server.link())
    cache.write([ROW])
    server.say("CLIENT", "KILL", "TYPE", "normal")

    assert {KEY: ROW} == cache.read([KEY], now=0.0)
    assert () == cache.link.notes
    cache.close()


def test_a_server_that_dies(tmp_path):
    """Between two questions: the second connection is refused, so it is given up."""
    with serving(tmp_path) as server:
        cache = RedisCache(server.link())
        cache.write([ROW])
        server.stop()

        assert {} == cache.read([KEY], now=0.0)
        assert "connection refused" in cache.link.notes[0]
        cache.close()


def test_a_server_that_comes_back_is_used_again(tmp_path):
    """Left alone for a while, and told of once."""
    with serving(tmp_path) as server:
        cache = RedisCache(server.link())
        cache.write([ROW])
        server.stop()
        assert {} == cache.read([KEY], now=0.0)
        assert ALONE in cache.link.notes[0]
        server.start()
        until(lambda: cache.link.ask(("PING",)) is not None, "it is asked again")
        cache.write([ROW])

        assert {KEY: ROW} == cache.read([KEY], now=0.0)
        assert len(cache.link.notes) == 1
        cache.close()


def test_what_was_in_trouble_is_no_mistake_later(tmp_path):
    """A run that has begun does not end because the server that comes back wants a password."""
    port = free_port()
    link = linked(port)
    link.open()
    with serving(tmp_path, port=port, requirepass="hunter2"):
        until(lambda: not link.down, "it may be asked again")
        assert None is link.ask(("GET", "x"))
    assert "connection refused" in link.notes[0]


def test_a_server_that_closes_each_connection_is_asked_twice():
    """Once anew is enough."""
    with answering() as port:
        link = linked(port)
        assert None is link.ask(("GET", "x"))

    assert any(each in link.notes[0] for each in ("the connection was closed", "connection reset by peer"))


def test_a_server_that_stops_in_the_middle(tmp_path):
    """What it takes beyond a healthy server's time is taken from one patience, whoever waits."""
    with serving(tmp_path) as server:
        cache = RedisCache(server.link(words="patience_ms=2000"))
        cache.write([ROW])
        assert {KEY: ROW} == cache.read([KEY], now=0.0)
        server.signal(signal.SIGSTOP)
        starts = time.monotonic()
        for _ in range(100):
            assert {} == cache.read([KEY], now=0.0)
            cache.write([ROW])
        assert time.monotonic() - starts < 30
        assert ("no answer in time" in cache.link.notes[0], 1) == (True, len(cache.link.notes))
        cache.close()


def test_a_slow_server_is_given_up_when_patience_is_used_up(server):
    """Each answer comes, late; together they are too late. What did come is used."""
    link = server.link(words="patience_ms=1000")
    slow = ("EVAL", "local n = 0 for i = 1, 2e6 do n = n + i end return 'x'", 0)
    replies = 0
    while link.ask(slow, holds_up=True) is not None:
        replies += 1

    assert 1 <= replies < 500
    assert "no answer in time" in link.notes[0]
    link.close()


def test_patience_comes_back(server):
    """Five thousandths of the time that passes, never more than there was."""
    link = server.link(words="patience_ms=60000")
    link.ask(("PING",))
    link._patience_s, link._rested_at = 1.0, time.monotonic() - 1000
    link.ask(("PING",))
    assert 4.0 < link._patience_s < 30
    link._rested_at -= 1e6
    link.ask(("PING",))
    assert 30 < link._patience_s <= 60
    link.close()


def test_a_forked_process_opens_its_own(server):
    """Two processes on one connection would read each other's answers."""
    cache = RedisCache(server.link())
    cache.write([ROW])
    child = os.fork()
    if child == 0:
        os._exit(0 if cache.read([KEY], now=0.0) == {KEY: ROW} else 1)
    _, status = os.waitpid(child, 0)

    assert 0 == status
    assert {KEY: ROW} == cache.read([KEY], now=0.0)
    cache.close()


def test_what_a_server_says_shows_no_password():
    """Some repeat what they were sent."""
    address = address_of("redis://:hunter2@h", {})
    assert "err unknown command auth ***" == in_words(Exception("ERR unknown command AUTH hunter2"), address)
