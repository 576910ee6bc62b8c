"""How a tier chose its examples, in words: the same before a run and after it."""

from __future__ import annotations

CHOSEN = {
    "most telling, rest drawn": "the example that separates good from poor most, per evaluator",
    "random, rest drawn": "at random, per evaluator",
    "drawn examples": "examples drawn at random",
    "drawn evaluations": "evaluations drawn at random",
    "all": "everything, in random order",
}
BY_CHANCE = frozenset({"random, rest drawn", "drawn examples", "drawn evaluations", "all"})


def how_chosen(method: str, seed: int, *, drawn: bool = False) -> str:
    """What a method took; `drawn`: beside what it chose it also drew some. The seed stands where chance decided."""
    words = CHOSEN.get(method, method)
    rest = ", the rest at random" if drawn and method not in BY_CHANCE else ""
    return f"{words}{rest}" + (f", seed {seed}" if rest or method in BY_CHANCE else "")
