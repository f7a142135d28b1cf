from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as ReferenceEnvelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey  # type: ignore[attr-defined]

from hanse_policies.canonical import canonical_json, digest
from hanse_policies.documents import AllianceCharter, Study
from hanse_policies.documents.base import StrictModel
from hanse_policies.errors import (
    EnvelopeFormatError,
    KeyFormatError,
    PayloadError,
    PayloadTypeError,
    PublicKeyError,
    SignatureError,
)
from hanse_policies.signing import (
    MAXIMUM_ENVELOPE_BYTES,
    Envelope,
    Signature,
    SigningKey,
    open_envelope,
    payload_type,
    pre_authentication_encoding,
)
from tests.support.documents import a_charter, a_key, a_training_study

KEY = a_key(7)
STUDY = a_training_study()


def reference_key(key: SigningKey) -> SSlibKey:
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public_hex))
    return SSlibKey.from_crypto(public, keyid=key.public_hex)


def sign_bytes(kind: str, payload: bytes, key_number: int = 7) -> Envelope:
    """Sign arbitrary bytes, as a signer that does not keep our rules would."""
    private = Ed25519PrivateKey.from_private_bytes(bytes([key_number]) * 32)
    value = private.sign(pre_authentication_encoding(kind, payload))
    return Envelope(
        payload, kind, (Signature(private.public_key().public_bytes_raw().hex(), value),)
    )


def test_the_pae_example_of_the_dsse_protocol_has_its_bytes() -> None:
    assert (
        pre_authentication_encoding("http://example.com/HelloWorld", b"hello world")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


@given(
    a=st.tuples(st.text(max_size=9), st.binary(max_size=9)),
    b=st.tuples(st.text(max_size=9), st.binary(max_size=9)),
)
def test_no_two_payloads_share_an_encoding(a: tuple[str, bytes], b: tuple[str, bytes]) -> None:
    assert (a == b) == (pre_authentication_encoding(*a) == pre_authentication_encoding(*b))


def test_a_signed_document_opens_with_its_key() -> None:
    envelope = Envelope.from_json(KEY.sign(STUDY).to_json())
    assert open_envelope(envelope, Study, KEY.public_hex) == STUDY
    assert envelope.payload_digest == digest(STUDY)
    assert envelope.kind == "Study"


def test_securesystemslib_verifies_our_envelope() -> None:
    reference = ReferenceEnvelope.from_dict(json.loads(KEY.sign(STUDY).to_json()))
    assert set(reference.verify([reference_key(KEY)], threshold=1)) == {KEY.public_hex}


def test_securesystemslib_refuses_our_envelope_with_another_key() -> None:
    reference = ReferenceEnvelope.from_dict(json.loads(KEY.sign(STUDY).to_json()))
    with pytest.raises(VerificationError):
        reference.verify([reference_key(a_key(8))], threshold=1)


def test_we_verify_an_envelope_of_securesystemslib() -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
    reference = ReferenceEnvelope(canonical_json(STUDY), payload_type(Study), {})
    reference.sign(CryptoSigner(private, reference_key(KEY)))
    envelope = Envelope.from_json(json.dumps(reference.to_dict()).encode())
    assert open_envelope(envelope, Study, KEY.public_hex) == STUDY


def test_a_signature_by_another_key_is_refused() -> None:
    with pytest.raises(SignatureError, match="got none that fits") as caught:
        open_envelope(a_key(8).sign(STUDY), Study, KEY.public_hex)
    assert caught.value.code == "signature-invalid"


def test_the_key_hint_of_an_envelope_is_not_believed() -> None:
    forged = a_key(8).sign(STUDY)
    renamed = replace(forged, signatures=(replace(forged.signatures[0], key_hint=KEY.public_hex),))
    with pytest.raises(SignatureError):
        open_envelope(renamed, Study, KEY.public_hex)


def test_a_payload_edited_after_signing_is_refused() -> None:
    signed = KEY.sign(STUDY)
    edited = canonical_json(STUDY.model_copy(update={"retention_days": 91}))
    with pytest.raises(SignatureError, match="got none that fits"):
        open_envelope(replace(signed, payload=edited), Study, KEY.public_hex)


def test_a_payload_type_swapped_after_signing_is_refused() -> None:
    swapped = replace(KEY.sign(a_charter()), payload_type=payload_type(Study))
    with pytest.raises(SignatureError, match="got none that fits"):
        open_envelope(swapped, Study, KEY.public_hex)


def test_a_charter_does_not_pass_where_a_study_is_expected() -> None:
    with pytest.raises(PayloadTypeError, match=r"expected payload type .*Study.*got .*Charter"):
        open_envelope(KEY.sign(a_charter()), Study, KEY.public_hex)


def test_one_good_signature_among_others_suffices() -> None:
    ours, theirs = KEY.sign(STUDY), a_key(8).sign(STUDY)
    both = replace(ours, signatures=theirs.signatures + ours.signatures)
    assert open_envelope(both, Study, KEY.public_hex) == STUDY


def test_an_empty_signature_is_refused_and_not_a_crash() -> None:
    with pytest.raises(SignatureError):
        open_envelope(
            replace(KEY.sign(STUDY), signatures=(Signature(KEY.public_hex, b""),)),
            Study,
            KEY.public_hex,
        )


@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_any_flipped_bit_of_the_payload_is_refused(position: int, bit: int) -> None:
    signed = KEY.sign(STUDY)
    payload = bytearray(signed.payload)
    payload[position % len(payload)] ^= 1 << bit
    with pytest.raises(SignatureError):
        open_envelope(replace(signed, payload=bytes(payload)), Study, KEY.public_hex)


def test_a_signed_payload_that_is_not_canonical_is_refused() -> None:
    loose = json.dumps(json.loads(canonical_json(STUDY)), indent=1).encode()
    with pytest.raises(PayloadError, match="canonical form"):
        open_envelope(sign_bytes(payload_type(Study), loose), Study, KEY.public_hex)


def test_a_signed_payload_with_a_doubled_key_is_refused() -> None:
    doubled = canonical_json(STUDY).replace(b'"version":1', b'"version":9,"version":1')
    with pytest.raises(PayloadError):
        open_envelope(sign_bytes(payload_type(Study), doubled), Study, KEY.public_hex)


def test_a_signed_payload_with_an_unknown_field_is_refused() -> None:
    more = canonical_json(STUDY).replace(b'"version":1', b'"version":1,"waive":true')
    with pytest.raises(PayloadError, match="with 1 faults"):
        open_envelope(sign_bytes(payload_type(Study), more), Study, KEY.public_hex)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"payload":"","payloadType":"application/vnd.hanse.Study+json","signatures":[]}',
        b'{"payload":"A","payloadType":"application/vnd.hanse.Study+json",'
        b'"signatures":[{"keyid":"' + b"0" * 64 + b'","sig":"AA=="}]}',
        b'{"payload":"","payloadType":"text/plain","signatures":[{"keyid":"'
        + b"0" * 64
        + b'","sig":"AA=="}]}',
    ],
)
def test_bytes_that_are_no_envelope_are_refused(data: bytes) -> None:
    with pytest.raises(EnvelopeFormatError):
        Envelope.from_json(data)


def test_an_envelope_with_an_unknown_field_is_refused() -> None:
    text = json.loads(KEY.sign(STUDY).to_json()) | {"extra": 1}
    with pytest.raises(EnvelopeFormatError):
        Envelope.from_json(json.dumps(text).encode())


def test_an_envelope_that_is_too_long_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(EnvelopeFormatError, match="at most"):
        Envelope.from_json(b" " * (MAXIMUM_ENVELOPE_BYTES + 1))


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_envelope_reader(data: bytes) -> None:
    with pytest.raises(EnvelopeFormatError):
        Envelope.from_json(data)


def test_the_payload_travels_in_standard_base64() -> None:
    text = json.loads(KEY.sign(STUDY).to_json())
    assert base64.b64decode(text["payload"], validate=True) == canonical_json(STUDY)


@pytest.mark.parametrize("text", ["", "0" * 63, "G" * 64, "A" * 64, "0" * 64 + "\n"])
def test_text_that_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(PublicKeyError):
        open_envelope(KEY.sign(STUDY), Study, text)


def test_a_key_survives_pem() -> None:
    assert SigningKey.from_pem(KEY.to_pem()).public_hex == KEY.public_hex


def test_two_new_keys_differ() -> None:
    assert SigningKey.generate().public_hex != SigningKey.generate().public_hex


def test_a_key_does_not_show_its_private_half() -> None:
    shown = f"{KEY!r} {KEY}"
    assert KEY.public_hex in shown
    assert (bytes([7]) * 32).hex() not in shown
    assert "PRIVATE" not in shown


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no key",
        X25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ),
        Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
        ),
    ],
)
def test_pem_without_a_plain_ed25519_key_is_refused(data: bytes) -> None:
    with pytest.raises(KeyFormatError):
        SigningKey.from_pem(data)


def test_a_part_of_a_document_cannot_be_signed() -> None:
    with pytest.raises(PayloadTypeError, match="with one kind"):
        KEY.sign(STUDY.privacy)


@pytest.mark.parametrize(
    ("model", "kind"), [(Study, "Study"), (AllianceCharter, "AllianceCharter")]
)
def test_the_payload_type_names_the_kind(model: type[StrictModel], kind: str) -> None:
    assert payload_type(model) == f"application/vnd.hanse.{kind}+json"
