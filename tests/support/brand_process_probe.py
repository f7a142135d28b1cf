"""Run as a helper process: tell what a measuring brand process has loaded and holds in memory.

It imports what a brand process imports that faces the network and only
measures, makes a `WorkerSource` of the setup it is sent, and lists which of the
libraries that such a process must not load it has loaded all the same, with
its peak memory.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

FACING_THE_NETWORK = ("grpc", "numpy", "flwr.clientapp", "hanse_federation.measurements")
FORBIDDEN = (
    "duckdb",
    "ibis",
    "opacus",
    "pandas",
    "pyarrow",
    "scipy",
    "sklearn",
    "sqlglot",
    "torch",
)


def main() -> None:
    """Import, make a source, answer."""
    for name in FACING_THE_NETWORK:
        importlib.import_module(name)
    data = importlib.import_module("hanse_clients.data")
    messages = importlib.import_module("hanse_clients.data.worker_messages")
    setup = messages.WorkerSetup.model_validate_json(sys.stdin.buffer.readline())
    data.WorkerSource(setup.asset, Path(setup.folder))
    loaded = [name for name in FORBIDDEN if name in sys.modules]
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    told = {"loaded": loaded, "peak_mb": int(peak.split()[1]) / 1024}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
