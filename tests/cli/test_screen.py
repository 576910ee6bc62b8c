"""Standard output and error."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from ippon.cli.screen import Screen, screen_of, write
from ippon.cli.width import width_of
from ippon.errors import UsageError
from tests.cli.terminal import a_terminal


@pytest.mark.parametrize(
    ("environ", "width"),
    [({}, 100), ({"COLUMNS": "40"}, 40), ({"COLUMNS": "4"}, 20), ({"COLUMNS": "400"}, 100), ({"COLUMNS": "x"}, 100)],
)
def test_the_width_without_a_terminal(environ, width):
    """COLUMNS, or 100."""
    assert width_of(environ, terminal=False) == width


def test_a_terminal_that_knows_no_width_has_100_columns(capsys):
    """As under some CI runners."""
    assert width_of({}, terminal=True) == 100


@pytest.mark.parametrize(
    ("environ", "no_color", "colour", "live"),
    [
        ({}, False, True, True),
        ({"NO_COLOR": "1"}, False, False, False),
        ({"TERM": "dumb"}, False, False, False),
        ({}, True, False, False),
    ],
)
def test_colour_and_live_lines_need_a_terminal_that_wants_them(environ, no_color, colour, live):
    """NO_COLOR, TERM=dumb, --no-color."""
    with a_terminal():
        screen = screen_of(environ, no_color=no_color)

    assert (screen.colour, screen.live) == (colour, live)


def test_a_terminal_knows_its_width():
    """0 columns is not knowing."""
    with a_terminal():
        width = width_of({}, terminal=True)

    assert width == 100


def test_without_a_terminal_there_is_neither(capsys):
    """Pipes and files."""
    screen = screen_of({"CI": "true"}, no_color=False)

    assert (screen.colour, screen.live, screen.in_ci) == (False, False, True)
    assert screen_of({"CI": "false"}, no_color=False).in_ci is False


def test_lines_are_inert_in_ci(capsys):
    """Threat 34."""
    screen = screen_of({"CI": "1"}, no_color=False)
    screen.lines(["::set-output name=a::b"])
    screen.notes(["##[group]"])

    assert capsys.readouterr() == (": :set-output name=a::b\n", "## [group]\n")


def test_text_that_the_locale_cannot_show_is_written_out():
    """Never a UnicodeEncodeError."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    write(stream, "a\u7406\u00e9\n")

    assert stream.buffer.getvalue() == b"a\\u7406\xe9\n"


def test_bytes_are_written_as_they_are(capsys):
    """UTF-8, whatever the locale."""
    screen_of({}, no_color=False).object(b'{"a":1}\n')

    assert capsys.readouterr().out == '{"a":1}\n'


def test_a_reader_that_went_away_is_met_with_silence():
    """`ippon runs | head -1`: this write and all later ones go nowhere."""
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "w") as stream:
        write(stream, "a\n")
        write(stream, "b\n")


def test_a_full_disk_is_named(monkeypatch):
    """On standard output it is an error, beside it silence."""
    with Path("/dev/full").open("w") as full:
        write(full, "a\n")
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        with pytest.raises(UsageError, match="standard output cannot be written: No space left on device"):
            write(full, "a\n")


def test_a_screen_is_a_value():
    """Frozen, so that nothing changes it on the way."""
    assert Screen.__struct_config__.frozen
