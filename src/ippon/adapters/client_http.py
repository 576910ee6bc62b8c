"""Targets behind an HTTP address of the user's own: a JSON body in, text back. No key, no redirects, nowhere else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from ippon.adapters.http_session import HttpSession, host_of
from ippon.execute.faults import Asked, classify, well_formed
from ippon.records.call import Answer, Failure, HttpRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ippon.adapters.http_session import Reply, Timeouts
    from ippon.records.call import Request

_SUCCESS = range(200, 300)
_encode = msgspec.json.Encoder().encode


class HttpClient:
    """Asks the address that stands in the suite: data never decides where a request goes.

    `urls`, where they are given, are the only addresses that are asked.
    """

    def __init__(
        self,
        urls: Collection[str] | None = None,
        *,
        timeouts: Timeouts | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._urls = None if urls is None else frozenset(urls)
        self._now = now
        self._session = HttpSession(timeouts)

    @property
    def resent(self) -> int:
        """Requests sent beyond one a `send`."""
        return self._session.resent

    async def send(self, request: Request) -> Answer | Failure:
        """The body that came back, as text."""
        assert isinstance(request, HttpRequest), "wiring sends each kind of request to its own client"
        if self._urls is not None and request.url not in self._urls:
            return Failure(reason="target", message=f"{host_of(request.url)} is no address of this suite")
        try:
            body = _encode(request.json)
        except UnicodeEncodeError:
            return Failure(reason="rejected", message="the request holds half a character (a lone surrogate)")
        reply = await self._session.post(request.url, {"content-type": "application/json"}, body)
        return reply if isinstance(reply, Failure) else self._read(reply, request.url)

    def _read(self, reply: Reply, url: str) -> Answer | Failure:
        if reply.status in _SUCCESS:
            return Answer(text=well_formed(reply.body.decode("utf-8-sig", "replace")))
        asked = Asked(host=host_of(url))
        return classify(reply.status, reply.headers, reply.body, now=self._now(), asked=asked)

    async def close(self) -> None:
        """Close all connections. May be called twice."""
        await self._session.close()
