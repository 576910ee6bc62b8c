"""1 when the last number of the response is the reference's, within a tolerance.

No guesses: what is not plainly one number is none. A number has an optional sign, digits with or without thousands
separators (`1,234`, or a no-break or thin space, in groups of three), an optional fraction after a point, an optional
exponent and an optional percent sign, which divides by 100. `8/10`, `1.2.3`, `10-15`, `2024-05-01`, `12:30`, `10^6`,
`1_0`, `007`, `1.234,5` are no numbers, nor are digits of other scripts or those inside a word (`CO2`). Comparison is
exact, in fractions, so large integers stay apart.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgspec

from ippon.evaluate.asking import settled, unscored
from ippon.evaluate.texts import as_text, fragment
from ippon.records.judgement import Score

if TYPE_CHECKING:
    from ippon.evaluate.material import Context, Material
    from ippon.ports import Steps
    from ippon.records.evaluators import Number
    from ippon.records.judgement import Judgement

# Only the end of a long response is looked at; numbers with more digits or a wider exponent than these are refused.
SEARCHED = 100_000
MAX_DIGITS = 400
MAX_EXPONENT = 400

_SPACES = "\u00a0\u2009\u202f"
_MINUS = "\u2212"
_SIGN = rf"[-+{_MINUS}]"
# Between digits these make one token, a number or not: a fraction, a range, a date, a time, a power, a product.
_GLUE = rf"[.,/:^_'\u2019\u00d7\-\u2013{_MINUS}{_SPACES}]"
_TOKEN = re.compile(
    rf"""(?<![A-Za-z0-9_])(?:(?<![)\]])(?P<sign>{_SIGN}))?
    (?P<body>\.?[0-9](?:[0-9]|{_GLUE}(?=[0-9]))*)
    (?:[eE](?P<exponent>{_SIGN}?[0-9]+)(?![A-Za-z0-9_]))?
    (?P<percent>[{_SPACES}\ ]?%)?""",
    re.VERBOSE,
)
_BODY = re.compile(
    rf"(?P<whole>0|[1-9][0-9]*|[1-9][0-9]{{0,2}}(?:(?P<separator>[,{_SPACES}])[0-9]{{3}}(?:(?P=separator)[0-9]{{3}})*))?(?P<fraction>\.[0-9]+)?"
)


class Found(msgspec.Struct, frozen=True):
    """A number as it was written and what it is; None where it is not plainly one."""

    text: str
    value: Fraction | None


def steps(evaluator: Number, material: Material, context: Context) -> Steps:  # noqa: ARG001 - one signature for all kinds
    """Score without asking anyone. The reference is a number, or a text whose last number counts."""
    return settled(_judgement(evaluator, material))


def last_number(text: str) -> Found | None:
    """The last number of a text, or what looks like one and is not; None where there is no digit of its own."""
    last = None
    for last in _TOKEN.finditer(text[-SEARCHED:]):  # noqa: B007 - the last one is wanted
        pass
    return None if last is None else Found(last.group().strip(), _value(last))


def _judgement(evaluator: Number, material: Material) -> Judgement:
    wanted = _reference(material.reference)
    if wanted is None:
        return unscored("the example's reference holds no number")
    found = last_number(material.response)
    if found is None:
        return Score(0.0, reason="no number in the response")
    if found.value is None:
        return Score(0.0, reason=f"{fragment(found.text)} is not plainly one number")
    relative = _exact(evaluator.relative_tolerance) * abs(wanted)
    if abs(found.value - wanted) <= max(_exact(evaluator.tolerance), relative):
        return Score(1.0)
    return Score(0.0, reason=f"{fragment(found.text)} is not {fragment(as_text(material.reference))}")


def _reference(given: Any) -> Fraction | None:
    if given is None or isinstance(given, bool):
        return None
    found = last_number(as_text(given))
    return None if found is None else found.value


def _exact(tolerance: float) -> Fraction:
    """The tolerance as it was written: 0.1 is a tenth."""
    return Fraction(repr(tolerance))


def _value(token: re.Match[str]) -> Fraction | None:
    body = _BODY.fullmatch(token["body"])
    exponent = int((token["exponent"] or "0")[-MAX_DIGITS:].replace(_MINUS, "-"))
    if body is None or len(token["body"]) > MAX_DIGITS or abs(exponent) > MAX_EXPONENT:
        return None
    digits = "".join(each for each in body["whole"] or "0" if each.isdigit())
    value = Fraction(f"{digits}{body['fraction'] or ''}") * Fraction(10) ** exponent
    signed = -value if token["sign"] in {"-", _MINUS} else value
    return signed / 100 if token["percent"] else signed
