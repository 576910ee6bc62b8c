"""The mistakes of users, as one tree. The world's failures are values (`records.call.Failed`), never exceptions.

IpponError                  anything a user can mend; exit code 2
    UsageError              a flag, an environment variable, an argument
    SuiteError              the suite file, or a file it names
    TrustError              code that is not trusted yet
    MissingExtraError       an optional part that is not installed
    StoreError              a cache or history that cannot be used
    NotBuiltError           a name of the contract that this version does not do yet
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """One thing to mend: what, where, and what to type next.

    `line` and `column` count from 1; `key` is the path in the file, such as `gates[1].min_score`, or, without a file,
    the option that is wrong, such as `tier`.
    """

    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    key: str | None = None
    hint: str | None = None


class IpponError(Exception):
    """Something a user can mend. `problems` holds all that was found, the first one first."""

    exit_code = 2

    def __init__(self, *problems: Problem | str, hint: str | None = None, key: str | None = None) -> None:
        found = [Problem(message=each, hint=hint, key=key) if isinstance(each, str) else each for each in problems]
        self.problems: tuple[Problem, ...] = tuple(found)
        super().__init__("; ".join(problem.message for problem in found))


class UsageError(IpponError):
    """A flag, an environment variable or an argument that cannot be followed."""


class SuiteError(IpponError):
    """A suite file, or a file it names, that cannot be read as one."""


class TrustError(IpponError):
    """Code named by a suite that its user has not trusted."""


class MissingExtraError(IpponError):
    """An optional part that is not installed; the hint is the command that installs it."""


class StoreError(IpponError):
    """A cache or a history that cannot be opened, read or written."""


class NotBuiltError(IpponError):
    """A name of the contract, well written, that this version refuses to pretend to know."""

    def __init__(self, name: str, *, problem: Problem | None = None, more: Sequence[Problem] = ()) -> None:
        hint = "leave it out; the changelog says when it comes"
        first = problem or Problem(message=f"{name} is not built yet", hint=hint)
        super().__init__(first, *more)
