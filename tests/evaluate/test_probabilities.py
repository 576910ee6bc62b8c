"""From the endpoint's token probabilities to those of the labels."""

from __future__ import annotations

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ippon.evaluate.probabilities import label_shares, mean_worth, normalised

GOOD_POOR = ["good", "poor"]


def shares(tokens, labels=GOOD_POOR):
    """The labels' shares in an answer that is these tokens, rounded."""
    found = label_shares("".join(token for token, _, _ in tokens), tokens, labels)
    return None if found is None else {label: round(share, 4) for label, share in found.items()}


def certain(*texts):
    """Tokens without alternatives."""
    return [(text, 0.0, {}) for text in texts]


def test_the_label_is_one_token():
    """Its alternatives are the other labels; anything else among them is left out."""
    options = {"good": log(0.6), "poor": log(0.2), "great": log(0.2)}

    assert {"good": 0.75, "poor": 0.25} == shares(
        [*certain('{"label": "'), ("good", log(0.6), options), *certain('"}')]
    )


def test_the_label_begins_inside_a_token():
    """A quotation mark before it belongs to the alternatives as well."""
    options = {' "good': log(0.5), ' "poor': log(0.5), "poor": log(0.1), " '": log(0.1)}

    assert {"good": 0.5, "poor": 0.5} == shares([*certain('{"label":'), (' "good', log(0.5), options), *certain('"}')])


def test_labels_with_a_common_beginning():
    """The next token tells them apart; an alternative that is already another label keeps its share."""
    tokens = [
        *certain('{"label": "'),
        ("g", log(0.8), {"g": log(0.8), "bad": log(0.2)}),
        ("ood", log(0.75), {"ood": log(0.75), "reat": log(0.25)}),
        *certain('"}'),
    ]

    assert {"good": 0.6, "great": 0.2, "bad": 0.2} == shares(tokens, ["good", "great", "bad"])


def test_a_label_that_begins_like_a_longer_one():
    """`good` and `good enough`: the closing quotation mark decides."""
    tokens = [
        *certain('{"label": "'),
        ("good", log(0.9), {"good": log(0.9), "poor": log(0.1)}),
        ('"}', log(0.5), {'"}': log(0.5), " enough": log(0.5)}),
    ]

    assert {"good": 0.45, "good enough": 0.45, "poor": 0.1} == shares(tokens, ["good", "good enough", "poor"])


def test_a_reason_that_speaks_of_a_label_does_not_matter():
    """Only the key `label` counts, wherever it stands."""
    options = {"poor": log(0.9), "good": log(0.1)}
    after = certain('", "reason": "label"}')

    assert {"good": 0.1, "poor": 0.9} == shares([*certain('{"label" : "'), ("poor", log(0.9), options), *after])
    before = certain('{"reason": "label", "label": "')
    assert {"good": 0.1, "poor": 0.9} == shares([*before, ("poor", log(0.9), options), *certain('"}')])


def test_the_chosen_token_counts_without_being_listed():
    """Endpoints list alternatives with it or without it."""
    assert {"good": 0.75, "poor": 0.25} == shares(
        [*certain('{"label": "'), ("good", log(0.6), {"poor": log(0.2)}), *certain('"}')]
    )


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ('{"label": "good"}', certain('{"label": "poor"}')),
        ('{"verdict": "good"}', certain('{"verdict": "good"}')),
        ('{"label": 5}', certain('{"label": 5}')),
        ('{"label": "other"}', certain('{"label": "other"}')),
        ("", []),
    ],
)
def test_no_shares_where_the_tokens_do_not_fit(text, tokens):
    """Then the label's own value is the score."""
    assert label_shares(text, tokens, GOOD_POOR) is None


def test_a_label_in_one_token_with_all_the_rest():
    """Alternatives that go on differently are still read by their beginning."""
    whole = '{"label": "good"}'
    options = {whole: log(0.5), '{"label": "poor"}': log(0.5)}

    assert {"good": 0.5, "poor": 0.5} == shares([(whole, log(0.5), options)])


@given(st.dictionaries(st.sampled_from("abcde"), st.floats(1e-6, 1), min_size=1))
def test_normalised_shares(given_shares):
    """Add up to 1, in the proportions that were given; a label that was not given has none."""
    total = sum(given_shares.values())
    expected = {label: given_shares.get(label, 0.0) / total for label in "abcde"}

    assert pytest.approx(expected) == normalised(given_shares, "abcde")


@pytest.mark.parametrize("given_shares", [{}, {"a": 0.0}, {"x": 1.0}, {"a": -0.5, "b": 1.0}, {"a": float("nan")}])
def test_nothing_to_share(given_shares):
    """Then there are no shares, and no division by nothing."""
    assert normalised(given_shares, "ab") is None


@given(st.lists(st.floats(0, 1), min_size=2, max_size=2), st.floats(0, 1))
def test_a_mean_worth_is_a_score(values, share):
    """Inside 0..1, whatever rounding does."""
    assert 0 <= mean_worth({"a": share, "b": 1 - share}, dict(zip("ab", values, strict=True))) <= 1
