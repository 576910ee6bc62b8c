"""The rows of the table that need no machine to be measured on: their shortest form holds."""

from bench.simulated import virtual
from bench.stage import Effort


def test_virtual_worlds_are_rows() -> None:
    """Two limits and two outages, and nothing is lost in any of them."""
    claims = list(virtual(Effort(1, short=True)))

    assert 10 == len(claims)
    assert [0.0] * 4 == [claim.measured for claim in claims if "lost" in claim.what]
