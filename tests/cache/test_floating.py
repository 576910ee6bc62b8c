"""Models whose names float: told once by a run that asks them, and asked again after a week, whoever asks."""

from __future__ import annotations

import pytest

from bench.endpoint import serving
from bench.script import Script
from tests.cache.kept import make_older
from tests.door import ippon

DAY = 86_400.0
ROW = '[[examples]]\nid = "a"\ninput = "q"\nresponse = "x"\nreference = "x"\n'
JUDGE = '[[evaluators]]\nname = "e"\nrubric = "It is kind."\nmodel = "MODEL"\n'
CASCADE = (
    '[[evaluators]]\nname = "e"\nkind = "cascade"\ncheap = { kind = "judge", rubric = "It is kind.", model = "MODEL" }\n'
    'sure = { kind = "judge", rubric = "It is kind.", model = "ours/large" }\n'
)
TARGET = '[target]\nkind = "model"\nmodel = "MODEL"\n[[evaluators]]\nname = "e"\nkind = "length"\nmin = 1\n'
SAID = (
    "ours/bot:latest is a name that may come to mean another model: answers are kept 7 days; "
    "name one with a date, or say [cache] ttl"
)


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Writes a suite of one example and runs it: how many calls it took, and what it said of names."""
    monkeypatch.chdir(tmp_path)
    with serving(Script()) as endpoint:
        ours = f'[providers.ours]\nbase_url = "{endpoint.base_url}"\n'

        def ran(parts, model, *, more="", words=()):
            (tmp_path / "ippon.toml").write_text(f"ippon = 1\n{more}{ours}{parts.replace('MODEL', model)}{ROW}")
            before = endpoint.stats().requests
            found = ippon(capsys, "run", "--json", *words).object
            assert 0 == found["exit_code"], found
            return endpoint.stats().requests - before, [each for each in found["warnings"] if "another model" in each]

        yield ran


@pytest.mark.parametrize("parts", [JUDGE, TARGET, CASCADE], ids=["judge", "target", "cascade"])
@pytest.mark.parametrize(("model", "said"), [("ours/bot:latest", [SAID]), ("ours/bot", [])])
def test_what_a_floating_name_gave_is_asked_again_after_a_week(run, parts, model, said):
    """A judge's score, a cascade's, a target's response; of any other name never."""
    first, told = run(parts, model)
    assert (True, said) == (first >= 1, told)
    make_older(6 * DAY)
    assert (0, []) == run(parts, model)
    make_older(2 * DAY)

    assert bool(said) == (run(parts, model)[0] >= 1)


def test_all_names_are_told_at_once(run):
    """Nothing where the suite says how long, or nothing is kept."""
    two = TARGET + JUDGE.replace('"e"', '"f"').replace("MODEL", "ours/a:latest")
    assert run(two, "ours/b:latest")[1][0].startswith("ours/a:latest, ours/b:latest are names that may")
    assert (1, []) == run(JUDGE, "ours/c:latest", more='cache = { ttl = "30d" }\n')
    assert (1, []) == run(JUDGE, "ours/d:latest", words=["--no-cache"])
