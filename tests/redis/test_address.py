"""The URL of a team's Redis: what it may say, and one clear line for everything else, without any password in it."""

from __future__ import annotations

import pytest

from ippon.adapters.redis_address import Address, address_of
from ippon.errors import UsageError
from ippon.records.options import is_cache, is_redis, without_password

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("redis://cache.team/0", Address(host="cache.team")),
        ("redis://cache.team", Address(host="cache.team")),
        ("redis://10.0.0.7:6380/3", Address(host="10.0.0.7", port=6380, db=3)),
        ("redis://[::1]:7000/1", Address(host="::1", port=7000, db=1)),
        ("redis://:p%40ss@h/0", Address(host="h", password="p@ss")),
        ("redis://ann:secret@h", Address(host="h", username="ann", password="secret")),
        ("redis://h?namespace=coach-2.x_y", Address(host="h", namespace="coach-2.x_y")),
        ("redis://h?patience_ms=200", Address(host="h", patience_s=0.2)),
        ("redis://h?hmac_env=TEAM_KEY", Address(host="h", seal=b"key of the team")),
        ("rediss://h:6390/0?ca=team.pem", Address(host="h", port=6390, tls=True, ca="team.pem")),
    ],
)
def test_what_a_url_says(text, expected):
    """Host, port, database, account, TLS and the words behind the question mark."""
    assert expected == address_of(text, {"TEAM_KEY": "key of the team"})


@pytest.mark.parametrize(
    ("text", "why", "hint"),
    [
        ("redis:///0", "redis:///0 names no host", "redis://[USER:PASSWORD@]HOST"),
        ("redis://my host/0", "redis://my host/0 names no host", "redis://["),
        ("redis://h:63x9/0", "redis://h:63x9/0 has a port that is no number from 1 to 65535", "6379"),
        ("redis://h:0/0", "a port that is no number", "6379"),
        ("redis://h:70000/0", "a port that is no number", "6379"),
        ("redis://h/zero", "redis://h/zero has a database `zero` that is no number", "the first one is 0"),
        ("redis://h/-1", "has a database `-1` that is no number", "the first one is 0"),
        ("redis://[::1]x/0", "has a port that is no number", "6379"),
        ("redis://a]b/0", "names no host", "redis://["),
        ("redis://[::1/0", "names no host", "redis://["),
        ("redis://ann@h/0", "redis://***@h/0 names a user and no password", "redis://:PASSWORD@HOST/DB"),
        ("redis://h?namespase=x", "says `namespase`, which nothing reads", "did you mean namespace?"),
        (
            "redis://h?timeout=3",
            "says `timeout`, which nothing reads",
            "there are namespace, ca, hmac_env, patience_ms",
        ),
        ("redis://h?namespace=a&namespace=b", "says `namespace` twice", "redis://["),
        ("redis://h?namespace=", "says `namespace` and no value", "redis://["),
        ("redis://h?namespace=a:b", "has a namespace `a:b`", "letters, digits"),
        ("redis://h?ca=team.pem", "names a certificate (ca), and redis:// has none", "rediss://"),
        ("redis://h?hmac_env=NOT_SET", "signs with NOT_SET, which is not set", "export NOT_SET=..."),
        ("redis://h?patience_ms=soon", "has a patience_ms that is no number from 1 to 60000", "redis://["),
        ("redis://h?patience_ms=0", "has a patience_ms that is no number from 1 to 60000", "redis://["),
    ],
)
def test_a_url_that_is_none(text, why, hint):
    """What is wrong with it, and how it is written."""
    with pytest.raises(UsageError) as caught:
        address_of(text, {})

    problem = caught.value.problems[0]
    assert why in problem.message
    assert problem.message.startswith("cache redis")
    assert hint in (problem.hint or "")
    assert "cache" == problem.key


@pytest.mark.parametrize(
    "text",
    [
        f"redis://:{SECRET}@h:x/0",
        f"redis://:a@{SECRET}@h/zero",
        f"redis://:a/{SECRET}@h/0",
        f"redis://:a?{SECRET}@h/0",
        f"redis://:a#{SECRET}@h/0",
        f"redis://ann:{SECRET}@h?what=1",
    ],
)
def test_no_message_shows_a_password(text):
    """However it is misspelt: what may be a part of one is left out."""
    with pytest.raises(UsageError) as caught:
        address_of(text, {})

    assert SECRET not in str(caught.value)
    assert "***@h" in str(caught.value)


def test_an_address_for_people_has_no_account():
    """Scheme, host, port, database."""
    shown = [address_of(each, {}).shown for each in (f"redis://a:{SECRET}@h", f"rediss://:{SECRET}@[::1]:1/2")]
    assert ["redis://h:6379/0", "rediss://[::1]:1/2"] == shown


def test_what_names_a_cache():
    """A path, a SQLite file, a Redis; nothing else with a scheme."""
    assert all(map(is_cache, ("a/b.sqlite", "sqlite:///a", "redis://h/0", "rediss://h")))
    assert not any(map(is_cache, ("redsi://h/0", "http://h", "sqlite://h/x")))
    assert [True, True, False, False] == [is_redis(each) for each in ("redis://h", "rediss://h", "a", None)]
    assert ["a@b", "redis://h", "x://***@h/0"] == list(map(without_password, ("a@b", "redis://h", "x://y@z@h/0")))
