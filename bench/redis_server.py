"""A real Redis for a test or a benchmark: on a free port, in a folder of its own, ended by its process id."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ippon.adapters.redis_address import Address, address_of
from ippon.adapters.redis_link import RedisLink
from ippon.adapters.redis_wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENT = "patience_ms=30000"  # a test machine may be busy; only what tests slowness is impatient
STARTS_S = 60.0
HOST = "127.0.0.1"


def program() -> str | None:
    """The server that is installed on this machine, if any is."""
    return shutil.which("redis-server") or shutil.which("valkey-server")


class Server:
    """A running server. `url` says where; `calm` is `url` with all the patience that a busy machine needs."""

    def __init__(self, folder: Path, *, port: int | None = None, tls: Path | None = None, **config: str) -> None:
        self.folder, self.port, self.tls = folder, port or free_port(), tls
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Server:
        """Start it, and wait until it answers."""
        server = program()
        assert server, "redis-server is not installed, and a real one is needed"
        ports = {"port": "0", "tls-port": str(self.port)} if self.tls else {"port": str(self.port)}
        if self.tls:
            names = {"tls-cert-file": "cert.pem", "tls-key-file": "key.pem", "tls-ca-cert-file": "cert.pem"}
            ports |= {name: str(self.tls / file) for name, file in names.items()} | {"tls-auth-clients": "no"}
        config = {"bind": HOST, "dir": str(self.folder), "save": "", **ports, **self._config}
        words = [word for name, value in config.items() for word in (f"--{name}", value)]
        with (self.folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen([server, *words], stdout=log, stderr=log, cwd=self.folder)
        until(self._listens, "the server answers")
        return self

    def stop(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self.signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it."""
        assert self._process is not None
        os.kill(self._process.pid, number)

    def url(self, db: int = 0, account: str = "", *, words: str = PATIENT) -> str:
        """Its URL."""
        return f"redis{'s' if self.tls else ''}://{account}{HOST}:{self.port}/{db}?{words}"

    def link(self, db: int = 0, account: str = "", *, words: str = PATIENT) -> RedisLink:
        """A link to it."""
        return RedisLink(address_of(self.url(db, account, words=words), {}))

    def say(self, *command: Any, db: int = 0, password: str | None = None) -> Any:
        """What it replies to a command of one's own."""
        wire = Wire(Address(host=HOST, port=self.port, db=db, password=password), within_s=STARTS_S)
        try:
            return wire.exchange([command], within_s=STARTS_S)[0]
        finally:
            wire.close()

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log.txt").read_text()
        try:
            socket.create_connection((HOST, self.port), timeout=STARTS_S).close()
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server((HOST, 0)) as free:
        return free.getsockname()[1]


def until(done: Any, what: str) -> None:
    """Wait until something is so."""
    ends = time.monotonic() + STARTS_S
    while not done():
        assert time.monotonic() < ends, f"in vain: {what}"
        time.sleep(0.02)


@contextmanager
def serving(folder: Path, **config: Any) -> Iterator[Server]:
    """A server for as long as it is needed."""
    server = Server(
        folder, **{name if name in {"tls", "port"} else name.replace("_", "-"): value for name, value in config.items()}
    )
    try:
        yield server.start()
    finally:
        server.stop()
