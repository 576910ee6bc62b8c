"""Numbers in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ippon.report import number


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "unknown"),
        (0.0, "<0.01 s"),
        (0.06, "0.06 s"),
        (0.996, "1.0 s"),
        (4.8, "4.8 s"),
        (9.96, "10 s"),
        (23.4, "23 s"),
        (59.6, "1 min"),
        (441, "7 min 21 s"),
        (3599.7, "1 h"),
        (11_100, "3 h 5 min"),
    ],
)
def test_seconds_read_as_prose(value, said):
    """SCREENS 1: `0.06 s`, `7 min 21 s`."""
    assert number.seconds(value) == said


@given(st.floats(0, 1e7))
def test_no_duration_is_shown_as_nothing(value):
    """Never `0s`, never `0 s`."""
    words = number.seconds(value).split()

    counted = dict(zip(words[1::2], words[::2], strict=True))
    assert "0" not in words
    assert "60" not in {counted.get("min"), counted.get("s")}


@pytest.mark.parametrize(
    ("usd", "said"),
    [(None, "unknown"), (0.0, "$0.00"), (0.004, "<$0.01"), (0.06, "$0.06"), (1234.5, "$1,234.50")],
)
def test_money_is_never_made_up(usd, said):
    """`<$0.01` for a fraction of a cent, `$0.00` for nothing, `unknown` for unknown."""
    assert number.money(usd) == said


@pytest.mark.parametrize(
    ("value", "said"), [(None, "-"), (0.71, "+0.71"), (-0.004, "0.00"), (-0.15, "-0.15"), (0.0, "0.00")]
)
def test_gaps_have_signs(value, said):
    """A gap that rounds to nothing has none."""
    assert number.gap(value) == said


@pytest.mark.parametrize(
    ("threshold", "decimals"), [(0.8, 2), (0.85, 2), (0.855, 3), (1.0, 2), (0.7005, 4), (0.1 + 0.2, 2), (1 / 3, 6)]
)
def test_scores_have_as_many_decimals_as_their_gate(threshold, decimals):
    """SCREENS 1: 2 decimals, more if the gate has more, and never 17."""
    assert number.decimals_of(threshold) == decimals


def test_numbers_that_differ_are_shown_apart():
    """Up to six decimals."""
    assert [number.apart(0.7999, 0.8), number.apart(0.66, 0.8), number.apart(0.8, 0.8)] == [
        ("0.7999", "0.80"),
        ("0.66", "0.80"),
        ("0.800000", "0.80"),
    ]


def test_intervals_show_both_ends():
    """`-` for none."""
    ends = (-0.04, 0.14)

    assert [number.interval(ends), number.interval(ends, signed=True), number.interval(None)] == [
        "-0.04 .. 0.14",
        "-0.04 .. +0.14",
        "-",
    ]


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (0, "1 s ago"),
        (40, "40 s ago"),
        (130, "2 min ago"),
        (3 * 3600, "3 h ago"),
        (86_400, "1 day ago"),
        (5 * 86_400, "5 days ago"),
    ],
)
def test_ages_are_rough(age, said):
    """One unit is enough."""
    assert number.ago(age) == said
