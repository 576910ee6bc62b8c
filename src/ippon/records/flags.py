"""Every flag of `ippon run`, declared once: scanner, click commands, environment and help are made of this table."""

from __future__ import annotations

from typing import Literal

from ippon.records.bundle import Bundle

Kind = Literal["switch", "text", "whole", "amount"]
# What the words of a command line or the environment say, before anyone looks at the values.
Given = dict[str, "str | bool | list[str]"]


class Flag(Bundle, frozen=True):
    """One flag. `name` is its field of `Options`; `least` bounds a number from below; `verbs` share it with `run`."""

    name: str
    help: str
    kind: Kind = "text"
    short: str | None = None
    word: str | None = None
    least: int = 0
    many: bool = False
    verbs: str = ""
    group: str = "what is run"

    @property
    def long(self) -> str:
        """As it is typed."""
        return "--" + self.name.replace("_", "-")

    @property
    def twin(self) -> str:
        """The environment variable that says the same."""
        return "IPPON_" + self.name.upper()


LIMITS = "limits"
MEMORY = "cache and history"
SHOWN = "what is shown"
LATER = "not built yet"  # known, so that its misuse is named; no help shows it
FLAGS: tuple[Flag, ...] = (
    Flag(
        "tier", "how much is run: quick, medium, full, or one of the suite's own", short="-t", word="TIER", verbs="plan"
    ),
    Flag("target", "the system under test, a name of [targets]", word="NAME", verbs="plan try"),
    Flag("judge", "the model of all judges: PROVIDER/MODEL", word="MODEL", verbs="plan try cache doctor"),
    Flag(
        "base_url",
        "another address for the judge's provider (its key: IPPON_API_KEY)",
        word="URL",
        verbs="plan try cache doctor",
    ),
    Flag("evaluator", "only evaluators with such a name", short="-e", word="GLOB", many=True, verbs="plan show"),
    Flag("example", "only examples with such an id", word="GLOB", many=True, verbs="plan show"),
    Flag(
        "where",
        "only examples whose column holds that value, such as category=empathy",
        word="COLUMN=VALUE",
        many=True,
        verbs="plan",
    ),
    Flag("seed", "what is drawn, and in which order", "whole", word="N", verbs="plan"),
    Flag("repeats", "how often each evaluation is asked", "whole", word="N", least=1, verbs="plan"),
    Flag("trust", "let this suite run its own code, this time", "switch", verbs="plan try cache doctor"),
    Flag(
        "max_in_flight",
        "calls at once, 16 without it",
        "whole",
        short="-j",
        word="N",
        least=1,
        verbs="plan",
        group=LIMITS,
    ),
    Flag(
        "max_s",
        "stop after so many seconds, with what is certain by then",
        "amount",
        word="SECONDS",
        verbs="plan",
        group=LIMITS,
    ),
    Flag("max_calls", "send so many calls at most", "whole", word="N", verbs="plan", group=LIMITS),
    Flag("max_usd", "spend so many US dollars at most", "amount", word="DOLLARS", verbs="plan try", group=LIMITS),
    Flag(
        "hedge", "make slow calls twice, for 5% more calls at most; off where gates are tested", "switch", group=LIMITS
    ),
    Flag(
        "cache",
        "another cache: a path, sqlite:///PATH, redis://HOST/DB",
        word="PATH|URL",
        verbs="plan try cache upkeep doctor",
        group=MEMORY,
    ),
    Flag("no_cache", "neither read nor write the cache", "switch", verbs="plan try", group=MEMORY),
    Flag("refresh", "ask everything again, write the cache", "switch", verbs="plan try", group=MEMORY),
    Flag("retry_failed", "ask again what failed and is remembered as failed", "switch", verbs="plan", group=MEMORY),
    Flag("resume", 'go on with a run: its id, or "latest"', word="RUN", group=MEMORY),
    Flag("baseline", "compare with a recorded run", word="RUN", group=LATER),
    Flag("store", "another history: a path", word="PATH", verbs="plan try show runs cache doctor", group=MEMORY),
    Flag("output", "write the result there too: .json .jsonl .csv", short="-o", word="FILE", many=True, group=SHOWN),
    Flag(
        "json",
        "one JSON object on standard output, nothing else",
        "switch",
        verbs="plan try show runs cache upkeep doctor trust",
        group=SHOWN,
    ),
    Flag("quiet", "the verdict line only", "switch", short="-q", group=SHOWN),
    Flag("verbose", "every evaluation, nothing folded", "switch", short="-v", verbs="plan try show", group=SHOWN),
    Flag("debug", "the trace of an error", "switch", verbs="plan try show runs cache upkeep doctor trust", group=SHOWN),
    Flag("no_color", "no colour", "switch", verbs="plan try show runs cache upkeep doctor trust", group=SHOWN),
)
BY_WORD: dict[str, Flag] = {flag.long: flag for flag in FLAGS} | {flag.short: flag for flag in FLAGS if flag.short}


def flags_of(verb: str) -> tuple[Flag, ...]:
    """The flags that a verb takes."""
    return FLAGS if verb == "run" else tuple(flag for flag in FLAGS if verb in flag.verbs.split())
