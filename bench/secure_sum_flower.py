"""Flower's built-in SecAgg+ on the same job, in a process of its own.

    python bench/secure_sum_flower.py --length 1000000 --brands 10 --dropped 1

Its workflow and its client mod of the installed version, called in turn in memory:
every client shares with every other, threshold 60 %, one client gone after sharing.
Prints one JSON line with the processor time of a surviving client and of the server.
The modules that it imports are Flower's internals, and this is the only place here
that touches them: what is measured is that version's code.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

import flwr  # noqa: E402
import numpy as np  # noqa: E402
from flwr.app import ConfigRecord, Context, Error, Message, RecordDict  # noqa: E402
from flwr.client import Client, ClientApp, NumPyClient  # noqa: E402
from flwr.client.mod import secaggplus_mod  # noqa: E402
from flwr.common import ndarrays_to_parameters, parameters_to_ndarrays  # noqa: E402
from flwr.compat.common import recorddict_compat as compat  # noqa: E402
from flwr.server import LegacyContext, ServerConfig, SimpleClientManager  # noqa: E402
from flwr.server.compat.grid_client_proxy import GridClientProxy  # noqa: E402
from flwr.server.strategy import FedAvg  # noqa: E402
from flwr.server.workflow import SecAggPlusWorkflow  # noqa: E402
from flwr.server.workflow.constant import (  # noqa: E402
    MAIN_CONFIGS_RECORD,
    MAIN_PARAMS_RECORD,
    Key,
)
from flwr.serverapp import Grid  # noqa: E402
from flwr.supercore.task_identity import TaskIdentity  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from bench.secure_sum_costs import Clocks  # noqa: E402

RUN = 1
SHARED_AFTER = 2
"""Clients that vanish answer the setup and the sharing of keys."""


class _Grid:
    """Calls the clients' app in memory and counts what each costs."""

    def __init__(self, vectors: list[NDArray[np.float32]], dropped: int) -> None:
        self.contexts = {
            number: Context(RUN, number, {}, RecordDict(), {})
            for number in range(1, len(vectors) + 1)
        }
        self.clocks = Clocks()
        self._dropped = dropped
        self._stages = 0
        self._app = ClientApp(
            lambda context: _client(vectors[context.node_id - 1]), [secaggplus_mod]
        )

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> list[Message]:
        del timeout
        replies = []
        for message in messages:
            node = message.metadata.dst_node_id
            if self._stages >= SHARED_AFTER and node <= self._dropped:
                replies.append(Message(Error(1, "gone"), reply_to=message))
                continue
            # What crosses the wire is no longer shared with the server.
            own = copy.copy(message)
            own.content = copy.deepcopy(message.content)
            replies.append(self.clocks.client(node, partial(self._app, own, self.contexts[node])))
        self._stages += 1
        return replies


def as_grid(grid: _Grid) -> Grid:
    """Pass for Flower's own; of it the workflow and its proxies call `send_and_receive` alone."""
    return cast(Grid, grid)


def _client(vector: NDArray[np.float32]) -> Client:
    class Fixed(NumPyClient):
        def fit(self, parameters: Any, config: Any) -> Any:  # noqa: ANN401
            del parameters, config
            return [vector], 1, {}

    return Fixed().to_client()


def _context(grid: _Grid) -> LegacyContext:
    manager = SimpleClientManager()
    for node in grid.contexts:
        manager.register(GridClientProxy(node, as_grid(grid), RUN))
    count = len(grid.contexts)
    strategy = FedAvg(min_fit_clients=count, min_available_clients=count, fraction_fit=1.0)
    context = LegacyContext(
        context=Context(RUN, 0, {}, RecordDict(), {}),
        config=ServerConfig(num_rounds=1),
        strategy=strategy,
        client_manager=manager,
    )
    context.state.config_records[MAIN_CONFIGS_RECORD] = ConfigRecord({Key.CURRENT_ROUND: 1})
    nothing = ndarrays_to_parameters([np.zeros(1, np.float32)])
    context.state.array_records[MAIN_PARAMS_RECORD] = compat.parameters_to_arrayrecord(
        nothing, keep_input=True
    )
    return context


def main() -> int:
    """Run one sum and print what it cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--length", type=int, default=1_000_000)
    parser.add_argument("--brands", type=int, default=10)
    parser.add_argument("--dropped", type=int, default=1)
    arguments = parser.parse_args()
    TaskIdentity.task_id, TaskIdentity.run_id, TaskIdentity.node_id = 1, RUN, 1 << 40
    vectors = [
        np.random.default_rng(number).uniform(-1, 1, arguments.length).astype(np.float32)
        for number in range(arguments.brands)
    ]
    grid = _Grid(vectors, arguments.dropped)
    context = _context(grid)
    workflow = SecAggPlusWorkflow(num_shares=1.0, reconstruction_threshold=0.6, max_weight=1)
    whole = Clocks()
    with whole.server():
        workflow(as_grid(grid), context)
    record = context.state.array_records[MAIN_PARAMS_RECORD]
    parameters = compat.arrayrecord_to_parameters(record, keep_input=True)
    got = parameters_to_ndarrays(parameters)[0]
    if np.abs(got - np.mean(vectors[arguments.dropped :], axis=0)).max() > 1e-4:
        raise SystemExit("secure-sum: Flower's sum is wrong, so its times mean nothing")
    survivors = range(arguments.dropped + 1, arguments.brands + 1)
    clients = grid.clocks.costs(survivors).client_ms
    everything = whole.server_ms()
    print(
        json.dumps(
            {
                "version": flwr.__version__,
                "client_ms": clients,
                "server_ms": everything - grid.clocks.all_clients_ms(),
            }
        )
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
