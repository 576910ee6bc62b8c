"""A server that does some of its work, and a machine that is too busy to notice."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from bench.redis_server import serving
from ippon.adapters.cache_redis import RedisCache
from ippon.records.kept import Entry

ASK = """
import sys
from ippon.adapters.redis_address import address_of
from ippon.adapters.redis_link import RedisLink
link = RedisLink(address_of(sys.argv[1], {}))
link.ask(("SET", "x", "1"))
print("open", flush=True)
sys.stdin.readline()
print("asks", flush=True)
print(link.ask(("GET", "x")), link.notes, flush=True)
link.close()
"""


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"maxmemory": "1", "maxmemory_policy": "noeviction"}, "oom command not allowed"),
        ({"replicaof": "127.0.0.1 1", "replica_serve_stale_data": "yes"}, "readonly you can't write"),
        ({"min_replicas_to_write": "1"}, "noreplicas not enough good replicas"),
    ],
)
@pytest.mark.parametrize("failure", [None, "unparsed"])
def test_a_server_that_takes_nothing_more(tmp_path, config, why, failure):
    """Full, somebody's replica, alone: it is read on, written no more, and that is told once."""
    with serving(tmp_path, **config) as server:
        cache = RedisCache(server.link())
        for n in range(3):
            cache.write([Entry(key=bytes([n]) * 32, kind="call", created_at=0.0, failure=failure)] * 2)

        assert {} == cache.read([bytes(32)], now=0.0)
        assert f"takes nothing more: {why}" in cache.link.notes[0]
        assert ".;" not in cache.link.notes[0]
        assert len(cache.link.notes) == 1
        cache.close()


def test_what_was_refused_once_is_not_tried_again(tmp_path):
    """One refusal a run, not one a group of results."""
    with serving(tmp_path, maxmemory="1") as server:
        cache = RedisCache(server.link())
        row = Entry(key=bytes(32), kind="call", created_at=0.0)
        cache.write([row])
        server.say("CONFIG", "SET", "maxmemory", "0")
        cache.write([row])

        assert 0 == server.say("DBSIZE")
        cache.close()


def test_what_this_process_slept_through_is_no_fault_of_the_server(tmp_path):
    """Both stand still for longer than patience lasts, as on a machine that has no time for either."""
    with serving(tmp_path) as server:
        words = [sys.executable, "-c", ASK, server.url(words="patience_ms=3000")]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as asking:
            assert asking.stdin is not None
            assert asking.stdout is not None
            assert "open\n" == asking.stdout.readline()
            server.signal(signal.SIGSTOP)
            asking.stdin.write("go\n")
            asking.stdin.flush()
            assert "asks\n" == asking.stdout.readline()
            time.sleep(0.5)  # it waits by now
            asking.send_signal(signal.SIGSTOP)
            time.sleep(4)
            asking.send_signal(signal.SIGCONT)
            time.sleep(0.2)
            server.signal(signal.SIGCONT)
            said, _ = asking.communicate(timeout=30)

    assert "[b'1'] ()\n" == said
