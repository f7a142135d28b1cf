"""An operator's link that repeats and reorders requests, and tells what comes in.

A repeated request is sent under an identifier of its own and nobody waits for its
reply; the trace tells every reply's digest, so that a test can see whether a brand
ever gave two answers to one step.
"""

from __future__ import annotations

import hashlib
import random
import secrets
from collections import deque
from dataclasses import replace
from threading import Lock
from typing import Any

from hanse_federation.codec import reply_payload_to_wire, request_digest
from hanse_federation.errors import BrandNotConnectedError, TooManyRequestsError
from hanse_federation.link.settings import LinkSettings
from hanse_federation.messages import JoinRequest, Refusal, Reply, Request, question_of
from hanse_federation.secure_aggregation.messages import JoinReply
from hanse_federation.secure_aggregation.server import DecodedSum, ServerAttempt
from hanse_policies.documents import BrandId
from hanse_server.link import GrpcOperatorLink
from tests.support.fault_control import ControlFile, Trace

REMEMBERED = 12
"""Of how many past requests to a brand one may be repeated."""


def facts_of(request: Request) -> dict[str, Any]:
    """Name a step: what must be the same for two replies to be the same."""
    payload, binding = request.payload, request.binding
    return {
        "study": binding.study,
        "run": binding.run,
        "round": binding.round_number,
        "question": question_of(payload).value,
        "attempt": getattr(payload, "attempt", 0),
        "step": "join" if isinstance(payload, JoinRequest) else type(payload).__name__,
        "asked": request_digest(payload),
    }


class RepeatingLink(GrpcOperatorLink):
    """Repeats a share of the requests, some of them older ones before newer ones."""

    def __init__(
        self,
        settings: LinkSettings | None,
        *,
        control: ControlFile,
        trace: Trace,
        draw: random.Random,
    ) -> None:
        super().__init__(settings)
        self._control = control
        self._trace = trace
        self._draw = draw
        self._past: dict[BrandId, deque[Request]] = {}
        self._asked: dict[str, Request] = {}
        self._tapping = Lock()

    def submit(self, brand: BrandId, request: Request) -> None:
        with self._tapping:
            self._asked[request.binding.request] = request
            past = self._past.setdefault(brand, deque(maxlen=REMEMBERED))
            past.append(request)
            share = self._control.read().repeat_share
            before = self._draw.random() < share
            after = self._draw.random() < share
            older = self._draw.choice(past)
        if before and older is not request:
            self._repeat(brand, older)
        super().submit(brand, request)
        if after:
            self._repeat(brand, request if self._draw.random() < 0.5 else older)

    def deliver(self, reply: Reply) -> None:
        with self._tapping:
            request = self._asked.pop(reply.binding.request, None)
        if request is not None:
            self._tell(reply, request)
        super().deliver(reply)

    def _repeat(self, brand: BrandId, request: Request) -> None:
        binding = replace(request.binding, request=secrets.token_hex(16))
        again = replace(request, binding=binding)
        with self._tapping:
            self._asked[binding.request] = again
        try:
            super().submit(brand, again)
        except (BrandNotConnectedError, TooManyRequestsError):
            return
        self._trace.tell("repeated", brand=brand, **facts_of(again))

    def _tell(self, reply: Reply, request: Request) -> None:
        payload = reply.payload
        facts = facts_of(request) | {"brand": reply.sender}
        if isinstance(payload, Refusal):
            self._trace.tell("refused", code=payload.code, **facts)
            return
        digest = hashlib.sha256(reply_payload_to_wire(payload)).hexdigest()
        if isinstance(payload, JoinReply):
            facts["commitment"] = payload.advertisement.commitment.hex()
        self._trace.tell("replied", said=type(payload).__name__, reply=digest, **facts)


def tap_decoding(trace: Trace) -> None:
    """Have every sum that this process decodes told, whether or not it is recorded after."""
    decode = ServerAttempt.decode

    def told(self: ServerAttempt) -> DecodedSum:
        decoded = decode(self)
        session = self.state.session
        trace.tell(
            "decoded",
            study=session.study,
            run=session.run,
            round=session.round_number,
            question=session.question,
            attempt=session.attempt,
            survivors=list(decoded.survivors),
            values=[int(value) for value in decoded.values],
        )
        return decoded

    setattr(ServerAttempt, decode.__name__, told)
