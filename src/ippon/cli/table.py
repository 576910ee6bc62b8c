"""Every verb of the command line, declared once: what it does, what may be said after it."""

from __future__ import annotations

from ippon.cli.verb import Verb

TABLE: dict[str, Verb] = {
    "init": Verb(
        module="init",
        does="init",
        help="Write a suite that runs at once: ippon.toml and its examples.",
        arguments=(),
        flags="trust",
        own=(
            ("--from", "FILE", "make it from your data: .csv .jsonl .json .yaml .parquet"),
            ("--model", "MODEL", "the judge: PROVIDER/MODEL"),
        ),
    ),
    "run": Verb(
        module="run", does="run_verb", help="Evaluate what a tier takes of the suite, decide, remember.", flags="run"
    ),
    "plan": Verb(
        module="plan", does="plan", help="What a run would do: calls, seconds, money, why each miss.", flags="plan"
    ),
    "try": Verb(
        module="attempt",
        does="attempt",
        help="One evaluation: the exact prompt, the raw answer, how it was read.",
        arguments=("EXAMPLE", "EVALUATOR", "[SUITE]"),
        flags="try",
    ),
    "runs ls": Verb(module="runs", does="runs_ls", help="Earlier runs, the newest first.", flags="runs"),
    "runs show": Verb(
        module="runs",
        does="runs_show",
        help='One run with its results; "latest" is the last.',
        arguments=("RUN", "[SUITE]"),
        flags="show",
    ),
    "cache stats": Verb(
        module="cache", does="cache_stats", help="How much the cache holds and how often it knew.", flags="cache"
    ),
    "cache why": Verb(
        module="cache",
        does="cache_why",
        help="Whether an evaluation is known, and what changed if it is not.",
        arguments=("EXAMPLE", "EVALUATOR", "[SUITE]"),
        flags="cache",
    ),
    "cache verify": Verb(
        module="cache",
        does="cache_verify",
        help="Check every entry of the cache against its digest; 1 if any is damaged.",
        arguments=(),
        flags="upkeep",
    ),
    "cache prune": Verb(
        module="cache",
        does="cache_prune",
        help="Forget the entries that all of these hold for.",
        arguments=(),
        flags="upkeep",
        own=(
            ("--older-than", "30d", "made longer ago: 30m 12h 7d 2w"),
            ("--evaluator", "NAME", "scores of this evaluator"),
            ("--model", "PROVIDER/MODEL", "answers and scores of this model"),
            ("--failed", "", "what is remembered as failed"),
            ("--dry-run", "", "say how many, and forget nothing"),
        ),
    ),
    "cache export": Verb(
        module="exchange",
        does="cache_export",
        help="Write what the cache knows to a file, an entry a line; - is standard output.",
        arguments=("FILE",),
        flags="upkeep",
    ),
    "cache import": Verb(
        module="exchange",
        does="cache_import",
        help="Read an export into the cache, each line checked; - is standard input.",
        arguments=("FILE",),
        flags="upkeep",
    ),
    "cache clear": Verb(
        module="cache", does="cache_clear", help="Forget everything that the cache knows.", arguments=(), flags="cache"
    ),
    "schema": Verb(
        module="small",
        does="schema",
        help="JSON Schema of what ippon reads and writes: suite, run, plan, error, ...",
        arguments=("[NAME]",),
        flags="none",
    ),
    "trust": Verb(
        module="small",
        does="trust",
        help="Let a suite run its own Python and commands, until they change.",
        flags="trust",
    ),
    "doctor": Verb(module="small", does="doctor", help="What a run depends on, and what is missing.", flags="doctor"),
    "completion": Verb(
        module="completion",
        does="completion",
        help="Print the completion script of a shell.",
        arguments=("SHELL",),
        flags="none",
    ),
}
