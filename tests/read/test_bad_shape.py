"""Suite files with unknown keys, wrong types and values out of bounds: what is said of each."""

from __future__ import annotations

import pytest

from tests.read.written import EXACT, HEAD, JUDGE, ROWS, Files, lines, refused, write

# name -> (files, the suite first; class of the error; problems)
BAD: dict[str, tuple[Files, str, list[str]]] = {
    "values of several sorts": (
        {
            "ippon.toml": HEAD
            + EXACT
            + 'where = { category = {} }\n[target]\nkind = "model"\nmodel = "openai/x"\nsystem = 3\n',
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:6:11 [evaluators[0].where.category] `category` takes text or a number or true or false or a list, not a table -> None",
            "ippon.toml:10:1 [target.system] `system` takes text, not a number -> None",
        ],
    ),
    "missing format": (
        {"ippon.toml": 'examples = "a.jsonl"\n[[evaluators]]\nname = "a"\nkind = "exact"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml [None] `ippon` is missing: it says which format this is -> ippon = 1",
        ],
    ),
    "other format": (
        {"ippon.toml": 'ippon = 2\nexamples = "a.jsonl"\n[[evaluators]]\nname = "a"\nkind = "exact"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:1:1 [ippon] format 2 is not one that this version reads -> ippon = 1",
        ],
    ),
    "format as text": (
        {"ippon.toml": 'ippon = "1"\nexamples = "a.jsonl"\n[[evaluators]]\nname = "a"\nkind = "exact"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:1:1 [ippon] `ippon` takes a whole number, not text -> write it without the quotes",
        ],
    ),
    "missing examples": (
        {"ippon.toml": 'ippon = 1\n[[evaluators]]\nname = "a"\nkind = "exact"\n', **ROWS},
        "SuiteError",
        [
            'ippon.toml [None] `examples` is missing -> examples = "examples.jsonl"',
        ],
    ),
    "missing evaluators": (
        {"ippon.toml": HEAD, **ROWS},
        "SuiteError",
        [
            "ippon.toml [None] the suite has no evaluators, so there is nothing to decide -> add one, under [[evaluators]]",
        ],
    ),
    "no evaluators": (
        {"ippon.toml": HEAD + "evaluators = []\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml:3:1 [evaluators] the suite has no evaluators, so there is nothing to decide -> add one, under [[evaluators]]",
        ],
    ),
    "unknown key at the top": (
        {"ippon.toml": HEAD + ('evaluator = "x"\n[[evaluators]]\nname = "a"\nkind = "exact"\n'), **ROWS},
        "SuiteError",
        [
            "ippon.toml:3:1 [evaluator] unknown key `evaluator` -> did you mean `evaluators`?",
        ],
    ),
    "unknown key in a table": (
        {"ippon.toml": HEAD + ('[fields]\ncategroy = "x"\n[[evaluators]]\nname = "a"\nkind = "exact"\n'), **ROWS},
        "SuiteError",
        [
            "ippon.toml:4:1 [fields.categroy] unknown key `categroy` in [fields] -> did you mean `category`?",
        ],
    ),
    "unknown key nowhere near": (
        {"ippon.toml": HEAD + EXACT + "zzz = 1\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].zzz] unknown key `zzz` in [[evaluators]] (1st) -> known: kind, name, version, weight, repeats, where, ignore_case, strip",
        ],
    ),
    "unknown key in the second gate": (
        {
            "ippon.toml": HEAD + EXACT + ('[[gates]]\nmin_score = 0.5\n[[gates]]\nevaluator = "a"\nmin_scor = 0.80\n'),
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:10:1 [gates[1].min_scor] unknown key `min_scor` in [[gates]] (2nd) -> did you mean `min_score`?",
        ],
    ),
    "wrong types": (
        {
            "ippon.toml": HEAD
            + (
                "name = 3\n"
                "[[evaluators]]\n"
                'name = "a"\n'
                'kind = "exact"\n'
                'weight = "2"\n'
                "strip = 1\n"
                "repeats = 1.5\n"
                "where = []\n"
            ),
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:3:1 [name] `name` takes text, not a number -> None",
            "ippon.toml:7:1 [evaluators[0].weight] `weight` takes a number above 0, not text -> write it without the quotes",
            "ippon.toml:8:1 [evaluators[0].strip] `strip` takes true or false, not a number -> None",
            "ippon.toml:9:1 [evaluators[0].repeats] `repeats` takes a whole number of 1 or more, not a number -> None",
            "ippon.toml:10:1 [evaluators[0].where] `where` takes a table, not a list -> None",
        ],
    ),
    "numbers out of bounds": (
        {
            "ippon.toml": HEAD
            + EXACT
            + (
                "weight = 0\n"
                "repeats = 0\n"
                "[[gates]]\n"
                "min_score = 70\n"
                "[[gates]]\n"
                "min_score = 0.5\n"
                "alpha = 1\n"
                "[[gates]]\n"
                "min_separation = -2\n"
                "[tiers.quick]\n"
                "per_evaluator = 0\n"
                "max_usd = -1\n"
            ),
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].weight] `weight` is 0; it takes a number above 0 -> None",
            "ippon.toml:7:1 [evaluators[0].repeats] `repeats` is 0; it takes a whole number of 1 or more -> None",
            "ippon.toml:9:1 [gates[0].min_score] `min_score` is 70; it takes a number from 0 to 1 -> None",
            "ippon.toml:12:1 [gates[1].alpha] `alpha` is 1; it takes a number between 0 and 1 -> None",
            "ippon.toml:14:1 [gates[2].min_separation] `min_separation` is -2; it takes a number from -1 to 1 -> None",
            "ippon.toml:16:1 [tiers.quick.per_evaluator] `per_evaluator` is 0; it takes a whole number of 1 or more -> None",
            "ippon.toml:17:1 [tiers.quick.max_usd] `max_usd` is -1; it takes a number of 0 or more -> None",
        ],
    ),
    "evaluators as a table": (
        {"ippon.toml": HEAD + '[evaluators.a]\nkind = "exact"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:3:2 [evaluators] `evaluators` takes a list, not a table -> None",
        ],
    ),
    "evaluator as text": (
        {"ippon.toml": HEAD + 'evaluators = ["exact"]\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:3:15 [evaluators[0]] `evaluators[0]` takes a table, not text -> None",
        ],
    ),
    "unknown kind": (
        {"ippon.toml": HEAD + '[[evaluators]]\nname = "a"\nkind = "regx"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:5:1 [evaluators[0].kind] unknown evaluator kind `regx` -> did you mean `regex`?",
        ],
    ),
    "kind as a number": (
        {"ippon.toml": HEAD + '[[evaluators]]\nname = "a"\nkind = 3\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:5:1 [evaluators[0].kind] `kind` takes text, not a number -> None",
        ],
    ),
    "unknown scale": (
        {"ippon.toml": HEAD + JUDGE + 'scale = "yes-no"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].scale] unknown scale `yes-no` -> did you mean `yes/no`?",
        ],
    ),
    "unknown target kind": (
        {"ippon.toml": HEAD + EXACT + '[target]\nkind = "htp"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:7:1 [target.kind] unknown target kind `htp` -> did you mean `http`?",
        ],
    ),
    "missing target kind": (
        {"ippon.toml": HEAD + EXACT + '[target]\nfield = "response"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:2 [target] `kind` is missing in [target] -> known: recorded, model, http, command, python",
        ],
    ),
    "missing rubric": (
        {"ippon.toml": HEAD + '[[evaluators]]\nname = "j"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:3:3 [evaluators[0]] `rubric` is missing in [[evaluators]] (1st) -> None",
        ],
    ),
    "empty name": (
        {"ippon.toml": HEAD + '[[evaluators]]\nname = ""\nkind = "exact"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:4:1 [evaluators[0].name] `name` is empty -> None",
        ],
    ),
    "long name": (
        {"ippon.toml": HEAD + '[[evaluators]]\nname = "' + "n" * 201 + '"\nkind = "exact"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:4:1 [evaluators[0].name] `name` is longer than 200 characters -> None",
        ],
    ),
    "broken ttl": (
        {"ippon.toml": HEAD + EXACT + '[cache]\nttl = "30 days"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:7:1 [cache.ttl] `ttl` is `30 days`; it takes 30m, 12h, 7d, 2w or never -> None",
        ],
    ),
    "text as a list": (
        {"ippon.toml": HEAD + ('[[evaluators]]\nname = "j"\nrubric = ["a"]\n'), **ROWS},
        "SuiteError",
        [
            "ippon.toml:5:1 [evaluators[0].rubric] `rubric` takes text, not a list -> None",
        ],
    ),
    "text with a wrong file": (
        {"ippon.toml": HEAD + ('[[evaluators]]\nname = "j"\nrubric = { path = "a.md" }\n'), **ROWS},
        "SuiteError",
        [
            'ippon.toml:5:1 [evaluators[0].rubric] `rubric` takes text, or { file = "..." } -> None',
            "ippon.toml:5:12 [evaluators[0].rubric.path] unknown key `path` in `rubric` of [[evaluators]] (1st) -> known: file",
        ],
    ),
    "labels out of bounds": (
        {"ippon.toml": HEAD + JUDGE + "labels = { good = 1, bad = -1 }\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:22 [evaluators[0].labels.bad] `bad` is -1; it takes a number from 0 to 1 -> None",
        ],
    ),
    "unsure of one": (
        {
            "ippon.toml": HEAD
            + (
                "[[evaluators]]\n"
                'name = "c"\n'
                'kind = "cascade"\n'
                'cheap = { kind = "exact" }\n'
                'sure = { rubric = "x" }\n'
                "unsure = [0.5]\n"
            ),
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:8:1 [evaluators[0].unsure] `unsure` takes a list of 2 numbers, not a list -> None",
        ],
    ),
    "unsure of texts": (
        {
            "ippon.toml": HEAD
            + (
                "[[evaluators]]\n"
                'name = "c"\n'
                'kind = "cascade"\n'
                'cheap = { kind = "exact" }\n'
                'sure = { rubric = "x" }\n'
                'unsure = ["a", 2]\n'
            ),
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:8:11 [evaluators[0].unsure[0]] `unsure[0]` takes a number from 0 to 1, not text -> None",
            "ippon.toml:8:16 [evaluators[0].unsure[1]] `unsure[1]` is 2; it takes a number from 0 to 1 -> None",
        ],
    ),
    "parts of a cascade": (
        {
            "ippon.toml": HEAD
            + (
                "[[evaluators]]\n"
                'name = "c"\n'
                'kind = "cascade"\n'
                "unsure = [0.8, 0.2]\n"
                "[evaluators.cheap]\n"
                'kind = "cascade"\n'
                "[evaluators.sure]\n"
                'rubrik = "x"\n'
                "weight = 2\n"
            ),
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:8:1 [evaluators[0].cheap.kind] a cascade cannot hold another cascade -> None",
            "ippon.toml:10:1 [evaluators[0].sure.rubrik] unknown key `rubrik` in `sure` of [[evaluators]] (1st) -> did you mean `rubric`?",
            "ippon.toml:11:1 [evaluators[0].sure.weight] `weight` belongs to the whole cascade, not to a part of it -> put it beside `sure`",
        ],
    ),
    "cascade with odd parts": (
        {
            "ippon.toml": HEAD
            + ('[[evaluators]]\nname = "c"\nkind = "cascade"\ncheap = 3\nsure = { kind = "regex", pattern = "(" }\n'),
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].cheap] `cheap` takes a table, not a number -> None",
        ],
    ),
    "tier with an unknown key": (
        {"ippon.toml": HEAD + EXACT + "[tiers.quick]\nper_evaluators = 1\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml:7:1 [tiers.quick.per_evaluators] unknown key `per_evaluators` in [tiers.quick] -> did you mean `per_evaluator`?",
        ],
    ),
    "tier with two ways": (
        {"ippon.toml": HEAD + EXACT + ("[tiers.pr]\nper_evaluator = 1\nexamples = 3\n"), **ROWS},
        "SuiteError",
        [
            "ippon.toml:8:1 [tiers.pr.examples] tier `pr` says how far in 2 ways: per_evaluator, examples -> keep one of them",
        ],
    ),
    "unknown on_inconclusive": (
        {"ippon.toml": HEAD + EXACT + ('[tiers.pr]\nexamples = 3\non_inconclusive = "promot"\n'), **ROWS},
        "SuiteError",
        [
            "ippon.toml:8:1 [tiers.pr.on_inconclusive] unknown on_inconclusive `promot` -> did you mean `promote`?",
        ],
    ),
    "empty command": (
        {"ippon.toml": HEAD + ('[[evaluators]]\nname = "c"\nkind = "command"\ncommand = []\n'), **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].command] `command` is empty -> None",
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


def test_a_key_that_is_misspelt_is_not_missing_as_well():
    """One slip, one problem, and it says what was meant."""
    write({"ippon.toml": HEAD + '[[evaluators]]\nname = "a"\nrubrik = "kind"\n', **ROWS})

    assert [
        "ippon.toml:5:1 [evaluators[0].rubrik] unknown key `rubrik` in [[evaluators]] (1st) -> did you mean `rubric`?"
    ] == lines(refused("ippon.toml"))
