"""What `import ippon.stats` costs beyond numpy, which the caller has already."""

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bench.science.tables import show
from bench.stage import Claim

ROUNDS = 15
PROGRAM = """
import time
import numpy
began = time.perf_counter()
import ippon.stats
stats = time.perf_counter() - began
from ippon.stats import Certifier, Screener, estimate_mean, screen
print(stats, time.perf_counter() - began)
"""


def timings(data: dict[str, NDArray[np.float64]], *, smoke: bool) -> Iterator[Claim]:  # noqa: ARG001 - needs no matrix
    """The fastest of fresh processes, since load only adds: the package, and with the names of all three questions."""
    rounds = [
        [float(word) for word in subprocess.check_output([sys.executable, "-c", PROGRAM], text=True).split()]
        for _ in range(1 if smoke else ROUNDS)
    ]
    package, names = (1e3 * min(times) for times in zip(*rounds, strict=True))
    show(
        f"import after numpy, ms, fastest of {len(rounds)}",
        ("what", "ms"),
        [("ippon.stats", package), ("+ names", names)],
    )
    yield Claim("import ippon.stats after numpy, fastest", package, 10.0, "ms")
