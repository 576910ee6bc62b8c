"""Whether a system is better or worse than another, as soon as that is certain, however often one looks.

The verdict is wrong with a chance of at most alpha, whatever the scores are, whatever past runs say, and whenever one
stops. It is about the suite as it is: its items are a finite population, and when all of them are scored nothing is
uncertain. How the bets work is in `bets`, what makes them sharp in `controls`.
"""

from __future__ import annotations

from math import fsum, log
from operator import index
from typing import TYPE_CHECKING, Literal

import numpy as np

from ippon.stats.bets import Evidence, sides
from ippon.stats.confidence import Counted, confidence_ends
from ippon.stats.controls import Controls
from ippon.stats.filled import filled
from ippon.stats.outlook import (
    FEWEST_RUNS,
    Outlook,
    outlook_of_baseline,
    outlook_of_differences,
    outlook_of_history,
    outlook_of_nothing,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Certain = Literal["better", "worse", "within_margin"]
Passed = Literal["pass", "fail"]

# The claims that are bet against, in the order of `Evidence`: "not better", "not worse"; and, where there is a margin,
# "worse by more than the margin", "better by more than the margin". Without one the first two are these as well.
_NOT_BETTER, _NOT_WORSE = 0, 1
_WORSE_BY_MORE, _BETTER_BY_MORE = -2, -1


class Certifier:
    """Counts scores one by one, in a random order that it draws, until it is certain how a system compares.

    It compares with a `baseline` whose scores on all `n_items` are known, with a `threshold` that the mean has to beat,
    or, given neither, with a system that is scored along with this one (`score_of_baseline`). `history`, runs x items
    with NaN for what was not scored, makes verdicts come earlier (from 3 runs on; fewer are not used) and cannot make
    them wrong. All scores are in 0..1.

    `order` is the order to score the items in. Scores may arrive in any other and then wait, since they count in drawn
    order: were an early arrival counted early, a score that hangs together with how long it takes would void the proof.

    Verdicts: "better" and "worse" (than the baseline, by however little), "within_margin" (off by less than `margin`;
    with a margin of 0 only an exact tie of the whole suite). For every true mean the chance of any wrong verdict is at
    most `alpha`. The method is a test by betting: Waudby-Smith and Ramdas (arXiv 2006.04347), with controls in the
    sense of Shekhar et al. (arXiv 2305.06884).

    Raises ValueError for a suite without items, a baseline or history of another width or with scores outside 0..1, a
    missing score in the baseline, both a baseline and a threshold, a threshold or margin outside 0..1, and an alpha
    that is not between 0 and 1.
    """

    def __init__(  # noqa: PLR0913 - options, all but one by name
        self,
        n_items: int,
        *,
        rng: np.random.Generator,
        baseline: ArrayLike | None = None,
        history: ArrayLike | None = None,
        threshold: float | None = None,
        margin: float = 0.0,
        alpha: float = 0.05,
    ) -> None:
        _check(n_items, threshold, margin, alpha)
        known = None if baseline is None else _known(baseline, n_items)
        if known is not None and threshold is not None:
            raise ValueError("a baseline and a threshold: a system is compared with one of them")
        self.order: NDArray[np.int64] = rng.permutation(n_items)
        self.order.setflags(write=False)
        self._n_items, self._alpha = n_items, alpha
        self._paired = known is None and threshold is None
        outlook = _outlook(filled(history, n_items)[:, self.order], known, threshold, self.order)
        self._controls, self._span = Controls(outlook), outlook.span
        ups, boundaries = _claims(outlook.centre, margin)
        self._claims = sides(ups, outlook.span)
        self._evidence = Evidence(self._claims, boundaries, n_items)
        self._nowhere = np.zeros(len(ups), dtype=np.bool_)
        self._places = iter(self.order.tolist())
        self._next = next(self._places)
        self._arrived: set[int] = set()
        self._waiting: dict[int, tuple[float, float]] = {}
        self._counted: list[Counted] = []
        self._verdict: Certain | None = None
        self._gate: Passed | None = None

    @property
    def used(self) -> int:
        """How many items count so far: those that came, up to the first in drawn order that has not."""
        return len(self._counted)

    @property
    def gate(self) -> Passed | None:
        """Whether a gate passes (not worse by `margin`) or fails (worse), as soon as either is certain.

        Two questions instead of three, each answered wrongly with a chance of at most alpha, so it is certain earlier
        than the verdict: "fail" where the system is better or as good, and "pass" where it is worse by more than the
        margin. Between the two either answer is right. The first answer stays.
        """
        return self._gate

    @property
    def interval(self) -> tuple[float, float]:
        """The means that are not refuted: of the system, or of its gaps to the other if both are scored along.

        A confidence sequence: with a chance of at least 1 - alpha the true mean of the suite is within all intervals
        that one ever looks at. It is computed when asked, in milliseconds.
        """
        return confidence_ends(self._counted, self._n_items, self._span, self._alpha)

    def observe(self, item: int, score: float | None, score_of_baseline: float | None = None) -> Certain | None:
        """The verdict, None as long as nothing is certain, after one more item; the first verdict stays.

        A score of None is missing: it counts as the worst possible where that is against the verdict, and as the best
        where that is. `score_of_baseline` belongs to systems that are scored along with this one, and is missing where
        it is None.

        Raises ValueError, and counts nothing, for an item that is not in the suite or was observed before, a score
        outside 0..1 (or NaN), and a `score_of_baseline` where the baseline's scores or a threshold are given.
        """
        place = self._checked(item)
        bounds = _single(score, item)
        if self._paired:
            bounds = _gap(bounds, _single(score_of_baseline, item))
        elif score_of_baseline is not None:
            raise ValueError(f"a score of the baseline for item {item}, but what to compare with is known already")
        self._arrived.add(place)
        self._waiting[place] = bounds
        while self._next in self._waiting:
            self._count(*self._waiting.pop(self._next))
            self._next = next(self._places, -1)
        return self._verdict

    def _checked(self, item: int) -> int:
        place = index(item)
        if not 0 <= place < self._n_items:
            raise ValueError(f"item {item} is not in a suite of {self._n_items} items, which are counted from 0")
        if place in self._arrived:
            raise ValueError(f"item {item} was observed before")
        return place

    def _count(self, lowest: float, highest: float) -> None:
        """Bet on one item, and see what is certain now."""
        step = self._controls.step(self.used)
        self._evidence.count(step, np.where(self._claims.up, lowest, highest))
        self._counted.append(Counted(step, lowest, highest))
        if lowest == highest:
            self._controls.learn(step, lowest)
        reached = self._evidence.reached() if self.used == self._n_items else self._nowhere
        self._verdict = self._verdict or _verdict(self._evidence.peak, reached, log(2.0 / self._alpha))
        self._gate = self._gate or _gate(self._evidence.peak, reached, log(1.0 / self._alpha))


def _verdict(peak: NDArray[np.float64], reached: NDArray[np.bool_], enough: float) -> Certain | None:
    """What is certain, if anything, when each claim is refuted by so much evidence.

    At any one true mean at most two of the claims are true, so each may be refuted wrongly with half of alpha.
    """
    if peak[_NOT_BETTER] >= enough:
        return "better"
    if peak[_NOT_WORSE] >= enough:
        return "worse"
    within = (peak >= enough) | reached
    return "within_margin" if within[_WORSE_BY_MORE] and within[_BETTER_BY_MORE] else None


def _gate(peak: NDArray[np.float64], reached: NDArray[np.bool_], enough: float) -> Passed | None:
    """What a gate says, if anything is certain; no mean makes both answers wrong, so each may use all of alpha."""
    if peak[_WORSE_BY_MORE] >= enough or reached[_WORSE_BY_MORE]:
        return "pass"
    return "fail" if peak[_NOT_WORSE] >= enough else None


def _claims(centre: float, margin: float) -> tuple[list[bool], NDArray[np.float64]]:
    """Directions and boundaries of the claims, in the order of their names above."""
    if margin == 0.0:
        return [True, False], np.array([centre, centre])
    return [True, False, True, False], np.array([centre, centre, centre - margin, centre + margin])


def _outlook(
    runs: NDArray[np.float64],
    baseline: NDArray[np.float64] | None,
    threshold: float | None,
    order: NDArray[np.int64],
) -> Outlook:
    """What is known beforehand; past runs are in drawn order already."""
    if baseline is None and threshold is None:
        return outlook_of_differences(runs)
    centre = threshold if baseline is None else fsum(baseline) / len(baseline)
    assert centre is not None
    own = None if baseline is None else baseline[order]
    if len(runs) >= FEWEST_RUNS:
        return outlook_of_history(runs, own, centre)
    return outlook_of_nothing(centre, len(order)) if own is None else outlook_of_baseline(own, centre)


def _single(score: float | None, item: int) -> tuple[float, float]:
    """The least and the most that a score can be."""
    if score is None:
        return 0.0, 1.0
    if not 0.0 <= score <= 1.0:  # NaN fails this, too
        raise ValueError(f"score {score} of item {item} is not within 0 to 1")
    return float(score), float(score)


def _gap(ours: tuple[float, float], others: tuple[float, float]) -> tuple[float, float]:
    """The least and the most that a gap between two scores can be."""
    return ours[0] - others[1], ours[1] - others[0]


def _check(n_items: int, threshold: float | None, margin: float, alpha: float) -> None:
    if index(n_items) < 1:
        raise ValueError(f"a suite of {n_items} items: there is nothing to compare")
    if threshold is not None and not 0.0 <= threshold <= 1.0:
        raise ValueError(f"threshold {threshold} is not within 0 to 1")
    if not 0.0 <= margin <= 1.0:
        raise ValueError(f"margin {margin} is not within 0 to 1")
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha {alpha} is not between 0 and 1")


def _known(baseline: ArrayLike, n_items: int) -> NDArray[np.float64]:
    """The baseline's scores, checked."""
    scores = np.array(baseline, dtype=np.float64)
    if scores.shape != (n_items,):
        raise ValueError(f"baseline of shape {scores.shape} for a suite of {n_items} items: one score each")
    outside = np.flatnonzero(~((scores >= 0.0) & (scores <= 1.0)))  # NaN is outside, too
    if len(outside):
        raise ValueError(f"baseline has a score of {scores[outside[0]]} at item {outside[0]}: not within 0 to 1")
    return scores
