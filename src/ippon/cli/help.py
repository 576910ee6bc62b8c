"""What `ippon --help` teaches, as text: nothing is imported to show it where it fits."""

from __future__ import annotations

HELP = """\
ippon: tests for LLM software; the same verdict from far fewer evaluations

  ippon init                       write a suite that runs at once
  ippon run                        quick tier: one telling example per evaluator
  ippon run -t full                everything, gates tested; sends only what is missing
  ippon run -e tone --where category=refund -j 32 --json

start     init                     find keys, local servers, the local model; --from data.csv
          doctor                   what is missing on this machine
          trust [SUITE]            let a suite run its own Python and commands
test      run [SUITE]              evaluate, decide, remember
          plan [SUITE]             what would run: calls, seconds, money
          try EXAMPLE EVALUATOR    one evaluation: prompt, raw answer, how it was read
look      runs [ls | show RUN]     earlier runs
          cache [stats | why EXAMPLE EVALUATOR | verify | prune | export FILE | import FILE | clear]
          schema NAME              JSON Schema of suite, run, plan, error, ...
shell     completion bash|zsh|fish

SUITE is a path; without it the nearest ippon.toml or ippon.yaml, here or above.
Every flag has a twin in the environment: -t full is IPPON_TIER=full.
exit: 0 pass  1 gate failed  2 usage  3 inconclusive, incomplete  4 spend, key  130 interrupted

ippon VERB --help shows the flags of a verb.
"""
VERBS = ("init", "run", "try", "plan", "runs", "cache", "schema", "trust", "doctor", "completion")
LATER_VERBS = ("compare", "audit", "sweep", "power", "bench", "report", "serve")
SAID_AT = 35  # the column where what a verb does begins
LEAST_SAID = 25  # columns that it needs beside the verb
BELOW = " " * 12


def page(width: int) -> str:
    """The help in so many columns: what is too long for its line goes on below."""
    if all(len(line) <= width for line in HELP.splitlines()):
        return HELP
    return "".join(f"{part}\n" for line in HELP.splitlines() for part in _fitted(line, width))


def _fitted(line: str, width: int) -> list[str]:
    from ippon.report.view import wrapped  # noqa: PLC0415 - only on a narrow screen

    is_entry = line[SAID_AT - 2 : SAID_AT] == "  " and line[SAID_AT : SAID_AT + 1] not in {"", " "}
    if not is_entry and line.startswith("  ippon "):
        return [line]  # a command is never broken
    if not is_entry or len(line) <= width:
        return wrapped(line, width, indent=BELOW if line.startswith(" ") else "  ")
    if width >= SAID_AT + LEAST_SAID:
        return wrapped(line, width, indent=" " * SAID_AT)
    return [line[:SAID_AT].rstrip(), *wrapped(BELOW + line[SAID_AT:], width, indent=BELOW)]
