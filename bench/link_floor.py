"""The least a deployment can cost: a bare gRPC loop that does the product's local work.

    python -m bench.link_floor HOME STUDY ADDRESS

runs one brand of it. Rules: one bidirectional stream a brand over mutual TLS 1.3,
raw bytes, no policy, consent, ledger, store, journal, Flower or encoding; the
brand reads its rows once, before the first round. The local work is the
product's own code on the same rows with the same noise: train, then score the
held-out persons. So what the product takes more is the product's own.
"""

from __future__ import annotations

import struct
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

import hanse_federation.link.tls  # noqa: F401 - TLS 1.3 alone, before gRPC is loaded

# isort: split
import grpc
import numpy as np
from numpy.typing import NDArray

from bench.link_league import BenchLeague, clock
from hanse_clients.client import credentials_of as brand_credentials_of
from hanse_clients.data import TrainingRows, view_for
from hanse_clients.features import encode_features
from hanse_clients.home import BrandHome
from hanse_clients.sources import BrandSources, row_salt
from hanse_federation.link.channel import TUNING, open_channel
from hanse_federation.link.credentials import TlsCredentials
from hanse_federation.measurements import ScoreHistogram
from hanse_federation.messages import Parameters, Question, Tensor
from hanse_federation.model import initial_parameters, input_width, predict
from hanse_federation.privacy.mechanism import gaussian_integers
from hanse_federation.privacy.plan import plan_study
from hanse_federation.randomness import SystemRandomness
from hanse_policies.documents import Study, TrainModel
from hanse_policies.loading import load_study
from hanse_server.tls_identity import credentials_of

if TYPE_CHECKING:
    _Handler = grpc.GenericRpcHandler[bytes, bytes]
else:
    _Handler = grpc.GenericRpcHandler

METHOD = "/hanse.bench.Floor/Join"
TRAIN, EVALUATE = b"T", b"E"
HEADER = struct.Struct("<qq")
"""Before each reply: the weight, and the nanoseconds of local work."""


@dataclass(frozen=True, slots=True)
class FloorRound:
    """One round of the floor: how long it took, and its slowest brand's local work."""

    seconds: float
    work_seconds: float


class LocalWork:
    """A brand's work in one round, on rows that were read before."""

    def __init__(self, study: Study, rows: TrainingRows, public_persons: int) -> None:
        """Encode the rows and build the trainer."""
        # torch is the brand's alone: the floor's server shares this module.
        from hanse_clients.training import Trainer  # noqa: PLC0415

        assert isinstance(study.computation, TrainModel)
        self._computation = study.computation
        plan = plan_study(study)
        self._evaluate_noise = plan.noise_multiplier(Question.EVALUATE)
        self._randomness = SystemRandomness()
        matrix = encode_features(self._computation.features, rows.columns)
        self._held_out = matrix[rows.holdout]
        self._labels = rows.label[rows.holdout].astype(np.int64)
        self._trainer = Trainer(
            self._computation,
            matrix[~rows.holdout],
            rows.label[~rows.holdout],
            noise_multiplier=plan.noise_multiplier(Question.TRAIN),
            public_persons=public_persons,
            randomness=self._randomness,
        )
        self._shapes = start_of(study)
        self._weight = public_persons

    def answer(self, request: bytes) -> bytes:
        """Do what a request asks and pack the answer."""
        start = time.perf_counter_ns()
        parameters = unpack(memoryview(request)[1:], self._shapes)
        if request[:1] == TRAIN:
            body = pack(self._trainer.train(parameters))
        else:
            body = self._evaluate(parameters).tobytes()
        return HEADER.pack(self._weight, time.perf_counter_ns() - start) + body

    def _evaluate(self, parameters: Parameters) -> NDArray[np.int64]:
        scores = predict(self._computation, parameters, self._held_out)
        cells = ScoreHistogram(self._computation.evaluation.score_bins).cells(scores, self._labels)
        noised, _ = gaussian_integers(
            cells,
            l2_sensitivity=1.0,
            noise_multiplier=self._evaluate_noise,
            randomness=self._randomness,
        )
        return noised


class FloorServer(_Handler):
    """Asks every connected brand at once and takes the mean of what they send."""

    def __init__(self, study: Study) -> None:
        """Begin with the study's public starting point."""
        self._parameters = start_of(study)
        self._changed = threading.Condition()
        self._outboxes: list[SimpleQueue[bytes | None]] = []
        self._replies: list[bytes] = []

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Serve the one method there is."""
        del details
        return grpc.stream_stream_rpc_method_handler(self._join)

    def wait_for_brands(self, count: int, seconds: float) -> bool:
        """Wait until so many brands are connected."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._outboxes) == count, seconds)

    def round(self) -> FloorRound:
        """Train at every brand, average, score at every brand, add up."""
        start = time.perf_counter()
        trained = self._ask(TRAIN)
        weights = np.array([HEADER.unpack_from(reply)[0] for reply in trained], dtype=np.float64)
        sent = [unpack(memoryview(reply)[HEADER.size :], self._parameters) for reply in trained]
        self._parameters = tuple(
            Tensor(
                tensors[0].name,
                np.average([t.values for t in tensors], axis=0, weights=weights).astype(np.float32),
            )
            for tensors in zip(*sent, strict=True)
        )
        scored = self._ask(EVALUATE)
        cells = [np.frombuffer(reply, np.int64, offset=HEADER.size) for reply in scored]
        assert np.sum(cells, axis=0).shape == cells[0].shape
        work = sum(max(HEADER.unpack_from(r)[1] for r in replies) for replies in (trained, scored))
        return FloorRound(time.perf_counter() - start, work / 1e9)

    def end(self) -> None:
        """End every stream."""
        for outbox in self._outboxes:
            outbox.put(None)

    def _ask(self, question: bytes) -> list[bytes]:
        message = question + pack(self._parameters)
        with self._changed:
            self._replies = []
            for outbox in self._outboxes:
                outbox.put(message)
            self._changed.wait_for(lambda: len(self._replies) == len(self._outboxes))
            return self._replies

    def _join(self, replies: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        del context
        next(replies)
        outbox: SimpleQueue[bytes | None] = SimpleQueue()
        with self._changed:
            self._outboxes.append(outbox)
            self._changed.notify_all()
        while (message := outbox.get()) is not None:
            yield message
            reply = next(replies)
            with self._changed:
                self._replies.append(reply)
                self._changed.notify_all()


@contextmanager
def serving_floor(league: BenchLeague, study: Path) -> Iterator[tuple[FloorServer, str]]:
    """Serve the floor with the operator's certificate; yield it and its address."""
    floor = FloorServer(load_study(study).document)
    identity: TlsCredentials = credentials_of(league.operator.server_identity())
    with ThreadPoolExecutor(len(league.brands) + 1) as threads:
        server = grpc.server(threads, options=TUNING)
        server.add_generic_rpc_handlers((floor,))
        credentials = grpc.ssl_server_credentials(
            [(identity.private_key_pem, identity.certificate_pem)], identity.ca_pem, True
        )
        port = server.add_secure_port("127.0.0.1:0", credentials)
        server.start()
        try:
            yield floor, f"127.0.0.1:{port}"
        finally:
            floor.end()
            server.stop(1.0).wait()


def start_of(study: Study) -> Parameters:
    """Return the study's public starting point."""
    assert isinstance(study.computation, TrainModel)
    return initial_parameters(study.computation, input_width(study.computation.features), "0" * 64)


def pack(parameters: Parameters) -> bytes:
    """Lay parameters end to end."""
    return b"".join(tensor.values.tobytes() for tensor in parameters)


def unpack(data: memoryview, shapes: Parameters) -> Parameters:
    """Cut parameters of known shapes out of bytes."""
    tensors, offset = [], 0
    for shape in shapes:
        values = np.frombuffer(data, np.float32, shape.values.size, offset)
        tensors.append(Tensor(shape.name, values.reshape(shape.values.shape)))
        offset += values.nbytes
    return tuple(tensors)


def brand_of(home: BrandHome, study: Study) -> LocalWork:
    """Read the rows that the product would train on, once."""
    asset, policy = home.documents.asset().document, home.documents.policy().document
    sources = BrandSources(asset, home.documents.asset_file.parent)
    view = view_for(study, asset, policy, clock(), row_salt(home.keys().agreement, asset))
    rows = sources.rows().rows(view)
    return LocalWork(study, rows, len(rows.label))


def main() -> None:
    """Answer until the server ends the stream."""
    home = BrandHome.open(Path(sys.argv[1]))
    work = brand_of(home, load_study(Path(sys.argv[2])).document)
    outbox: SimpleQueue[bytes | None] = SimpleQueue()
    outbox.put(b"hello")
    credentials = brand_credentials_of(home.membership())
    with open_channel(sys.argv[3], credentials) as channel:
        join = channel.stream_stream(METHOD, None, None)
        for request in join(iter(outbox.get, None), wait_for_ready=True):
            outbox.put(work.answer(request))


if __name__ == "__main__":
    main()
