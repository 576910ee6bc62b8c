"""What is declared and what was learned of the lanes (provider x model x account) that calls go out on."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What several lanes may use together: calls in flight, requests and tokens a minute; None: as many as there are."""

    name: str
    max_in_flight: int | None = None
    rpm: float | None = None
    tpm: float | None = None


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """What a lane has found out about itself: calls in flight, whether they were ever cut, requests a second."""

    limit: Annotated[int, Meta(ge=1)]
    was_cut: bool = False
    rate: Annotated[float, Meta(gt=0)] | None = None


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """Why a lane with something to send does not send, and for how many seconds more.

    `down`: its breaker is open; `cooling`: it was asked to wait `asked_s`; `paced`: a rate is kept. `refused` of its
    `finished` calls were refused for throttling; `message` is the last trouble.
    """

    lane: str
    why: Literal["down", "cooling", "paced"]
    left_s: float
    asked_s: float = 0.0
    limit: int = 0
    refused: int = 0
    finished: int = 0
    message: str = ""
