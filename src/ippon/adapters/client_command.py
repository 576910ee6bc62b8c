"""Programs of the user's own, side by side: JSON on standard input, output and exit code back. No shell."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, cast

from ippon.execute.faults import inert
from ippon.records.call import Answer, CommandRequest, Failure

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ippon.records.call import Request

OUTPUT_LIMIT = 8 * 1024 * 1024
TIMEOUT_S = 120.0
LINGER_S = 1.0  # how long output may go on after the program itself has ended
_TAIL = 8 * 1024
_STDIN, _STDOUT, _STDERR = 0, 1, 2
_SECRET_ENDS = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD")


class CommandClient:
    """Runs commands in the suite's folder, each in a process group of its own that ends with it.

    Variables of the environment whose names end like those of secrets are not handed on. Python programs keep their
    bytecode in an empty folder of this client's: what lies beside the code is not what was trusted. A command in `targets` that
    cannot be run to its end is the target's failure, any other one the evaluator's.
    """

    def __init__(
        self, folder: str, environment: Mapping[str, str] | None = None, *, targets: Collection[tuple[str, ...]] = (),
        timeout_s: float = TIMEOUT_S,
    ) -> None:  # fmt: skip
        self._folder = folder
        self._environment = {
            name: value
            for name, value in (os.environ if environment is None else environment).items()
            if not name.upper().endswith(_SECRET_ENDS)
        }
        self._bytecode: str | None = None
        self._timeout_s = timeout_s
        self._targets = frozenset(targets)

    async def send(self, request: Request) -> Answer | Failure:
        """What the program printed, and its exit code; its last errors where it failed and printed nothing."""
        assert isinstance(request, CommandRequest), "wiring sends each kind of request to its own client"
        try:
            if self._bytecode is None:
                self._bytecode = mkdtemp(prefix="ippon-bytecode-")
            environment = {**self._environment, "PYTHONPYCACHEPREFIX": self._bytecode}
            transport, talk = await asyncio.get_running_loop().subprocess_exec(
                _Talk, *request.command, cwd=self._folder, env=environment, start_new_session=True
            )
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            return self._failed(request, f"cannot be started: {why}")
        try:
            talk.feed(request.stdin)
            async with asyncio.timeout(self._timeout_s):
                await talk.over
            return self._read(request, talk, transport.get_returncode())
        except TimeoutError:
            return self._failed(request, f"did not end within {self._timeout_s:g} s")
        finally:
            await talk.end()

    async def close(self) -> None:
        """Take the folder of bytecode away. May be called twice."""
        if self._bytecode is not None:
            rmtree(self._bytecode, ignore_errors=True)
            self._bytecode = None

    def _read(self, request: CommandRequest, talk: _Talk, code: int | None) -> Answer | Failure:
        if len(talk.output) > OUTPUT_LIMIT:
            return self._failed(request, f"printed more than {OUTPUT_LIMIT // 1024**2} MiB")
        assert code is not None, "the talk is over when the program has ended, or said too much"
        if code < 0:
            return self._failed(request, f"was ended by {_signal_name(-code)}: {_text(talk.errors)}")
        text = talk.errors if code and not talk.output.strip() else talk.output
        return Answer(text=_text(text), exit_code=code)

    def _failed(self, request: CommandRequest, what: str) -> Failure:
        reason = "target" if request.command in self._targets else "evaluator"
        return Failure(reason=reason, message=inert(f"the command {request.command[0]} {what}"))


class _Talk(asyncio.SubprocessProtocol):
    """What a program says, kept within bounds. `over` is done when it has ended and said all, or said too much."""

    def __init__(self) -> None:
        self.output = bytearray()
        self.errors = bytearray()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._exited: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._open = {_STDOUT, _STDERR}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember whom we talk to."""
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def feed(self, text: str) -> None:
        """Write standard input; a program that does not read it is none the worse for it."""
        stdin = cast("asyncio.WriteTransport", self._transport.get_pipe_transport(_STDIN))
        stdin.write(text.encode(errors="replace"))
        stdin.close()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Keep output up to the limit, and of the errors the tail."""
        if fd == _STDERR:
            self.errors += data
            del self.errors[:-_TAIL]
            return
        self.output += data[: OUTPUT_LIMIT + 1 - len(self.output)]
        if len(self.output) > OUTPUT_LIMIT:
            self._finish()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's
        """One of the pipes is at its end."""
        self._open.discard(fd)
        self._look()

    def process_exited(self) -> None:
        """The program has ended; what it started may hold its output open, but not for long."""
        self._exited.set_result(None)
        asyncio.get_running_loop().call_later(LINGER_S, self._finish)
        self._look()

    async def end(self) -> None:
        """End whatever still runs, and let go of the pipes."""
        if self._open or not self._exited.done():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._transport.get_pid(), signal.SIGKILL)
        self._transport.close()
        await asyncio.shield(self._exited)

    def _look(self) -> None:
        if self._exited.done() and not self._open:
            self._finish()

    def _finish(self) -> None:
        if not self.over.done():
            self.over.set_result(None)


def _text(data: bytearray) -> str:
    return data.decode("utf-8-sig", "replace")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
