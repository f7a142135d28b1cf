"""A signed document, which is JSON, holds nothing that YAML may not."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hanse_policies.canonical import canonical_json
from hanse_policies.documents import AllianceCharter, Study
from hanse_policies.errors import EnvelopeFormatError, PayloadError
from hanse_policies.signing import (
    Envelope,
    Signature,
    open_envelope,
    payload_type,
    pre_authentication_encoding,
)
from tests.support.documents import a_charter, a_key, a_training_study
from tests.support.yaml_traps import TITLE, TRAPS


def signed(kind: str, payload: bytes) -> Envelope:
    """Sign arbitrary bytes, as a signer that does not keep our rules would."""
    private = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
    value = private.sign(pre_authentication_encoding(kind, payload))
    return Envelope(payload, kind, (Signature(a_key(7).public_hex, value),))


@pytest.mark.parametrize(
    "text",
    [
        trap.bad.removeprefix("title: ")
        for trap in TRAPS
        if trap.place == "6:8" and trap.old == TITLE and not trap.bad.isascii()
    ]
    + ["Who\u200b", "Who\x1b[2K", "Who\nbuys", "Who ", "Who\tbuys", "\ufeffWho", "Who\U000e0041"],
)
def test_a_signed_document_holds_no_text_that_yaml_may_not(text: str) -> None:
    study = a_training_study().model_copy(update={"title": text})
    with pytest.raises(PayloadError, match="1 faults"):
        open_envelope(
            signed(payload_type(Study), canonical_json(study)), Study, a_key(7).public_hex
        )


def test_a_signed_charter_whose_owners_look_alike_is_refused() -> None:
    members = list(a_charter().members)
    members[1] = members[1].model_copy(update={"legal_entity": "A1der Stores Ltd"})
    charter = a_charter().model_copy(update={"members": tuple(members)})
    envelope = signed(payload_type(AllianceCharter), canonical_json(charter))
    with pytest.raises(PayloadError, match="1 faults"):
        open_envelope(envelope, AllianceCharter, a_key(7).public_hex)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"retention_days":90', '"retention_days":90,"retention_days":91'),
        ('"retention_days":90', '"retention_days":91,"retention_days":90'),
        ('"retention_days":90', '"retention_days":90.0'),
        ('"epsilon":3,', '"epsilon":3.00000000000000001,'),
        ('"delta":0.000001', '"delta":1e-6'),
        ('"epsilon":3,', '"epsilon":NaN,'),
        ("00:00Z", "00:00+00:00"),
        ("Who is", "\\u0057ho is"),
        ('"2026-07-15T12:00:00Z"', '"0001-01-01T00:00:00+08:00"'),
        ('"2026-07-15T12:00:00Z"', "1784116800"),
    ],
)
def test_signed_json_that_two_readers_may_read_in_two_ways_is_refused(old: str, new: str) -> None:
    text = canonical_json(a_training_study()).decode()
    assert text.count(old) == 1
    with pytest.raises(PayloadError):
        open_envelope(
            signed(payload_type(Study), text.replace(old, new).encode()),
            Study,
            a_key(7).public_hex,
        )


@pytest.mark.parametrize("field", ["payload", "payloadType", "signatures", "sig"])
def test_an_envelope_that_names_a_field_twice_is_refused(field: str) -> None:
    text = a_key(7).sign(a_training_study()).to_json().decode()
    at = text.index(f'"{field}":')
    value = json.JSONDecoder().raw_decode(text[at + len(field) + 3 :])[0]
    doubled = f'{text[:at]}"{field}":{json.dumps(value)},{text[at:]}'
    with pytest.raises(EnvelopeFormatError, match="each field of an envelope once"):
        Envelope.from_json(doubled.encode())
