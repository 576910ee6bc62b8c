"""aiohttp's connections, and when one is used again; imported only when a call is due."""

from __future__ import annotations

import resource
from functools import partial
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

from ippon.adapters.http_kept import TAKES

if TYPE_CHECKING:
    from aiohttp.http_parser import RawResponseMessage
    from aiohttp.streams import StreamReader

FILES_LEFT = 64  # of those that the process may open, for everything that is no connection
_FIRST_OF_THE_SERVERS_OWN_ERRORS, _OVERLOADED = 500, frozenset({503, 529})


class Connections(aiohttp.TCPConnector):
    """As many connections as calls are in flight, which is the scheduler's business, and no more than may be open at all.

    `always_new`: none is kept.
    """

    def __init__(self, *, always_new: bool = False) -> None:
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        super().__init__(limit=max(1, files - FILES_LEFT), force_close=always_new)  # pyright: ignore[reportUnknownMemberType] - its socket factory
        self._factory = partial(_Handler, loop=self._loop)


class _Handler(ResponseHandler):
    """One connection."""

    was_used = False

    def set_response_params(self, **given: Any) -> None:
        """A request begins."""
        TAKES.get().reused = self.was_used
        self.was_used = True
        super().set_response_params(**given)

    def is_connected(self) -> bool:
        """False also after bytes that nobody asked for: they would pass for the answer to the next request."""
        return super().is_connected() and not self.should_close

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """After a server's own error another connection may lead to a better server, behind a balancer."""
        status = data[0].code
        if status >= _FIRST_OF_THE_SERVERS_OWN_ERRORS and status not in _OVERLOADED:
            self.force_close()
        super().feed_data(data, size)
