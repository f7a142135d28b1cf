"""What carrying costs: empty rounds, parameters out and back, bytes on the way.

Rules: five brand processes over mutual TLS; a round is timed from the question's
first byte to the strategy's finished aggregate; medians, after warm-up rounds
that count for nothing; bytes are the link's own counts, and beside them what
the loopback device counted in the quietest round.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np
import psutil
from flwr.app import Message
from flwr.serverapp.strategy import FedAvg

from bench.link_league import BenchLeague
from bench.link_processes import module_command, running, wait_for
from hanse_federation.link.interface import OperatorLink
from hanse_federation.messages import CohortRequest, Question, Tensor
from hanse_flower import (
    MESSAGE_TYPE_OF,
    AskedQuestion,
    QuestionAsked,
    RunStep,
    UnsafePlaintextGrid,
    parameters_to_record,
    question_to_content,
)

STUDY = "5" * 64
LAYERS = 4
WARM_UP_ROUNDS = 5
DEADLINE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Carried:
    """Rounds that carried parameters out and back.

    Attributes:
        seconds: Each round after the warm-up.
        framing: Framed bytes over payload bytes, all rounds, both ways.
        loopback: Bytes on the loopback device over payload bytes, in the
            quietest round; it counts TCP, TLS and whatever else used the device.
    """

    seconds: tuple[float, ...]
    framing: float
    loopback: float

    @property
    def median(self) -> float:
        """The median round, in seconds."""
        return median(self.seconds)


class Carrier:
    """Runs rounds over a link whose brands are connected."""

    def __init__(self, league: BenchLeague, link: OperatorLink) -> None:
        self._league = league
        self._link = link
        self._run = 0

    def empty_rounds(self, rounds: int) -> tuple[float, ...]:
        """Time rounds of a question without parameters, in seconds."""
        grid, times = self._grid(None), []
        for _ in range(WARM_UP_ROUNDS + rounds):
            start = time.perf_counter()
            replies = list(grid.send_and_receive(_question_to_all(grid)))
            times.append(time.perf_counter() - start)
            assert len(replies) == len(grid.brands), replies
            assert not any(reply.has_error() for reply in replies), replies
        return tuple(times[WARM_UP_ROUNDS:])

    def training_rounds(self, numbers: int, rounds: int) -> Carried:
        """Time rounds of Flower's FedAvg with so many float32 parameters."""
        watch = _RoundWatch()
        start = parameters_to_record(_parameters(numbers))
        strategy = FedAvg(fraction_evaluate=0.0)
        payload, framed = self._traffic()
        result = strategy.start(self._grid(watch), start, num_rounds=WARM_UP_ROUNDS + rounds + 1)
        payload_after, framed_after = self._traffic()
        payload, framed = payload_after - payload, framed_after - framed
        for name, array in result.arrays.items():
            np.testing.assert_allclose(array.numpy(), start[name].numpy(), rtol=1e-5)
        per_round = payload / (WARM_UP_ROUNDS + rounds + 1)
        loopback = min(watch.loopback_bytes()[WARM_UP_ROUNDS:]) / per_round
        return Carried(watch.seconds()[WARM_UP_ROUNDS:], framed / payload, loopback)

    def _grid(self, watch: _RoundWatch | None) -> UnsafePlaintextGrid:
        self._run += 1
        return UnsafePlaintextGrid(
            self._link,
            self._run,
            STUDY,
            self._league.brand_ids,
            deadline_seconds=DEADLINE_SECONDS,
            observer=watch or (lambda _: None),
        )

    def _traffic(self) -> tuple[int, int]:
        counts = self._link.traffic()
        return sum(c.payload_bytes for c in counts), sum(c.framed_bytes for c in counts)


class _RoundWatch:
    """Notes when each round began, and how much had crossed loopback by then."""

    def __init__(self) -> None:
        self._starts: list[tuple[float, int]] = []

    def __call__(self, step: RunStep) -> None:
        if isinstance(step, QuestionAsked) and step.question is Question.TRAIN:
            self._starts.append((time.perf_counter(), loopback_bytes()))

    def seconds(self) -> tuple[float, ...]:
        """Tell how long each round but the last took, up to the next one's start."""
        return tuple(b[0] - a[0] for a, b in pairwise(self._starts))

    def loopback_bytes(self) -> tuple[int, ...]:
        """Tell what crossed loopback in each round but the last."""
        return tuple(b[1] - a[1] for a, b in pairwise(self._starts))


@dataclass(frozen=True, slots=True)
class CarryingFigures:
    """All that is measured over brands that only carry; None where it was not asked for."""

    empty: tuple[float, ...] | None
    small: Carried | None
    large: Carried | None


def measure_carrying(
    league: BenchLeague, *, empty_rounds: int, small_rounds: int, large_rounds: int
) -> CarryingFigures:
    """Start the brands, measure what has rounds, end them.

    Args:
        league: The alliance.
        empty_rounds: Rounds of a question without parameters.
        small_rounds: Rounds with 100,000 parameters.
        large_rounds: Rounds with 1,000,000 parameters.
    """
    commands = [module_command("link_brand", str(brand.path)) for brand in league.brands]
    with league.bare_link() as (link, _), running(commands):
        wait_for(lambda: link.brands() == league.brand_ids, "the connection of all brands")
        carrier = Carrier(league, link)
        return CarryingFigures(
            carrier.empty_rounds(empty_rounds) if empty_rounds else None,
            carrier.training_rounds(100_000, small_rounds) if small_rounds else None,
            carrier.training_rounds(1_000_000, large_rounds) if large_rounds else None,
        )


def loopback_bytes() -> int:
    """Read how many bytes the loopback device has sent."""
    devices = psutil.net_io_counters(pernic=True)
    return devices["lo"].bytes_sent if "lo" in devices else 0


def _question_to_all(grid: UnsafePlaintextGrid) -> list[Message]:
    content = question_to_content(AskedQuestion(0, CohortRequest()))
    kind = MESSAGE_TYPE_OF[Question.COHORT]
    return [grid.create_message(content, kind, node, "") for node in grid.get_node_ids()]


def _parameters(numbers: int) -> tuple[Tensor, ...]:
    values = np.random.default_rng(numbers).standard_normal(numbers, dtype=np.float32)
    return tuple(
        Tensor(f"layer.{index}", part) for index, part in enumerate(np.array_split(values, LAYERS))
    )
