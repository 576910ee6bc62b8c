"""1 when a pattern is found in the response.

The pattern is the suite author's and runs on text of a model. Python's `re` backtracks and knows no time limit, so a
response of more than 100,000 characters is not searched; a pattern such as `(a+)+$` can still be slow on less.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ippon.errors import Problem, SuiteError
from ippon.evaluate.asking import settled, unscored
from ippon.records.judgement import Score

if TYPE_CHECKING:
    from ippon.evaluate.material import Context, Material
    from ippon.ports import Steps
    from ippon.records.evaluators import Regex
    from ippon.records.judgement import Judgement

SEARCHED = 100_000


def check(evaluator: Regex) -> None:
    """Refuse a pattern that is none."""
    try:
        re.compile(evaluator.pattern)
    except (re.error, RecursionError, OverflowError) as error:
        message = f"evaluator `{evaluator.name}`: {error}"
        raise SuiteError(Problem(message=message, key="pattern", hint="patterns are those of Python's `re`")) from error


def steps(evaluator: Regex, material: Material, context: Context) -> Steps:  # noqa: ARG001 - one signature for all kinds
    """Score without asking anyone."""
    check(evaluator)
    return settled(_judgement(evaluator, material))


def _judgement(evaluator: Regex, material: Material) -> Judgement:
    if len(material.response) > SEARCHED:
        return unscored(f"the response is longer than the {SEARCHED:,} characters that a pattern is run on")
    found = re.search(evaluator.pattern, material.response) is not None
    return Score(1.0 if found else 0.0, reason=None if found else "the pattern is not found")
