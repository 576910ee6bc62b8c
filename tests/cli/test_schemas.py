"""What a verb prints with `--json` is what `ippon schema` says of it."""

from __future__ import annotations

import json

import jsonschema
import pytest

from bench.endpoint import serving
from bench.script import Script
from ippon.cli.table import TABLE
from ippon.records.flags import flags_of
from tests.door import coaching, ippon

WITHOUT_JSON = {"schema", "completion"}
# Each verb that prints an object: the schema that it names, and how it is called.
VERBS = {
    "run": ("run", []),
    "plan": ("plan", []),
    "try": ("try", ["ex-003", "pace"]),
    "runs ls": ("runs", []),
    "runs show": ("run", ["latest"]),
    "cache stats": ("cache_stats", []),
    "cache why": ("cache_why", ["ex-003", "pace"]),
    "doctor": ("doctor", []),
    "trust": ("trust", []),
    "init": ("init", []),
    "cache verify": ("cache_verify", ["--cache", "own.sqlite"]),
    "cache prune": ("cache_prune", ["--failed", "--cache", "own.sqlite"]),
    "cache export": ("cache_export", ["own.jsonl", "--cache", "own.sqlite"]),
    "cache import": ("cache_import", ["own.jsonl", "--cache", "own.sqlite"]),
    "cache clear": ("cache_clear", ["--cache", "own.sqlite"]),
}


@pytest.fixture(scope="module")
def endpoint():
    """A model that answers."""
    with serving(Script()) as served:
        yield served


def schema(capsys, name):
    """The published one."""
    return jsonschema.Draft202012Validator(ippon(capsys, "schema", name).object)


def test_every_verb_is_looked_at():
    """But those that have no `--json`."""
    assert {*TABLE} - WITHOUT_JSON == {*VERBS}
    for verb in WITHOUT_JSON:
        assert "json" not in [flag.name for flag in flags_of(TABLE[verb].flags)]


@pytest.mark.parametrize("verb", VERBS)
def test_what_a_verb_prints_is_as_its_schema_says(tmp_path, capsys, monkeypatch, endpoint, verb):
    """After a run, so that there is something to print."""
    monkeypatch.setenv("IPPON_BASE_URL", endpoint.base_url)
    path = coaching(tmp_path)
    monkeypatch.chdir(tmp_path)
    ippon(capsys, "run", path, "--cache", "own.sqlite")
    ippon(capsys, "cache", "export", "own.jsonl", "--cache", "own.sqlite")
    if verb == "init":
        (tmp_path / "new").mkdir()
        monkeypatch.chdir(tmp_path / "new")
    name, words = VERBS[verb]
    said = ippon(capsys, *verb.split(), *words, "--json")

    assert (f"ippon.{name}/1", said.err) == (said.object["schema"], "" if verb != "run" else said.err)
    assert [] == [each.message for each in schema(capsys, name).iter_errors(said.object)]


@pytest.mark.parametrize("verb", VERBS)
def test_what_a_verb_refuses_is_an_error_object(tmp_path, capsys, verb):
    """A suite that is not there, a flag that is none: exit 2, and nothing but the object."""
    for words in (["--odd"], [str(tmp_path / "gone.toml")]):
        if "gone" in words[0] and verb == "doctor":  # it goes on, and says so in its own object
            continue
        said = ippon(capsys, *verb.split(), *words, "--json")

        assert (2, 2, "") == (said.code, said.object["exit_code"], said.err)
        assert [] == [each.message for each in schema(capsys, "error").iter_errors(said.object)]


def test_every_published_schema_is_one(capsys):
    """Each name that the list of them has; the strict ones allow nothing else."""
    listed = ippon(capsys, "schema", "nothing").err.partition("there are:")[2]
    for name in [each.strip() for each in listed.replace("\n", " ").split(",")]:
        found = ippon(capsys, "schema", name).object
        jsonschema.Draft202012Validator.check_schema(found)
        assert "suite" == name or json.dumps(f"ippon.{name}/1") in json.dumps(found)
