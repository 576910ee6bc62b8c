"""Standard output and standard error: encodings, colour, width, and readers that go away."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

import msgspec

from ippon.cli.width import width_of
from ippon.errors import UsageError
from ippon.report.escape import no_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


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
    terminal, dumb = sys.stdout.isatty(), environ.get("TERM") == "dumb"
    plain = no_color or bool(environ.get("NO_COLOR")) or dumb
    return Screen(
        out=sys.stdout,
        err=sys.stderr,
        width=width_of(environ, terminal=terminal),
        colour=terminal and not plain,
        live=sys.stderr.isatty() and not dumb,
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
        _mute(stream)
        if stream is sys.stdout:
            raise UsageError(f"standard output cannot be written: {error.strerror}") from error


def _showable(text: str, encoding: str) -> str:
    if text.isascii():
        return text
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _mute(stream: TextIO) -> None:
    """Let later writes, and Python's own flush at the end, go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
