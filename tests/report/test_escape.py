"""Text from data made inert."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ippon.records.event import Finished
from ippon.report.escape import annotation, cell, columns, cut, no_command, visible
from ippon.report.history import run_lines, runs_lines
from ippon.report.text import final_block
from ippon.report.view import View
from tests.report.made import earlier, failing, quick, result, run_of, summary

ANY_TEXT = st.text(st.characters(codec=None))
HOSTILE = "\x1b]52;c;AAAA\x07\x9b31m\u202e\u2066\r\n::set-output name=a::b\x00\U000e0041\ud800"


@given(ANY_TEXT)
def test_no_control_character_survives(text):
    """Threats 33: C0, C1, bidi, format, surrogates, line and paragraph separators."""
    kinds = {unicodedata.category(each) for each in visible(text)}

    assert not kinds & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs", "M"])))
def test_what_simply_stands_there_is_left_alone(text):
    """Letters, digits, punctuation, marks and spaces of all scripts."""
    assert visible(text) == text


def test_written_out_characters_can_be_read():
    """As in Python's own literals."""
    assert visible("a\nb\tc\rd\x1be\x9bf\u202eg\U000e0041") == r"a\nb\tc\rd\x1be\x9bf\u202eg\U000e0041"


@given(ANY_TEXT)
def test_no_data_can_write_an_escape_sequence_of_its_own(hostile):
    """Whatever the data is, without colour there is no escape, and a block is as long as its lines."""
    hostile += HOSTILE
    finished = failing(worst_ids=(hostile, "ex-031", "ex-008"))
    results = (result(hostile, hostile, 0.1, reason=hostile, text=hostile), *finished.run.results)
    run = replace(
        finished.run,
        results=results,
        run_id=hostile,
        suite=hostile,
        tier=hostile,
        target=hostile,
        stopped_because=hostile,
        evaluators={hostile: summary(), **finished.run.evaluators},
    )
    screen = replace(quick({hostile: 0.1, "tone": 0.9}, run_id=hostile), next_tier=hostile)
    lines = [
        *final_block(Finished(run=run, previous=earlier(replace(run, results=()))), View(verbose=True)),
        *final_block(screen, View()),
        *run_lines(run, View(verbose=True), now=0.0),
        *runs_lines([run], View(), now=0.0),
    ]

    assert {each for line in lines for each in line if unicodedata.category(each) in {"Cc", "Cf", "Cs"}} == set()


@pytest.mark.parametrize(
    ("line", "inert"),
    [
        ("::set-output name=a::b", ": :set-output name=a::b"),
        ("  ::add-mask::x", "  : :add-mask::x"),
        ("a ##[error] b", "a ## [error] b"),
        ("##vso[task.setvariable]", "## vso[task.setvariable]"),
        ("a :: b # c", "a :: b # c"),
    ],
)
def test_no_line_is_a_command_of_a_ci_runner(line, inert):
    """Threat 34."""
    assert no_command(line) == inert


def test_an_annotation_cannot_be_ended_by_its_text():
    """One line, percent signs written out."""
    assert annotation("50% of\n::error::x") == "::error title=ippon::50%25 of\\n::error::x"


@pytest.mark.parametrize(
    ("text", "safe"),
    [("=HYPERLINK()", "'=HYPERLINK()"), ("+1", "'+1"), ("\uff1d1", "'\uff1d1"), ("a=1", "a=1"), ("", "")],
)
def test_no_cell_is_a_formula(text, safe):
    """Threat 35."""
    assert cell(text) == safe


@given(st.text(st.characters(codec="utf-8", categories=["L", "M", "Zs"])), st.integers(3, 40))
def test_a_cut_text_fits(text, room):
    """Whatever its letters are wide."""
    assert columns(cut(text, room)) <= max(room, 3)


def test_a_cut_says_that_something_is_left_out():
    """Three dots."""
    assert [cut("abcdefgh", 8), cut("abcdefgh", 7), cut("\u7406\u7406\u7406", 5)] == [
        "abcdefgh",
        "abcd...",
        "\u7406...",
    ]


def test_a_run_without_data_is_left_alone():
    """Nothing to escape, nothing escaped."""
    assert "\\x" not in "".join(final_block(Finished(run=run_of()), View()))
