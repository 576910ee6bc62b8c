"""Files that a suite names, and data: missing, outside, broken, empty."""

from __future__ import annotations

import pytest

from tests.read.written import EXACT, HEAD, JUDGE, ROWS, Files, lines, refused, write

# name -> (files, the suite first; class of the error; problems)
BAD: dict[str, tuple[Files, str, list[str]]] = {
    "a file among the examples twice": (
        {"ippon.toml": 'ippon = 1\nexamples = ["a.jsonl", "./*.jsonl"]\n' + EXACT, **ROWS},
        "SuiteError",
        ["ippon.toml:2:24 [examples[1]] a.jsonl is among the examples twice -> None"],
    ),
    "a text of many megabytes": (
        {
            "ippon.toml": HEAD + '[[evaluators]]\nname = "j"\nrubric = { file = "r.md" }\n',
            **ROWS,
            "r.md": "x" * 6_000_000,
        },
        "SuiteError",
        ["r.md [evaluators[0].rubric.file] r.md is larger than 5 MB -> put data in files of their own"],
    ),
    "missing examples file": (
        {"ippon.toml": 'ippon = 1\nexamples = "a.json"\n[[evaluators]]\nname = "a"\nkind = "exact"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:2:1 [examples] no file a.json -> did you mean `a.jsonl`?",
        ],
    ),
    "missing text file": (
        {
            "ippon.toml": HEAD + ('[[evaluators]]\nname = "j"\nrubric = { file = "rubrics/kind.md" }\n'),
            **ROWS,
            "rubrics/kynd.md": "x",
        },
        "SuiteError",
        [
            "ippon.toml:5:12 [evaluators[0].rubric.file] no file rubrics/kind.md -> did you mean `rubrics/kynd.md`?",
        ],
    ),
    "file outside the folder": (
        {"ippon.toml": 'ippon = 1\nexamples = "../a.jsonl"\n[[evaluators]]\nname = "a"\nkind = "exact"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:2:1 [examples] ../a.jsonl is outside the suite's folder, and this suite is not trusted -> move it beside the suite, or read the suite, then   ippon trust ippon.toml",
        ],
    ),
    "absolute file": (
        {"ippon.toml": 'ippon = 1\nexamples = "/etc/passwd"\n[[evaluators]]\nname = "a"\nkind = "exact"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:2:1 [examples] /etc/passwd is outside the suite's folder, and this suite is not trusted -> move it beside the suite, or read the suite, then   ippon trust ippon.toml",
        ],
    ),
    "folder as a file": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            **ROWS,
            "d/x.jsonl": "{}",
        },
        "SuiteError",
        [
            "ippon.toml:2:1 [examples] d is no file -> None",
        ],
    ),
    "no file at all": (
        {"ippon.toml": 'ippon = 1\nexamples = ""\n[[evaluators]]\nname = "a"\nkind = "exact"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:2:1 [examples] an empty path names no file -> None",
        ],
    ),
    "glob without a match": (
        {"ippon.toml": 'ippon = 1\nexamples = "data/*.jsonl"\n[[evaluators]]\nname = "a"\nkind = "exact"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:2:1 [examples] no file matches data/*.jsonl -> None",
        ],
    ),
    "unknown kind of file": (
        {
            "ippon.toml": "ippon = 1\n"
            'examples = ["a.jsonl", "b.txt", "c.jsonlx", "d"]\n'
            "[[evaluators]]\n"
            'name = "a"\n'
            'kind = "exact"\n',
            **ROWS,
            "b.txt": "x",
            "c.jsonlx": "",
            "d": "",
        },
        "SuiteError",
        [
            "ippon.toml:2:24 [examples[1]] `.txt` is no kind of data file: b.txt -> known: jsonl, ndjson, json, csv, yaml, yml, parquet",
            "ippon.toml:2:33 [examples[2]] `.jsonlx` is no kind of data file: c.jsonlx -> did you mean `jsonl`?",
            "ippon.toml:2:45 [examples[3]] a data file has an ending that says its kind: d -> known: jsonl, ndjson, json, csv, yaml, yml, parquet",
        ],
    ),
    "text in latin-1": (
        {
            "ippon.toml": HEAD + ('[[evaluators]]\nname = "j"\nrubric = { file = "r.md" }\n'),
            **ROWS,
            "r.md": b"good\ncaf\xe9",
        },
        "SuiteError",
        [
            "r.md:2:4 [evaluators[0].rubric.file] byte 0xe9 is not UTF-8; the file looks like Latin-1 -> save it as UTF-8",
        ],
    ),
    "shots with two mistakes": (
        {
            "ippon.toml": HEAD + JUDGE + 'shots = "s.jsonl"\n',
            **ROWS,
            "s.jsonl": '{"input": "a", "response": "b", "label": "bad"}\n'
            '{"input": "a", "label": 1}\n'
            '{"input": "a", "response": "c"}\n',
        },
        "SuiteError",
        [
            "s.jsonl:1:1 [evaluators[0].shots] few-shot row 1 of `j` has the label `bad`, which this judge cannot give -> labels: good, poor",
            "s.jsonl:2:1 [evaluators[0].shots] few-shot row 2 of `j` has no `response`, which the judge reads -> None",
            "s.jsonl:2:1 [evaluators[0].shots] few-shot row 2 of `j` has a number for a label, not text -> labels: good, poor",
            "s.jsonl:3:1 [evaluators[0].shots] few-shot row 3 of `j` has no `label` -> None",
        ],
    ),
    "shots in place": (
        {
            "ippon.toml": HEAD
            + JUDGE
            + (
                'scale = "1-5"\n'
                'shots = [{ input = "a", response = "b", label = 6 }, { input = "a", response = "b", label = "2" }, { input = "a", response = "b", label = true }]\n'
            ),
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:7:10 [evaluators[0].shots[0]] few-shot row 1 of `j` has the label 6; scale `1-5` takes a number from 1 to 5 -> None",
            "ippon.toml:7:100 [evaluators[0].shots[2]] few-shot row 3 of `j` has the label true; scale `1-5` takes a number from 1 to 5 -> None",
        ],
    ),
    "shots of a missing file": (
        {"ippon.toml": HEAD + JUDGE + 'shots = "s.jsonl"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].shots] no file s.jsonl -> did you mean `a.jsonl`?",
        ],
    ),
    "shots of an empty file": (
        {"ippon.toml": HEAD + JUDGE + 'shots = "s.jsonl"\n', **ROWS, "s.jsonl": "\n"},
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].shots] s.jsonl holds no rows -> None",
        ],
    ),
    "shots of own labels": (
        {
            "ippon.toml": HEAD
            + JUDGE
            + ('labels = { fine = 1, bad = 0 }\nshots = [{ input = "a", response = "b", label = "fin" }]\n'),
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:7:10 [evaluators[0].shots[0]] few-shot row 1 of `j` has the label `fin`, which this judge cannot give -> did you mean `fine`?",
        ],
    ),
    "schema that is no object": (
        {
            "ippon.toml": HEAD + ('[[evaluators]]\nname = "s"\nkind = "json_schema"\nschema = { file = "s.json" }\n'),
            **ROWS,
            "s.json": "[1]",
        },
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].schema] a JSON schema is a JSON object, not a list -> None",
        ],
    ),
    "schema that is no JSON": (
        {
            "ippon.toml": HEAD
            + (
                "[[evaluators]]\n"
                'name = "s"\n'
                'kind = "json_schema"\n'
                'schema = "s.json"\n'
                "[[evaluators]]\n"
                'name = "t"\n'
                'kind = "json_schema"\n'
                'schema = { file = "t.json" }\n'
            ),
            **ROWS,
            "t.json": "{\n  'a': 1}",
        },
        "SuiteError",
        [
            'ippon.toml:6:1 [evaluators[0].schema] `schema` is broken JSON: invalid character -> schema = { file = "..." } names a file',
            "t.json:2:3 [evaluators[1].schema] broken JSON: object keys must be strings -> None",
        ],
    ),
    "schema of a missing file": (
        {
            "ippon.toml": HEAD + ('[[evaluators]]\nname = "s"\nkind = "json_schema"\nschema = { file = "s.json" }\n'),
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:6:12 [evaluators[0].schema.file] no file s.json -> did you mean `a.jsonl`?",
        ],
    ),
    "JSONL with broken lines": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.jsonl"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.jsonl": '{"input": 1}\n\n{"input": \n[1]\n{"input": NaN}\n{"input": "\\ud83d x"}\n{"a": 1} x\n',
        },
        "SuiteError",
        [
            "d.jsonl:3:10 [examples] broken JSON: input data was truncated -> None",
            "d.jsonl:4:1 [examples] a row is a JSON object, not a list -> None",
            "d.jsonl:5:11 [examples] broken JSON: NaN is no number here -> None",
            "d.jsonl:6:12 [examples] broken JSON: half of a surrogate pair is no text -> None",
            "d.jsonl:7:11 [examples] broken JSON: trailing characters -> None",
        ],
    ),
    "JSONL with an odd number": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.jsonl"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.jsonl": '{"reference": "x", "response": 123456789012345678901234567890}\n',
        },
        "SuiteError",
        [
            "d.jsonl:1:1 [examples] column `response`: a whole number of more than 64 bits -> write it as text, in quotes",
        ],
    ),
    "JSONL too deep": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.jsonl"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.jsonl": '{"a": '
            + "[" * 3000
            + ('\n{"reference": "x", "response": "b", "a": ')
            + "[" * 60
            + "]" * 60
            + "}\n",
        },
        "SuiteError",
        [
            "d.jsonl:1:1 [examples] broken JSON: too many levels -> None",
            "d.jsonl:2:1 [examples] column `a`: more than 50 levels -> None",
        ],
    ),
    "JSONL with a NUL byte": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.jsonl"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.jsonl": '{"reference": "a\x00"}\n',
        },
        "SuiteError",
        [
            "d.jsonl:1:17 [examples] a NUL byte: this is no text -> None",
        ],
    ),
    "JSONL in latin-1": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.jsonl"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.jsonl": b'{"reference": "a"}\n{"reference": "caf\xe9"}\n',
        },
        "SuiteError",
        [
            "d.jsonl:2:19 [examples] byte 0xe9 is not UTF-8; the file looks like Latin-1 -> save it as UTF-8",
        ],
    ),
    "empty JSONL": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.jsonl"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.jsonl": "\n \n",
        },
        "SuiteError",
        [
            "ippon.toml:2:1 [examples] d.jsonl holds no rows -> None",
        ],
    ),
    "JSON that is no list": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.json"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.json": '{"a": 1}',
        },
        "SuiteError",
        [
            "d.json:1:1 [examples] rows are a JSON list of objects, not a table -> None",
        ],
    ),
    "broken JSON": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.json"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.json": '[\n{"a": 1},\n{"a" 2}\n]',
        },
        "SuiteError",
        [
            "d.json:3:6 [examples] broken JSON: expected ':' -> None",
        ],
    ),
    "JSON with odd rows": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.json"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.json": '[\n{"reference": "a", "response": "b"},\n  3, "x",\n null]',
        },
        "SuiteError",
        [
            "d.json:3:1 [examples] a row is a JSON object, not a number -> None",
            "d.json:3:1 [examples] a row is a JSON object, not text -> None",
            "d.json:4:1 [examples] a row is a JSON object, not nothing -> None",
        ],
    ),
    "CSV with ragged rows": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.csv"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.csv": "reference,response\na,b\n\nc\nd,e,f\n",
        },
        "SuiteError",
        [
            "d.csv:4:1 [examples] this row has 1 field, the header 2 -> None",
            "d.csv:5:1 [examples] this row has 3 fields, the header 2 -> None",
        ],
    ),
    "CSV with an open quote": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.csv"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.csv": 'reference,response\na,"b\n',
        },
        "SuiteError",
        [
            "d.csv:2:1 [examples] broken CSV: unexpected end of data -> None",
        ],
    ),
    "CSV with equal columns": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.csv"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.csv": "a,b,a,\n1,2,3,4\n",
        },
        "SuiteError",
        [
            "d.csv:1:1 [examples] columns 1 and 3 are both called `a` -> None",
            "d.csv:1:1 [examples] column 4 has no name -> None",
        ],
    ),
    "CSV with semicolons": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.csv"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.csv": "reference;response\na;b\n",
        },
        "SuiteError",
        [
            "d.csv:1:1 [examples] the columns are separated by semicolons, not commas -> save it with commas",
        ],
    ),
    "CSV with tabs": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.csv"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.csv": "reference\tresponse\na\tb\n",
        },
        "SuiteError",
        [
            "d.csv:1:1 [examples] the columns are separated by tabs, not commas -> save it with commas",
        ],
    ),
    "CSV in latin-1": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.csv"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.csv": b"reference,response\ncaf\xe9,b\n",
        },
        "SuiteError",
        [
            "d.csv:2:4 [examples] byte 0xe9 is not UTF-8; the file looks like Latin-1 -> save it as UTF-8",
        ],
    ),
    "empty CSV": (
        {"ippon.toml": 'ippon = 1\nexamples = "d.csv"\n[[evaluators]]\nname = "a"\nkind = "exact"\n', "d.csv": ""},
        "SuiteError",
        [
            "ippon.toml:2:1 [examples] d.csv holds no rows -> None",
        ],
    ),
    "CSV of a header only": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.csv"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.csv": "reference,response\n",
        },
        "SuiteError",
        [
            "ippon.toml:2:1 [examples] d.csv holds no rows -> None",
        ],
    ),
    "YAML rows that are a table": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.yaml"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.yaml": "a: 1\n",
        },
        "SuiteError",
        [
            "d.yaml:1:1 [examples] rows are a list of tables, not a table -> None",
        ],
    ),
    "YAML rows with an odd one": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.yaml"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.yaml": "- reference: a\n  response: b\n- 3\n",
        },
        "SuiteError",
        [
            "d.yaml:3:1 [examples] a row is a table, not a number -> None",
        ],
    ),
    "YAML rows with an alias": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.yaml"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.yaml": "- &a { reference: a }\n- *a\n",
        },
        "SuiteError",
        [
            "d.yaml:1:3 [examples] `&a`: anchors have no use here -> leave it out",
        ],
    ),
    "empty YAML rows": (
        {"ippon.toml": 'ippon = 1\nexamples = "d.yaml"\n[[evaluators]]\nname = "a"\nkind = "exact"\n', "d.yaml": ""},
        "SuiteError",
        [
            "ippon.toml:2:1 [examples] d.yaml holds no rows -> None",
        ],
    ),
    "broken Parquet": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.parquet"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.parquet": b"PAR1 no",
        },
        "SuiteError",
        [
            "d.parquet [examples] broken Parquet: Parquet file size is 7 bytes, smaller than the minimum file footer (8 bytes) -> None",
        ],
    ),
    "ids there twice": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.jsonl"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.jsonl": '{"id": "a", "reference": "x", "response": "y"}\n'
            '{"id": "b", "reference": "x", "response": "y"}\n'
            '{"id": "a", "reference": "x", "response": "y"}\n',
        },
        "SuiteError",
        [
            "d.jsonl:3:1 [examples] a second example has the id `a`; the first is d.jsonl:1 -> None",
        ],
    ),
    "odd ids": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.jsonl"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.jsonl": '{"id": "a", "reference": "x", "response": "y"}\n'
            '{"reference": "x", "response": "y"}\n'
            '{"id": "", "reference": "x", "response": "y"}\n'
            '{"id": ["a"], "reference": "x", "response": "y"}\n',
        },
        "SuiteError",
        [
            "d.jsonl:2:1 [examples] this example has no `id`, the others have -> None",
            "d.jsonl:3:1 [examples] this example has no `id`, the others have -> None",
            "d.jsonl:4:1 [examples] `id` takes text, not a list -> None",
        ],
    ),
    "odd category": (
        {
            "ippon.toml": 'ippon = 1\nexamples = "d.jsonl"\n[[evaluators]]\nname = "a"\nkind = "exact"\n',
            "d.jsonl": '{"category": ["a"], "cluster": {}, "reference": "x", "response": "y"}\n',
        },
        "SuiteError",
        [
            "d.jsonl:1:1 [examples] `category` takes text, not a list -> None",
            "d.jsonl:1:1 [examples] `cluster` takes text, not a table -> None",
        ],
    ),
    "no examples in place": (
        {"ippon.toml": 'ippon = 1\nexamples = []\n[[evaluators]]\nname = "a"\nkind = "exact"\n'},
        "SuiteError",
        [
            "ippon.toml:2:1 [examples] there are no examples, so there is nothing to evaluate -> None",
        ],
    ),
    "examples in place with one id": (
        {
            "ippon.toml": "ippon = 1\n"
            "[[evaluators]]\n"
            'name = "a"\n'
            'kind = "exact"\n'
            "[[examples]]\n"
            'id = "a"\n'
            'reference = "x"\n'
            'response = "y"\n'
            "[[examples]]\n"
            'id = "a"\n'
            'reference = "x"\n'
            'response = "y"\n'
        },
        "SuiteError",
        [
            "ippon.toml:9:3 [examples[1]] a second example has the id `a`; the first is row 1 of `examples` -> None",
        ],
    ),
    "example as a number": (
        {"ippon.toml": 'ippon = 1\nexamples = [3]\n[[evaluators]]\nname = "a"\nkind = "exact"\n'},
        "SuiteError",
        [
            "ippon.toml:2:13 [examples[0]] `examples[0]` takes text or a table, not a number -> None",
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
