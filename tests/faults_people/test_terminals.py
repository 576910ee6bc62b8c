"""Row 79: terminals that go away, that are narrow, that want no colour, and none at all. The exit code stays what it was."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time

import pytest

from bench.endpoint import serving
from bench.script import Script
from tests.door import coaching
from tests.faults_people.processes import ended, started, until

pytestmark = pytest.mark.row(79, "terminal gone, narrow, plain, none")
GATES = '[[gates]]\nevaluator = "*"\nmin_score = 0.8\n'


class Seen:
    """A process on a terminal of its own, what it showed, and how it ended."""

    def __init__(
        self, *words: str, columns: int = 90, environ: dict[str, str] | None = None, controlling: bool
    ) -> None:
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.process = started(
            *words, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env={**os.environ, **(environ or {})},
            preexec_fn=(lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)) if controlling else None,
        )  # fmt: skip
        os.close(theirs)
        self._pieces: list[bytes] = []
        self._reader = threading.Thread(target=self._read)
        self._stop = threading.Event()
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while not self._stop.is_set() and (piece := os.read(self.ours, 4096)):
                self._pieces.append(piece)

    @property
    def text(self) -> str:
        """What was shown until now."""
        return b"".join(self._pieces).decode()

    def hang_up(self) -> None:
        """Take the terminal away; whatever is shown next wakes the reader, who is then done."""
        self._stop.set()
        self._reader.join()
        os.close(self.ours)

    def wait(self) -> str:
        """Its end, and all that it showed."""
        self.process.wait(timeout=30)
        self._reader.join()
        with contextlib.suppress(OSError):
            os.close(self.ours)
        return self.text


def words(suite: str, endpoint) -> tuple[str, ...]:
    """A run, one call at a time."""
    return ("run", suite, "-t", "full", "-j", "1", "--base-url", endpoint.base_url)


@pytest.mark.parametrize(("controlling", "code"), [(True, 130), (False, 0)])
def test_a_terminal_that_goes_away(tmp_path, controlling, code):
    """One's own hangs up, which ends the run in good order; on any other the run goes on to its end, unseen."""
    suite = coaching(tmp_path, n=1)
    with serving(Script(latency_s=0.15)) as endpoint:
        seen = Seen(*words(suite, endpoint), controlling=controlling)
        until(lambda: endpoint.stats().answered >= 3 and "of 7" in seen.text)
        seen.hang_up()
        seen.process.wait(timeout=30)
        answered = endpoint.stats().answered
        endpoint.reset(Script())
        again = ended(started(*words(suite, endpoint), "--json"))

    assert code == seen.process.returncode
    assert (answered == 7) == (code == 0)
    assert answered == again.run["evaluations"]["cached"]


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_wants_plain_lines(tmp_path, environ):
    """No escape at all, though the run lasts long enough to draw."""
    suite = coaching(tmp_path, n=1, gates=GATES)
    with serving(Script(latency_s=0.1), answer=lambda _body: {"reason": "r", "label": "good"}) as endpoint:
        seen = Seen(*words(suite, endpoint), environ=environ, controlling=True)
        text = seen.wait()

    assert 0 == seen.process.returncode
    assert "\x1b" not in text
    assert text.rstrip().endswith("(exit 0)")


def test_a_narrow_terminal(tmp_path):
    """40 columns: nothing is wider but what is never cut, which is commands."""
    suite = coaching(tmp_path, n=1, gates=GATES)
    with serving(Script(latency_s=0.15), answer=lambda _body: {"reason": "r", "label": "poor"}) as endpoint:
        seen = Seen(*words(suite, endpoint), columns=40, controlling=True)
        text = seen.wait()

    shown = text.rpartition("\x1b[J")[2].replace("\x1b[31m", "").replace("\x1b[0m", "").splitlines()
    wide = [line for line in shown if len(line) > 40]
    assert "\x1b[J" in text
    assert all(line.lstrip().startswith(("next ", "ippon ", "--", "http", "/")) for line in wide), wide
    assert shown[-1].startswith("verdict: ")


def test_no_terminal(tmp_path):
    """Lines without escapes, carriage returns or blanks at their ends; the verdict comes last."""
    suite = coaching(tmp_path, n=1, gates=GATES)
    with serving(Script(latency_s=0.1), answer=lambda _body: {"reason": "r", "label": "poor"}) as endpoint:
        went = ended(started(*words(suite, endpoint)))
        files = [(tmp_path / name).open("wb") for name in ("out", "err")]
        filed = started(*words(suite, endpoint), stdout=files[0], stderr=files[1])
        code = filed.wait(timeout=30)
        for each in files:
            each.close()

    for text in (went.out, went.err):
        assert not {"\x1b", "\r"} & set(text)
        assert [] == [line for line in text.splitlines() if line != line.rstrip()]
    assert went.code == code
    assert went.out.splitlines()[-1].startswith("verdict: ")
    assert (tmp_path / "out").read_text().splitlines()[-1].startswith("verdict: ")


def test_standard_streams_that_are_closed(tmp_path):
    """`>&- 2>&-`: the run is made, and its exit code told."""
    suite = coaching(tmp_path, n=1)
    with serving() as endpoint:
        began = time.monotonic()
        process = subprocess.run(
            ["sh", "-c", '"$@" >&- 2>&- <&-', "sh", sys.executable, "-m", "ippon", *words(suite, endpoint)],
            check=False,
            timeout=30,
        )
        seen = endpoint.stats().requests

    assert (0, 7) == (process.returncode, seen)
    assert time.monotonic() - began < 20
