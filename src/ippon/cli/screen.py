"""Standard output and standard error: encodings, colour, width, and readers that go away."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager, suppress
from stat import S_ISCHR
from typing import TYPE_CHECKING, TextIO

import msgspec

from ippon.cli.width import width_of
from ippon.errors import UsageError
from ippon.report.escape import no_command

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """Where a command writes. `in_ci`: lines are kept from being taken for commands by a CI runner."""

    out: TextIO
    err: TextIO
    width: int
    colour: bool
    live: bool
    in_ci: bool

    def lines(self, lines: Iterable[str]) -> None:
        """Lines of the result, on standard output."""
        write(self.out, "".join(f"{self._inert(line)}\n" for line in lines))

    def notes(self, lines: Iterable[str]) -> None:
        """Lines beside the result, on standard error."""
        write(self.err, "".join(f"{self._inert(line)}\n" for line in lines))

    def object(self, encoded: bytes) -> None:
        """The one object of `--json`."""
        write(self.out, encoded)

    def _inert(self, line: str) -> str:
        return no_command(line) if self.in_ci else line


def screen_of(environ: Mapping[str, str], *, no_color: bool) -> Screen:
    """The screen of this process."""
    terminal = sys.stdout.isatty()
    plain = no_color or bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb"  # no escape at all, then
    return Screen(
        out=sys.stdout,
        err=sys.stderr,
        width=width_of(environ, terminal=terminal),
        colour=terminal and not plain,
        live=sys.stderr.isatty() and not plain,
        in_ci=environ.get("CI", "") not in {"", "false", "0"},
    )


def write(stream: TextIO, text: str | bytes) -> None:
    """Write at once, whatever the locale can show; silence when the reader has gone away."""
    try:
        if isinstance(text, bytes):
            stream.flush()
            stream.buffer.write(text)
        else:
            stream.write(_showable(text, stream.encoding or "ascii"))
        stream.flush()
    except BrokenPipeError:
        _mute(stream)
    except OSError as error:
        gone = _has_hung_up(stream, error)
        _mute(stream)
        if stream is sys.stdout and not gone:
            raise UsageError(f"standard output cannot be written: {error.strerror}") from error


def _showable(text: str, encoding: str) -> str:
    if text.isascii():
        return text
    return text.encode(encoding, "backslashreplace").decode(encoding)


@contextmanager
def reserved() -> Generator[None]:
    """Keep standard output for the result.

    What anything else writes there meanwhile, threads and child processes of user code included, goes to standard error.
    """
    stream = sys.stdout
    try:
        out, err = stream.fileno(), sys.stderr.fileno()
    except OSError:  # no files: whoever calls this takes what is written some other way
        yield
        return
    stream.flush()
    kept = os.dup(out)
    os.dup2(err, out)
    try:
        yield
    finally:
        with suppress(OSError):
            stream.flush()
        os.dup2(kept, out)
        os.close(kept)


def _has_hung_up(stream: TextIO, error: OSError) -> bool:
    """Whether the stream was a terminal, and is gone: nobody is left who could be told."""
    return error.errno == errno.EIO and S_ISCHR(os.fstat(stream.fileno()).st_mode)


def _mute(stream: TextIO) -> None:
    """Let later writes, and Python's own flush at the end, go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
