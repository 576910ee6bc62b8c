"""A team's Redis and a snapshot as people use them: `ippon run --cache redis://...`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import msgspec
import pytest

from bench.endpoint import serving as endpoint_serving
from bench.redis_server import PATIENT, free_port, serving
from ippon.adapters.cache_redis import RedisCache
from tests.door import coaching, ippon
from tests.redis.counted import CALLS, EXAMPLES, SECRET, counts


def test_what_one_has_paid_for_nobody_pays_again(person, endpoint, server, monkeypatch):
    """The second reads it from Redis, and has it at hand from then on."""
    monkeypatch.setenv("IPPON_CACHE", server.url(words=f"namespace=coach&{PATIENT}"))
    assert (0, 0, CALLS) == counts(person("ann", "--json"))
    assert (0, CALLS, 0) == counts(person("bob", "--json"))
    server.say("FLUSHALL")
    assert (0, CALLS, 0) == counts(person("bob", "--json"))

    assert CALLS == endpoint.stats().requests
    assert 0 == server.say("DBSIZE")


def test_time_to_live_holds_for_what_others_have_paid(person, server, tmp_path):
    """It is looked at when something is read: a longer time brings it back."""
    cache = RedisCache(server.link())
    path = coaching(tmp_path, n=EXAMPLES)
    person("ann", "--cache", server.url(), suite=path)
    names = [each.decode().rpartition(":")[2] for each in server.say("KEYS", "ippon:default:1:????????????????*")]
    keys = [bytes.fromhex(each) for each in names if len(each) == 64]
    found = cache.read(keys, now=0.0).values()
    cache.write([msgspec.structs.replace(each, created_at=each.created_at - 2 * 86400) for each in found])
    cache.close()

    assert len(keys) > CALLS
    for ttl, cached in (("1d", 0), ("3d", CALLS)):
        path = coaching(tmp_path, n=EXAMPLES, more=f'[cache]\nttl = "{ttl}"\n')
        said = person(f"bob {ttl}", "--cache", server.url(), "--max-calls", "0", "--json", suite=path)
        assert cached == said.object["evaluations"]["cached"]


def test_declared_rates_are_shared_through_it(person, server, tmp_path):
    """And what lanes have learned is remembered there."""
    path = coaching(tmp_path, n=2, more="[limits.vllm]\nrpm = 60000\n")
    person("ann", "--cache", server.url(), suite=path)

    assert b"ippon:default:1:rate:vllm" in server.say("KEYS", "*rate*")


@pytest.mark.parametrize("more", [[], ["--refresh"]])
def test_a_wrong_password_stops_before_the_first_call(person, endpoint, tmp_path, more):
    """With --refresh as well, which reads nothing: what is paid has to have its place."""
    with serving(tmp_path, requirepass=SECRET) as guarded:
        url = guarded.url(0, ":wrong-word@")
        said = person("ann", "--cache", url, *more)

    assert (2, 0) == (said.code, endpoint.stats().requests)
    assert f"error: the cache redis://127.0.0.1:{guarded.port}/0 cannot be used: the password is wrong" in said.err
    assert "hint: redis://:PASSWORD@HOST/DB" in said.err
    assert "wrong-word" not in said.out + said.err
    assert not (tmp_path / "ann.sqlite").exists()  # no run has begun


def test_a_server_that_is_gone_costs_one_warning(person, endpoint):
    """All is asked and kept at hand."""
    url = f"redis://:{SECRET}@127.0.0.1:{free_port()}/0"
    said = person("ann", "--cache", url, "--json")
    (warning,) = said.object["warnings"]

    assert (0, 0, CALLS) == counts(said)
    assert "connection refused; until it is back the local cache serves alone" in warning
    assert (0, CALLS, 0) == counts(person("ann", "--cache", url, "--json"))
    shown = person("ann", "--cache", url)
    assert "--cache 'redis://***@127.0.0.1" in shown.out
    assert SECRET not in said.out + said.err + shown.out + shown.err


@pytest.mark.parametrize("how", ["killed", "stopped", "full"])
def test_a_server_that_fails_in_the_middle_costs_one_warning(person, tmp_path, monkeypatch, capsys, how):
    """Whether it dies, hangs or is full: no result is lost, and the next run finds all at hand."""
    path = coaching(tmp_path, n=EXAMPLES)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "ann"))
    folder = tmp_path / "redis"
    folder.mkdir()
    with serving(folder) as failing:
        asked = []

        def answer(_body):
            asked.append(1)
            if len(asked) == CALLS // 2:
                if how == "killed":
                    failing.stop()
                elif how == "stopped":
                    failing.signal(signal.SIGSTOP)
                else:
                    failing.say("CONFIG", "SET", "maxmemory", "1")
            return '{"reason": "because", "label": "good"}'

        patience = PATIENT if how == "full" else "patience_ms=1000"
        with endpoint_serving(answer=answer) as judge:
            words = ["run", path, "-t", "full", "-j", "4", "--judge", "vllm/scripted", "--base-url", judge.base_url]
            words += ["--cache", failing.url(words=patience), "--json"]
            said, again = (ippon(capsys, *words) for _ in range(2))

    assert (0, 0, CALLS) == counts(said)
    assert [True] == [f"the cache redis://127.0.0.1:{failing.port}/0 " in each for each in said.object["warnings"]]
    assert (0, CALLS, 0) == counts(again)
    assert CALLS == len(asked)


def test_what_is_at_hand_needs_no_server_and_no_library(person, endpoint, server, tmp_path):
    """Not even connected to, nor loaded: a warm run costs what it costs without."""
    person("ann", "--cache", server.url())
    server.say("FLUSHALL")
    words = ["run", str(tmp_path / "ippon.toml"), "-t", "full", "--judge", "vllm/scripted"]
    words += ["--base-url", endpoint.base_url, "--cache", f"redis://127.0.0.1:{free_port()}/0", "--json"]
    loads = ["hiredis", *(f"ippon.adapters.redis_{name}" for name in ("wire", "values", "trouble"))]
    program = (
        f"import sys; from ippon.cli.main import main; main({words}); print([n for n in {loads} if n in sys.modules])"
    )
    environ = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "ann")}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    said, loaded = done.stdout.splitlines()

    assert "[]" == loaded
    assert (CALLS, []) == ((found := msgspec.json.decode(said))["evaluations"]["cached"], found["warnings"])


def test_looking_keeps_nothing(person, endpoint, server, tmp_path, capsys, monkeypatch):
    """A plan finds what the team has, and makes no file at hand."""
    person("ann", "--cache", server.url())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "bob"))
    judge = ["--judge", "vllm/scripted", "--base-url", endpoint.base_url]
    suite = str(tmp_path / "ippon.toml")
    said = ippon(capsys, "plan", suite, "-t", "full", *judge, "--cache", server.url(), "--json")

    assert CALLS == said.object["evaluations"]["cached"]
    assert not (tmp_path / "bob" / "ippon" / "cache.sqlite").exists()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("{}", "ok    team cache     redis://127.0.0.1:{port}/0 answers"),
        (
            "redis://127.0.0.1:1/0",
            "warn  team cache     the cache redis://127.0.0.1:1/0 is in trouble: connection refused",
        ),
        (
            "redis://:secret@127.0.0.1:{port}/0",
            "FAIL  team cache     the cache redis://127.0.0.1:{port}/0 cannot be used",
        ),
        (
            "redis://127.0.0.1:{port}/99",
            "FAIL  team cache     the cache redis://127.0.0.1:{port}/99 cannot be used: it has no database 99",
        ),
    ],
)
def test_the_doctor_looks_at_it(server, tmp_path, capsys, url, shown):
    """It answers, it is in trouble, it does not let us in."""
    url = url.format(server.url(), port=server.port)
    said = ippon(capsys, "doctor", coaching(tmp_path, n=1), "--cache", url)

    assert " ".join(shown.format(port=server.port).split()) in " ".join(said.out.split())


def test_a_default_file_that_is_broken_leaves_memory_before_redis(person, endpoint, server, tmp_path):
    """A warning; the team's cache is used all the same."""
    person("ann", "--cache", server.url())
    broken = tmp_path / "bob" / "ippon" / "cache.sqlite"
    broken.parent.mkdir(parents=True)
    broken.write_text("no database, but long enough to be taken for one " * 20)
    said = person("bob", "--cache", server.url(), "--json")

    assert (0, CALLS, 0) == counts(said)
    assert "this run remembers nothing for the next" in said.object["warnings"][0]
    assert CALLS == endpoint.stats().requests
