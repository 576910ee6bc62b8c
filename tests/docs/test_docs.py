"""What the documentation shows is what happens."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from ippon.read.suite import load
from tests.door import ippon

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
WRITE = bool(os.environ.get("IPPON_WRITE_DOCS"))
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_blocks_run(page):
    """Each page's blocks, in order, in one namespace."""
    document = Sybil(parsers=[PythonCodeBlockParser()]).parse(page)
    for example in document.examples():
        example.evaluate()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """Every relative link names a file."""
    missing = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]

    assert [] == missing


def test_the_suite_of_the_readme_is_one(tmp_path):
    """Its TOML and its data are read as they stand."""
    text = (ROOT / "README.md").read_text()
    (tmp_path / "ippon.toml").write_text(re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1])
    (tmp_path / "examples.jsonl").write_text(re.search(r"```json\n(.*?)```", text, re.DOTALL)[1])
    suite = load(str(tmp_path / "ippon.toml"), trusted=False, memo=None)

    assert (["polite", "short"], 2) == ([each.name for each in suite.evaluators], len(suite.examples))


VERBS = (
    "run",
    "init",
    "try",
    "plan",
    "runs ls",
    "runs show",
    "cache stats",
    "cache why",
    "cache verify",
    "cache prune",
    "cache export",
    "cache import",
    "cache clear",
    "schema",
    "trust",
    "doctor",
    "completion",
)


def help_page(capsys, monkeypatch) -> str:
    """docs/reference/cli.md as it should be today."""
    monkeypatch.setenv("COLUMNS", "100")
    blocks = [("ippon --help", ippon(capsys, "--help").out)]
    blocks += [(f"ippon {verb} --help", ippon(capsys, *verb.split(), "--help").out) for verb in VERBS]
    text = (
        "# Command line\n\nWhat `--help` prints, checked by a test (`IPPON_WRITE_DOCS=1 make docs` writes it anew).\n"
    )
    return text + "".join(f"\n## {name}\n\n```\n{said.rstrip()}\n```\n" for name, said in blocks)


def test_the_command_line_page_is_todays(capsys, monkeypatch):
    """Every flag and verb as `--help` prints it."""
    page = ROOT / "docs" / "reference" / "cli.md"
    today = help_page(capsys, monkeypatch)
    if WRITE:
        page.write_text(today)

    assert today == page.read_text()
