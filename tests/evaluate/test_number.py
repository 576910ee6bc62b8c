"""The number evaluator: what is plainly a number, and what is not."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ippon.evaluate.number import last_number
from ippon.records.evaluators import Number
from tests.evaluate.driver import score

PLAIN = Number(name="n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("42", 42),
        ("The answer is 42.", 42),
        ("first 1, then 2, at last 3!", 3),
        ("#### 1,234", 1234),
        ("1,234,567.25", Fraction("1234567.25")),
        ("1\u202f000\u202f000", 1_000_000),
        ("1\u00a0000", 1000),
        ("-5", -5),
        ("\u22125", -5),
        ("+5", 5),
        ("= -5", -5),
        ("(3)-5", 5),
        ("GPT-5", 5),
        ("0.5", Fraction("0.5")),
        (".5", Fraction("0.5")),
        ("-.5", Fraction("-0.5")),
        ("5.", 5),
        ("1e3", 1000),
        ("1.5E-3", Fraction("0.0015")),
        ("2e\u22122", Fraction("0.02")),
        ("50%", Fraction("0.5")),
        ("-12.5 %", Fraction("-0.125")),
        ("5kg", 5),
        ("\\boxed{7}", 7),
        ("$1,000", 1000),
        ("答案是5", 5),
        ("**9**", 9),
        ("0", 0),
        ("-0", 0),
        ("12345678901234567890", 12345678901234567890),
        ("3 blind mice in H2O", 3),
    ],
)
def test_plain_numbers(text, expected):
    """Signs, separators, fractions, exponents and percent signs are read exactly; the last number counts."""
    found = last_number(text)

    assert found is not None
    assert expected == found.value


@pytest.mark.parametrize(
    "text",
    [
        "8/10", "1.2.3", "10-15", "10\u201315", "2024-05-01", "12:30", "10^6", "3\u00d710", "1_0", "007", "1.234,5", "1,2",
        "12,34", "1,234,56", "1,234\u00a0567", "1'000", "1e999", "1" * 401, "00", "0001.5", "9e-401",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_number(text):
    """Fractions, ranges, dates, versions, other formats: never guessed at."""
    found = last_number(f"maybe {text}")

    assert found is not None
    assert found.value is None


@pytest.mark.parametrize("text", ["", "none", "CO2", "x1", "a_1", "\u0663", "½", "IV", "NaN", "Infinity"])
def test_no_number(text):
    """Digits inside a word and digits of other scripts are none."""
    assert last_number(text) is None


@pytest.mark.parametrize(
    ("evaluator", "response", "reference", "expected"),
    [
        (PLAIN, "it is 42", 42, 1.0),
        (PLAIN, "it is 42", "so #### 42", 1.0),
        (PLAIN, "it is 42.0", 42, 1.0),
        (PLAIN, "it is 43", 42, 0.0),
        (PLAIN, "no idea", 42, 0.0),
        (PLAIN, "8/10", 8, 0.0),
        (PLAIN, "0.3", 0.3, 1.0),
        (PLAIN, "50%", "0.5", 1.0),
        (PLAIN, "50", "50%", 0.0),
        (PLAIN, "9007199254740993", 9007199254740992, 0.0),
        (Number(name="n", tolerance=0.1), "0.4", 0.3, 1.0),
        (Number(name="n", tolerance=0.1), "0.41", 0.3, 0.0),
        (Number(name="n", relative_tolerance=0.01), "101", 100, 1.0),
        (Number(name="n", relative_tolerance=0.01), "-101", -100, 1.0),
        (Number(name="n", relative_tolerance=0.01), "98.9", 100, 0.0),
        (Number(name="n", tolerance=5, relative_tolerance=0.01), "104", 100, 1.0),
        (PLAIN, "1", None, "evaluator"),
        (PLAIN, "1", True, "evaluator"),
        (PLAIN, "1", "one", "evaluator"),
        (PLAIN, "1", "1/2", "evaluator"),
    ],
)
def test_comparison(evaluator, response, reference, expected):
    """Within the larger of the two tolerances, compared exactly; a reference without a number is the item's failure."""
    assert expected == score(evaluator, response, reference)


@given(
    st.integers(-(10**30), 10**30),
    st.text(alphabet="ab .\n", max_size=10).filter(lambda text: not text.endswith(tuple("ab"))),
)
def test_any_integer_is_read_back(number, before):
    """As written by Python, with or without thousands separators."""
    for written in (str(number), f"{number:,}"):
        found = last_number(f"{before} {written}.")

        assert found is not None
        assert number == found.value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_float_is_read_back(number):
    """To the very value that its shortest text names."""
    found = last_number(repr(number))

    assert found is not None
    assert Fraction(repr(number)) == found.value


@given(st.text())
def test_any_text_is_survived(text):
    """Whatever a model writes is read or refused."""
    last_number(text)
