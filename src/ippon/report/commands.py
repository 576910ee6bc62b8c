"""Commands to type next: about the same suite, system, models and files as the one that ends, and whole on one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from ippon.records.options import without_password
from ippon.report.escape import columns
from ippon.report.view import GAP, quoted, wrapped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ippon.report.view import View

LABEL = 9  # columns before the first command: `next     `
DEFAULT_TIER = "quick"
# What a command that follows a run does not repeat: what was done for good, and what it says in its own words.
DONE = ("tier", "refresh", "retry_failed", "resume")
REMEMBERED = ("tier", "target", "seed", "repeats", "evaluator", "example", "where")  # by the history, for `--resume`
OWN_CHOICE = ("evaluator", "example", "max_usd", "refresh")  # of `try` and `runs show`, which name what they show


class Step(NamedTuple):
    """A command, what is to be known of it, and whether it comes after the one before rather than in its place."""

    command: str
    note: str = ""
    then: bool = False


def command(verb: str, view: View, *words: str, without: Collection[str] = ()) -> str:
    """A command to type: `ippon`, a verb, words of its own, then suite and flags as given, as far as the verb takes them."""
    options = view.options
    suite = [] if options.suite is None else [quoted(options.suite)]
    names = [name for name in view.taken.get(verb.rpartition(" ")[2], ()) if name not in without]
    return " ".join(["ippon", verb, *words, *suite, *(word for each in names for word in _flag(each, view))])


def run_command(view: View, tier: str, *words: str, without: Collection[str] = DONE) -> str:
    """`ippon run`, the tier left out where it is the default and nobody named it."""
    named = [] if tier == DEFAULT_TIER and view.options.tier is None else ["-t", quoted(tier)]
    return " ".join([command("run", view, *words, without={*without, "tier"}), *named])


def _flag(name: str, view: View) -> Iterator[str]:
    """A flag as it is typed; nothing where it was not given."""
    value: object = getattr(view.options, name)
    if name == "cache" and isinstance(value, str):
        value = without_password(value)
    flag = f"--{name.replace('_', '-')}"
    if value is None or value is False:
        return
    if value is True:
        yield flag
        return
    several = cast("Sequence[object]", value) if isinstance(value, list | tuple) else (value,)
    for each in several:
        yield from (flag, quoted(_number(each) if isinstance(each, float) else str(each)))


def _number(value: float) -> str:
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def next_lines(steps: Sequence[Step], view: View) -> list[str]:
    """The `next` block: side by side what fits, else under each other; no command is ever broken."""
    lines: list[str] = []
    open_line = False  # whether the last line ends in a whole step, so that another may stand beside it
    for step in steps:
        joined = f"{GAP}then   " if step.then else GAP
        if open_line and columns(lines[-1]) + len(joined) + columns(_beside(step)) <= view.width:
            lines[-1] += joined + _beside(step)
            continue
        added = _own_lines("then" if step.then else "" if lines else "next", step, view)
        lines += added
        open_line = len(added) == 1
    return lines


def _beside(step: Step) -> str:
    return f"{step.command}{GAP}{step.note}" if step.note else step.command


def _own_lines(label: str, step: Step, view: View) -> list[str]:
    line = f"{label:<{LABEL}}{_beside(step)}"
    if not step.note or columns(line) <= view.width:
        return [line]
    indent = " " * LABEL
    return [f"{label:<{LABEL}}{step.command}", *wrapped(indent + step.note, view.width, indent=indent)]


def labelled(label: str, typed: str, view: View) -> list[str]:
    """`label: command`, the command below where both do not fit, and whole in any case."""
    line = f"{label}: {typed}"
    start = label[: len(label) - len(label.lstrip(" "))]
    return [line] if columns(line) <= view.width else [f"{label}:", f"{start}  {typed}"]
