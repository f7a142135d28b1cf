"""Keys: who signs, who seals for whom, and what two brands' masks are drawn from.

Rules: the long-lived keys of a brand are pinned in the signed charter and never
taken from the operator. Every derived key goes through HKDF-SHA256 with a
length-prefixed info that names its use, the session's context and the brands, so
a key of one attempt, pair or purpose is of no use in another. A public key that
gives the all-zero secret is refused. Each failure raises.

Source: X25519, RFC 7748; Ed25519, RFC 8032; HKDF, RFC 5869; AES-GCM, NIST SP 800-38D.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hanse_federation.randomness import Randomness
from hanse_federation.secure_aggregation.context import encode_parts
from hanse_federation.secure_aggregation.errors import (
    AdvertisementRefusedError,
    AggregationFormatError,
    SealedShareRefusedError,
    SignatureRefusedError,
)
from hanse_federation.secure_aggregation.messages import KEY_BYTES
from hanse_policies.documents import BrandId

_PAIR_LABEL = "pairwise-mask"
_SELF_LABEL = "self-mask"
_SEAL_LABEL = "sealed-share"
_ONLY_NONCE = bytes(12)
"""The nonce of a key that seals one message; see `seal`."""


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """What the charter pins for a brand.

    Attributes:
        signing: Ed25519 public key, 32 bytes.
        agreement: X25519 public key, 32 bytes.
    """

    signing: bytes
    agreement: bytes


@dataclass(frozen=True, slots=True)
class PartyKeys:
    """A brand's long-lived private keys; they are never shown.

    Attributes:
        signing: Ed25519 private key, 32 bytes.
        agreement: X25519 private key, 32 bytes.

    Raises:
        AggregationFormatError: A key has another length.
    """

    signing: bytes = field(repr=False)
    agreement: bytes = field(repr=False)
    _signer: Ed25519PrivateKey = field(init=False, repr=False, compare=False)
    _agreer: X25519PrivateKey = field(init=False, repr=False, compare=False)
    _exchanged: dict[bytes, bytes] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_private(self.signing)
        _check_private(self.agreement)
        object.__setattr__(self, "_signer", Ed25519PrivateKey.from_private_bytes(self.signing))
        object.__setattr__(self, "_agreer", X25519PrivateKey.from_private_bytes(self.agreement))
        object.__setattr__(self, "_exchanged", {})

    @property
    def public(self) -> PublicKeys:
        """The two public keys."""
        return PublicKeys(
            signing=self._signer.public_key().public_bytes_raw(),
            agreement=self._agreer.public_key().public_bytes_raw(),
        )

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature of `message`, 64 bytes."""
        return self._signer.sign(message)

    def exchange(self, peer_public: bytes) -> bytes:
        """Return the X25519 secret shared with a peer of the charter, 32 bytes.

        It is kept as long as these keys are: whoever could read it could read them. Sealing
        for a peer and opening what it sealed need the same one.

        Raises:
            AdvertisementRefusedError: The peer's key has another length or low order.
        """
        secret = self._exchanged.get(peer_public)
        if secret is None:
            secret = self._exchanged[peer_public] = _exchange(self._agreer, peer_public)
        return secret


def new_mask_key(randomness: Randomness) -> bytes:
    """Draw the private X25519 key of one attempt, 32 bytes."""
    return randomness.random_bytes(KEY_BYTES)


def public_mask_key(private: bytes) -> bytes:
    """Return the public key of a private mask key, 32 bytes.

    Raises:
        AggregationFormatError: The key has another length.
    """
    return MaskKey(private).public


class MaskKey:
    """The private key of one attempt, ready to agree with many peers."""

    __slots__ = ("_agreer", "public")

    def __init__(self, private: bytes) -> None:
        """Read a private key; computing its public half costs as much as an agreement.

        Args:
            private: 32 bytes.

        Raises:
            AggregationFormatError: The key has another length.
        """
        _check_private(private)
        self._agreer = X25519PrivateKey.from_private_bytes(private)
        self.public = self._agreer.public_key().public_bytes_raw()

    def pairwise_seed(self, peer: bytes, context: bytes, low: BrandId, high: BrandId) -> bytes:
        """Derive the key of the mask that two brands share.

        Both ends get the same key: either private key with the other's public one.

        Args:
            peer: The other brand's public mask key of this attempt, 32 bytes.
            context: What the session is; it binds the advertisements of this attempt.
            low: Of the two brands the one whose id sorts first.
            high: The other one.

        Returns:
            A 32-byte key for one mask.

        Raises:
            AdvertisementRefusedError: The brands are not in order, or the peer's key has
                another length or low order.
        """
        if not low < high:
            raise AdvertisementRefusedError(
                "a pair of brands is not in order: expected two ids in ascending order, got "
                f"`{low}` and `{high}`; a brand shares no mask with itself"
            )
        secret = _exchange(self._agreer, peer)
        return derive_key(secret, encode_parts(_PAIR_LABEL, context, low.encode(), high.encode()))


def self_mask_key(seed: bytes, context: bytes, brand: BrandId) -> bytes:
    """Derive the key of the mask that one brand alone adds.

    Args:
        seed: The 32 secret bytes that the brand shares out.
        context: What the session is.
        brand: Whose mask it is.

    Returns:
        A 32-byte key for one mask.

    Raises:
        AggregationFormatError: The seed has another length.
    """
    _check_private(seed)
    return derive_key(seed, encode_parts(_SELF_LABEL, context, brand.encode()))


def seal(
    keys: PartyKeys, peer: bytes, context: bytes, owner: BrandId, holder: BrandId, plaintext: bytes
) -> bytes:
    """Encrypt what `owner` gives `holder` in one session, for the holder alone.

    AES-256-GCM with a key of its own: HKDF of the static-static X25519 secret with an
    info that names session, owner and holder, in this order. The nonce is zero because
    the key is for one message: an owner seals once for each holder and session, keeps
    what it sealed, and sends the same bytes when asked again.

    Args:
        keys: The owner's keys.
        peer: The holder's charter-pinned X25519 public key, 32 bytes.
        context: What the session is; never the same for two attempts.
        owner: Who seals.
        holder: Who can open.
        plaintext: The shares.

    Returns:
        The ciphertext and its tag, 16 bytes longer than the plaintext.

    Raises:
        AdvertisementRefusedError: The holder's key has another length or low order.
    """
    info = encode_parts(_SEAL_LABEL, context, owner.encode(), holder.encode())
    return AESGCM(derive_key(keys.exchange(peer), info)).encrypt(_ONLY_NONCE, plaintext, info)


def open_sealed(
    keys: PartyKeys,
    peer: bytes,
    context: bytes,
    owner: BrandId,
    holder: BrandId,
    ciphertext: bytes,
) -> bytes:
    """Decrypt what `owner` sealed for `holder` in this session.

    Args:
        keys: The holder's keys.
        peer: The owner's charter-pinned X25519 public key, 32 bytes.
        context: What the session is.
        owner: Who sealed.
        holder: Who opens.
        ciphertext: What came.

    Returns:
        The plaintext.

    Raises:
        SealedShareRefusedError: It was altered, is of another session, owner or holder, or
            the owner's key is unusable.
    """
    info = encode_parts(_SEAL_LABEL, context, owner.encode(), holder.encode())
    try:
        return AESGCM(derive_key(keys.exchange(peer), info)).decrypt(_ONLY_NONCE, ciphertext, info)
    except (InvalidTag, AdvertisementRefusedError) as error:
        raise SealedShareRefusedError(
            f"a sealed share does not open: expected one that `{owner}` sealed for `{holder}` in "
            "this session, got another or an altered one; give up the attempt"
        ) from error


def verify(public_signing: bytes, message: bytes, signature: bytes) -> None:
    """Check an Ed25519 signature.

    Raises:
        SignatureRefusedError: It is not of this key and message, or the key is none.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public_signing).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise SignatureRefusedError(
            "a signature does not verify: expected one by the key that the charter pins, got "
            "another; do not use what it came with"
        ) from error


_FIELD = 2**255 - 19
_LOW_ORDER = frozenset(
    {
        0,
        1,
        _FIELD - 1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
    }
)
"""All coordinates of order 1, 2, 4 or 8, on the curve and its twist: every private key is
a multiple of 8, so they give the all-zero secret with any, and no other coordinate does
with any (a test asks the library)."""


def _exchange(private: X25519PrivateKey, peer_public: bytes) -> bytes:
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(peer_public))
    except ValueError as error:  # another length, or the all-zero secret
        raise _unusable_key() from error


def _unusable_key() -> AdvertisementRefusedError:
    return AdvertisementRefusedError(
        f"a public key gives no shared secret: expected {KEY_BYTES} bytes of an X25519 key "
        "that is not of low order, got another; do not go on with this participant"
    )


def check_mask_key(public: bytes) -> None:
    """Refuse a mask key with which every exchange gives the same, known secret.

    Raises:
        AdvertisementRefusedError: It is of low order, or no X25519 key. Source: RFC 7748, 6.1.
    """
    # An exchange would say the same, for thirty times the time.
    coordinate = int.from_bytes(public, "little") & ((1 << 255) - 1)  # as RFC 7748 decodes it
    if len(public) != KEY_BYTES or coordinate % _FIELD in _LOW_ORDER:
        raise _unusable_key()


def derive_key(secret: bytes, info: bytes) -> bytes:
    """Derive 32 bytes by HKDF-SHA256 without salt; another `info` gives unrelated bytes."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)


def _check_private(key: bytes) -> None:
    if len(key) != KEY_BYTES:
        raise AggregationFormatError(
            f"a secret key has another size: expected {KEY_BYTES} bytes, got {len(key)}; "
            "draw it anew"
        )
