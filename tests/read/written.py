"""Suites written to the working folder of a test, and what reading them says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ippon.errors import IpponError
from ippon.read.suite import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ippon.records.suite import Suite

HEAD = 'ippon = 1\nexamples = "a.jsonl"\n'
YAML = "ippon: 1\nexamples: a.jsonl\nevaluators:\n  - name: a\n    kind: exact\n"
EXACT = '[[evaluators]]\nname = "a"\nkind = "exact"\n'
JUDGE = '[[evaluators]]\nname = "j"\nrubric = "kind"\n'
ROWS = {"a.jsonl": '{"input": "1 + 1", "response": "2", "reference": "2", "category": "sum"}\n'}
PAIRS = {"a.jsonl": '{"input": "x", "good": "y", "poor": "z", "reference": "y"}\n'}

Files = dict[str, str | bytes]


def write(files: Mapping[str, str | bytes]) -> None:
    """Put files into the working folder."""
    for name, body in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body if isinstance(body, bytes) else body.encode())


def suite(text: str, files: Mapping[str, str | bytes] = ROWS, *, trusted: bool = False) -> Suite:
    """The suite of a TOML text, its files beside it."""
    write({"ippon.toml": text, **files})
    return load("ippon.toml", trusted=trusted, memo=None)


def refused(path: str, *, trusted: bool = False) -> IpponError:
    """The error that reading a suite ends with."""
    try:
        load(path, trusted=trusted, memo=None)
    except IpponError as error:
        return error
    raise AssertionError(f"{path} was read")


def lines(error: IpponError) -> list[str]:
    """Each problem on a line: place, key, message, hint."""
    return [
        f"{each.file}:{each.line}:{each.column} [{each.key}] {each.message} -> {each.hint}".replace(":None", "")
        for each in error.problems
    ]


def problems(files: Mapping[str, str | bytes], *, trusted: bool = False) -> list[str]:
    """What is wrong with a suite of these files; the first is the suite."""
    write(files)
    return lines(refused(next(iter(files)), trusted=trusted))
