"""What a certifier says, in which order it counts, what missing scores do to it, and what it refuses."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ippon.stats import Certifier

STEPS = st.integers(0, 4).map(lambda quarters: quarters / 4)
PAIRS = st.lists(st.tuples(STEPS, STEPS), min_size=1, max_size=14)
MAYBE = st.none() | STEPS
SEEDS = st.integers(0, 2**32 - 1)
MARGINS = st.sampled_from([0.0, 0.05, 0.25, 1.0])


def drawn(seed):
    """A generator."""
    return np.random.default_rng(seed)


def world(seed, n_items=150, gap=0.15, runs=5):
    """Scores of a baseline, of a system that is better by about `gap`, and of past runs: items differ in difficulty."""
    rng = drawn(seed)
    ease = rng.beta(0.8, 0.8, n_items)
    scores = [(rng.random(n_items) < np.clip(ease + shift, 0, 1)).astype(float) for shift in [0.0, gap, *[0.0] * runs]]
    return scores[0], scores[1], np.array(scores[2:]).reshape(runs, n_items)


def play(certifier, scores, others=None):
    """The verdict after each item, in drawn order."""
    return [
        certifier.observe(item, scores[item], *(() if others is None else (others[item],))) for item in certifier.order
    ]


def after(verdicts):
    """The first verdict and the number of items that it took."""
    return next(((verdict, n) for n, verdict in enumerate(verdicts, 1) if verdict), (None, len(verdicts)))


@pytest.mark.parametrize("seed", range(3))
def test_a_clear_gap_is_certain_early(seed):
    """Either way, with whatever is known: a gap of 30 points needs a part of the suite only, and history hastens it."""
    base, better, runs = world(seed, n_items=400, gap=0.3)
    for one, other, expected in [(base, better, "better"), (better, base, "worse")]:
        for setting in ({"baseline": one}, {"baseline": one, "history": runs}, {"threshold": float(one.mean())}):
            verdict, n = after(play(Certifier(400, rng=drawn(seed), **setting), other))
            assert (expected, True) == (verdict, n < 200)
        verdict, n = after(play(Certifier(400, rng=drawn(seed), history=runs), other, one))
        assert (expected, True) == (verdict, n < 250)


def test_history_makes_verdicts_earlier():
    """Summed over ten worlds of 20 points: with runs like these the verdict needs fewer items, without them more."""
    needed = {"history": 0, "alone": 0}
    for seed in range(10):
        base, better, runs = world(seed, n_items=300, gap=0.2, runs=8)
        for name, history in (("history", runs), ("alone", None)):
            needed[name] += after(play(Certifier(300, rng=drawn(seed), baseline=base, history=history), better))[1]
    assert needed["history"] < 0.95 * needed["alone"]


def test_first_verdict_stays():
    """What comes after a verdict, even its opposite, does not change it; items go on counting."""
    certifier = Certifier(200, rng=drawn(1), threshold=0.5)
    verdicts = [certifier.observe(item, 1.0 if at < 40 else 0.0) for at, item in enumerate(certifier.order)]
    assert {None, "better"} == set(verdicts)
    assert "better" == verdicts[-1]
    assert 200 == certifier.used
    assert "pass" == certifier.gate


def test_within_margin():
    """A system that differs by less than the margin is found to, before the suite is through."""
    base, _, runs = world(3, n_items=600)
    same = base.copy()
    same[:3] = 1.0 - same[:3]
    certifier = Certifier(600, rng=drawn(3), baseline=base, history=np.vstack([runs, base]), margin=0.1)
    verdict, n = after(play(certifier, same))
    assert ("within_margin", True) == (verdict, n < 500)
    assert "pass" == certifier.gate


@pytest.mark.parametrize("gap", [0.15, -0.15])
def test_gate_is_certain_no_later_than_the_verdict(gap):
    """What is better passes, and what is worse fails or has passed, at the verdict or before it; mostly before."""
    base, other, runs = world(5, n_items=400, gap=gap)
    certifier = Certifier(400, rng=drawn(5), baseline=base, history=runs, margin=0.05)
    first = {}
    for n, item in enumerate(certifier.order, 1):
        first.setdefault(("verdict", certifier.observe(item, other[item])), n)
        first.setdefault(("gate", certifier.gate), n)
    verdict, gate = (
        next((key[1], n) for key, n in first.items() if key[0] == what and key[1]) for what in ("verdict", "gate")
    )
    assert (("better", "pass") if gap > 0 else ("worse", "fail")) == (verdict[0], gate[0])
    assert gate[1] < verdict[1]


def truth(gap, margin):
    """What is so, of an exact gap."""
    if abs(gap) > 1e-9:
        return "better" if gap > 0 else "worse"
    return "within_margin"


@settings(deadline=None, max_examples=60)
@given(pairs=PAIRS, seed=SEEDS, margin=MARGINS, how=st.sampled_from(["baseline", "threshold", "both"]))
def test_verdict_on_an_exhausted_suite_is_true(pairs, seed, margin, how):
    """With alpha so small that bets alone decide nothing: exact comparison at the end, or as soon as it cannot change."""
    scores, others = np.array(pairs).T
    setting = {"baseline": others} if how == "baseline" else {}
    if how == "threshold":
        setting = {"threshold": float(others.mean())}
    certifier = Certifier(len(pairs), rng=drawn(seed), margin=margin, alpha=1e-12, **setting)
    verdict = play(certifier, scores, others if how == "both" else None)[-1]
    gap = scores.mean() - others.mean()
    allowed = {truth(gap, margin)} | ({"within_margin"} if abs(gap) <= margin + 1e-9 else set())
    assert verdict in allowed
    passes = {"pass"} if gap >= -margin - 1e-9 else set()
    assert certifier.gate in passes | ({"fail"} if gap < -1e-9 else set())
    low, high = certifier.interval
    mean = gap if how == "both" else scores.mean()
    assert (mean, mean) == pytest.approx((low, high), abs=1e-6)


@settings(deadline=None, max_examples=60)
@given(
    pairs=st.lists(st.tuples(MAYBE, MAYBE), min_size=1, max_size=9),
    seed=SEEDS,
    both=st.booleans(),
    fill=st.floats(0, 1),
)
def test_missing_scores_leave_open_what_they_could_change(pairs, seed, both, fill):
    """A certain verdict of an exhausted suite holds whatever the missing scores may have been."""
    scores = [score for score, _ in pairs]
    others = [other if both else other or 0.0 for _, other in pairs]
    certifier = Certifier(len(pairs), rng=drawn(seed), alpha=1e-12, baseline=None if both else others)
    verdict = play(certifier, scores, others if both else None)[-1]
    for ours, theirs in ((0.0, 1.0), (1.0, 0.0), (fill, fill)):
        gap = np.mean([ours if s is None else s for s in scores]) - np.mean(
            [theirs if o is None else o for o in others]
        )
        assert verdict is None or verdict == truth(gap, 0.0)
    complete = not any(score is None for score in [*scores, *others])
    assert verdict is not None or not complete


def test_a_missing_score_is_worth_less_to_each_side_than_any_score():
    """At the item itself: the evidence of neither side is more than it would be with the least or the most."""
    base, better, runs = world(7)
    for at in (0, 20, 60):
        peaks = []
        for score in (None, 0.0, 0.5, 1.0):
            certifier = Certifier(150, rng=drawn(2), baseline=base, history=runs)
            for item in certifier.order[:at]:
                certifier.observe(item, better[item])
            certifier.observe(certifier.order[at], score)
            peaks.append(certifier._evidence._logs.copy())
        missing, *scored = peaks
        assert all((missing <= each + 1e-12).all() for each in scored)


def test_interval_with_missing_scores_holds_both_ends():
    """A third missing: what is left open stays inside."""
    base, better, _ = world(8)
    certifier = Certifier(150, rng=drawn(2), baseline=base)
    for at, item in enumerate(certifier.order):
        certifier.observe(item, None if at % 3 == 0 else better[item])
    kept = better[certifier.order][np.arange(150) % 3 != 0].sum() / 150
    assert (kept, kept + 1 / 3) == pytest.approx(certifier.interval, abs=1e-6)


@settings(deadline=None, max_examples=25)
@given(seed=SEEDS, shuffle=st.randoms(use_true_random=False), both=st.booleans(), gap=st.floats(-0.4, 0.4))
def test_arrival_does_not_matter(seed, shuffle, both, gap):
    """Any arrival gives the verdict, gate and interval that drawn order gives at the same count."""
    base, better, runs = world(seed % 1000, n_items=30, gap=gap)
    setting = {"history": runs, "margin": 0.1, "alpha": 0.3, **({} if both else {"baseline": base})}
    inorder = Certifier(30, rng=drawn(seed), **setting)
    states = [(None, None)]
    for item in inorder.order:
        verdict = inorder.observe(item, better[item], base[item] if both else None)
        states.append((verdict, inorder.gate))
    other = Certifier(30, rng=drawn(seed), **setting)
    arrival = list(other.order)
    shuffle.shuffle(arrival)
    for item in arrival:
        verdict = other.observe(item, better[item], base[item] if both else None)
        assert states[other.used] == (verdict, other.gate)
    assert inorder.interval == other.interval


@settings(deadline=None, max_examples=25)
@given(seed=SEEDS, gap=st.floats(-0.5, 0.5), runs=st.sampled_from([0, 2, 5]))
def test_swapping_the_systems_swaps_the_verdict(seed, gap, runs):
    """At each count, to the last bit of the evidence."""
    base, better, history = world(seed % 1000, n_items=60, gap=gap, runs=runs)
    one, other = (Certifier(60, rng=drawn(seed), history=history, margin=0.1, alpha=0.2) for _ in range(2))
    swapped = {"better": "worse", "worse": "better"}
    for forth, back in zip(play(one, better, base), play(other, base, better), strict=True):
        assert swapped.get(forth, forth) == back
    np.testing.assert_allclose(one._evidence.peak[[0, 1, 2, 3]], other._evidence.peak[[1, 0, 3, 2]], atol=1e-9)
    low, high = one.interval
    assert (-high, -low) == pytest.approx(other.interval, abs=1e-6)


@settings(deadline=None, max_examples=20)
@given(seed=SEEDS, gap=st.floats(-0.5, 0.5), runs=st.sampled_from([0, 5]))
def test_failures_counted_for_successes_swap_the_verdict(seed, gap, runs):
    """1 - score in place of every score: the same evidence for the other side, at each count."""
    base, better, history = world(seed % 1000, n_items=60, gap=gap, runs=runs)
    one = Certifier(60, rng=drawn(seed), baseline=base, history=history, alpha=0.2)
    other = Certifier(60, rng=drawn(seed), baseline=1 - base, history=1 - history, alpha=0.2)
    play(one, better)
    play(other, 1 - better)
    np.testing.assert_allclose(one._evidence.peak, other._evidence.peak[::-1], atol=1e-6)


@pytest.mark.parametrize("seed", range(2))
def test_interval_agrees_with_the_verdict_and_only_narrows(seed):
    """A boundary is outside exactly when a verdict says so; no interval ever leaves the one before."""
    base, better, runs = world(seed, n_items=60, gap=0.4)
    certifier = Certifier(60, rng=drawn(seed), baseline=base, history=runs)
    assert (0.0, 1.0) == certifier.interval
    low, high = 0.0, 1.0
    for item in certifier.order:
        verdict = certifier.observe(item, better[item])
        new_low, new_high = certifier.interval
        assert low - 1e-6 <= new_low <= new_high <= high + 1e-6
        low, high = new_low, new_high
        assert (verdict == "better") == (low > base.mean() - 1e-6)


def test_interval_where_everything_is_refuted():
    """An order that nobody could have drawn: the two ends meet instead of crossing."""
    certifier = Certifier(1000, rng=drawn(1), threshold=0.5)
    for at, item in enumerate(certifier.order[:700]):
        certifier.observe(item, 1.0 if at < 60 else 0.0)
    low, high = certifier.interval
    assert low == high


@pytest.mark.parametrize("score", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("runs", [0, 4])
def test_constant_scores(score, runs):
    """Of everything, the same: a tie, without a warning; and no verdict before the end."""
    history = np.full((runs, 20), score)
    certifier = Certifier(20, rng=drawn(1), baseline=np.full(20, score), history=history)
    verdicts = play(certifier, np.full(20, score))
    assert {None} == set(verdicts[:-1])
    assert ("within_margin", "pass") == (verdicts[-1], certifier.gate)


@pytest.mark.parametrize(("end", "margin"), [(0.0, 0.2), (1.0, 0.2)])
def test_margin_beyond_the_scale(end, margin):
    """Nothing is worse than 0 by a margin: the gate passes at the first item, whatever it is."""
    certifier = Certifier(10, rng=drawn(1), threshold=end, margin=margin)
    certifier.observe(certifier.order[0], end)
    assert ("pass" if end == 0.0 else None) == certifier.gate


def test_one_item():
    """The smallest suite decides at once."""
    assert "better" == Certifier(1, rng=drawn(1), baseline=[0.5]).observe(0, 0.75)
    assert "worse" == Certifier(1, rng=drawn(1), threshold=0.5).observe(0, 0.25)
    assert "within_margin" == Certifier(1, rng=drawn(1)).observe(0, 0.25, 0.25)
    assert Certifier(1, rng=drawn(1)).observe(0, None, None) is None


def test_gaps_in_history():
    """Unscored cells, items and runs: filled, and never an obstacle; two runs that scored anything are as good as none."""
    base, better, runs = world(4, n_items=200, gap=0.3)
    sparse = runs.copy()
    sparse[0, ::3] = np.nan
    sparse[:, 5] = np.nan
    sparse[1] = np.nan
    assert "better" == play(Certifier(200, rng=drawn(4), baseline=base, history=sparse), better)[-1]
    few = np.vstack([runs[:2], np.full(200, np.nan)])
    alone = play(Certifier(200, rng=drawn(4), baseline=base), better)
    assert alone == play(Certifier(200, rng=drawn(4), baseline=base, history=few), better)


def test_order_is_drawn_once_and_fixed():
    """A permutation that the generator determines and nobody can write to."""
    certifier = Certifier(50, rng=drawn(9), threshold=0.5)
    assert list(range(50)) == sorted(certifier.order)
    assert list(certifier.order) == list(Certifier(50, rng=drawn(9), threshold=0.5).order)
    assert list(certifier.order) != list(Certifier(50, rng=drawn(10), threshold=0.5).order)
    with pytest.raises(ValueError, match="read-only"):
        certifier.order[0] = 1


SCRIPT = """
import numpy as np
from ippon.stats import Certifier
rng = np.random.default_rng(5)
base, better, history = rng.random(80), np.clip(rng.random(80) + 0.2, 0, 1), rng.random((6, 80))
certifier = Certifier(80, rng=np.random.default_rng(6), baseline=base, history=history)
print([certifier.observe(item, float(better[item])) for item in certifier.order].index("better"), certifier.interval)
"""


def test_the_same_in_every_process():
    """Seed and scores determine everything, to the last digit."""
    said = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert 1 == len(said)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"n_items": 0}, "a suite of 0 items"),
        ({"baseline": [0.5] * 4}, r"baseline of shape \(4,\) for a suite of 5 items"),
        ({"baseline": [[0.5] * 5]}, r"baseline of shape \(1, 5\)"),
        ({"baseline": [0.5, 0.5, 1.5, 0.5, 0.5]}, "score of 1.5 at item 2"),
        ({"baseline": [0.5, 0.5, 0.5, 0.5, float("nan")]}, "score of nan at item 4"),
        ({"baseline": [0.5] * 5, "threshold": 0.5}, "a baseline and a threshold"),
        ({"history": [[0.5] * 4] * 3}, "4 items wide"),
        ({"history": [[0.5] * 4 + [2.0]] * 3}, "2.0 at run 0, item 4"),
        ({"threshold": 1.1}, "threshold 1.1"),
        ({"threshold": float("nan")}, "threshold nan"),
        ({"margin": -0.1}, "margin -0.1"),
        ({"margin": float("nan")}, "margin nan"),
        ({"margin": 1.5}, "margin 1.5"),
        ({"alpha": 0.0}, "alpha 0.0"),
        ({"alpha": 1.0}, "alpha 1.0"),
        ({"alpha": float("nan")}, "alpha nan"),
    ],
)
def test_settings_that_are_refused(setting, said):
    """Each says what is wrong and where."""
    with pytest.raises(ValueError, match=said):
        Certifier(**{"n_items": 5, "rng": drawn(1), **setting})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((5, 0.5), "item 5 is not in a suite of 5"),
        ((-1, 0.5), "item -1 is not in"),
        ((1, 0.5), "item 1 was observed before"),
        ((2, 1.1), "score 1.1 of item 2"),
        ((2, float("nan")), "score nan of item 2"),
        ((2, 0.5, 0.5), "what to compare with is known already"),
    ],
)
def test_answers_that_are_refused(answer, said):
    """Each says what is wrong, and changes nothing: the right answer is taken afterwards."""
    certifier = Certifier(5, rng=drawn(1), threshold=0.5)
    certifier.observe(1, 0.5)
    before = certifier.used
    with pytest.raises(ValueError, match=said):
        certifier.observe(*answer)
    assert before == certifier.used
    certifier.observe(2, 0.5)


def test_a_score_of_the_other_system_is_checked_too():
    """Where both are scored along."""
    with pytest.raises(ValueError, match=r"score -0\.5 of item 3"):
        Certifier(5, rng=drawn(1)).observe(3, 0.5, -0.5)
