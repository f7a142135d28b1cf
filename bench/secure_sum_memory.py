"""What the server holds in memory during a sum, in a process that is nothing else.

    python bench/secure_sum_memory.py --brands 20 --length 1000000

The brands live in a second process and are reached by bytes of the wire format, one
at a time. Prints one JSON line: by how much the sum raised the kernel's high-water
mark of this process's resident memory, above what it held before.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("policies", "federation", "protos")
sys.path[:0] = [str(ROOT), *(str(ROOT / package) for package in PACKAGES)]

from bench.secure_sum_parties import (  # noqa: E402
    BINDING,
    KnownToServer,
    asked_bytes,
    brand_values,
    build_alliance,
    drive,
    new_identities,
    new_stores,
)
from hanse_federation.codec import (  # noqa: E402
    reply_from_wire,
    reply_to_wire,
    request_from_wire,
)
from hanse_federation.messages import JoinRequest  # noqa: E402
from hanse_federation.secure_aggregation.messages import StepRequest  # noqa: E402
from hanse_federation.secure_aggregation.ring import Ring  # noqa: E402
from hanse_policies.documents import BrandId  # noqa: E402


def _resident_kilobytes(field: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith(field + ":"))
    return int(line.split()[1])


def answer_for_brands(pipe: Connection, count: int, length: int) -> None:
    """Be all brands: answer what comes through the pipe until it says None."""
    stores = new_stores(count, length, Ring.Z32)
    alliance = build_alliance(stores, Ring.Z32, new_identities(count))
    pipe.send(alliance.known)
    numbers = {brand: number for number, brand in enumerate(alliance.brands)}
    while (asked := pipe.recv()) is not None:
        brand, data = asked
        held = alliance.brands[brand]
        request = request_from_wire(data).payload
        reply = held.answer(request, brand_values(numbers[brand], length))
        held.store()
        pipe.send_bytes(bytes(reply_to_wire(BINDING, reply)))


def raised_megabytes(count: int, length: int) -> float:
    """Serve one sum and tell by how many MB of 10^6 bytes it raised the peak."""
    spawning = multiprocessing.get_context("spawn")
    here, there = spawning.Pipe()
    brands = spawning.Process(target=answer_for_brands, args=(there, count, length))
    brands.start()
    known: KnownToServer = here.recv()

    def ask(brand: BrandId, payload: JoinRequest | StepRequest) -> Any:  # noqa: ANN401
        here.send((brand, asked_bytes(payload)))
        return reply_from_wire(here.recv_bytes(), brand).payload

    before = _resident_kilobytes("VmRSS")
    _, survivors = drive(known, ask, lambda work: work(), dropped=0)
    peak = _resident_kilobytes("VmHWM")
    here.send(None)
    brands.join()
    if len(survivors) != count:
        raise SystemExit("secure-sum: a brand is missing in the sum that memory is measured in")
    return (peak - before) * 1024 / 1e6


def main() -> int:
    """Measure one sum and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--brands", type=int, default=20)
    parser.add_argument("--length", type=int, default=1_000_000)
    arguments = parser.parse_args()
    print(json.dumps({"raised_mb": raised_megabytes(arguments.brands, arguments.length)}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
