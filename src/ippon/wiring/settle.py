"""Given words and the environment to `Options`: every value checked, all problems named at once."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from msgspec import ValidationError, convert

from ippon.errors import NotBuiltError, Problem, UsageError
from ippon.records.flags import FLAGS, Flag, Given
from ippon.records.options import Options, is_address, is_cache, nearest_cache, without_password
from ippon.report.view import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

BUILT_OUTPUTS = (".json", ".jsonl", ".csv")
LATER_OUTPUTS = (".md", ".html", ".xml")
OPPOSITES = {"no_cache": ("refresh", "cache"), "refresh": ("no_cache",), "cache": ("no_cache",)}
SWITCH_WORDS = {"1": True, "true": True, "0": False, "false": False}
Said = str | bool | list[str]
PREFIX = "IPPON_"
OTHER_NAMES = {"IPPON_API_KEY"}  # ours, and no flag's twin
NEAR = 0.85  # how alike a name has to be to be taken for a slip
MOST_DIGITS = 15  # larger whole numbers are slips, and no database column holds them


def settle(given: Given, environ: Mapping[str, str], flags: Sequence[Flag] = FLAGS) -> Options:
    """The options of one command: a flag before its environment twin. UsageError with every problem there is."""
    problems: list[Problem] = []
    values: dict[str, object] = {"suite": given.get("suite")}
    if values["suite"] == "":
        problems.append(Problem(message="the suite's path is empty", hint="ippon run PATH"))
    for flag in flags:
        said = _said(flag, given, environ)
        if said is not None:
            _settle_one(flag, *said, values, problems)
    problems += _contradictions(values)
    problems += _misspelt(environ)
    if problems:
        raise UsageError(*problems)
    options = Options(**values)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - the table's names are the fields
    _refuse_what_is_not_built(options)
    return options


def settled_beside(said: Mapping[str, object], names: Iterable[str], environ: Mapping[str, str]) -> Options:
    """What a Python program said of one run, and for the `names` it left out the environment. UsageError as in `settle`."""
    values, problems = {name: value for name, value in said.items() if value is not None}, list[Problem]()
    given: Given = {name: bool(value) for name, value in values.items()}  # only whether, for what contradicts it
    for flag in FLAGS:
        word = None if flag.name in values or flag.name not in names else _said(flag, given, environ)
        if word is not None:
            _settle_one(flag, *word, values, problems)
    problems += _contradictions(values, "")
    problems += _misspelt(environ)
    if problems:
        raise UsageError(*problems)
    try:
        options = convert(values, Options)
    except ValidationError as error:
        raise UsageError(f"run: {error}") from None
    _refuse_what_is_not_built(options)
    return options


def _said(flag: Flag, given: Given, environ: Mapping[str, str]) -> tuple[str, Said] | None:
    """(who says it, what), None where nobody does. A flag silences the environment's word for the opposite."""
    if flag.name in given:
        return flag.long, given[flag.name]
    word = environ.get(flag.twin)
    if word is None or any(given.get(name) for name in OPPOSITES.get(flag.name, ())):
        return None
    return flag.twin, word.split(",") if flag.many and word else word


def _settle_one(
    flag: Flag,
    who: str,
    said: Said,
    values: dict[str, object],
    problems: list[Problem],
) -> None:
    try:
        if isinstance(said, list):
            values[flag.name] = tuple(_checked_text(flag, _text(each.strip())) for each in said)
        else:
            values[flag.name] = said if isinstance(said, bool) else _value(flag, said)
    except ValueError as error:
        shown = without_password(said) if isinstance(said, str) else ",".join(said) if isinstance(said, list) else ""
        problems.append(Problem(message=f"{who} {shown}".rstrip() + f" {error}", hint=_how(flag, who, shown)))


def _value(flag: Flag, said: str) -> object:
    match flag.kind:
        case "switch":
            if said not in SWITCH_WORDS:
                raise ValueError("is neither 1 nor 0")
            return SWITCH_WORDS[said]
        case "whole":
            return _whole(_text(said), flag.least)
        case "amount":
            return _amount(_text(said))
        case _:
            return _checked_text(flag, _text(said))


def _text(said: str) -> str:
    if not said:
        raise ValueError("is empty")
    if said.startswith("="):  # -t=full, which is -t full or --tier=full
        raise ValueError("begins with `=`")
    return said


def _whole(said: str, least: int) -> int:
    if not (said.isascii() and said.isdigit() and len(said) <= MOST_DIGITS and int(said) >= least):
        raise ValueError(f"is no whole number of {least} or more")
    return int(said)


def _amount(said: str) -> float:
    try:
        amount = float(said) if said.isascii() and not {*said} & {*"_ \t\n\r"} else -1.0
    except ValueError:
        amount = -1.0
    if not (isfinite(amount) and amount >= 0):
        raise ValueError("is no number of 0 or more")
    return amount


def _checked_text(flag: Flag, said: str) -> str:
    if flag.name == "base_url" and not is_address(said):
        raise ValueError("is no http:// or https:// address")
    if flag.name == "cache" and said.startswith(":memory:"):
        raise ValueError("is no cache: --no-cache remembers nothing")
    if flag.name == "cache" and not is_cache(said):
        raise ValueError("is no cache: a path, sqlite:///PATH or redis://HOST/DB")
    if flag.name == "output" and not said.endswith((*BUILT_OUTPUTS, *LATER_OUTPUTS)):
        raise ValueError(f"ends in none of {' '.join((*BUILT_OUTPUTS, *LATER_OUTPUTS))}")
    return said


def _how(flag: Flag, who: str, shown: str) -> str:
    near = nearest_cache(shown) if flag.name == "cache" else ""
    if near:
        return f"export {flag.twin}={quoted(near)}" if who == flag.twin else f"{flag.long} {quoted(near)}"
    if who == flag.twin:
        return f"export {flag.twin}={_sample(flag)}   or unset {flag.twin}"
    word = shown.lstrip("=")
    if word and word != shown:
        return (f"{flag.short} {quoted(word)}   or   " if flag.short else "") + f"{flag.long}={quoted(word)}"
    return f"{flag.short or flag.long} {_sample(flag)}"


def _sample(flag: Flag) -> str:
    return {"switch": "1", "whole": str(max(flag.least, 8)), "amount": "2.5"}.get(flag.kind, flag.word or "VALUE")


def _misspelt(environ: Mapping[str, str]) -> Iterator[Problem]:
    """Names in the environment that are nearly one of ours; any other name is somebody else's."""
    ours = {each.twin for each in FLAGS} | OTHER_NAMES
    unknown = [name for name in environ if name.startswith(PREFIX) and name not in ours]
    if not unknown:
        return
    from difflib import get_close_matches  # noqa: PLC0415 - only a strange name needs it

    for name in unknown:
        near = get_close_matches(name, sorted(ours), n=1, cutoff=NEAR)
        if near:
            yield Problem(
                message=f"{name} is set, and nothing reads it", hint=f"did you mean {near[0]}?   or   unset {name}"
            )


def _contradictions(values: Mapping[str, object], dashes: str = "--") -> Iterator[Problem]:
    if values.get("no_cache"):
        for name in OPPOSITES["no_cache"]:
            if values.get(name):
                no_cache = "--no-cache" if dashes else "no_cache"
                yield Problem(
                    message=f"{no_cache} and {dashes}{name} contradict each other", hint="leave one of them out"
                )


def _refuse_what_is_not_built(options: Options) -> None:
    later: list[str] = []
    if options.baseline is not None:
        later.append("--baseline")
    later += [f"--output {each}" for each in options.output if each.endswith(LATER_OUTPUTS)]
    if later:
        error = NotBuiltError(later[0])
        error.problems = tuple(problem for name in later for problem in NotBuiltError(name).problems)
        raise error
