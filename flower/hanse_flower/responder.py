"""A brand's Flower `ClientApp` as a responder of the link.

No process state of Flower is read or written, so many brands can answer in one
process. Whatever a handler raises becomes a refusal with a code; the text of
an exception never crosses and is not logged either, for it may quote data.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict

from flwr.app import Context, Message, RecordDict
from flwr.clientapp import ClientApp

from hanse_federation.messages import Binding, Refusal, ReplyPayload, Request, question_of
from hanse_flower.errors import UnsupportedRecordError
from hanse_flower.internals import message_of_run
from hanse_flower.nodes import node_id_of
from hanse_flower.records import (
    MESSAGE_TYPE_OF,
    AskedQuestion,
    answer_from_content,
    question_to_content,
)
from hanse_flower.refusals import INTERNAL_ERROR, code_of
from hanse_policies.documents import BrandId

_LOG = logging.getLogger(__name__)

MAXIMUM_RUNS = 16
"""How many runs' contexts are kept; the one unused for longest is dropped first."""


class ClientAppResponder:
    """Answer requests with the handlers of a `ClientApp`.

    A handler finds the brand in `context.node_config["brand"]`, the study's
    digest in `context.run_config["study"]`, and whatever it left in
    `context.state` earlier in the run.
    """

    def __init__(self, app: ClientApp, brand: BrandId, *, maximum_runs: int = MAXIMUM_RUNS) -> None:
        """Answer for `brand`, remembering the context of at most `maximum_runs` runs."""
        self._app = app
        self._brand = brand
        self._maximum_runs = maximum_runs
        self._contexts: OrderedDict[tuple[int, str], Context] = OrderedDict()
        self._contexts_lock = threading.Lock()

    def answer(self, request: Request) -> ReplyPayload:
        """Answer a request; a refusal is a payload, never an exception.

        Args:
            request: One question; its deadline is the link's concern.

        Returns:
            The handler's answer, or a `Refusal` with the code of what it raised.
        """
        try:
            return self._ask(request)
        except Exception as error:  # noqa: BLE001 - the border: nothing of an exception may cross
            return self._refuse(request, code_of(error), type(error).__name__)

    def _ask(self, request: Request) -> ReplyPayload:
        asked = AskedQuestion(request.binding.round_number, request.payload)
        message = message_of_run(
            question_to_content(asked),
            run=request.binding.run,
            message_id=request.binding.request,
            message_type=MESSAGE_TYPE_OF[asked.question],
            node_id=node_id_of(self._brand),
            group_id=str(request.binding.round_number),
            ttl_seconds=request.deadline_seconds,
        )
        reply: object = self._app(message, self._context_of(request.binding))
        if not isinstance(reply, Message):
            raise UnsupportedRecordError("expected a message as the handler's reply, got none")
        if not reply.has_content():
            return self._refuse(request, INTERNAL_ERROR, "flower error reply")
        return answer_from_content(asked.question, reply.content)

    def _context_of(self, binding: Binding) -> Context:
        key = (binding.run, binding.study)
        with self._contexts_lock:
            if key not in self._contexts:
                self._contexts[key] = Context(
                    run_id=binding.run,
                    node_id=node_id_of(self._brand),
                    node_config={"brand": self._brand},
                    state=RecordDict(),
                    run_config={"study": binding.study},
                )
            self._contexts.move_to_end(key)
            while len(self._contexts) > self._maximum_runs:
                self._contexts.popitem(last=False)
            return self._contexts[key]

    def _refuse(self, request: Request, code: str, cause: str) -> Refusal:
        _LOG.warning(
            "refused %s in round %d with code %s (%s)",
            question_of(request.payload),
            request.binding.round_number,
            code,
            cause,
        )
        return Refusal(code)
