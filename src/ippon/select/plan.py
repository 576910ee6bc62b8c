"""What a tier takes of a suite: chosen and drawn evaluations, nested from tier to tier, in the order they are asked."""

from __future__ import annotations

from itertools import chain
from math import ceil
from typing import TYPE_CHECKING

from ippon.errors import UsageError
from ippon.records.bundle import Bundle
from ippon.records.evaluations import Evaluations
from ippon.records.run import Evaluation, Selection
from ippon.records.suite import BUILT_IN_TIERS
from ippon.select.discriminative import most_telling
from ippon.select.drawn import drawn_order, marks
from ippon.select.matching import Filters, items, narrowed, nearest, responses

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ippon.records.suite import Suite, Tier

ROUNDING = 1e-9  # a share of 0.07 of 100 is 7, whatever floats say
WHOLE_UP_TO = 21  # a suite this small is run whole at every built-in tier


def tier_named(suite: Suite, name: str) -> Tier:
    """The tier of that name, the suite's own before the built-in ones; UsageError with the known names."""
    tier = suite.tiers.get(name) or BUILT_IN_TIERS.get(name)
    if tier is None:
        raise UsageError(f"unknown tier `{name}`", hint=nearest(name, [*BUILT_IN_TIERS, *suite.tiers]), key="tier")
    return tier


def total(suite: Suite, target: str | None, repeats: int | None = None) -> int:
    """How many evaluations the whole suite has."""
    each = len(responses(target))
    return sum(len(items(suite, e)) * each * (repeats or e.repeats) for e in suite.evaluators)


class Wanted(Bundle, frozen=True):
    """What is wanted of a selection.

    `grouped` asks evaluator by evaluator (a local model's prompt cache likes that), else the evaluators take turns; the
    drawn order within an evaluator is the same both ways.
    """

    target: str | None
    seed: int = 0
    filters: Filters = Filters()
    repeats: int | None = None
    grouped: bool = False


def select(suite: Suite, tier_name: str, wanted: Wanted) -> Selection:
    """What a tier takes of a suite."""
    target, seed, repeats = wanted.target, wanted.seed, wanted.repeats
    tier = tier_named(suite, tier_name)
    evaluators, examples = narrowed(suite, wanted.filters)
    everyone = {e: [i for i in items(suite, each) if i in examples] for e, each in enumerate(suite.evaluators)}
    everyone = {e: its for e, its in everyone.items() if its}
    candidates = {e: its for e, its in everyone.items() if e in evaluators}
    if not candidates:
        raise UsageError("no evaluator is for any of the selected examples", hint="see `where` of the evaluators")
    everything = total(suite, target, repeats)
    whole = tier_name in BUILT_IN_TIERS and everything <= WHOLE_UP_TO
    # Taken for everyone, then narrowed: what an evaluator is asked does not depend on who else is.
    chosen, drawn, method = _taken(
        suite, tier, everyone, seed=seed, whole=whole, per_item=_per_item(suite, target, repeats)
    )
    chosen = {e: i for e, i in chosen.items() if e in candidates}
    drawn = {e: its for e, its in drawn.items() if e in candidates}
    if not chosen and not any(drawn.values()):
        raise UsageError(f"tier {tier_name} takes nothing of what the filters leave", hint="-t full takes everything")
    kinds = responses(target)

    def expand(evaluator: int, example: int) -> Iterator[Evaluation]:
        for repeat in range(repeats or suite.evaluators[evaluator].repeats):
            for kind in kinds:
                yield Evaluation(evaluator, example, kind, repeat)

    first = [each for e, i in chosen.items() for each in expand(e, i)]
    rest = (each for e, i in _asking_order(drawn, grouped=wanted.grouped) for each in expand(e, i))
    return Selection(
        evaluations=Evaluations(chain(first, rest)),
        chosen=frozenset(first),
        method=method,
        seed=seed,
        total=everything,
        n_items={e: len(its) for e, its in candidates.items()},
        narrowed=len(examples) < len(suite.examples),
    )


def _per_item(suite: Suite, target: str | None, repeats: int | None) -> dict[int, int]:
    each = len(responses(target))
    return {e: each * (repeats or evaluator.repeats) for e, evaluator in enumerate(suite.evaluators)}


def _taken(
    suite: Suite,
    tier: Tier,
    candidates: Mapping[int, list[int]],
    *,
    seed: int,
    whole: bool,
    per_item: Mapping[int, int],
) -> tuple[dict[int, int], dict[int, list[int]], str]:
    """(chosen, drawn, method): the example chosen for each evaluator, and those drawn for it in drawn order."""
    content = marks(suite.examples)
    orders = {
        e: drawn_order(content, its, seed=seed, purpose=suite.evaluators[e].name) for e, its in candidates.items()
    }
    if not whole and tier.per_evaluator is not None:
        chosen = most_telling(suite, candidates, marks=content, seed=seed)
        drawn = {e: [i for i in order if i != chosen[e]][: tier.per_evaluator - 1] for e, order in orders.items()}
        telling = "random" if suite.contrast is None else "most telling"
        return chosen, drawn, f"{telling}, rest drawn"
    if not whole and tier.examples is not None:
        positions = {i for its in candidates.values() for i in its}
        taken = set(drawn_order(content, positions, seed=seed, purpose="")[: tier.examples])
        return {}, {e: [i for i in order if i in taken] for e, order in orders.items()}, "drawn examples"
    limit = None if whole else _limit(tier, sum(len(its) * per_item[e] for e, its in candidates.items()))
    if limit is not None:
        return {}, _first(orders, limit, per_item), "drawn evaluations"
    return {}, orders, "all"


def _limit(tier: Tier, evaluations: int) -> int | None:
    if tier.evaluations is not None:
        return tier.evaluations
    return None if tier.share is None else ceil(tier.share * evaluations - ROUNDING)


def _first(orders: Mapping[int, list[int]], limit: int, per_item: Mapping[int, int]) -> dict[int, list[int]]:
    """The first `limit` evaluations in turns, whole examples only: each evaluator keeps a prefix of its drawn order."""
    taken: dict[int, list[int]] = {e: [] for e in orders}
    left, full = limit, set[int]()
    for e, i in _asking_order(orders, grouped=False):
        if e in full or per_item[e] > left:
            full.add(e)
            continue
        taken[e].append(i)
        left -= per_item[e]
    if not any(taken.values()):
        least = min(per_item[e] for e in orders)
        raise UsageError(
            f"the tier takes {limit} evaluations, and one example is {least}", hint=f"evaluations = {least}"
        )
    return taken


def _asking_order(drawn: Mapping[int, list[int]], *, grouped: bool) -> Iterator[tuple[int, int]]:
    if grouped:
        for e, order in drawn.items():
            for i in order:
                yield e, i
        return
    for turn in range(max(map(len, drawn.values()), default=0)):
        for e, order in drawn.items():
            if turn < len(order):
                yield e, order[turn]
