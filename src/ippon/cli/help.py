"""What `ippon --help` teaches, as text: nothing is imported to show it."""

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
          cache [stats | why EXAMPLE EVALUATOR | clear]
          schema NAME              JSON Schema of suite, run, plan, error, ...
shell     completion bash|zsh|fish

SUITE is a path; without it the nearest ippon.toml or ippon.yaml, here or above.
Every flag has a twin in the environment: -t full is IPPON_TIER=full.
exit: 0 pass  1 gate failed  2 usage  3 inconclusive, incomplete  4 spend, key  130 interrupted

ippon VERB --help shows the flags of a verb.
"""
VERBS = ("init", "run", "try", "plan", "runs", "cache", "schema", "trust", "doctor", "completion")
LATER_VERBS = ("compare", "audit", "sweep", "power", "bench", "report", "serve")
