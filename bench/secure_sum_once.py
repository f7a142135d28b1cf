"""One sum in a fresh process, by the product or by the floor.

    python bench/secure_sum_once.py --by product --brands 10 --length 1000000 --dropped 1

What a process's allocator hands out depends on all that it did before: the same sum
costs up to a half more or less. So each figure comes from a process that did nothing
else but one small sum before, as a run's earlier question is: identity keys last for
years, and what two of them agree on is computed once a process. The floor runs the
same small sum first. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("policies", "federation", "protos")
sys.path[:0] = [str(ROOT), *(str(ROOT / package) for package in PACKAGES)]

from bench.secure_sum_floor import run_floor  # noqa: E402
from bench.secure_sum_parties import (  # noqa: E402
    brand_values,
    build_alliance,
    new_identities,
    new_stores,
    run_sum,
)
from hanse_federation.secure_aggregation.ring import Ring  # noqa: E402

EARLIER_LENGTH = 1000
"""Parameters of the sum before the one that is measured."""


def main() -> int:
    """Run one sum and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--by", choices=("product", "floor"), required=True)
    parser.add_argument("--brands", type=int, default=10)
    parser.add_argument("--length", type=int, default=1_000_000)
    parser.add_argument("--dropped", type=int, default=1)
    parser.add_argument(
        "--degree", type=int, help="the floor's neighbours a brand; all if left out"
    )
    parser.add_argument("--bits", type=int, choices=[ring.bits for ring in Ring], default=32)
    arguments = parser.parse_args()
    values = [brand_values(number, arguments.length) for number in range(arguments.brands)]
    if arguments.by == "floor":
        run_floor([held[:EARLIER_LENGTH] for held in values], arguments.dropped, arguments.degree)
        costs = run_floor(values, arguments.dropped, arguments.degree)
        print(json.dumps({"client_ms": costs.client_ms, "server_ms": costs.server_ms}))
        return 0
    ring, keys = Ring(arguments.bits), new_identities(arguments.brands)
    for length in (EARLIER_LENGTH, arguments.length):
        alliance = build_alliance(new_stores(arguments.brands, length, ring), ring, keys)
        given = {brand: held[:length] for brand, held in zip(keys, values, strict=True)}
        done = run_sum(alliance, given, arguments.dropped)
    print(
        json.dumps(
            {
                "client_ms": done.machines.client_ms,
                "server_ms": done.machines.server_ms,
                "client_codec_ms": done.codec.client_ms,
                "server_codec_ms": done.codec.server_ms,
                "sent_bytes": done.traffic.sent,
                "received_bytes": done.traffic.received,
            }
        )
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
