"""Codes that no error class bears: what each means to whoever reads it.

Rules: a code is taken from the constant that the code itself uses, so that a
renamed one cannot stay here; the few that are written in place are named as they
stand there, and a test looks for them.
"""

from __future__ import annotations

from collections.abc import Mapping

from hanse_clients.errors import DATA_NOT_USABLE
from hanse_clients.verdicts import APPROVAL_AWAITED, REFUSED_BY_PERSON
from hanse_federation.link.docket import BRAND_DISCONNECTED, DEADLINE_EXCEEDED
from hanse_flower.refusals import INTERNAL_ERROR, MALFORMED_CODE
from hanse_policies.reference.errors import COMMAND_CODES
from hanse_server.link.admission import NO_CERTIFICATE, WRONG_ROLE
from hanse_server.link.brand_stream import BRAND_SILENT
from hanse_server.link.link_service import (
    ALREADY_CONNECTED,
    HELLO_MISSING,
    HELLO_REPEATED,
    PROTOCOL_MISMATCH,
    STREAM_LEFT,
)
from hanse_server.link.server import STOPPING

PACKAGES: Mapping[str, str] = {
    "hanse_policies": "Documents, signatures and keys",
    "hanse_federation": "Privacy, messages, releases and the link",
    "hanse_flower": "The bridge to Flower",
    "hanse_clients": "A brand's side",
    "hanse_server": "The operator's side",
    "hanse_demo": "The demo",
}
"""The packages whose errors are told, each with its heading."""

WRITTEN_IN_PLACE: Mapping[str, str] = {
    **COMMAND_CODES,
    "stream-ended": (
        "The operator's server ended the link without a reason. The brand dials again, with "
        "growing pauses."
    ),
}
"""Codes that stand as plain text where they are used."""

PLAIN_CODES: Mapping[str, str] = {
    **WRITTEN_IN_PLACE,
    APPROVAL_AWAITED: (
        "In a verdict, in place of a rule: the policy now leaves studies to persons "
        "(`approval: manual`), so a permit that no person gave was taken back. Look at the study "
        "with `hanse brand preflight`, then say yes with `hanse brand approve`."
    ),
    ALREADY_CONNECTED: (
        "The brand has a stream open already; one brand has one. End the other process of this "
        "brand, or wait until the server notices that it is gone."
    ),
    BRAND_DISCONNECTED: (
        "The brand was not connected, or left before it answered. Its answer counts as missing."
    ),
    BRAND_SILENT: "The server heard nothing from the brand for too long and ended the stream.",
    DATA_NOT_USABLE: (
        "The brand refused because a table as a whole could not be used. One code for all such "
        "causes, so that the code does not tell which: see the brand's own log for the cause."
    ),
    DEADLINE_EXCEEDED: (
        "The brand did not answer in time (`hanse operator serve --deadline-seconds`). Its answer "
        "counts as missing; what it was charged stays charged."
    ),
    HELLO_MISSING: "The first frame of a stream was not `Hello`; the server ended the stream.",
    HELLO_REPEATED: "A second `Hello` on one stream; the server ended the stream.",
    INTERNAL_ERROR: (
        "A defect at the other party; the cause is in its own log and does not cross."
    ),
    MALFORMED_CODE: "The other party sent something that does not have the form of a code.",
    NO_CERTIFICATE: "The caller showed no client certificate.",
    PROTOCOL_MISMATCH: (
        "The two sides speak different versions of the link. Install the same version of Hanse; "
        "the brand does not dial again by itself."
    ),
    REFUSED_BY_PERSON: (
        "In a verdict, in place of a rule: a person at the brand said no (`hanse brand refuse`)."
    ),
    STOPPING.code: "The operator's server is shutting down; the brand dials again.",
    STREAM_LEFT: "The brand ended its stream.",
    WRONG_ROLE: (
        "The certificate is good but for another role: a brand asked what the operator's "
        "commands may ask, or the reverse."
    ),
}
