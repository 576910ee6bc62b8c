"""The arithmetic of a shared rate: the generic cell rate algorithm, which needs one number a limit.

(ITU-T Recommendation I.371, "Traffic control and congestion control in B-ISDN": the virtual scheduling algorithm.)
"""

from __future__ import annotations

BURST_S = 2.0  # so much of a rate may go out at once after a silence


def reserved(arrival: float, amount: float, per_s: float, now: float) -> tuple[float, float]:
    """(theoretical arrival time after taking the amount, seconds to wait before using it).

    `arrival` is the time kept from before; one that lies behind is a bucket that is full. In any window of w seconds at
    most per_s * (w + BURST_S) are used, and of one that is larger than a burst no more than itself.
    """
    begins = max(arrival, now - BURST_S)
    return begins + amount / per_s, max(0.0, begins + min(amount / per_s, BURST_S) - now)
