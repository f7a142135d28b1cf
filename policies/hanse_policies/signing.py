"""Signed documents: Ed25519 in DSSE envelopes over canonical JSON.

Rules: what is signed is the payload's type and its exact bytes (DSSE's
pre-authentication encoding), so a study can never pass as a charter; a payload
is parsed only after its signature was verified; a verified payload must be the
canonical form of the document it holds, so that a document has one digest and
hidden fields or doubled keys cannot ride along; its texts keep the rules of
`visible_text` as they do in YAML, for the document's classes check them; the key
is named by the caller, never taken from the envelope, whose key id is a hint for
people.

Source: DSSE v1.0.2 (github.com/secure-systems-lab/dsse, protocol.md and
envelope.md); RFC 8032 (Ed25519).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, TypeVar, cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import Field, StringConstraints, ValidationError

from hanse_policies.canonical import canonical_json
from hanse_policies.documents.base import PublicKeyText, StrictModel
from hanse_policies.errors import (
    CanonicalFormError,
    EnvelopeFormatError,
    KeyFormatError,
    PayloadError,
    PayloadTypeError,
    PublicKeyError,
    SignatureError,
)
from hanse_policies.kinds import kind_of

MAXIMUM_ENVELOPE_BYTES = 4 * 1024 * 1024
PAYLOAD_TYPE_PATTERN = r"^application/vnd\.hanse\.([A-Za-z][A-Za-z0-9]{0,63})\+json$"

Base64Text = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]*={0,2}$")]
PayloadTypeText = Annotated[str, StringConstraints(pattern=PAYLOAD_TYPE_PATTERN)]
Document = TypeVar("Document", bound=StrictModel)


def payload_type(model: type[StrictModel]) -> str:
    """Return the DSSE payload type of a document class, from its `kind`.

    Raises:
        PayloadTypeError: The class has no `kind` that is one fixed word.
    """
    return f"application/vnd.hanse.{kind_of(model)}+json"


KEPT_DOCUMENTS = 64


def pre_authentication_encoding(kind: str, payload: bytes) -> bytes:
    """Encode a payload's type and bytes unambiguously: `PAE` of the DSSE protocol."""
    name = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)


class _Signature(StrictModel):
    keyid: PublicKeyText
    sig: Base64Text


class _EnvelopeText(StrictModel):
    payload: Base64Text
    payloadType: PayloadTypeText  # noqa: N815 - DSSE names it so
    signatures: tuple[_Signature, ...] = Field(min_length=1, max_length=16)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of an envelope.

    Attributes:
        key_hint: Public key that is said to have made it; not authenticated.
        value: 64 bytes of Ed25519.
    """

    key_hint: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed document that nobody has verified yet; `open_envelope` does."""

    payload: bytes
    payload_type: str
    signatures: tuple[Signature, ...]

    @property
    def payload_digest(self) -> str:
        """SHA-256 of the payload; equals `digest` of the document once it is opened."""
        return hashlib.sha256(self.payload).hexdigest()

    @property
    def kind(self) -> str:
        """The kind of document that the payload is said to be."""
        found = re.match(PAYLOAD_TYPE_PATTERN, self.payload_type)
        return found.group(1) if found else ""

    def to_json(self) -> bytes:
        """Write the envelope as DSSE JSON in canonical form."""
        return canonical_json(
            _EnvelopeText(
                payload=base64.b64encode(self.payload).decode(),
                payloadType=self.payload_type,
                signatures=tuple(
                    _Signature(keyid=s.key_hint, sig=base64.b64encode(s.value).decode())
                    for s in self.signatures
                ),
            )
        )

    @classmethod
    def from_json(cls, data: bytes) -> Envelope:
        """Read an envelope; nothing about it is trusted yet.

        Raises:
            EnvelopeFormatError: The bytes are too long, are no DSSE envelope of Hanse, or
                name a field twice, of which two readers could each take another.
        """
        if len(data) > MAXIMUM_ENVELOPE_BYTES:
            raise EnvelopeFormatError(
                f"expected an envelope of at most {MAXIMUM_ENVELOPE_BYTES} bytes, got {len(data)}"
            )
        try:
            text = _EnvelopeText.model_validate_json(data, strict=True)
            json.loads(data, object_pairs_hook=_each_once)
            return cls(
                payload=base64.b64decode(text.payload, validate=True),
                payload_type=text.payloadType,
                signatures=tuple(
                    Signature(s.keyid, base64.b64decode(s.sig, validate=True))
                    for s in text.signatures
                ),
            )
        except (ValidationError, binascii.Error) as error:
            raise EnvelopeFormatError(
                "expected a DSSE envelope with payload, payloadType and signatures, "
                "got something else"
            ) from error


def _each_once(pairs: list[tuple[str, object]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise EnvelopeFormatError("expected each field of an envelope once, got one twice")


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """An Ed25519 private key; its text form never shows the private half."""

    _private: Ed25519PrivateKey

    @classmethod
    def generate(cls) -> SigningKey:
        """Make a new key from the operating system's generator."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, data: bytes) -> SigningKey:
        """Read a key from unencrypted PKCS #8 PEM.

        Raises:
            KeyFormatError: The bytes hold no such key.
        """
        try:
            key = load_pem_private_key(data, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyFormatError(
                "expected an unencrypted Ed25519 private key in PEM, got something else"
            ) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyFormatError("expected an Ed25519 private key, got one of another kind")
        return cls(key)

    def to_pem(self) -> bytes:
        """Write the private key as unencrypted PKCS #8 PEM, for `write_private`."""
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def to_raw(self) -> bytes:
        """Return the private half, 32 bytes, for signatures of a protocol's own encoding."""
        return self._private.private_bytes_raw()

    @property
    def public_hex(self) -> str:
        """The raw public key in lower-case hexadecimal, as documents hold it."""
        return self._private.public_key().public_bytes_raw().hex()

    def sign(self, document: StrictModel) -> Envelope:
        """Sign a document.

        Raises:
            PayloadTypeError: The document has no kind.
            CanonicalFormError: The document has no canonical form.
        """
        kind, payload = payload_type(type(document)), canonical_json(document)
        value = self._private.sign(pre_authentication_encoding(kind, payload))
        return Envelope(payload, kind, (Signature(self.public_hex, value),))

    def __repr__(self) -> str:
        return f"SigningKey(public_hex={self.public_hex!r})"


def open_envelope(envelope: Envelope, model: type[Document], public_hex: str) -> Document:
    """Verify an envelope with a known key and return the document in it.

    Args:
        envelope: What was received.
        model: The class of document that is expected.
        public_hex: The public key that must have signed; from the charter or a pin,
            never from the envelope.

    Returns:
        The document; `digest` of it equals `envelope.payload_digest`.

    Raises:
        PayloadTypeError: The envelope is for another kind of document.
        SignatureError: No signature in it is by this key over these bytes.
        PayloadError: The signed bytes are no valid document in canonical form.
        PublicKeyError: `public_hex` is no public key.

    Source: DSSE protocol, "Verifying".
    """
    return cast("Document", _opened(envelope, model, public_hex))


@lru_cache(maxsize=KEPT_DOCUMENTS)
def _opened(envelope: Envelope, model: type[StrictModel], public_hex: str) -> StrictModel:
    # The same bytes, class and key give the same frozen document for ever: what a
    # lasting process opens before every question is verified once. Refusals are not kept.
    expected = payload_type(model)
    if envelope.payload_type != expected:
        raise PayloadTypeError(
            f"expected payload type {expected}, got {envelope.payload_type[:100]}"
        )
    _verify(envelope, public_key_of(public_hex))
    try:
        document = model.model_validate_json(envelope.payload, strict=True)
        canonical = canonical_json(document)
    except ValidationError as error:
        raise PayloadError(
            f"expected a valid {model.__name__} in the signed payload, got one with "
            f"{error.error_count()} faults; it was signed by another version of Hanse"
        ) from error
    except CanonicalFormError as error:
        raise PayloadError(
            f"expected the signed {model.__name__} to have a canonical form, got a number or an "
            "instant beyond all bounds; sign it anew"
        ) from error
    if canonical != envelope.payload:
        raise PayloadError(
            f"expected the signed {model.__name__} in canonical form, got other bytes; sign it anew"
        )
    return document


def _verify(envelope: Envelope, key: Ed25519PublicKey) -> None:
    signed = pre_authentication_encoding(envelope.payload_type, envelope.payload)
    for signature in envelope.signatures:
        try:
            key.verify(signature.value, signed)
        except InvalidSignature:
            continue
        return
    raise SignatureError(
        f"expected a signature by key {key.public_bytes_raw().hex()[:16]} over this "
        f"{envelope.kind or 'document'}, got none that fits"
    )


def public_key_of(public_hex: str) -> Ed25519PublicKey:
    """Read a public key as documents hold it.

    Raises:
        PublicKeyError: It is none.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", public_hex):
        raise PublicKeyError("expected a public key of 64 lower-case hexadecimal digits")
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex))
    except ValueError as error:
        raise PublicKeyError("expected an Ed25519 public key, got no point of the curve") from error
