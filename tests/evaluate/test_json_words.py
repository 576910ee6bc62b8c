"""What is said of text that is no JSON."""

from __future__ import annotations

import pytest

from ippon.evaluate.strict_json import Refused, decode


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": "b', "not JSON: Unterminated string starting at line 1 column 7"),
        ('{"a": "b\nc"}', "not JSON: Invalid control character at line 1 column 9"),
        ("{", "not JSON: Expecting property name enclosed in double quotes at line 1 column 2"),
    ],
)
def test_a_place_is_named_once(text: str, said: str) -> None:
    """Some of the decoder's words end in `at` already."""
    found = decode(text)

    assert isinstance(found, Refused)
    assert said == found.message
