"""The best of 16 arms for few evaluations: our `halving` beside asking all arms alike, with and without past runs.

Arms are systems drawn at random, history the others (a dozen at least). The budget is 5, 10 or 20 evaluations an arm on
average. Regret is what the chosen arm's mean over the suite lacks of the best arm's; the other figure is the chance that
it is at most one point.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.science.tables import show
from bench.stage import Claim
from ippon.stats import halving, screen, screen_score

Floats = NDArray[np.float64]
SEED, SWEEPS, ARMS, FEWEST_RUNS = 41, 100, 16, 12
BUDGETS = (5, 10, 20)
POLICIES = ("all alike, random items", "all alike, chosen items", "halving, random items", "halving, chosen items")


class Task(NamedTuple):
    """Arms to choose from, and past runs."""

    arms: Floats
    history: Floats


def tasks(matrix: Floats, n_sweeps: int) -> Iterator[Task]:
    """So many sweeps on the systems of a matrix; as many arms as leave a history."""
    rng = np.random.default_rng(SEED)
    n_arms = min(ARMS, len(matrix) - FEWEST_RUNS)
    for _ in range(n_sweeps):
        turn = rng.permutation(len(matrix))
        yield Task(matrix[turn[:n_arms]], matrix[turn[n_arms:]])


def chosen(policy: str, task: Task, each: int, rng: np.random.Generator) -> int:
    """The arm that a policy calls the best, for `each` evaluations an arm."""
    arms, history = task
    n_arms, n_items = arms.shape
    if policy.startswith("halving"):
        past = history if policy.endswith("chosen items") else None

        def ask(arm: int, item: int) -> float:
            return float(arms[arm, item])

        return halving(range(n_arms), ask, each * n_arms, rng=rng, history=past, n_items=n_items).best
    if policy.endswith("random items"):
        return int(arms[:, rng.permutation(n_items)[:each]].mean(axis=1).argmax())
    items = screen(history, each, rng)
    return int(np.argmax([screen_score(history, items, arm[items]) for arm in arms]))


def regrets(matrix: Floats, n_sweeps: int) -> dict[tuple[str, int], Floats]:
    """In points, one for each sweep, by policy and evaluations an arm."""
    rng = np.random.default_rng(SEED)
    found: dict[tuple[str, int], list[float]] = {}
    for task in tasks(matrix, n_sweeps):
        means = task.arms.mean(axis=1)
        for policy, each in product(POLICIES, BUDGETS):
            regret = means.max() - means[chosen(policy, task, each, rng)]
            found.setdefault((policy, each), []).append(100.0 * float(regret))
    return {key: np.array(each) for key, each in found.items()}


def figures(data: dict[str, Floats], *, smoke: bool) -> Iterator[Claim]:
    """A table of regrets with their standard errors, and the claim that halving on chosen items has the least."""
    n_sweeps = 5 if smoke else SWEEPS
    found = {name: regrets(matrix, n_sweeps) for name, matrix in data.items() if len(matrix) >= FEWEST_RUNS + 4}
    rows = [
        [f"{name}: {policy}", *(_cell(by[policy, each]) for each in BUDGETS)]
        for name, by in found.items()
        for policy in POLICIES
    ]
    title = f"sweep: seed {SEED}, {n_sweeps} sweeps; regret in points +- SE / percent within 1 point of the best"
    show(title, ["", *(f"{each} an arm" for each in BUDGETS)], rows)
    ours, simple = (_total(found, policy) for policy in ("halving, chosen items", "all alike, random items"))
    what = "sweep: regret of halving on chosen items to that of random items for all"
    yield Claim(what, ours / simple, 0.5, "x", aim=0.3)


def _cell(found: Floats) -> str:
    error = float(found.std()) / np.sqrt(len(found))
    return f"{found.mean():.2f} +- {error:.2f} / {100 * np.mean(found <= 1.0):.0f}"


def _total(found: dict[str, dict[tuple[str, int], Floats]], policy: str) -> float:
    return sum(float(by[policy, each].mean()) for by in found.values() for each in BUDGETS)
