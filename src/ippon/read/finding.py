"""What is wrong with a suite, before it is known where in its file that stands."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from ippon.errors import IpponError, MissingExtraError, NotBuiltError, Problem, SuiteError, TrustError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

# Where a value stands in its file: keys of tables and positions in lists, from the outside in.
Path = tuple[str | int, ...]
# Line and column, both counted from 1.
Place = tuple[int, int]
Errors = type[SuiteError | TrustError | MissingExtraError | NotBuiltError]

_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_TEENS = range(11, 14)
_COMPARED = 1000  # names that a wrong one is compared with
_LISTED = 10  # names that a hint lists
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


class Finding(NamedTuple):
    """One thing to mend. Without a `file` it stands in the suite, at `path`; with one, in that file of the suite's."""

    message: str
    path: Path = ()
    hint: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None
    error: Errors = SuiteError


class Document(NamedTuple):
    """A suite file as it was parsed: its name as the user knows it, its value, and how to find a place in it.

    `headers`: tables are called by their TOML header. `places` is asked for only when something is wrong.
    """

    file: str
    value: dict[str, object]
    places: Callable[[], Mapping[Path, Place]]
    headers: bool


def key_text(path: Path) -> str:
    """How a user writes a path: `gates[1].min_score`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if part and _BARE.issuperset(part) else f'"{part}"')
    return text


def within(path: Path, *, headers: bool) -> str:
    """Where a table stands, in words after a key's name: ` in [[gates]] (2nd)`, or nothing at the top of the file."""
    last = max((index for index, part in enumerate(path) if isinstance(part, int)), default=-1)
    outer, inner = path[: last + 1], key_text(path[last + 1 :])
    if outer:
        table, number = key_text(outer[:-1]), _ordinal(int(outer[-1]) + 1)
        item = f"[[{table}]] ({number})" if headers else f"{table} ({number})"
        return f" in `{inner}` of {item}" if inner else f" in {item}"
    return "" if not inner else f" in [{inner}]" if headers else f" in {inner}"


def _ordinal(number: int) -> str:
    return f"{number}{'th' if number % 100 in _TEENS else _ENDINGS.get(number % 10, 'th')}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that a user probably meant."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    near = get_close_matches(word, [str(each) for each in islice(known, _COMPARED)], n=1, cutoff=0.6)
    return near[0] if near else None


def meant(word: str, known: Iterable[str], *, what: str = "known") -> str | None:
    """The hint beside an unknown name: the nearest one, or all of a few."""
    names = list(dict.fromkeys(str(each) for each in known))
    near = nearest(word, names)
    if near is not None:
        return f"did you mean `{near}`?"
    more = ", ..." if len(names) > _LISTED else ""
    return f"{what}: {', '.join(names[:_LISTED])}{more}" if names else None


def refusal(findings: Sequence[Finding], document: Document) -> IpponError:
    """The error that says all of it. Its class is that of the findings if they agree, else SuiteError."""
    places: Mapping[Path, Place] = document.places() if any(each.file is None for each in findings) else {}
    problems = sorted(
        (_problem(each, document.file, places) for each in findings),
        key=lambda each: (each.file != document.file, each.file or "", each.line or 0, each.column or 0),
    )
    kinds = {each.error for each in findings}
    if kinds == {NotBuiltError}:
        return NotBuiltError(problems[0].key or "", problem=problems[0], more=problems[1:])
    return (kinds.pop() if len(kinds) == 1 else SuiteError)(*problems)  # type: ignore[arg-type]


def _problem(finding: Finding, file: str, places: Mapping[Path, Place]) -> Problem:
    named, line, column = finding.file, finding.line, finding.column
    if named is None:
        named = file
        line, column = _place(finding.path, places)
    elif line is not None and column is None:
        column = 1
    key = key_text(finding.path) or None
    return Problem(message=finding.message, file=named, line=line, column=column, key=key, hint=finding.hint)


def _place(path: Path, places: Mapping[Path, Place]) -> tuple[int | None, int | None]:
    """Where a path stands, or the nearest thing around it that does."""
    around = (path[:length] for length in range(len(path), 0, -1))
    return next((places[each] for each in around if each in places), (None, None))
