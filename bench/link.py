"""What the link costs: latency, throughput, bytes, memory, and the price of the product's path.

    python bench/link.py [--check] [--only a,b,c,d,e,f]

Five brand processes over mutual TLS 1.3 on loopback, certificates from the
product's own authority, all in one run. Prints one JSON line; `--check` ends
with 1 when a bound is missed and says which. The parts:

    a  empty round: a question and five answers, through Flower's messages
    b  100,000 float32 parameters out and back through Flower's FedAvg
    c  1,000,000 of them
    d  rounds of a training job through the whole product, over a bare gRPC loop's
    e  framed bytes over payload bytes, in b and c
    f  memory of a brand process that answers measurements only
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("policies", "federation", "flower", "clients", "server", "protos", "demo")
sys.path[:0] = [str(ROOT), *(str(ROOT / package) for package in PACKAGES)]
os.environ.setdefault("FLWR_LOG_LEVEL", "ERROR")

import hanse_federation.link.tls  # noqa: E402, F401 - TLS 1.3 alone, before gRPC is loaded
from bench.link_carrying import measure_carrying  # noqa: E402
from bench.link_league import BRANDS, BenchLeague, build_bench_league  # noqa: E402
from bench.link_memory import measure_memory  # noqa: E402
from bench.link_rounds import DEMO, EPOCH, Job, measure_rounds  # noqa: E402

EMPTY_ROUNDS, SMALL_ROUNDS, LARGE_ROUNDS = 100, 40, 20
CALIBRATION_BYTES = 128_000_000
SYNCED_WRITES = 25
TORCH_LOADED = "torch_loaded"

BOUNDS = {
    "empty_round_ms": 20.0,
    "parameters_100k_ms": 50.0,
    "parameters_1m_ms": 300.0,
    "rounds_over_floor_epoch": 1.25,
    "framed_over_payload_100k": 1.05,
    "framed_over_payload_1m": 1.05,
    "brand_peak_mb": 120.0,
    "worker_peak_mb": 120.0,
    TORCH_LOADED: 0.0,
}
"""The most that each figure may be."""


@dataclass(frozen=True, slots=True)
class Report:
    """Figures with a bound, and what else helps to read them."""

    figures: dict[str, float]
    context: dict[str, object]

    def missed(self) -> list[str]:
        """Name the figures over their bounds, in words."""
        return [
            f"{name} is {figure}, over its bound {BOUNDS[name]}"
            for name, figure in self.figures.items()
            if name in BOUNDS and figure > BOUNDS[name]
        ]


def carrying(league: BenchLeague, parts: set[str], report: Report) -> None:
    """Measure parts a, b, c and e."""
    carried = measure_carrying(
        league,
        empty_rounds=EMPTY_ROUNDS if "a" in parts else 0,
        small_rounds=SMALL_ROUNDS if parts & {"b", "e"} else 0,
        large_rounds=LARGE_ROUNDS if parts & {"c", "e"} else 0,
    )
    if carried.empty is not None:
        report.figures["empty_round_ms"] = milliseconds(median(carried.empty))
    for size, rounds in (("100k", carried.small), ("1m", carried.large)):
        if rounds is None:
            continue
        report.figures[f"parameters_{size}_ms"] = milliseconds(rounds.median)
        report.figures[f"framed_over_payload_{size}"] = round(rounds.framing, 5)
        report.context[f"loopback_bytes_over_payload_{size}"] = round(rounds.loopback, 4)


def deployed_rounds(folder: Path, job: Job, report: Report) -> None:
    """Measure part d on one job."""
    rounds = measure_rounds(folder, job)
    report.figures[f"rounds_over_floor_{job.name}"] = round(rounds.ratio, 3)
    report.context[f"rounds_{job.name}"] = {
        "product_ms": milliseconds(rounds.product_median),
        "floor_ms": milliseconds(rounds.floor_median),
        "local_work_ms": milliseconds(rounds.work_median),
        "brands_cpu_ratio": round(rounds.processor_ratio, 3),
        "rounds": sum(len(turn.seconds) for turn in rounds.product),
        "work": job.words,
    }


def memory(league: BenchLeague, report: Report) -> None:
    """Measure part f."""
    footprints = measure_memory(league)
    report.figures["brand_peak_mb"] = round(max(f.brand_mb for f in footprints), 1)
    report.figures["worker_peak_mb"] = round(max(f.worker_mb for f in footprints), 1)
    report.figures[TORCH_LOADED] = float(sum(f.is_torch_loaded for f in footprints))
    report.context["brand_child_processes"] = max(f.workers for f in footprints)


def milliseconds(seconds: float) -> float:
    return round(seconds * 1e3, 2)


def hashing_seconds() -> float:
    """Time SHA-256 of 128 MB: how fast the machine is just now."""
    data = bytes(CALIBRATION_BYTES)
    start = time.perf_counter()
    hashlib.sha256(data).digest()
    return round(time.perf_counter() - start, 4)


def synced_write_ms(folder: Path) -> float:
    """Time a small write that is synced, as each charge, answer and journal entry needs."""
    times = []
    with (folder / "synced").open("wb", buffering=0) as file:
        for _ in range(SYNCED_WRITES):
            start = time.perf_counter()
            file.write(bytes(512))
            os.fsync(file.fileno())
            times.append(time.perf_counter() - start)
    return milliseconds(median(times))


def measure(parts: set[str]) -> Report:
    """Build the alliance in a temporary folder and measure the parts asked for."""
    report = Report({}, {"bench": "link", "brands": BRANDS, "cores": os.cpu_count()})
    start, before = time.perf_counter(), hashing_seconds()
    with tempfile.TemporaryDirectory(prefix="hanse-link-bench-") as name:
        folder = Path(name)
        report.context["synced_write_ms"] = synced_write_ms(folder)
        league = build_bench_league(folder / "carrying", DEMO.persons)
        if parts & set("abce"):
            carrying(league, parts, report)
        if "f" in parts:
            memory(league, report)
        if "d" in parts:
            for job in (DEMO, EPOCH):
                deployed_rounds(folder, job, report)
    report.context["sha256_128mb_s"] = [before, hashing_seconds()]
    report.context["load_average"] = [round(load, 2) for load in os.getloadavg()]
    report.context["wall_s"] = round(time.perf_counter() - start, 1)
    return report


def main() -> int:
    """Measure, print one line, and judge if asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="end with 1 if a bound is missed")
    parser.add_argument("--only", default="a,b,c,d,e,f", help="parts to measure, by letter")
    arguments = parser.parse_args()
    parts = set(arguments.only.split(","))
    if not parts <= set("abcdef"):
        parser.error(f"expected parts out of a,b,c,d,e,f, got {arguments.only}")
    logging.disable(logging.WARNING)
    report = measure(parts)
    missed = report.missed()
    bounds = {name: BOUNDS[name] for name in report.figures if name in BOUNDS}
    print(json.dumps({**report.context, **report.figures, "bounds": bounds, "missed": missed}))
    for sentence in missed:
        print(f"link-bench: {sentence}", file=sys.stderr)
    return 1 if arguments.check and missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
