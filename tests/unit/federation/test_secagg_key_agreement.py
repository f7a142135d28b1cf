"""Keys: published values, both ends agree, and nothing opens in another place."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse_federation.randomness import SeededRandomness
from hanse_federation.secure_aggregation.errors import (
    AdvertisementRefusedError,
    AggregationFormatError,
    SealedShareRefusedError,
    SignatureRefusedError,
)
from hanse_federation.secure_aggregation.key_agreement import (
    MaskKey,
    PartyKeys,
    PublicKeys,
    check_mask_key,
    derive_key,
    new_mask_key,
    open_sealed,
    public_mask_key,
    seal,
    self_mask_key,
    verify,
)
from hanse_policies.documents import BrandId

ASTER, BIRCH, CEDAR = BrandId("aster"), BrandId("birch"), BrandId("cedar")
CONTEXT = b"session one"
PLAINTEXT = bytes(range(66))

# Source: RFC 7748, section 6.1.
ALICE_PRIVATE = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
ALICE_PUBLIC = bytes.fromhex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
BOB_PRIVATE = bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
BOB_PUBLIC = bytes.fromhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
SHARED = bytes.fromhex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")

# Source: RFC 8032, section 7.1, test 2.
SIGNER_PRIVATE = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
SIGNER_PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)

LOW_ORDER = [
    bytes(32),
    (1).to_bytes(32, "little"),
    (2**255 - 20).to_bytes(32, "little"),
    (2**255 - 19).to_bytes(32, "little"),
    (2**255 - 18).to_bytes(32, "little"),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
]
"""Points whose product with any private key is zero. Source: RFC 7748, section 6.1, asks to
check for the zero; the list is that of Bernstein, cr.yp.to/ecdh.html, "validate"."""


def _is_refused(use: Callable[[bytes], object], key: bytes) -> bool:
    try:
        use(key)
    except AdvertisementRefusedError:
        return True
    return False


def _little_endian(number: int) -> bytes:
    return number.to_bytes(32, "little")


def party(seed: int) -> PartyKeys:
    source = SeededRandomness(seed)
    return PartyKeys(signing=source.random_bytes(32), agreement=source.random_bytes(32))


OWNER, HOLDER, STRANGER = party(1), party(2), party(3)


def sealed() -> bytes:
    return seal(OWNER, HOLDER.public.agreement, CONTEXT, ASTER, BIRCH, PLAINTEXT)


# Published values.


def test_the_shared_secret_is_that_of_rfc_7748() -> None:
    alice, bob = PartyKeys(bytes(32), ALICE_PRIVATE), PartyKeys(bytes(32), BOB_PRIVATE)
    assert alice.public.agreement == ALICE_PUBLIC
    assert public_mask_key(BOB_PRIVATE) == BOB_PUBLIC
    assert alice.exchange(BOB_PUBLIC) == bob.exchange(ALICE_PUBLIC) == SHARED


def test_derivation_is_that_of_rfc_5869() -> None:
    # Source: RFC 5869, appendix A.3: no salt, no info; the first 32 of its 42 bytes.
    expected = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
    assert derive_key(b"\x0b" * 22, b"").hex() == expected


def test_signatures_are_those_of_rfc_8032() -> None:
    keys = PartyKeys(SIGNER_PRIVATE, bytes(32))
    assert keys.public.signing == SIGNER_PUBLIC
    assert keys.sign(b"\x72") == SIGNATURE
    verify(SIGNER_PUBLIC, b"\x72", SIGNATURE)


# Mask keys.


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32))
def test_both_ends_of_a_pair_derive_one_key(seed: int) -> None:
    source = SeededRandomness(seed)
    a, b = new_mask_key(source), new_mask_key(source)
    ours = MaskKey(a).pairwise_seed(public_mask_key(b), CONTEXT, ASTER, BIRCH)
    theirs = MaskKey(b).pairwise_seed(public_mask_key(a), CONTEXT, ASTER, BIRCH)
    assert ours == theirs
    assert len(ours) == 32


def test_a_pairs_key_is_another_in_another_session_pair_or_use() -> None:
    secret = SHARED
    made = {
        MaskKey(ALICE_PRIVATE).pairwise_seed(BOB_PUBLIC, CONTEXT, ASTER, BIRCH),
        MaskKey(ALICE_PRIVATE).pairwise_seed(BOB_PUBLIC, b"session two", ASTER, BIRCH),
        MaskKey(ALICE_PRIVATE).pairwise_seed(BOB_PUBLIC, CONTEXT, ASTER, CEDAR),
        MaskKey(ALICE_PRIVATE).pairwise_seed(BOB_PUBLIC, CONTEXT, BIRCH, CEDAR),
        self_mask_key(secret, CONTEXT, ASTER),
        self_mask_key(secret, CONTEXT, BIRCH),
        self_mask_key(secret, b"session two", ASTER),
        secret,
    }
    assert len(made) == 8


def test_names_that_run_into_each_other_give_different_keys() -> None:
    one = MaskKey(ALICE_PRIVATE).pairwise_seed(BOB_PUBLIC, CONTEXT, BrandId("a"), BrandId("bc"))
    other = MaskKey(ALICE_PRIVATE).pairwise_seed(BOB_PUBLIC, CONTEXT, BrandId("ab"), BrandId("c"))
    assert one != other


@pytest.mark.parametrize(("low", "high"), [(BIRCH, ASTER), (ASTER, ASTER)])
def test_a_pair_out_of_order_is_refused(low: BrandId, high: BrandId) -> None:
    with pytest.raises(AdvertisementRefusedError, match="ascending order"):
        MaskKey(ALICE_PRIVATE).pairwise_seed(BOB_PUBLIC, CONTEXT, low, high)


@pytest.mark.parametrize("point", LOW_ORDER)
def test_a_key_of_low_order_is_refused_everywhere(point: bytes) -> None:
    with pytest.raises(AdvertisementRefusedError, match="low order"):
        OWNER.exchange(point)
    with pytest.raises(AdvertisementRefusedError, match="low order"):
        MaskKey(ALICE_PRIVATE).pairwise_seed(point, CONTEXT, ASTER, BIRCH)
    with pytest.raises(AdvertisementRefusedError, match="low order"):
        seal(OWNER, point, CONTEXT, ASTER, BIRCH, PLAINTEXT)
    with pytest.raises(SealedShareRefusedError):
        open_sealed(HOLDER, point, CONTEXT, ASTER, BIRCH, sealed())


@pytest.mark.parametrize("point", LOW_ORDER)
@pytest.mark.parametrize("top_bit", [0, 0x80])
def test_an_advertised_key_of_low_order_is_refused(point: bytes, top_bit: int) -> None:
    key = point[:-1] + bytes([point[-1] | top_bit])
    with pytest.raises(AdvertisementRefusedError, match="low order"):
        check_mask_key(key)
    with pytest.raises(AdvertisementRefusedError, match="low order"):
        OWNER.exchange(key)


@given(st.binary(min_size=32, max_size=32) | st.integers(0, 2000).map(_little_endian))
def test_an_advertised_key_is_taken_exactly_if_it_gives_a_secret(key: bytes) -> None:
    assert _is_refused(check_mask_key, key) == _is_refused(OWNER.exchange, key)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_an_advertised_key_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(AdvertisementRefusedError):
        check_mask_key(b"\x07" * size)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_keys_of_another_size_are_refused(size: int) -> None:
    key = b"\x07" * size
    with pytest.raises(AggregationFormatError):
        public_mask_key(key)
    with pytest.raises(AggregationFormatError):
        self_mask_key(key, CONTEXT, ASTER)
    with pytest.raises(AggregationFormatError):
        PartyKeys(key, bytes(32))
    with pytest.raises(AggregationFormatError):
        PartyKeys(bytes(32), key)
    with pytest.raises(AdvertisementRefusedError):
        MaskKey(ALICE_PRIVATE).pairwise_seed(key, CONTEXT, ASTER, BIRCH)


def test_new_mask_keys_differ() -> None:
    source = SeededRandomness(1)
    assert len({new_mask_key(source) for _ in range(10)}) == 10


# Sealed shares.


def test_the_holder_opens_what_the_owner_sealed() -> None:
    opened = open_sealed(HOLDER, OWNER.public.agreement, CONTEXT, ASTER, BIRCH, sealed())
    assert opened == PLAINTEXT
    assert len(sealed()) == len(PLAINTEXT) + 16


def test_sealing_again_gives_the_same_bytes() -> None:
    assert sealed() == sealed()


@settings(max_examples=100)
@given(place=st.integers(0, 81), bit=st.integers(0, 7))
def test_an_altered_share_is_refused(place: int, bit: int) -> None:
    altered = bytearray(sealed())
    altered[place] ^= 1 << bit
    with pytest.raises(SealedShareRefusedError, match="does not open"):
        open_sealed(HOLDER, OWNER.public.agreement, CONTEXT, ASTER, BIRCH, bytes(altered))


@pytest.mark.parametrize("size", [0, 1, 15, 16, 81])
def test_a_truncated_share_is_refused(size: int) -> None:
    with pytest.raises(SealedShareRefusedError):
        open_sealed(HOLDER, OWNER.public.agreement, CONTEXT, ASTER, BIRCH, sealed()[:size])


@pytest.mark.parametrize(
    ("context", "owner", "holder"),
    [
        (b"session two", ASTER, BIRCH),
        (CONTEXT, CEDAR, BIRCH),
        (CONTEXT, ASTER, CEDAR),
        (CONTEXT, BIRCH, ASTER),  # sent back to where it came from
        (CONTEXT + b"aster", BrandId(""), BIRCH),
    ],
)
def test_a_share_does_not_open_in_another_place(
    context: bytes, owner: BrandId, holder: BrandId
) -> None:
    with pytest.raises(SealedShareRefusedError):
        open_sealed(HOLDER, OWNER.public.agreement, context, owner, holder, sealed())


def test_nobody_but_the_holder_opens_a_share() -> None:
    with pytest.raises(SealedShareRefusedError):
        open_sealed(STRANGER, OWNER.public.agreement, CONTEXT, ASTER, BIRCH, sealed())


def test_a_share_sealed_by_a_stranger_is_refused() -> None:
    forged = seal(STRANGER, HOLDER.public.agreement, CONTEXT, ASTER, BIRCH, PLAINTEXT)
    with pytest.raises(SealedShareRefusedError):
        open_sealed(HOLDER, OWNER.public.agreement, CONTEXT, ASTER, BIRCH, forged)


def test_the_two_directions_of_a_pair_use_different_keys() -> None:
    there = seal(OWNER, HOLDER.public.agreement, CONTEXT, ASTER, BIRCH, bytes(66))
    back = seal(HOLDER, OWNER.public.agreement, CONTEXT, BIRCH, ASTER, bytes(66))
    assert there[:66] != back[:66]  # of zeros, the bare key streams


# Signatures.


@pytest.mark.parametrize(
    ("key", "message", "signature"),
    [
        (SIGNER_PUBLIC, b"\x73", SIGNATURE),
        (SIGNER_PUBLIC, b"\x72", SIGNATURE[:-1] + b"\x01"),
        (SIGNER_PUBLIC, b"\x72", SIGNATURE[:-1]),
        (SIGNER_PUBLIC, b"\x72", b""),
        (ALICE_PUBLIC, b"\x72", SIGNATURE),
        (SIGNER_PUBLIC[:-1], b"\x72", SIGNATURE),
        (b"", b"\x72", SIGNATURE),
    ],
)
def test_a_signature_that_does_not_verify_is_refused(
    key: bytes, message: bytes, signature: bytes
) -> None:
    with pytest.raises(SignatureRefusedError, match="does not verify"):
        verify(key, message, signature)


def test_private_keys_are_never_shown() -> None:
    keys = PartyKeys(SIGNER_PRIVATE, ALICE_PRIVATE)
    assert repr(keys) == "PartyKeys()"


def test_public_keys_compare_by_value() -> None:
    assert party(1).public == PublicKeys(
        signing=OWNER.public.signing, agreement=OWNER.public.agreement
    )
    assert dataclasses.is_dataclass(PublicKeys)
