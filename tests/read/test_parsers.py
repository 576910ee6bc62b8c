"""TOML and YAML say the same, places are true, and no bytes make reading crash."""

from __future__ import annotations

import tomllib

import msgspec
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ippon.errors import IpponError, SuiteError
from ippon.read.dataset_file import rows_of
from ippon.read.suite_file import compiled, parsed
from ippon.read.toml_places import layout_of
from ippon.read.yaml_file import parsed_value

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
words = st.text("abkz_-09. é\"'\\#", min_size=1, max_size=6)
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    texts | numbers | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
tables = st.dictionaries(words, values, min_size=1, max_size=4)


def quoted(text: str) -> str:
    """A text as TOML writes it."""
    return '"' + "".join(f"\\U{ord(c):08x}" if ord(c) < 32 or c in '"\\\x7f' else c for c in text) + '"'


def inline(value: object) -> str:
    """A value as TOML writes it on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case dict():
            return "{ " + ", ".join(f"{quoted(key)} = {inline(each)}" for key, each in value.items()) + " }"
        case list():
            return "[" + ", ".join(inline(each) for each in value) + "]"
        case _:
            return repr(value)


def toml_text(table: dict[str, object], draw, path: tuple[str, ...] = ()) -> str:
    """A table as TOML, in any of the ways to write one."""
    lines, below = [], []
    for key, value in table.items():
        here = (*path, key)
        name = ".".join(map(quoted, here))
        if isinstance(value, dict) and value and draw():
            below.append(f"[{name}] # a table\n" + toml_text(value, draw, here))
        elif isinstance(value, list) and value and all(isinstance(each, dict) for each in value) and draw():
            below.extend(f"[[ {name} ]]\n" + toml_text(each, draw, here) for each in value)
        else:
            comment = "# a = [comment]\n" if draw() else "\n"
            lines.append(f"{quoted(key)} = {inline(value)} {comment}")
    return "".join(lines + below)


@settings(deadline=None)
@given(table=tables, choices=st.lists(st.booleans(), min_size=1))
def test_toml_and_yaml_agree(table, choices):
    """The same data, written both ways, is read as the same."""
    order = iter(choices * 1000)
    one = parsed("a.toml", toml_text(table, lambda: next(order)).encode())
    flow = yaml.safe_dump(table, allow_unicode=False, default_flow_style=choices[0], width=10_000).encode()
    other = parsed("a.yaml", flow)

    assert table == one.value == other.value


def paths(value, path=()):
    """Every path of keys and positions in a value."""
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, key)
            yield from paths(each, (*path, key))


@settings(deadline=None)
@given(table=tables, choices=st.lists(st.booleans(), min_size=1))
def test_places_are_where_keys_are(table, choices):
    """At the place of a key stands that key, in both languages; every key and item has a place."""
    order = iter(choices * 1000)
    written = toml_text(table, lambda: next(order))
    toml_places = layout_of(written).places
    dumped = yaml.safe_dump(table, allow_unicode=True, default_flow_style=choices[0], width=10_000)
    _, yaml_places = parsed_value(dumped, "a.yaml")
    lines = written.split("\n")

    assert set(paths(table)) == set(toml_places) == set(yaml_places)
    for path, (line, column) in toml_places.items():
        if isinstance(path[-1], str):
            assert lines[line - 1][column - 1 :].startswith(quoted(path[-1]))


PLACES = '''# comment = 1
top = """a
key = [not] a "" key""" # = 1
a.b . "c d" = { x = 1, y = [1, { z = 2 }] }

[ table ]
plain = 'it''s'
'quoted' = \'\'\'
[no]
\'\'\'
[[list]]
n = 1
[[list.inner]]
m = [
  1, # one
  "two",
]
[[list]]
n = 2
[list.sub]
k = 2024-01-01T00:00:00Z
'''


def test_places_of_every_way_to_write_a_key():
    """Dotted, quoted, in tables, lists of tables and inline ones, beside texts of several lines."""
    assert {
        ("top",): (2, 1),
        ("a",): (4, 1),
        ("a", "b"): (4, 3),
        ("a", "b", "c d"): (4, 7),
        ("a", "b", "c d", "x"): (4, 17),
        ("a", "b", "c d", "y"): (4, 24),
        ("a", "b", "c d", "y", 0): (4, 29),
        ("a", "b", "c d", "y", 1): (4, 32),
        ("a", "b", "c d", "y", 1, "z"): (4, 34),
        ("table",): (6, 3),
        ("table", "plain"): (7, 1),
        ("table", "quoted"): (8, 1),
        ("list",): (11, 3),
        ("list", 0): (11, 3),
        ("list", 0, "n"): (12, 1),
        ("list", 0, "inner"): (13, 8),
        ("list", 0, "inner", 0): (13, 8),
        ("list", 0, "inner", 0, "m"): (14, 1),
        ("list", 0, "inner", 0, "m", 0): (15, 3),
        ("list", 0, "inner", 0, "m", 1): (16, 3),
        ("list", 1): (18, 3),
        ("list", 1, "n"): (19, 1),
        ("list", 1, "sub"): (20, 7),
        ("list", 1, "sub", "k"): (21, 1),
    } == layout_of(PLACES.replace("'it''s'", "'its'")).places


@given(text=st.text("[]{}=.,\"'\\#\n ab1-", max_size=60) | st.text())
@example("[" * 200)
@example('"\\x" = 1')
@example("a = {b = ")
@example('"""')
def test_places_of_any_text(text):
    """Whatever the text, there is an end and no error; what TOML reads has places for all its keys."""
    found = layout_of(text).places
    try:
        value = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return

    assert set() == set(paths(value)) - set(found)


CORE = {
    "yes": "yes", "no": "no", "on": "on", "off": "off", "y": "y", "true": True, "True": True, "TRUE": True, "tRUE": "tRUE",
    "false": False, "null": None, "Null": None, "~": None, "": None, "0o17": 15, "0x1F": 31, "017": 17, "0b1": "0b1",
    "1_000": "1_000", "1:30": "1:30", "2024-01-01": "2024-01-01", "1e3": 1000.0, ".5": 0.5, "5.": 5.0, "-1": -1, "+1": 1,
    "1.5": 1.5, "'1'": "1", '"true"': "true", "1.2.3": "1.2.3", "=": "=", "0o9": "0o9", "-0x1": "-0x1", "nan": "nan",
}  # fmt: skip


@pytest.mark.parametrize("text", CORE)
def test_the_core_schema(text):
    """YAML 1.2: only true and false are booleans, no dates, no sixties."""
    assert [CORE[text]] == parsed_value(f"- {text}\n", "a.yaml")[0]


def test_keys_are_always_text():
    """As in TOML."""
    assert {"1": "a", "true": "b", "": "c", "<<": "d"} == parsed_value('1: a\ntrue: b\n"": c\n"<<": d\n', "f")[0]


def test_block_texts_keep_their_lines():
    """`|` as it stands, `>` folded."""
    assert {"a": "x\ny\n", "b": "x y\n"} == parsed_value("a: |\n  x\n  y\nb: >\n  x\n  y\n", "f")[0]


def test_an_alias_bomb_is_refused_at_its_first_anchor():
    """Before anything grows."""
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))

    with pytest.raises(SuiteError, match="anchors have no use here") as found:
        parsed_value(bomb, "f")
    assert (1, 4) == (found.value.problems[0].line, found.value.problems[0].column)


starts = st.sampled_from(
    [b"", b"ippon = 1\n", b"ippon: 1\n", b"\xef\xbb\xbf", b"\xff\xfe", b"[[evaluators]]\n", b"- a\n"]
)


@settings(deadline=None)
@given(start=starts, body=st.binary(max_size=200) | texts.map(str.encode), name=st.sampled_from(["i.toml", "i.yaml"]))
def test_no_bytes_crash_a_suite(start, body, name):
    """Anything is a suite or an error of ours."""
    try:
        compiled(name, start + body, trusted=False)
    except IpponError as error:
        assert error.problems  # noqa: PT017 - there is nothing to say where all is well


@settings(deadline=None)
@given(
    body=st.binary(max_size=200) | st.text("ab,;\"'{}[]:-\n\r \\ud8é1.e", max_size=80).map(str.encode),
    name=st.sampled_from(["d.jsonl", "d.json", "d.csv", "d.yaml", "d.parquet", "d.txt"]),
)
def test_no_bytes_crash_a_data_file(body, name):
    """Rows, or findings with a message, each in its file."""
    found = rows_of(body, name)

    assert all(each.message for each in found.findings)
    assert all(row.file == name and row.line for row in found.rows)


SOME = [
    None,
    0,
    1,
    -1,
    0.5,
    True,
    "",
    "x",
    "good/poor",
    "judge",
    "exact",
    "model",
    [],
    ["x"],
    [0.2, 0.8],
    {},
    {"file": "x"},
    {"a": 1},
]
KEYS = [
    "ippon", "name", "examples", "fields", "target", "targets", "contrast", "judge", "evaluators", "providers", "tiers", "gates",
    "limits", "cache", "alerts",
]  # fmt: skip
INNER = [
    "kind", "name", "rubric", "scale", "labels", "reads", "where", "repeats", "weight", "model", "params", "price", "prompt",
    "field", "id", "good", "poor", "ttl", "min_score", "share", "pattern", "unsure", "cheap", "sure", "input", "output", "base_url",
]  # fmt: skip
tables_of = st.dictionaries(st.sampled_from(INNER), st.sampled_from(SOME), max_size=5)
anything = st.dictionaries(
    st.sampled_from(KEYS),
    st.sampled_from(SOME) | tables_of | st.lists(tables_of, max_size=2) | st.dictionaries(st.just("x"), tables_of),
    max_size=6,
)


@settings(deadline=None, max_examples=300)
@given(raw=anything)
@example({"ippon": 1, "examples": "x", "evaluators": [{"name": "a", "kind": "exact"}]})
@example({"ippon": 1, "examples": [{}], "evaluators": [{"name": "a", "rubric": "x", "labels": {"a": 1}}]})
def test_the_walk_and_the_types_agree(raw):
    """No difference is found exactly where the types take the value, files in place set aside."""
    from ippon.read.shape import differences
    from ippon.records.suite import SuiteFile

    whole = {**raw}
    if isinstance(raw.get("evaluators"), list):
        whole["evaluators"] = [
            {"kind": "judge", **each} if isinstance(each, dict) else each for each in raw["evaluators"]
        ]
    try:
        msgspec.convert(whole, SuiteFile)
        expected = True
    except msgspec.ValidationError:
        expected = False

    found = differences(raw, SuiteFile, headers=True)

    in_files = '"file"' in msgspec.json.encode(raw).decode() or '"shots":"' in msgspec.json.encode(raw).decode()
    assert in_files or expected == (not found)


@pytest.mark.parametrize(
    ("line", "place", "message"),
    [
        (r'{"a": "\udc00"}', 8, "half of a surrogate pair is no text"),
        (r'{"a": "\ud83dx\ude00"}', 8, "half of a surrogate pair is no text"),
        (r'{"a": "\ud83d\ud83d"}', 8, "half of a surrogate pair is no text"),
        (r'{"a": "\ud83d', 8, "half of a surrogate pair is no text"),
        (r'{"a": "\ud83d\ude00 \n" x', 25, "expected ',' or '}'"),
        (r'{"é": -Infinity}', 8, "Infinity is no number here"),
        (r'{"a": 1e999}', 13, "number out of range"),
    ],
)
def test_where_json_is_broken(line, place, message):
    """In characters, not bytes; halves of letters and numbers that are none have a message of their own."""
    (found,) = rows_of(f"\n{line}\n".encode(), "d.jsonl").findings

    assert (2, place, f"broken JSON: {message}") == (found.line, found.column, found.message)


def test_half_a_letter_is_no_text():
    """PyYAML's slower parser lets one through."""
    from ippon.read.unfit import unfit

    assert ["half of a surrogate pair is no text"] == [each.message for each in unfit({"a": ["\ud800", "é"]})]
