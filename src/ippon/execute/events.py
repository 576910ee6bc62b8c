"""What the scheduler is told, and what it asks for in return."""

from __future__ import annotations

import msgspec

from ippon.records.call import Allowances, Failure
from ippon.records.lane import Shared


class Asked(msgspec.Struct, frozen=True):
    """Somebody wants an answer on a lane; it may take so many tokens."""

    ticket: int
    lane: str
    tokens: float = 0.0


class Arrived(msgspec.Struct, frozen=True):
    """An attempt has ended: with an answer (`failure` None), or with trouble.

    `tokens` is what it has taken, where that is known; `told` what its headers said of limits.
    """

    ticket: int
    failure: Failure | None = None
    hedge: bool = False
    tokens: float | None = None
    told: Allowances | None = None


class Granted(msgspec.Struct, frozen=True):
    """A reservation was made: so many calls may go out, from this time on."""

    pool: str
    permits: int
    opens_at: float


class Woke(msgspec.Struct, frozen=True):
    """Time has passed; something that waits may be due."""


class Closed(msgspec.Struct, frozen=True):
    """Nothing more is sent: a budget, a deadline or Ctrl-C. What is in flight may still arrive."""

    because: str


Event = Asked | Arrived | Granted | Woke | Closed


class Send(msgspec.Struct, frozen=True):
    """Make this attempt now (the first is 1)."""

    ticket: int
    attempt: int


class Hedge(msgspec.Struct, frozen=True):
    """Make the attempt that is in flight once more; the first answer of the two counts."""

    ticket: int


class Fail(msgspec.Struct, frozen=True):
    """Asking again is of no use; this is how the ticket ends."""

    ticket: int
    failure: Failure
    tries: int


class Drop(msgspec.Struct, frozen=True):
    """The ticket ends without having been answered; something was in the way: `failure` where it is its lane's end."""

    ticket: int
    because: str
    tries: int
    failure: Failure | None = None


class StopLane(msgspec.Struct, frozen=True):
    """A lane takes nothing more in this run; say so, once."""

    lane: str
    failure: Failure


class Reserve(msgspec.Struct, frozen=True):
    """Ask whoever keeps the shared rates for so many requests and tokens; the reply is `Granted`."""

    pool: Shared
    permits: int
    tokens: float


class Settle(msgspec.Struct, frozen=True):
    """A call took so many tokens more than were reserved for it (fewer: below 0)."""

    pool: Shared
    tokens: float


Instruction = Send | Hedge | Fail | Drop | StopLane | Reserve | Settle
