"""A brand's policy takes effect only as it was signed.

Rules: what is decided by is the signed payload; the YAML beside it must say the
same, field for field, so that nobody reads one policy and decides by another;
comments and layout may differ. A changed policy needs a higher version.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hanse_clients.enrolment import BrandName
from hanse_clients.errors import (
    HomeDocumentError,
    PolicyEditedError,
    PolicySignatureError,
    PolicyUnsignedError,
    PolicyVersionError,
)
from hanse_policies.canonical import digest
from hanse_policies.documents import BrandPolicy
from hanse_policies.durable_files import replace
from hanse_policies.errors import SignatureError
from hanse_policies.loading import Loaded, Source, load_policy
from hanse_policies.signing import Envelope, SigningKey, open_envelope


@dataclass(frozen=True, slots=True)
class VerifiedPolicy:
    """A policy in effect.

    Attributes:
        document: The policy.
        digest: Digest of its signed payload.
        source: Where each of its fields stands in `policy.yaml`.
    """

    document: BrandPolicy
    digest: str
    source: Source


def sign_policy(written: Path, signed: Path, name: BrandName, key: SigningKey) -> str:
    """Put a policy into effect; signing the same one again changes nothing.

    Args:
        written: The policy in YAML.
        signed: Where the signed policy goes, in place of an older one.
        name: The brand and alliance it must be for.
        key: The brand's signing key.

    Returns:
        The digest of the policy in effect.

    Raises:
        DocumentError: The YAML is not a valid policy.
        HomeDocumentError: It is for another brand or alliance.
        PolicyVersionError: It differs from the signed one without a higher version.
        PolicySignatureError: The signed one is not signed by this brand.
    """
    policy = _loaded(written, name).document
    before = _opened(signed, key.public_hex)[1] if signed.exists() else None
    if before is not None and digest(before) == digest(policy):
        return digest(policy)
    if before is not None and policy.version <= before.version:
        raise PolicyVersionError(
            f"expected a changed policy to have version {before.version + 1} or higher, got "
            f"{policy.version}; raise its version"
        )
    envelope = key.sign(policy)
    replace(signed, envelope.to_json())
    return envelope.payload_digest


def verified_policy(
    written: Path, signed: Path, name: BrandName, public_hex: str
) -> VerifiedPolicy:
    """Return the policy in effect, or refuse.

    Args:
        written: The policy in YAML.
        signed: The signed policy.
        name: The brand and alliance it must be for.
        public_hex: The brand's public signing key.

    Raises:
        DocumentError: The YAML is not a valid policy.
        HomeDocumentError: It is for another brand or alliance.
        PolicyUnsignedError: No signed policy lies there.
        PolicyEditedError: The YAML says something else than what was signed.
        PolicySignatureError: The signed one is not signed by this brand.
    """
    loaded = _loaded(written, name)
    if not signed.exists():
        raise PolicyUnsignedError(
            f"expected a signed policy, got only {written.name}; put it into effect with "
            "hanse brand sign-policy"
        )
    envelope, in_effect = _opened(signed, public_hex)
    if in_effect != loaded.document:
        raise PolicyEditedError(
            f"expected {written.name} as it was signed (version {in_effect.version}), got an "
            "edited one; raise its version and run hanse brand sign-policy, or undo the edit"
        )
    return VerifiedPolicy(in_effect, envelope.payload_digest, loaded.source)


def _loaded(written: Path, name: BrandName) -> Loaded[BrandPolicy]:
    loaded = load_policy(written)
    policy = loaded.document
    if (policy.alliance, policy.brand) != (name.alliance, name.brand):
        field = "brand" if policy.alliance == name.alliance else "alliance"
        raise HomeDocumentError(
            f"expected a policy of brand {name.brand} for alliance {name.alliance}, got one of "
            f"{policy.brand} for {policy.alliance} ({loaded.source.line_of(field)})"
        )
    return loaded


def _opened(signed: Path, public_hex: str) -> tuple[Envelope, BrandPolicy]:
    try:
        envelope = Envelope.from_json(signed.read_bytes())
        return envelope, open_envelope(envelope, BrandPolicy, public_hex)
    except SignatureError as error:
        raise PolicySignatureError(
            f"expected {signed.name} to be signed by this brand's key, got another signature or "
            "changed content; restore it, or move it away and sign anew"
        ) from error
