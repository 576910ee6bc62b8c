"""The floor of a warm re-run: read the examples, hash a key per example and evaluator, one query, print the mean.

python bench/floor_warm.py EXAMPLES.jsonl STORE.sqlite EVALUATORS [--prepare]

Standard library only and the leanest imports of it, since this is what a re-run is measured against.
"""

import sqlite3
import sys
from _blake2 import blake2b  # hashlib itself costs 2 ms more

_IN_ONE_QUERY = 30_000  # SQLite takes 32,766 variables


def keys_of(path: str, evaluators: int) -> list[bytes]:
    """A key per example line and evaluator, over the raw bytes of the line."""
    with open(path, "rb") as file:  # noqa: PTH123  # pathlib costs 7 ms
        lines = [line for line in file.read().split(b"\n") if line.strip()]
    keys: list[bytes] = []
    for evaluator in range(evaluators):
        prefix = blake2b(b"evaluator %d: rubric, model and parameters, hashed once" % evaluator, digest_size=32)
        for line in lines:
            key = prefix.copy()
            key.update(line)
            keys.append(key.digest())
    return keys


def prepare(store: sqlite3.Connection, keys: list[bytes]) -> None:
    """Fill the store with a score and a verdict of the usual size per key."""
    store.execute("pragma journal_mode = wal")
    store.execute("create table if not exists verdicts (key blob primary key, score real, verdict blob)")
    rows = [(key, key[0] / 255, b"v" * 1000) for key in keys]
    with store:
        store.executemany("insert or replace into verdicts values (?, ?, ?)", rows)


def scores_of(store: sqlite3.Connection, keys: list[bytes]) -> list[float]:
    """The stored scores of the keys."""
    scores: list[float] = []
    for start in range(0, len(keys), _IN_ONE_QUERY):
        part = keys[start : start + _IN_ONE_QUERY]
        marks = ",".join("?" * len(part))
        scores += [row[0] for row in store.execute(f"select score from verdicts where key in ({marks})", part)]
    return scores


def main(arguments: list[str]) -> int:
    """The command; exit 1 if a key is missing."""
    examples, path, evaluators = arguments[:3]
    store = sqlite3.connect(path)
    keys = keys_of(examples, int(evaluators))
    if "--prepare" in arguments:
        prepare(store, keys)
    scores = scores_of(store, keys)
    store.close()
    if not keys or len(scores) != len(set(keys)):
        sys.stderr.write(f"{len(scores)} of {len(keys)} keys are stored: run it once with --prepare\n")
        return 1
    sys.stdout.write(f"{len(scores)} scores, mean {sum(scores) / len(scores):.4f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
