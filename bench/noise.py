"""Nanoseconds per discrete Gaussian draw, beside numpy's normal draws in the same run.

    python bench/noise.py [--draws 1000000] [--sigma 2896.3] [--check]

Prints one JSON line. `--check` ends with 1 if a draw takes more than 300 ns.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "federation"), str(ROOT / "policies")]

import numpy as np  # noqa: E402

from hanse_federation.privacy.discrete_gaussian import DiscreteGaussian  # noqa: E402
from hanse_federation.randomness import SystemRandomness  # noqa: E402

LIMIT_NS = 300.0
REPEATS = 5


def nanoseconds(work: Callable[[int], object], draws: int) -> float:
    """Time `work(draws)`, the best of a few interleaved with nothing else."""
    best = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter_ns()
        work(draws)
        best = min(best, time.perf_counter_ns() - start)
    return best / draws


def main() -> int:
    """Measure, print one line, and judge if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1_000_000)
    parser.add_argument("--sigma", type=float, default=2896.3)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    start = time.perf_counter()
    noise = DiscreteGaussian(arguments.sigma)
    randomness = SystemRandomness()
    noise.sample(1, randomness)
    build_seconds = time.perf_counter() - start
    generator = np.random.default_rng()
    drawn = nanoseconds(lambda count: noise.sample(count, randomness), arguments.draws)
    floor = nanoseconds(generator.standard_normal, arguments.draws)
    result = {
        "bench": "noise",
        "draws": arguments.draws,
        "sigma": arguments.sigma,
        "ns_per_draw": round(drawn, 1),
        "ns_per_standard_normal": round(floor, 1),
        "ratio": round(drawn / floor, 2),
        "table_seconds": round(build_seconds, 4),
        "statistical_distance": noise.statistical_distance(arguments.draws),
        "limit_ns": LIMIT_NS,
    }
    print(json.dumps(result))
    return 1 if arguments.check and drawn > LIMIT_NS else 0


if __name__ == "__main__":
    raise SystemExit(main())
