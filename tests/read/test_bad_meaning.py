"""Suites whose parts do not fit together: columns, names, models, templates, gates, code."""

from __future__ import annotations

import pytest

from tests.read.written import EXACT, HEAD, JUDGE, PAIRS, ROWS, Files, lines, refused, write

# name -> (files, the suite first; class of the error; problems)
BAD: dict[str, tuple[Files, str, list[str]]] = {
    "bounds that leave nothing unsure": (
        {
            "ippon.toml": HEAD
            + '[[evaluators]]\nname = "c"\nkind = "cascade"\nunsure = [0.8, 0.2]\ncheap = { kind = "exact" }\nsure = { kind = "exact" }\n',
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].unsure] `unsure` goes from 0.8 to 0.2: no score lies between -> unsure = [0.2, 0.8]",
        ],
    ),
    "an expected score that is a long text": (
        {
            "ippon.toml": HEAD + EXACT + '[contrast]\ngood = "good"\npoor = "poor"\nexpected_good = "reference"\n',
            "a.jsonl": '{"good": "a", "poor": "b", "reference": "' + "x" * 99 + '"}\n',
        },
        "SuiteError",
        [
            'a.jsonl:1:1 [examples] the expected score `reference` takes a number from 0 to 1, not "'
            + "x" * 59
            + "... -> None",
        ],
    ),
    "reference that no example has": (
        {"ippon.toml": HEAD + EXACT, "a.jsonl": '{"input": "a", "response": "b"}\n'},
        "SuiteError",
        [
            "ippon.toml:3:3 [evaluators[0]] no example has a column `reference`; evaluator `a` reads it -> columns: input, response",
        ],
    ),
    "judge reads an unknown column": (
        {"ippon.toml": HEAD + JUDGE + 'reads = ["input", "respons", "contxt"]\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:19 [evaluators[0].reads[1]] no example has a column `respons`; evaluator `j` reads it -> did you mean `response`?",
            "ippon.toml:6:30 [evaluators[0].reads[2]] no example has a column `contxt`; evaluator `j` reads it -> columns: input, response, reference, category",
        ],
    ),
    "pairwise against an unknown column": (
        {
            "ippon.toml": HEAD
            + ('[[evaluators]]\nname = "p"\nkind = "pairwise"\nrubric = "x"\nagainst = "referense"\n'),
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:7:1 [evaluators[0].against] no example has a column `referense`; evaluator `p` reads it -> did you mean `reference`?",
        ],
    ),
    "where on an unknown column": (
        {"ippon.toml": HEAD + EXACT + 'where = { categry = "sum" }\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:11 [evaluators[0].where.categry] no example has a column `categry` -> did you mean `category`?",
        ],
    ),
    "where with an unknown value": (
        {"ippon.toml": HEAD + EXACT + 'where = { category = ["sum", "sun"] }\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:30 [evaluators[0].where.category[1]] no example has the category `sun` -> did you mean `sum`?",
        ],
    ),
    "where without a value": (
        {"ippon.toml": HEAD + EXACT + "where = { category = [] }\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:11 [evaluators[0].where.category] `category` lists no value, so no example is meant -> None",
        ],
    ),
    "where that leaves nothing": (
        {
            "ippon.toml": HEAD + EXACT + 'where = { category = "sum", input = "y" }\n',
            "a.jsonl": '{"category": "sum", "input": "x", "reference": "r", "response": "s"}\n'
            '{"category": "dif", "input": "y", "flag": true, "none": null, "response": "t"}\n',
        },
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].where] evaluator `a` is for no example: none meets all of its conditions -> None",
        ],
    ),
    "fields that no example has": (
        {
            "ippon.toml": HEAD
            + ('[fields]\nid = "scenario"\ninput = "inptu"\n[[evaluators]]\nname = "a"\nkind = "exact"\n'),
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:4:1 [fields.id] no example has a column `scenario` -> columns: input, response, reference, category",
            "ippon.toml:5:1 [fields.input] no example has a column `inptu` -> did you mean `input`?",
        ],
    ),
    "recorded column that no example has": (
        {
            "ippon.toml": HEAD
            + ('[target]\nkind = "recorded"\nfield = "respnse"\n[[evaluators]]\nname = "a"\nkind = "exact"\n'),
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:5:1 [target.field] no example has a column `respnse` -> did you mean `response`?",
        ],
    ),
    "default recorded column that no example has": (
        {"ippon.toml": HEAD + ('[target]\nkind = "recorded"\n[[evaluators]]\nname = "a"\nkind = "exact"\n'), **PAIRS},
        "SuiteError",
        [
            "ippon.toml:3:2 [target] no example has a column `response` -> columns: input, good, poor, reference",
        ],
    ),
    "contrast on unknown columns": (
        {
            "ippon.toml": HEAD
            + (
                "[contrast]\n"
                'good = "god"\n'
                'poor = "poor"\n'
                'expected_good = "eg"\n'
                "[[evaluators]]\n"
                'name = "a"\n'
                'kind = "exact"\n'
            ),
            **PAIRS,
        },
        "SuiteError",
        [
            "ippon.toml:4:1 [contrast.good] no example has a column `god` -> did you mean `good`?",
            "ippon.toml:6:1 [contrast.expected_good] no example has a column `eg` -> columns: input, good, poor, reference",
        ],
    ),
    "pairs with holes": (
        {
            "ippon.toml": HEAD
            + (
                "[contrast]\n"
                'good = "good"\n'
                'poor = "poor"\n'
                'expected_good = "e"\n'
                "[[evaluators]]\n"
                'name = "a"\n'
                'kind = "exact"\n'
            ),
            "a.jsonl": '{"good": "a", "poor": "b", "e": 2, "reference": "x"}\n'
            '{"good": null, "poor": "b", "e": "0.5"}\n'
            '{"poor": "b", "e": "high"}\n'
            '{"poor": "c", "e": true}\n'
            '{"poor": "c"}\n',
        },
        "SuiteError",
        [
            "ippon.toml:4:1 [contrast.good] not every example has a `good`: it is missing at a.jsonl:2, a.jsonl:3, a.jsonl:4 and 1 more -> None",
            "ippon.toml:6:1 [contrast.expected_good] not every example has a `e`: it is missing at a.jsonl:5 -> None",
            "a.jsonl:1:1 [examples] the expected score `e` takes a number from 0 to 1, not 2 -> None",
            'a.jsonl:3:1 [examples] the expected score `e` takes a number from 0 to 1, not "high" -> None',
            "a.jsonl:4:1 [examples] the expected score `e` takes a number from 0 to 1, not true -> None",
        ],
    ),
    "nothing to evaluate": (
        {"ippon.toml": HEAD + EXACT, "a.jsonl": '{"input": "a", "reference": "b"}\n'},
        "SuiteError",
        [
            "ippon.toml [None] there are no responses to evaluate: no target, no pairs, and no column `response` -> add a `response` column, or [target], or [contrast] with a good and a poor response",
        ],
    ),
    "two evaluators with one name": (
        {"ippon.toml": HEAD + EXACT + ('[[evaluators]]\nname = "a"\nkind = "exact"\n'), **ROWS},
        "SuiteError",
        [
            "ippon.toml:7:1 [evaluators[1].name] a second evaluator is called `a` -> each needs a name of its own",
        ],
    ),
    "scale and labels": (
        {"ippon.toml": HEAD + JUDGE + ('scale = "0-1"\nlabels = { good = 1, poor = 0 }\n'), **ROWS},
        "SuiteError",
        [
            "ippon.toml:7:1 [evaluators[0].labels] judge `j` has both `scale` and `labels` -> leave one of them out",
        ],
    ),
    "one label": (
        {"ippon.toml": HEAD + JUDGE + "labels = { good = 1 }\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].labels] `labels` needs at least two labels -> labels = { good = 1.0, poor = 0.0 }",
        ],
    ),
    "broken pattern": (
        {"ippon.toml": HEAD + ('[[evaluators]]\nname = "r"\nkind = "regex"\npattern = "(a"\n'), **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].pattern] `pattern` is no regular expression: missing ), unterminated subpattern at position 0 -> None",
        ],
    ),
    "length without bounds": (
        {"ippon.toml": HEAD + ('[[evaluators]]\nname = "l"\nkind = "length"\n'), **ROWS},
        "SuiteError",
        [
            "ippon.toml:3:3 [evaluators[0]] `l` has neither `min` nor `max`, so any length will do -> max = 120",
        ],
    ),
    "length that nothing has": (
        {"ippon.toml": HEAD + ('[[evaluators]]\nname = "l"\nkind = "length"\nmin = 5\nmax = 3\n'), **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].min] `min` is 5 and `max` 3: no length fits -> None",
        ],
    ),
    "contains nothing": (
        {"ippon.toml": HEAD + ('[[evaluators]]\nname = "c"\nkind = "contains"\ntext = ["a", ""]\n'), **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].text] `text` is empty: every response contains that -> None",
        ],
    ),
    "model without a slash": (
        {"ippon.toml": HEAD + JUDGE + ('model = "smollm2"\n[judge]\nmodel = "gpt-5-mini"\n'), **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].model] `smollm2` is no PROVIDER/MODEL -> did you mean `local/smollm2-135m`?",
            "ippon.toml:8:1 [judge.model] `gpt-5-mini` is no PROVIDER/MODEL -> providers: local, openai, anthropic, openrouter, gemini, mistral, groq, together, fireworks, deepseek, ...",
        ],
    ),
    "unknown provider": (
        {"ippon.toml": HEAD + JUDGE + 'model = "opnai/gpt-5"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].model] unknown provider `opnai` -> did you mean `openai`?",
        ],
    ),
    "unknown local model": (
        {"ippon.toml": HEAD + JUDGE + 'model = "local/smollm-135m"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].model] unknown local model `smollm-135m` -> did you mean `smollm2-135m`?",
        ],
    ),
    "limits of an unknown provider": (
        {"ippon.toml": HEAD + EXACT + ('[limits."opnai/gpt-5"]\nmax_in_flight = 3\n'), **ROWS},
        "SuiteError",
        [
            'ippon.toml:6:9 [limits."opnai/gpt-5"] unknown provider `opnai` -> did you mean `openai`?',
        ],
    ),
    "negative price": (
        {"ippon.toml": HEAD + EXACT + ("[judge]\nprice = { input = -0.1, output = 1 }\n"), **ROWS},
        "SuiteError",
        [
            "ippon.toml:7:11 [judge.price.input] `input` is -0.1; it takes a number of 0 or more -> None",
        ],
    ),
    "odd providers": (
        {
            "ippon.toml": HEAD
            + EXACT
            + (
                "[providers.openai]\n"
                'base_url = "https://a.example"\n'
                '[providers."a/b"]\n'
                'base_url = "llm.example.com"\n'
                'api_key_env = "sk-123"\n'
            ),
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:6:12 [providers.openai] `openai` is a built-in provider; its key goes to no other host -> give yours another name",
            'ippon.toml:8:12 [providers."a/b"] `a/b` is no name for a provider: that ends at the first slash -> None',
            'ippon.toml:9:1 [providers."a/b".base_url] `llm.example.com` is no http address -> base_url = "https://llm.example.com/v1"',
            'ippon.toml:10:1 [providers."a/b".api_key_env] `api_key_env` is no name of an environment variable -> api_key_env is the NAME of an environment variable, never the key',
        ],
    ),
    "http target without http": (
        {"ippon.toml": HEAD + EXACT + ('[target]\nkind = "http"\nurl = "localhost:8000"\n'), **ROWS},
        "SuiteError",
        [
            'ippon.toml:8:1 [target.url] `localhost:8000` is no http address -> url = "http://127.0.0.1:8000/reply"',
        ],
    ),
    "template with an unknown name": (
        {
            "ippon.toml": HEAD
            + EXACT
            + (
                "[target]\n"
                'kind = "model"\n'
                'model = "openai/x"\n'
                'prompt = "{{ inptu }}"\n'
                'system = """Be kind\n'
                '{% if x %}"""\n'
            ),
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:9:1 [target.prompt] the template asks for `inptu`, which no example has -> did you mean `input`?",
            "ippon.toml:10:1 [target.system] broken template: unexpected end of input, expected end of block (line 2 of the template) -> None",
        ],
    ),
    "template in a body": (
        {
            "ippon.toml": HEAD
            + EXACT
            + ('[target]\nkind = "http"\nurl = "http://a"\n[target.json]\nmessages = [{ text = "{{ questin }}" }]\n'),
            **ROWS,
        },
        "SuiteError",
        [
            "ippon.toml:10:15 [target.json.messages[0].text] the template asks for `questin`, which no example has -> columns: input, reference, category, response",
        ],
    ),
    "gate on no evaluator": (
        {"ippon.toml": HEAD + EXACT + ('[[gates]]\nevaluator = "b*"\nmin_score = 0.5\n'), **ROWS},
        "SuiteError",
        [
            "ippon.toml:7:1 [gates[0].evaluator] no evaluator is called `b*` -> evaluators: a",
        ],
    ),
    "gate without a threshold": (
        {"ippon.toml": HEAD + EXACT + '[[gates]]\nevaluator = "a"\n', **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:3 [gates[0]] a threshold is missing in [[gates]] (1st) -> min_score = 0.7",
        ],
    ),
    "gate with two thresholds": (
        {"ippon.toml": HEAD + EXACT + ("[[gates]]\nmin_score = 0.5\nmin_separation = 0.3\n"), **ROWS},
        "SuiteError",
        [
            "ippon.toml:8:1 [gates[0].min_separation] `min_score` and `min_separation` in one gate -> one threshold a gate: make it two",
        ],
    ),
    "gate with a lonely margin": (
        {"ippon.toml": HEAD + EXACT + "[[gates]]\nmin_score = 0.5\nmargin = 0.1\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml:8:1 [gates[0].margin] `margin` belongs to `not_worse_than`, which this gate has not -> leave it out",
        ],
    ),
    "min_score on pairs": (
        {
            "ippon.toml": HEAD + EXACT + ('[contrast]\ngood = "good"\npoor = "poor"\n[[gates]]\nmin_score = 0.5\n'),
            **PAIRS,
        },
        "SuiteError",
        [
            "ippon.toml:10:1 [gates[0].min_score] `min_score` looks at the responses of a target, and this suite has none: runs evaluate its pairs -> min_separation = 0.3   or add a [target]",
        ],
    ),
    "min_separation on a target": (
        {
            "ippon.toml": HEAD
            + EXACT
            + (
                "[target]\n"
                'kind = "recorded"\n'
                'field = "good"\n'
                "[contrast]\n"
                'good = "good"\n'
                'poor = "poor"\n'
                "[[gates]]\n"
                "min_separation = 0.5\n"
            ),
            **PAIRS,
        },
        "SuiteError",
        [
            "ippon.toml:13:1 [gates[0].min_separation] `min_separation` compares the pairs of `contrast`, but runs evaluate the `target` -> min_score = 0.7   or leave [target] out",
        ],
    ),
    "min_separation without pairs": (
        {"ippon.toml": HEAD + EXACT + "[[gates]]\nmin_separation = 0.5\n", **ROWS},
        "SuiteError",
        [
            "ippon.toml:7:1 [gates[0].min_separation] `min_separation` compares the pairs of `contrast`, and this suite has none -> add [contrast]",
        ],
    ),
    "two default targets": (
        {"ippon.toml": HEAD + EXACT + ('[target]\nkind = "recorded"\n[targets.default]\nkind = "recorded"\n'), **ROWS},
        "SuiteError",
        [
            "ippon.toml:8:10 [targets.default] `targets.default` stands beside `target`, which is the default one -> give it another name",
        ],
    ),
    "code without trust": (
        {
            "ippon.toml": HEAD
            + (
                "[[evaluators]]\n"
                'name = "p"\n'
                'kind = "python"\n'
                'function = "checks:short"\n'
                "[[evaluators]]\n"
                'name = "c"\n'
                'kind = "command"\n'
                'command = ["./check", "--stdin"]\n'
            ),
            **ROWS,
        },
        "TrustError",
        [
            "ippon.toml:6:1 [evaluators[0].function] `checks:short` is code, and this suite is not trusted -> read the suite and its code, then   ippon trust ippon.toml   or, for one run, --trust",
            "ippon.toml:10:1 [evaluators[1].command] `./check --stdin` is code, and this suite is not trusted -> read the suite and its code, then   ippon trust ippon.toml   or, for one run, --trust",
        ],
    ),
    "function that is none": (
        {"ippon.toml": HEAD + ('[[evaluators]]\nname = "p"\nkind = "python"\nfunction = "checks.short"\n'), **ROWS},
        "SuiteError",
        [
            'ippon.toml:6:1 [evaluators[0].function] `checks.short` names no function -> function = "module:name"',
        ],
    ),
    "command without a program": (
        {"ippon.toml": HEAD + ('[[evaluators]]\nname = "c"\nkind = "command"\ncommand = [" "]\n'), **ROWS},
        "SuiteError",
        [
            'ippon.toml:6:1 [evaluators[0].command] the first word of a command is the program -> command = ["./check", "--stdin"]',
        ],
    ),
    "not built yet": (
        {
            "ippon.toml": HEAD + EXACT + ('[[gates]]\nnot_worse_than = "main"\nmargin = 0.05\n[alerts]\np95_s = 20\n'),
            **ROWS,
        },
        "NotBuiltError",
        [
            "ippon.toml:7:1 [gates[0].not_worse_than] `not_worse_than` is not built yet -> leave it out; the changelog says when it comes",
            "ippon.toml:9:2 [alerts] `alerts` is not built yet -> leave it out; the changelog says when it comes",
        ],
    ),
    "not built yet and a mistake": (
        {"ippon.toml": HEAD + EXACT + ("wieght = 1\n[alerts]\nhit_rate = 2\n"), **ROWS},
        "SuiteError",
        [
            "ippon.toml:6:1 [evaluators[0].wieght] unknown key `wieght` in [[evaluators]] (1st) -> did you mean `weight`?",
            "ippon.toml:7:2 [alerts] `alerts` is not built yet -> leave it out; the changelog says when it comes",
            "ippon.toml:8:1 [alerts.hit_rate] `hit_rate` is 2; it takes a number from 0 to 1 -> None",
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
