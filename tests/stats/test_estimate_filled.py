"""History as a full matrix: what a missing cell becomes, and what is no history."""

from __future__ import annotations

import numpy as np
import pytest

from ippon.stats.filled import filled, scored_runs

NAN = float("nan")


def test_a_missing_cell_moves_with_its_item_and_its_run():
    """Item mean plus the run's offset: run 0 is .1 above the item means where it was scored."""
    runs = filled([[0.8, 0.6, NAN], [0.6, 0.4, 0.5]], 3)

    assert [[0.8, 0.6, pytest.approx(0.6)], [0.6, 0.4, 0.5]] == runs.tolist()


def test_a_filled_cell_stays_within_the_span():
    """However far the run stands out."""
    runs = filled([[1.0, 1.0, NAN], [0.0, 0.0, 0.9], [0.0, 0.0, 0.9]], 3)

    assert 1.0 == runs[0, 2]


def test_an_item_that_nobody_scored_is_like_the_others():
    """The mean of their means, plus the run's offset."""
    runs = filled([[0.8, 0.4, NAN], [0.4, 0.4, NAN]], 3)

    assert [pytest.approx(0.6), pytest.approx(0.4)] == runs[:, 2].tolist()


def test_a_run_without_scores_is_no_run():
    """It would be a copy of the item means, and make past runs look more alike than they are."""
    assert (1, 2) == filled([[NAN, NAN], [0.5, 0.25]], 2).shape
    assert (0, 2) == filled([[NAN, NAN]], 2).shape
    assert (0, 2) == filled(np.empty((0, 2)), 2).shape
    assert (0, 2) == filled(None, 2).shape


def test_a_full_history_is_copied_as_it_is():
    """The caller's own array is nobody else's."""
    history = np.array([[0.0, 1.0], [0.5, 0.25]])
    runs = filled(history, 2)

    assert history.tolist() == runs.tolist()
    assert not np.shares_memory(history, runs)


def test_missing_cells_can_be_told_from_filled_ones():
    """`scored_runs` leaves them open."""
    assert [[True, False]] == np.isnan(scored_runs([[NAN, 0.5], [NAN, NAN]], 2)).tolist()


@pytest.mark.parametrize(
    ("history", "says"),
    [
        ([0.5, 0.5], "shape"),
        ([[0.5, 0.5, 0.5]], "3 items wide, the suite has 2"),
        ([[0.5, 0.5], [0.5, 1.5]], "1.5 at run 1, item 1"),
        ([[-0.1, NAN]], "-0.1 at run 0, item 0"),
        ([[float("inf"), 0.5]], "inf at run 0, item 0"),
    ],
)
def test_what_is_no_history_is_refused(history, says):
    """With the place."""
    with pytest.raises(ValueError, match=says):
        filled(history, 2)
