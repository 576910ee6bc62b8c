"""A change of a rubric on a screen of any width."""

from __future__ import annotations

import pytest

from ippon.report.escape import columns
from ippon.report.rubric import rubric_lines

LONG = (
    "Every claim of the reply can be traced to the reference that stands beside it, and nothing is left to guess for "
)
WIDE_LETTERS = "\u6f22" * 60


@pytest.mark.parametrize("width", [20, 30, 40, 80, 100])
@pytest.mark.parametrize(
    ("was", "now"),
    [
        (f"{LONG}readers", f"{LONG}users of it"),
        (f"{LONG}us", f"{LONG}us all, and more"),
        (f"{WIDE_LETTERS}a", f"{WIDE_LETTERS}b"),
        (f"{WIDE_LETTERS[:6]}a{LONG}", f"{WIDE_LETTERS[:6]}b{LONG}"),
        (f"Some {LONG}", f"Any {LONG}"),
    ],
)
def test_the_change_of_a_long_line_is_in_sight(width, was, now):
    """At its end, at its start, after letters of two columns: the two lines differ, and fit."""
    lines = rubric_lines([f"- {was}", f"+ {now}"], width)

    assert lines[0][6:] != lines[1][6:]
    assert width >= max(map(columns, lines))


def test_what_fits_stands_whole():
    """So does what takes the place of nothing, from its start as far as there is room."""
    assert ["    - a", "    + b"] == rubric_lines(["- a", "+ b"], 20)
    assert [f"    + {LONG[:11]}...", "    - a"] == rubric_lines([f"+ {LONG}", "- a"], 20)
