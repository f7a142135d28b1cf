from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from hanse_policies.certificates import (
    brand_name,
    is_tls_key,
    name_of,
    new_tls_key,
    tls_key_from_pem,
    tls_key_to_pem,
)
from hanse_policies.documents import AllianceId, BrandId
from hanse_policies.signing import SigningKey

NAME = brand_name(AllianceId("harbour-league"), BrandId("aurora"))


def request(*uris: str) -> x509.CertificateSigningRequest:
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(uri) for uri in uris]
    names.append(x509.DNSName("aurora"))
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(new_tls_key(), hashes.SHA256())
    )


def test_the_one_uri_is_the_name() -> None:
    assert name_of(request(NAME)) == "hanse://harbour-league/brand/aurora"


@pytest.mark.parametrize("uris", [(), (NAME, NAME.replace("aurora", "borealis"))])
def test_no_name_or_several_are_refused(uris: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="expected one URI"):
        name_of(request(*uris))


def test_tls_key_survives_its_file_form() -> None:
    key = new_tls_key()

    assert tls_key_from_pem(tls_key_to_pem(key)).public_key() == key.public_key()


@pytest.mark.parametrize(
    "pem",
    [SigningKey.generate().to_pem(), tls_key_to_pem(ec.generate_private_key(ec.SECP384R1()))],
)
def test_key_that_is_not_p256_is_refused(pem: bytes) -> None:
    with pytest.raises(ValueError, match="expected a P-256 private key"):
        tls_key_from_pem(pem)


def test_only_p256_is_a_tls_key() -> None:
    assert is_tls_key(new_tls_key().public_key())
    assert not is_tls_key(ec.generate_private_key(ec.SECP521R1()).public_key())
