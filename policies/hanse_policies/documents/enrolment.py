"""What a brand and the operator exchange to enrol a brand; no private key is ever in it.

A request is signed by the identity key it names, so that its sender proves to
hold it; the certificate request inside proves the same for the TLS key. A
bundle is signed by the operator. What ties the operator's key to the fingerprint
that a brand is told by another way is the authority's certificate, which names
that key.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, StringConstraints

from hanse_policies.documents.base import (
    VISIBLE,
    Identifier,
    Jurisdiction,
    PublicKeyText,
    ShortText,
    StrictModel,
)

CertificateText = Annotated[
    str,
    StringConstraints(
        pattern=r"^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n$",
        max_length=8192,
    ),
]
"""One X.509 certificate in PEM."""

CertificateRequestText = Annotated[
    str,
    StringConstraints(
        pattern=(
            r"^-----BEGIN CERTIFICATE REQUEST-----\n[A-Za-z0-9+/=\n]+"
            r"-----END CERTIFICATE REQUEST-----\n$"
        ),
        max_length=8192,
    ),
]
"""One PKCS #10 certificate request in PEM."""

EnvelopeText = Annotated[str, StringConstraints(min_length=2, max_length=4 * 1024 * 1024), VISIBLE]
"""A signed document in DSSE JSON, not verified yet."""

ServerAddress = Annotated[
    str,
    StringConstraints(pattern=r"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$", max_length=300),
]
"""Where a server listens, `host:port`; an IPv6 address stands in brackets."""


class EnrolmentRequest(StrictModel):
    """A brand asks to become a member."""

    kind: Literal["EnrolmentRequest"] = "EnrolmentRequest"
    alliance: Identifier
    brand: Identifier
    legal_entity: ShortText
    signing_key: PublicKeyText
    """Ed25519, checks what the brand signs; this request first."""
    agreement_key: PublicKeyText
    """X25519, agrees pairwise masks in secure aggregation."""
    certificate_request: CertificateRequestText
    """Signed by the TLS key that the certificate is asked for."""
    jurisdiction: Jurisdiction | None = None
    """Where the brand keeps its data and what is released; None counts as abroad."""
    created: AwareDatetime


class EnrolmentBundle(StrictModel):
    """The operator's answer: what a brand needs to connect and to check what it is told."""

    kind: Literal["EnrolmentBundle"] = "EnrolmentBundle"
    alliance: Identifier
    brand: Identifier
    address: ServerAddress
    certificate: CertificateText
    authority: CertificateText
    """The authority's certificate; its SHA-256 is what the operator tells by another way."""
    operator_key: PublicKeyText
    """Ed25519, checks what the operator signs; this bundle first."""
    charter: EnvelopeText
    created: AwareDatetime
