"""The few special functions that intervals need, in pure Python: the warm path imports neither numpy nor scipy.

All are accurate to 1e-9 or better where intervals use them (10,000 items, levels to 1 - 1e-9): tests ask scipy.
"""

from __future__ import annotations

from math import exp, lgamma, log, log1p, sqrt

_TINY = 1e-300
_CLOSE = 1e-15
_STEP = 1e-12
_SMALLEST_LOG = -745.0


def log_hypergeometric(x: int, n_items: int, n_marked: int, n_drawn: int) -> float:
    """Log of the chance that `n_drawn` of `n_items`, drawn without replacement, hold exactly `x` of the `n_marked`.

    `x` must be possible: max(0, n_drawn + n_marked - n_items) <= x <= min(n_drawn, n_marked).
    """
    return _log_choose(n_marked, x) + _log_choose(n_items - n_marked, n_drawn - x) - _log_choose(n_items, n_drawn)


def hypergeometric_cdf(x: int, n_items: int, n_marked: int, n_drawn: int) -> float:
    """Chance that `n_drawn` of `n_items`, drawn without replacement, hold at most `x` of the `n_marked`.

    Summed term by term away from the mode, so that neither tail loses digits.
    """
    least = max(0, n_drawn + n_marked - n_items)
    most = min(n_drawn, n_marked)
    if x < least:
        return 0.0
    if x >= most:
        return 1.0
    if x * n_items <= n_drawn * n_marked:
        return _tail_down(x, least, n_items - n_marked - n_drawn, n_marked, n_drawn)
    # Counting what is not marked turns the upper tail into a lower one.
    unmarked = n_items - n_marked
    return 1.0 - _tail_down(n_drawn - x - 1, n_drawn - most, n_marked - n_drawn, unmarked, n_drawn)


def _tail_down(x: int, least: int, spare: int, n_marked: int, n_drawn: int) -> float:
    """Sum of the hypergeometric terms x, x - 1, .., least; `spare` is items - marked - drawn."""
    term = total = exp(log_hypergeometric(x, spare + n_marked + n_drawn, n_marked, n_drawn))
    for at in range(x, least, -1):
        term *= at * (spare + at) / ((n_marked - at + 1) * (n_drawn - at + 1))
        total += term
        if term < total * 1e-17:
            break
    return total


def _log_choose(n: int, k: int) -> float:
    """Log of the number of ways to choose k of n."""
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def beta_cdf(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function I_x(a, b) for 0 <= x <= 1 and a, b > 0.

    Continued fraction of DLMF 8.17.22, on the side of the mean where it converges fast: steps grow as sqrt(a + b).
    """
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    log_front = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)
    if x * (a + b + 2.0) < a + 1.0:
        return exp(log_front) * _beta_fraction(x, a, b) / a
    return 1.0 - exp(log_front) * _beta_fraction(1.0 - x, b, a) / b


def _beta_fraction(x: float, a: float, b: float) -> float:
    """Value of the continued fraction of I_x(a, b), by Lentz's method as Thompson and Barnett (1986) mended it."""
    c = 1.0
    d = 1.0 / ((1.0 - (a + b) * x / (a + 1.0)) or _TINY)
    value = d
    change = 0.0
    m = 0
    while abs(change - 1.0) > _CLOSE:
        m += 1
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1.0 / ((1.0 + even * d) or _TINY)
        c = (1.0 + even / c) or _TINY
        value *= c * d
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1.0 / ((1.0 + odd * d) or _TINY)
        c = (1.0 + odd / c) or _TINY
        change = c * d
        value *= change
    return value


def beta_quantile(p: float, a: float, b: float) -> float:
    """The x at which `beta_cdf(x, a, b)` is `p`, for 0 < p < 1.

    Newton's method on log p as a function of log x, where the curve is concave and nearly straight in the tail; a
    bracket catches the steps that leave it.
    """
    log_p, log_scale = log(p), lgamma(a + b) - lgamma(a) - lgamma(b)
    low, high, at = _SMALLEST_LOG, 0.0, log(a / (a + b))
    while True:
        x = exp(at)
        reached = beta_cdf(x, a, b)
        if reached < p:
            low = at
        else:
            high = at
        slope = exp(log_scale + a * at + (b - 1.0) * log1p(-x)) / reached if reached > 0.0 and x < 1.0 else 0.0
        goal = at - (log(reached) - log_p) / slope if slope else low
        step_to = goal if low < goal < high else 0.5 * (low + high)
        if abs(step_to - at) <= _STEP * max(1.0, abs(at)):
            return exp(step_to)
        at = step_to


def t_quantile(level: float, freedom: float) -> float:
    """Half-width, in standard errors, of the two-sided Student interval of `level` with `freedom` degrees of freedom.

    The share of the t distribution within +-t is I_y(1/2, freedom/2) with y = t^2 / (freedom + t^2) (Abramowitz and
    Stegun 26.7.1); the smaller one of that share and the rest is inverted, so that no digit is lost.
    """
    if level < 0.5:  # noqa: PLR2004
        inside = beta_quantile(level, 0.5, 0.5 * freedom)
        return sqrt(freedom * inside / (1.0 - inside))
    outside = beta_quantile(1.0 - level, 0.5 * freedom, 0.5)
    return sqrt(freedom * (1.0 - outside) / outside)
