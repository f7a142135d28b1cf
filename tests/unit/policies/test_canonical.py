from __future__ import annotations

import json
import struct
from datetime import UTC, datetime, timedelta, timezone

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime

from hanse_policies.canonical import canonical_json, digest
from hanse_policies.documents import Study
from hanse_policies.documents.base import StrictModel
from hanse_policies.errors import CanonicalFormError
from hanse_policies.visible_text import line_fault
from tests.support.documents import (
    NOW,
    a_charter,
    a_histogram_study,
    a_policy,
    a_training_study,
    an_asset,
)


class Sample(StrictModel):
    numbers: tuple[float, ...]
    string: str
    literals: tuple[bool | None, ...]


class Instant(StrictModel):
    at: AwareDatetime


class Number(StrictModel):
    value: float


class Whole(StrictModel):
    value: int


class Raw(StrictModel):
    value: bytes


def test_the_sample_of_rfc_8785_section_3_2_has_its_bytes() -> None:
    sample = Sample(
        numbers=(333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001),
        string='\u20ac$\x0f\nA\'B"\\\\"/',
        literals=(None, True, False),
    )
    assert canonical_json(sample) == bytes.fromhex(
        "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e"
        "756d62657273223a5b3333333333333333332e333333333333332c31652b3330"
        "2c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac24"
        "5c75303030665c6e4127425c225c5c5c5c5c222f227d"
    )


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_the_numbers_of_rfc_8785_appendix_b_have_their_text(bits: str, text: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_json(Number(value=value)) == f'{{"value":{text}}}'.encode()


def test_an_instant_is_utc_whatever_zone_it_was_written_in() -> None:
    there = timezone(timedelta(hours=8))
    assert canonical_json(Instant(at=datetime(2026, 1, 1, 8, tzinfo=there))) == canonical_json(
        Instant(at=datetime(2026, 1, 1, tzinfo=UTC))
    )


def test_an_instant_shows_microseconds_only_where_there_are_any() -> None:
    whole = canonical_json(Instant(at=datetime(2026, 1, 1, tzinfo=UTC)))
    part = canonical_json(Instant(at=datetime(2026, 1, 1, 0, 0, 0, 5, tzinfo=UTC)))
    assert whole == b'{"at":"2026-01-01T00:00:00Z"}'
    assert part == b'{"at":"2026-01-01T00:00:00.000005Z"}'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(CanonicalFormError, match="expected values that JSON can hold exactly"):
        canonical_json(Number(value=value))


def test_an_integer_that_a_double_cannot_hold_is_refused() -> None:
    with pytest.raises(CanonicalFormError):
        canonical_json(Whole(value=2**53 + 1))


def test_bytes_have_no_canonical_form() -> None:
    with pytest.raises(CanonicalFormError, match="in field value"):
        canonical_json(Raw(value=b"x"))


def test_an_instant_before_the_year_one_in_utc_is_refused() -> None:
    early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8)))
    with pytest.raises(CanonicalFormError, match="years 1 to 9999"):
        canonical_json(Instant(at=early))


def test_defaults_are_written_so_that_a_later_default_changes_no_digest() -> None:
    written = json.loads(canonical_json(a_training_study()))
    assert written["computation"]["evaluation"]["holdout_share"] == 0.2
    assert written["population"] == []


@pytest.mark.parametrize(
    "document", [a_charter(), a_policy(), an_asset(), a_training_study(), a_histogram_study()]
)
def test_each_document_survives_the_round_trip(document: StrictModel) -> None:
    data = canonical_json(document)
    again = type(document).model_validate_json(data, strict=True)
    assert again == document
    assert canonical_json(again) == data


@given(
    epsilon=st.floats(min_value=1e-3, max_value=100, allow_subnormal=False),
    retention=st.integers(1, 3650),
    title=st.text(min_size=1, max_size=40).filter(lambda t: line_fault(t) is None),
    minutes=st.integers(-(10**6), 10**6),
    offset=st.integers(-14, 14),
)
def test_studies_that_are_equal_have_one_digest(
    epsilon: float, retention: int, title: str, minutes: int, offset: int
) -> None:
    study = a_training_study(
        privacy=a_training_study().privacy.model_copy(update={"epsilon": epsilon}),
        retention_days=retention,
        title=title,
        expires=NOW + timedelta(minutes=minutes),
    )
    moved = study.model_copy(
        update={"expires": study.expires.astimezone(timezone(timedelta(hours=offset)))}
    )
    assert moved == study
    assert digest(moved) == digest(study)
    assert Study.model_validate_json(canonical_json(moved), strict=True) == study


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=5),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
def test_the_bytes_are_those_of_the_reference_writer(numbers: list[float], text: str) -> None:
    sample = Sample(numbers=tuple(numbers), string=text, literals=(None, True, False))
    plain = {"numbers": numbers, "string": text, "literals": [None, True, False]}
    assert canonical_json(sample) == rfc8785.dumps(plain)


@pytest.mark.parametrize(
    "document",
    [a_charter(), a_policy(), an_asset(), a_training_study(), a_histogram_study()],
)
def test_a_documents_bytes_are_those_of_the_reference_writer(document: StrictModel) -> None:
    written = canonical_json(document)
    assert rfc8785.dumps(json.loads(written)) == written
