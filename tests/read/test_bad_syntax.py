"""Suite files that are no TOML, no YAML or no text: what is said, with line and column."""

from __future__ import annotations

import pytest

from tests.read.written import EXACT, HEAD, ROWS, YAML, Files, lines, refused, write

# name -> (files, the suite first; class of the error; problems)
BAD: dict[str, tuple[Files, str, list[str]]] = {
    "TOML very deep key": (
        {"ippon.toml": HEAD + "a" + ".a" * 200 + " = 1\n", **ROWS},
        "SuiteError",
        ["ippon.toml:3:129 [None] more than 50 levels -> None"],
    ),
    "TOML number of very many digits": (
        {"ippon.toml": HEAD + EXACT + "repeats = " + "9" * 5000 + "\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml [None] broken TOML: Exceeds the limit (4300 digits) for integer string conversion: value has 5000 digits; use sys.set_int_max_str_digits() to increase the limit -> None",
        ],
    ),
    "empty suite": (
        {"ippon.toml": "", **ROWS},
        "SuiteError",
        [
            "ippon.toml [None] ippon.toml is empty -> ippon init writes a suite that runs at once",
        ],
    ),
    "only a comment": (
        {"ippon.toml": "# nothing\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml [None] ippon.toml is empty -> ippon init writes a suite that runs at once",
        ],
    ),
    "broken TOML": (
        {"ippon.toml": HEAD + "name = \n", **ROWS},
        "SuiteError",
        [
            "ippon.toml:3:8 [None] broken TOML: invalid value -> None",
        ],
    ),
    "TOML cut off": (
        {"ippon.toml": HEAD + 'name = "a', **ROWS},
        "SuiteError",
        [
            "ippon.toml:3:10 [None] broken TOML: unterminated string -> None",
        ],
    ),
    "TOML key twice": (
        {"ippon.toml": HEAD + 'examples = "b.jsonl"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:3:1 [None] the key `examples` is there twice; the first is on line 2 -> None",
        ],
    ),
    "TOML table twice": (
        {"ippon.toml": HEAD + "[fields]\n[fields]\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml:4:8 [None] broken TOML: cannot declare `fields` twice -> None",
        ],
    ),
    "TOML date that is none": (
        {"ippon.toml": HEAD + "name = 2024-13-01\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml:3:12 [None] broken TOML: expected newline or end of document after a statement -> None",
        ],
    ),
    "TOML date": (
        {"ippon.toml": HEAD + EXACT + "where = { category = 2024-01-01 }\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:11 [evaluators[0].where.category] a date or time is no value here -> write it as text, in quotes",
        ],
    ),
    "TOML number too large": (
        {"ippon.toml": HEAD + EXACT + "repeats = 99999999999999999999\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].repeats] a whole number of more than 64 bits -> write it as text, in quotes",
        ],
    ),
    "TOML infinity": (
        {"ippon.toml": HEAD + EXACT + "weight = inf\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].weight] NaN and infinity are no numbers here -> None",
        ],
    ),
    "TOML NaN": (
        {"ippon.toml": HEAD + EXACT + "weight = nan\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].weight] NaN and infinity are no numbers here -> None",
        ],
    ),
    "TOML deep list": (
        {"ippon.toml": HEAD + "name = " + "[" * 60 + "]" * 60 + "\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml:3:1 [name] more than 50 levels -> None",
        ],
    ),
    "TOML very deep list": (
        {"ippon.toml": HEAD + "name = " + "[" * 5000 + "\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml:3:71 [None] more than 50 levels -> None",
        ],
    ),
    "TOML deep key": (
        {"ippon.toml": HEAD + "a" + ".a" * 60 + " = 1\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml:3:121 [None] more than 50 levels -> None",
        ],
    ),
    "latin-1": (
        {
            "ippon.toml": b'ippon = 1\nexamples = "a.jsonl"\nname = "caf\xe9"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:3:12 [None] byte 0xe9 is not UTF-8; the file looks like Latin-1 -> save it as UTF-8",
        ],
    ),
    "windows-1252": (
        {"ippon.toml": b'ippon = 1\nexamples = "a.jsonl"\nname = "\x93a\x94"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:3:9 [None] byte 0x93 is not UTF-8; the file looks like Windows-1252 -> save it as UTF-8",
        ],
    ),
    "utf-16": (
        {
            "ippon.toml": b'\xff\xfei\x00p\x00p\x00o\x00n\x00 \x00=\x00 \x001\x00\n\x00e\x00x\x00a\x00m\x00p\x00l\x00e\x00s\x00 \x00=\x00 \x00"\x00a\x00.\x00j\x00s\x00o\x00n\x00l\x00"\x00\n\x00[\x00[\x00e\x00v\x00a\x00l\x00u\x00a\x00t\x00o\x00r\x00s\x00]\x00]\x00\n\x00n\x00a\x00m\x00e\x00 \x00=\x00 \x00"\x00a\x00"\x00\n\x00k\x00i\x00n\x00d\x00 \x00=\x00 \x00"\x00e\x00x\x00a\x00c\x00t\x00"\x00\n\x00',
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:1:1 [None] this is UTF-16, not UTF-8 -> save it as UTF-8",
        ],
    ),
    "utf-16 without mark": (
        {
            "ippon.toml": b'i\x00p\x00p\x00o\x00n\x00 \x00=\x00 \x001\x00\n\x00e\x00x\x00a\x00m\x00p\x00l\x00e\x00s\x00 \x00=\x00 \x00"\x00a\x00.\x00j\x00s\x00o\x00n\x00l\x00"\x00\n\x00[\x00[\x00e\x00v\x00a\x00l\x00u\x00a\x00t\x00o\x00r\x00s\x00]\x00]\x00\n\x00n\x00a\x00m\x00e\x00 \x00=\x00 \x00"\x00a\x00"\x00\n\x00k\x00i\x00n\x00d\x00 \x00=\x00 \x00"\x00e\x00x\x00a\x00c\x00t\x00"\x00\n\x00',
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:1:1 [None] this is UTF-16, not UTF-8 -> save it as UTF-8",
        ],
    ),
    "utf-32": (
        {
            "ippon.toml": b'\xff\xfe\x00\x00i\x00\x00\x00p\x00\x00\x00p\x00\x00\x00o\x00\x00\x00n\x00\x00\x00 \x00\x00\x00=\x00\x00\x00 \x00\x00\x001\x00\x00\x00\n\x00\x00\x00e\x00\x00\x00x\x00\x00\x00a\x00\x00\x00m\x00\x00\x00p\x00\x00\x00l\x00\x00\x00e\x00\x00\x00s\x00\x00\x00 \x00\x00\x00=\x00\x00\x00 \x00\x00\x00"\x00\x00\x00a\x00\x00\x00.\x00\x00\x00j\x00\x00\x00s\x00\x00\x00o\x00\x00\x00n\x00\x00\x00l\x00\x00\x00"\x00\x00\x00\n\x00\x00\x00[\x00\x00\x00[\x00\x00\x00e\x00\x00\x00v\x00\x00\x00a\x00\x00\x00l\x00\x00\x00u\x00\x00\x00a\x00\x00\x00t\x00\x00\x00o\x00\x00\x00r\x00\x00\x00s\x00\x00\x00]\x00\x00\x00]\x00\x00\x00\n\x00\x00\x00n\x00\x00\x00a\x00\x00\x00m\x00\x00\x00e\x00\x00\x00 \x00\x00\x00=\x00\x00\x00 \x00\x00\x00"\x00\x00\x00a\x00\x00\x00"\x00\x00\x00\n\x00\x00\x00k\x00\x00\x00i\x00\x00\x00n\x00\x00\x00d\x00\x00\x00 \x00\x00\x00=\x00\x00\x00 \x00\x00\x00"\x00\x00\x00e\x00\x00\x00x\x00\x00\x00a\x00\x00\x00c\x00\x00\x00t\x00\x00\x00"\x00\x00\x00\n\x00\x00\x00',
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:1:1 [None] this is UTF-32, not UTF-8 -> save it as UTF-8",
        ],
    ),
    "NUL byte": (
        {"ippon.toml": HEAD + 'name = "a\x00b"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:3:10 [None] a NUL byte: this is no text -> None",
        ],
    ),
    "NUL escape": (
        {"ippon.toml": HEAD + ('name = "a\\u0000b"\n[[evaluators]]\nname = "a"\nkind = "exact"\n'), **ROWS},
        "SuiteError",
        [
            "ippon.toml:3:1 [name] a NUL character is no part of a text -> None",
        ],
    ),
    "too large": (
        {"ippon.toml": "#" * 5_000_001, **ROWS},
        "SuiteError",
        [
            "ippon.toml [None] ippon.toml is larger than 5 MB -> put data in files of their own",
        ],
    ),
    "empty YAML": (
        {"ippon.yaml": "", **ROWS},
        "SuiteError",
        [
            "ippon.yaml [None] ippon.yaml is empty -> ippon init writes a suite that runs at once",
        ],
    ),
    "YAML list": (
        {"ippon.yaml": "- 1\n", **ROWS},
        "SuiteError",
        [
            "ippon.yaml:1:1 [None] a suite is a table of keys and values -> None",
        ],
    ),
    "broken YAML": (
        {"ippon.yaml": YAML + "name: [a\n", **ROWS},
        "SuiteError",
        [
            "ippon.yaml:7:1 [None] broken YAML: did not find expected ',' or ']' -> None",
        ],
    ),
    "YAML tab": (
        {"ippon.yaml": "ippon: 1\n\texamples: a.jsonl\n", **ROWS},
        "SuiteError",
        [
            "ippon.yaml:2:1 [None] broken YAML: found a tab character that violates indentation -> None",
        ],
    ),
    "YAML tag": (
        {"ippon.yaml": YAML + "name: !!python/object/apply:os.system [ls]\n", **ROWS},
        "SuiteError",
        [
            "ippon.yaml:6:7 [None] the tag `!!python/object/apply:os.system`: tags are not followed -> leave it out; text in quotes is text",
        ],
    ),
    "YAML own tag": (
        {"ippon.yaml": YAML + "name: !function utils.x\n", **ROWS},
        "SuiteError",
        [
            "ippon.yaml:6:7 [None] the tag `!function`: tags are not followed -> leave it out; text in quotes is text",
        ],
    ),
    "YAML anchor": (
        {"ippon.yaml": YAML + "judge: &j\n  model: openai/x\n", **ROWS},
        "SuiteError",
        [
            "ippon.yaml:6:8 [None] `&j`: anchors have no use here -> leave it out",
        ],
    ),
    "YAML alias": (
        {"ippon.yaml": YAML + "name: *x\n", **ROWS},
        "SuiteError",
        [
            "ippon.yaml:6:7 [None] `*x`: aliases are not followed -> write the value again",
        ],
    ),
    "YAML merge": (
        {"ippon.yaml": YAML + "judge:\n  <<: { model: openai/x }\n", **ROWS},
        "SuiteError",
        [
            "ippon.yaml:7:3 [None] `<<`: tables are not merged -> write the keys again",
        ],
    ),
    "YAML key twice": (
        {"ippon.yaml": YAML + "name: a\nname: b\n", **ROWS},
        "SuiteError",
        [
            "ippon.yaml:7:1 [None] the key `name` is there twice; the first is on line 6 -> None",
        ],
    ),
    "YAML key that is a list": (
        {"ippon.yaml": YAML + "? [a]\n: b\n", **ROWS},
        "SuiteError",
        [
            "ippon.yaml:6:3 [None] a key is a text, not a table or a list -> None",
        ],
    ),
    "YAML two documents": (
        {"ippon.yaml": YAML + "---\nippon: 1\n", **ROWS},
        "SuiteError",
        [
            "ippon.yaml:6:1 [None] a second document; a file holds one -> None",
        ],
    ),
    "YAML NaN": (
        {"ippon.yaml": YAML + "    weight: .nan\n", **ROWS},
        "SuiteError",
        [
            "ippon.yaml:6:13 [None] `.nan` is no number here -> quotes make it text",
        ],
    ),
    "YAML long number": (
        {"ippon.yaml": YAML + "    weight: " + "9" * 50 + "\n", **ROWS},
        "SuiteError",
        [
            "ippon.yaml:6:13 [None] `9999999999999999999999999999999999999999` is no number here -> quotes make it text",
        ],
    ),
    "YAML too deep": (
        {"ippon.yaml": YAML + "name: " + "[" * 60 + "\n", **ROWS},
        "SuiteError",
        [
            "ippon.yaml:6:56 [None] more than 50 levels -> None",
        ],
    ),
    "YAML control character": (
        {"ippon.yaml": YAML + "name: \x01\n", **ROWS},
        "SuiteError",
        [
            "ippon.yaml:6:7 [None] broken YAML: the character '\\x01' is not allowed -> None",
        ],
    ),
    "YAML yes is text": (
        {"ippon.yaml": YAML + "    ignore_case: yes\n", **ROWS},
        "SuiteError",
        [
            "ippon.yaml:6:5 [evaluators[0].ignore_case] `ignore_case` takes true or false, not text -> None",
        ],
    ),
    "YAML unknown keys": (
        {"ippon.yaml": YAML + "    ignorecase: true\nfield: {}\n", **ROWS},
        "SuiteError",
        [
            "ippon.yaml:6:5 [evaluators[0].ignorecase] unknown key `ignorecase` in evaluators (1st) -> did you mean `ignore_case`?",
            "ippon.yaml:7:1 [field] unknown key `field` -> did you mean `fields`?",
        ],
    ),
    "YAML missing key in a list": (
        {"ippon.yaml": YAML + "  - kind: regex\n    name: b\n", **ROWS},
        "SuiteError",
        [
            "ippon.yaml:6:5 [evaluators[1]] `pattern` is missing in evaluators (2nd) -> None",
        ],
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_everything_that_is_wrong_is_said_at_once(name):
    """Place, key, message and hint of each problem, to the letter."""
    files, kind, expected = BAD[name]
    write(files)

    error = refused(next(iter(files)))

    assert expected == lines(error)
    assert kind == type(error).__name__
