"""A team's Redis, alone and behind other caches, for `tests.storage.caches`. One server serves all tests of a process."""

from __future__ import annotations

import atexit
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.redis_server import PATIENT, Server
from ippon.adapters.cache_layers import Layered, Namespaced
from ippon.adapters.cache_redis import RedisCache

if TYPE_CHECKING:
    from tests.storage.caches import Kept


@cache
def server() -> Server:
    """The server, ended with the process."""
    folder = tempfile.TemporaryDirectory(prefix="ippon-redis-")
    running = Server(Path(folder.name)).start()
    atexit.register(folder.cleanup)
    atexit.register(running.stop)
    return running


class Team:
    """A cache in Redis, in a namespace of its own."""

    def __init__(self, folder: Path) -> None:
        self._words = f"namespace={folder.name}&{PATIENT}"
        self.cache: Any = RedisCache(server().link(words=self._words))

    def reopen(self) -> None:
        """What another machine would see."""
        ttl_s = self.cache.ttl_s
        self.cache.close()
        self.cache = RedisCache(server().link(words=self._words), ttl_s=ttl_s)

    crash = reopen  # the server knows nothing of it

    def evict(self) -> None:
        """What a full server may do to anybody."""
        server().say("FLUSHALL")

    def close(self) -> None:
        """The end."""
        self.cache.close()


class Before:
    """A cache, and a team's behind it, or a part of both that has a name."""

    def __init__(self, near: Kept, far: Team, *, namespace: str = "") -> None:
        self._near, self._far, self._namespace, self._ttl_s = near, far, namespace, None
        self.cache = self._made()

    def reopen(self) -> None:
        """Both."""
        self.cache.settle()
        self._each("reopen")

    def crash(self) -> None:
        """What had come from the far one is not at hand yet."""
        self._each("crash")

    def evict(self) -> None:
        """Either may."""
        self._each("evict")

    def close(self) -> None:
        """The end."""
        self._near.close()
        self._far.close()

    def _each(self, what: str) -> None:
        ttl_s = self.cache.ttl_s
        for each in (self._near, self._far):
            getattr(each, what)()
        self.cache = self._made()
        self.cache.ttl_s = ttl_s

    def _made(self) -> Any:
        made = _Timed(self._near.cache, self._far.cache)
        return _Named(made, self._namespace) if self._namespace else made


class _Timed(Layered):
    """Layers that take a time to live, as a run sets it on each."""

    def __init__(self, near: Any, far: Any) -> None:
        super().__init__(near, far)
        self.both = (near, far)

    @property
    def ttl_s(self) -> float | None:
        return self.both[1].ttl_s

    @ttl_s.setter
    def ttl_s(self, ttl_s: float | None) -> None:
        for each in self.both:
            each.ttl_s = ttl_s


class _Named(Namespaced):
    """A part of them."""

    def __init__(self, inner: _Timed, name: str) -> None:
        super().__init__(inner, name)
        self._inner = inner
        self.settle = inner.settle  # type: ignore[method-assign]

    @property
    def ttl_s(self) -> float | None:
        return self._inner.ttl_s

    @ttl_s.setter
    def ttl_s(self, ttl_s: float | None) -> None:
        self._inner.ttl_s = ttl_s
