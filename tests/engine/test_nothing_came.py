"""A run of everything to which nobody answered."""

from __future__ import annotations

from tests.door import coaching, ippon


def test_gates_without_any_evidence_are_not_tested_at_the_highest_tier(tmp_path, capsys):
    """No tier above it could test them: what is to be typed next asks what is missing."""
    path = coaching(tmp_path, gates='[[gates]]\nevaluator = "*"\nmin_score = 0.5\n')
    said = ippon(capsys, "run", path, "-t", "full", "--base-url", "http://127.0.0.1:9/v1")

    assert (3, True) == (said.code, "294 of 294 missing" in said.last), said
    assert "ippon run --resume" in said.out
