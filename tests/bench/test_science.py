"""The matrices that the statistics are measured on, the simple methods beside ours, and the command."""

import sys
from pathlib import Path

import numpy as np
import pytest

from bench.science import __main__ as command
from bench.science import simple
from bench.science.matrices import judged, matrices
from bench.science.tables import show
from bench.stage import Claim
from ippon.stats import finite_mean


def test_matrices_are_complete() -> None:
    """Systems x items, in 0..1, no gaps; three judges of a file are three matrices."""
    found = matrices()

    assert {
        "llmbar_judges",
        "mmlupro",
        "zeroeval_crux",
        "shaberi/athenev2",
        "shaberi/llama33",
        "shaberi/tulu405",
    } == set(found)
    for scores in found.values():
        assert len(scores) >= 12
        assert ((scores >= 0.0) & (scores <= 1.0)).all()
    assert [(6, 278, 320)] == [scores.shape for scores in judged().values()]


def test_gaps_are_filled_and_bad_systems_left_out(tmp_path: Path) -> None:
    """Item mean and system offset; a system that is mostly missing goes, and so does a matrix of few systems."""
    scores = np.tile(np.linspace(0.2, 0.6, 20)[:, None], (1, 13)) + np.linspace(0.0, 0.3, 13)
    scores[3, 5] = np.nan
    scores[:15, 12] = np.nan
    np.savez(tmp_path / "some.npz", scores=scores)
    np.savez(tmp_path / "few.npz", scores=scores[:, 4:])
    np.savez(tmp_path / "none.npz", scores=scores * np.nan)
    found = matrices(tmp_path)

    assert ["some"] == list(found)
    assert (12, 20) == found["some"].shape
    assert found["some"][5, 3] == pytest.approx(0.2 + 3 * 0.4 / 19 + 5 * 0.025, abs=0.02)


def test_a_folder_without_matrices_is_told(tmp_path: Path) -> None:
    """Not measured on nothing."""
    with pytest.raises(FileNotFoundError, match=r"no \.npz file"):
        matrices(tmp_path)


def test_the_simple_mean_is_the_plain_one() -> None:
    """Student's with correction: what `finite_mean` says of scores that spread, without its 3%."""
    scores = np.array([0.0, 0.1, 0.3, 0.4, 0.55, 0.65, 0.8, 0.9])
    plain, ours = simple.mean_alone(scores, 40), finite_mean(scores.tolist(), 40)

    assert plain.value == pytest.approx(ours.value)
    assert 1.03 * (plain.high - plain.low) == pytest.approx(ours.high - ours.low)
    history = np.tile(np.linspace(0, 1, 40), (3, 1))
    assert simple.estimate_mean(history[0, :8], np.arange(8), 40, history=history).value == pytest.approx(0.5)
    assert simple.estimate_mean(scores, np.arange(8), 40, history=history[:2]) == plain


@pytest.mark.parametrize(("shift", "expected"), [(0.3, "better"), (-0.3, "worse")])
def test_the_simple_test_finds_a_clear_gap(shift: float, expected: str) -> None:
    """Before the suite ends; of two equal systems it says nothing."""
    rng = np.random.default_rng(1)
    baseline = rng.uniform(0.3, 0.7, 80)
    certifier = simple.Certifier(80, rng=rng, baseline=baseline)
    verdicts = [certifier.observe(int(item), float(baseline[item] + shift)) for item in certifier.order]
    equal = simple.Certifier(80, rng=rng)

    assert verdicts[70] == verdicts[-1] == expected
    assert [None] * 80 == [equal.observe(int(item), 0.5, 0.5) for item in equal.order]


def test_the_simple_screen_takes_what_varies_most() -> None:
    """By variance; the score is the mean."""
    history = np.array([[0.0, 0.5, 0.4], [1.0, 0.5, 0.6]])

    assert [0, 2] == simple.screen(history, 2, np.random.default_rng(1)).tolist()
    assert simple.screen_score(history, np.array([0, 2]), np.array([0.2, 0.4])) == pytest.approx(0.3)


def test_the_command_judges_counts_alone_of_a_smoke_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One topic; its claim has a unit and does not hold."""
    monkeypatch.setattr(command, "measured", lambda topic, folder, *, smoke: [Claim(topic, 2.0, 1.0, "x")])
    monkeypatch.setattr(sys, "argv", ["bench.science", "ppi", "--smoke"])
    smoke = command.main()
    monkeypatch.setattr(sys, "argv", ["bench.science", "ppi"])

    assert (0, 1) == (smoke, command.main())
    assert "TOO MUCH" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["bench.science", "nonsense"])
    with pytest.raises(SystemExit):
        command.main()


def test_a_table_lines_up(capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers to the right, the first column to the left."""
    show("title", ("name", 7), [("a", 0.5), ("longer", 12)])

    assert ["", "title", "name        7", "a       0.500", "longer     12"] == capsys.readouterr().out.splitlines()
