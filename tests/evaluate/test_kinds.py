"""The table of kinds."""

from __future__ import annotations

from typing import get_args

from ippon.evaluate.identity import PARSER_VERSION
from ippon.evaluate.kinds import _FILES, check
from ippon.records.evaluators import AnyEvaluator, Exact


def test_every_kind_of_the_suite_has_a_file():
    """And a parser version."""
    kinds = {each.__struct_config__.tag for each in get_args(AnyEvaluator)}

    assert kinds == set(_FILES) == set(PARSER_VERSION)


def test_a_kind_that_cannot_go_wrong_has_nothing_to_check():
    """It passes."""
    assert check([Exact(name="e")]) is None
