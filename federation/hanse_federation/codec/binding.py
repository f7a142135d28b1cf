"""Bindings to the wire and back."""

from __future__ import annotations

from hanse_federation.codec.checks import (
    MAX_ROUNDS,
    check_digest,
    check_hexadecimal,
    check_range,
)
from hanse_federation.messages import Binding
from hanse_wire.v1 import messages_pb2 as wire

MAX_RUN = 2**63 - 1


def binding_to_wire(binding: Binding) -> wire.Binding:
    """Encode a binding.

    Raises:
        InvalidMessageError: A field is out of range.
    """
    _check(binding.run, binding.study, binding.round_number, binding.request)
    return wire.Binding(
        run=binding.run,
        study=binding.study,
        round_number=binding.round_number,
        request=binding.request,
    )


def binding_from_wire(message: wire.Binding) -> Binding:
    """Decode a binding.

    Raises:
        InvalidMessageError: A field is out of range.
    """
    _check(message.run, message.study, message.round_number, message.request)
    return Binding(message.run, message.study, message.round_number, message.request)


def _check(run: int, study: str, round_number: int, request: str) -> None:
    check_range("run", run, 0, MAX_RUN)
    check_digest("study", study)
    check_range("round_number", round_number, 0, MAX_ROUNDS)
    check_hexadecimal("request", request, 32)
