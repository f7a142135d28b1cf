"""What secure aggregation costs beside the least it could, and beside Flower's own.

    python bench/secure_sum.py [--check] [--repeats 15] [--length 1000000] [--only a,b,c,d]

Everything in one run, taking turns, each sum in a fresh process; medians of processor
time. Prints one JSON line; `--check` ends with 1 when a bound is missed and says which. The parts:

    a  1,000,000 parameters, 10 brands, one gone after sharing: the product's machines,
       the floor of `secure_sum_floor.py`, Flower's SecAgg+ with as many neighbours
    b  bytes of a brand over all steps, elements of 32 and of 16 bits
    c  100,000 parameters, 100 brands, five gone: the server, beside the floor with 20
       neighbours a brand
    d  the server's memory for 1,000,000 parameters with 5 and with 20 brands
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from bench.secure_sum_costs import Costs, median_costs  # noqa: E402

LENGTH, MANY_SHARE = 1_000_000, 10
FEW, MANY = 10, 100
FEW_GONE, MANY_GONE = 1, 5
FLOOR_DEGREE = 20
ONCE = "secure_sum_once.py"
PEER_BYTES = 4096
MEMORY_BRANDS = (5, 20)

AT_MOST = {
    "client_over_floor": 1.4,
    "server_over_floor": 1.5,
    "bytes_an_element_32": 4.1,
    "bytes_an_element_16": 2.1,
    "many_server_over_floor": 2.0,
    "memory_growth_in_vectors": 1.0,
}
AT_LEAST = {"flower_over_client": 4.0, "flower_over_server": 4.0}
"""Bounds; bytes are those beyond 4 KiB a peer."""


def costs_of(script: str, *arguments: object) -> tuple[Costs, dict[str, Any]]:
    """Run one sum in a process of its own; give its costs and all that it printed."""
    found = _printed_by(script, *(str(argument) for argument in arguments))
    return Costs(found["client_ms"], found["server_ms"]), found


def measure_few(repeats: int, length: int) -> dict[str, Any]:
    """Part a."""
    size = ("--brands", FEW, "--length", length, "--dropped", FEW_GONE)
    floors, sums, codecs, flowers = [], [], [], []
    version = ""
    for turn in range(repeats):
        floors.append(costs_of(ONCE, "--by", "floor", *size)[0])
        costs, found = costs_of(ONCE, "--by", "product", *size)
        sums.append(costs)
        codecs.append(Costs(found["client_codec_ms"], found["server_codec_ms"]))
        if turn % 3 == 0:  # it takes long, and is far away
            costs, found = costs_of("secure_sum_flower.py", *size)
            flowers.append(costs)
            version = found["version"]
    ours, floor, codec = median_costs(sums), median_costs(floors), median_costs(codecs)
    flower = median_costs(flowers)
    return {
        "client_ms": ours.client_ms,
        "server_ms": ours.server_ms,
        "client_codec_ms": codec.client_ms,
        "server_codec_ms": codec.server_ms,
        "floor_client_ms": floor.client_ms,
        "floor_server_ms": floor.server_ms,
        "flower_client_ms": flower.client_ms,
        "flower_server_ms": flower.server_ms,
        "flower_version": version,
        "client_over_floor": ours.client_ms / floor.client_ms,
        "server_over_floor": ours.server_ms / floor.server_ms,
        "flower_over_client": flower.client_ms / ours.client_ms,
        "flower_over_server": flower.server_ms / ours.server_ms,
    }


def measure_bytes(repeats: int, length: int) -> dict[str, Any]:
    """Part b; bytes do not vary, so once is enough."""
    del repeats
    size = ("--brands", FEW, "--length", length, "--dropped", FEW_GONE)
    figures: dict[str, Any] = {}
    for bits in (32, 16):
        found = costs_of(ONCE, "--by", "product", *size, "--bits", bits)[1]
        sent, received = found["sent_bytes"], found["received_bytes"]
        figures[f"sent_bytes_{bits}"] = sent
        figures[f"received_bytes_{bits}"] = received
        figures[f"peer_bytes_{bits}"] = (sent + received - bits // 8 * length) / (FEW - 1)
        # All that is not an element, beyond what is granted a peer, counts for the elements.
        elements = max(bits // 8 * length, sent + received - PEER_BYTES * (FEW - 1))
        figures[f"bytes_an_element_{bits}"] = elements / length
    return figures


def measure_many(repeats: int, length: int) -> dict[str, Any]:
    """Part c."""
    size = ("--brands", MANY, "--length", length // MANY_SHARE, "--dropped", MANY_GONE)
    floors, sums, codecs = [], [], []
    for _ in range(max(3, repeats // 2)):
        floors.append(costs_of(ONCE, "--by", "floor", *size, "--degree", FLOOR_DEGREE)[0])
        costs, found = costs_of(ONCE, "--by", "product", *size)
        sums.append(costs)
        codecs.append(Costs(found["client_codec_ms"], found["server_codec_ms"]))
    ours, floor, codec = median_costs(sums), median_costs(floors), median_costs(codecs)
    return {
        "many_client_ms": ours.client_ms,
        "many_server_ms": ours.server_ms,
        "many_server_codec_ms": codec.server_ms,
        "many_floor_client_ms": floor.client_ms,
        "many_floor_server_ms": floor.server_ms,
        "many_server_over_floor": ours.server_ms / floor.server_ms,
    }


def measure_memory(repeats: int, length: int) -> dict[str, Any]:
    """Part d."""
    del repeats
    raised = {}
    for brands in MEMORY_BRANDS:
        size = ("--brands", str(brands), "--length", str(length))
        raised[brands] = _printed_by("secure_sum_memory.py", *size)["raised_mb"]
    few, many = (raised[brands] for brands in MEMORY_BRANDS)
    return {
        **{f"server_raised_mb_{brands}": mb for brands, mb in raised.items()},
        "memory_growth_in_vectors": (many - few) * 1e6 / (4 * length),
    }


PARTS: dict[str, Callable[[int, int], dict[str, Any]]] = {
    "a": measure_few,
    "b": measure_bytes,
    "c": measure_many,
    "d": measure_memory,
}


def _printed_by(script: str, *arguments: str) -> dict[str, Any]:
    """Run a script of the benchmark and read the JSON line it prints last."""
    environment = {
        **os.environ,
        "FLWR_LOG_LEVEL": "ERROR",
        "FLWR_TELEMETRY_ENABLED": "0",
        "FLWR_DISABLE_UPDATE_CHECK": "1",
    }
    command = (sys.executable, str(ROOT / "bench" / script), *arguments)
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def missed_bounds(figures: dict[str, Any]) -> list[str]:
    """Say which of the measured figures are out of bounds."""
    missed = []
    for name, value in figures.items():
        if name in AT_MOST and value > AT_MOST[name]:
            missed.append(f"expected {name} of at most {AT_MOST[name]}, got {value}")
        if name in AT_LEAST and value < AT_LEAST[name]:
            missed.append(f"expected {name} of at least {AT_LEAST[name]}, got {value}")
    return missed


def main() -> int:
    """Measure, print one line, and judge if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--length", type=int, default=LENGTH, help="parameters; a tenth in part c")
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    figures: dict[str, Any] = {}
    for part in arguments.only.split(","):
        figures.update(PARTS[part](arguments.repeats, arguments.length))
    rounded = {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in figures.items()
    }
    load = [round(each, 2) for each in os.getloadavg()]
    print(json.dumps({"bench": "secure_sum", **rounded, "load_average": load}))
    missed = missed_bounds(rounded)
    for line in missed:
        print(f"secure-sum: {line}", file=sys.stderr)
    return 1 if arguments.check and missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
