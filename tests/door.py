"""The command line as a test uses it: words in, exit code and text out, and a suite to run."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from ippon.cli.main import main

DIMENSIONS = ("empathy", "focus", "tone", "pace", "trust", "depth", "goals")


class Said(NamedTuple):
    """What a command left on the screen."""

    code: int
    out: str
    err: str

    @property
    def object(self) -> dict[str, Any]:
        """The one JSON object of `--json`."""
        return json.loads(self.out)

    @property
    def last(self) -> str:
        """The verdict."""
        return self.out.rstrip().splitlines()[-1]


def ippon(capsys, *words: str) -> Said:
    """Run a command line in this process."""
    capsys.readouterr()
    code = main(list(words))
    captured = capsys.readouterr()
    return Said(code, captured.out, captured.err)


def coaching(
    folder, *, gates: str = "", target: str = '[target]\nkind = "recorded"', n: int = 42, more: str = ""
) -> str:
    """Write a suite like the coaching one, 42 examples by seven judges, and return its path."""
    rows = [
        {
            "id": f"ex-{i:03}",
            "category": DIMENSIONS[i % 7],
            "input": f"question {i}",
            "response": f"answer {i}",
            "good": f"good {i}",
            "poor": f"poor {i}",
            "high": 0.9,
            "low": round(0.1 + i / 100, 2),
        }
        for i in range(n)
    ]
    (folder / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    judges = "".join(f'[[evaluators]]\nname = "{name}"\nrubric = "The reply shows {name}."\n' for name in DIMENSIONS)
    (folder / "ippon.toml").write_text(
        f'ippon = 1\nname = "coach"\nexamples = "examples.jsonl"\n{target}\n[contrast]\ngood = "good"\npoor = "poor"\n'
        f'expected_good = "high"\nexpected_poor = "low"\n[judge]\nmodel = "vllm/scripted"\n{judges}{gates}{more}'
    )
    return str(folder / "ippon.toml")
