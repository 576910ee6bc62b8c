"""Keys: golden digests, and what they tell apart. A digest that changes here is a key that changes everywhere."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ippon.records.call import CommandRequest, FunctionRequest, HttpRequest, Message, ModelRequest
from ippon.records.fingerprint import call_key, canonical, digest, fields_digest, response_key, score_key, text_digest

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
REQUEST = ModelRequest(
    provider="openai",
    model="m",
    messages=(Message(role="user", content="hello"),),
    params={"temperature": 0, "seed": 1},
    schema={"type": "object"},
)


def test_golden_digests():
    """These stand in every cache in the world."""
    assert [
        "10c5eac994bf637a",
        "fb8c2b14088ba874",
        "e6da8a847a503c2f",
        "ef6ca98da6f30eab",
        "cdc213b33d2d3ec1",
        "b13881fe0a6630e8",
        "2e9dde9f02c6d55d",
    ] == [
        each.hex()[:16]
        for each in (
            call_key(REQUEST),
            call_key(REQUEST, 1),
            call_key(HttpRequest(url="http://x", json={"a": 1.0})),
            call_key(CommandRequest(command=("c", "d"), stdin="{}", code="aa")),
            call_key(FunctionRequest(function="m:f", arguments={"x": [True, None, 1, 1.0, "1"]}, code="aa")),
            score_key(digest({"a": 1}), fields_digest({"input": "i"}), text_digest("response"), 2),
            response_key(digest("target"), digest("row")),
        )
    ]


def test_every_field_of_a_request_is_in_its_key():
    """Changing any one of them changes the key."""
    changes = {
        "provider": "x",
        "model": "x",
        "messages": (),
        "params": {},
        "schema": None,
        "labels": ("a",),
        "base_url": "http://x",
        "account": "x",
        "runtime": {"a": "b"},
    }

    assert set(ModelRequest.__struct_fields__) == set(changes)
    keys = {call_key(msgspec.structs.replace(REQUEST, **{name: value})) for name, value in changes.items()}
    assert len(changes) == len(keys - {call_key(REQUEST)})


@given(a=values, b=values)
def test_equal_keys_mean_equal_values(a, b):
    """Different values never share an address; what reads back as the same does."""
    assert (canonical(a) == canonical(b)) == (digest(a) == digest(b))
    assert canonical(a) == canonical(msgspec.json.decode(canonical(a)))
    if canonical(a) == canonical(b):
        assert a == b


def test_types_and_borders_are_told_apart():
    """One is not true, nothing is not absent, and no text runs into the next."""
    different = [
        1,
        1.0,
        True,
        "1",
        None,
        [],
        {},
        [1],
        [[1]],
        {"a": None},
        ["a", "bc"],
        ["ab", "c"],
        "\u00e9",
        "e\u0301",
        -0.0,
        0.0,
    ]

    assert len(different) == len({digest(each) for each in different})


@given(d=st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), st.integers(), min_size=2))
def test_the_order_of_a_table_does_not_matter(d):
    """The same fields, whichever came first."""
    assert digest(d) == digest(dict(reversed(d.items())))


def test_keys_do_not_depend_on_the_process():
    """Another hash seed, locale and folder."""
    program = "from ippon.records.fingerprint import digest; print(digest({'b': {'x', 'y'} and 1, 'a': 'é'}).hex())"
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "LC_ALL": locale, "PYTHONUTF8": "1"},
            cwd=folder,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for seed, locale, folder in (("1", "C", "/"), ("2", "C.UTF-8", "/tmp"))
    }

    assert 1 == len(found)


def test_a_lone_surrogate_has_no_address():
    """It cannot be written as UTF-8; readers refuse it before it comes here."""
    with pytest.raises(UnicodeEncodeError):
        digest("\ud800")
