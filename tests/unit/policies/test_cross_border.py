from __future__ import annotations

from dataclasses import replace

import pytest

from hanse_policies.documents import AllianceCharter, Export, Sensitivity
from hanse_policies.packs.shipped import find_pack
from hanse_policies.places import EEA_PLACES, territory_of
from tests.support.decisions import Case
from tests.support.documents import (
    a_charter,
    a_column,
    a_consent_mapping,
    a_member,
    a_permit,
    a_policy,
    an_asset,
)
from tests.support.places import an_export, an_operator

MECHANISM, PERSONS = "cross-border.mechanism", "cross-border.persons"


def with_member(brand: str, place: str | None) -> AllianceCharter:
    others = [a_member(name) for name in ("alder", "birch", "cedar") if name != brand]
    members = (a_member(brand, jurisdiction=place), *others)
    return a_charter(members=members, recipients=("members",))


def to_members(charter: AllianceCharter, export: Export | None = None) -> Case:
    case = Case(charter=charter)
    return replace(
        case,
        study=case.study.model_copy(update={"recipients": ("members",)}),
        policy=a_policy(permits=(a_permit(recipients=("members",)),), export=export),
    )


def test_countries_of_the_eea_are_one_territory() -> None:
    for place in ("FR", "NO", "EU", "DE-BY", "IS"):
        assert to_members(with_member("birch", place)).decide().denied_by == ()


@pytest.mark.parametrize("place", ["GB", "CH", "US", "CN-GD", "HK", None])
def test_a_member_abroad_or_nowhere_known_needs_a_ground_and_bounds(place: str | None) -> None:
    charter = with_member("birch", place)
    assert set(to_members(charter).decide().denied_by) == {MECHANISM, PERSONS}
    assert to_members(charter, an_export()).decide().denied_by == ()


@pytest.mark.parametrize("place", ["US", None])
def test_the_operator_takes_part_in_every_study(place: str | None) -> None:
    charter = a_charter(operator=an_operator(place))
    assert set(Case(charter=charter).decide().denied_by) == {MECHANISM, PERSONS}
    assert Case(charter=charter, policy=a_policy(export=an_export())).decide().denied_by == ()


def test_a_recipient_that_the_charter_does_not_place_stands_abroad() -> None:
    assert set(Case(charter=a_charter(places=())).decide().denied_by) == {MECHANISM, PERSONS}


def test_two_that_are_not_known_are_not_at_one_place() -> None:
    members = tuple(a_member(name, jurisdiction=None) for name in ("alder", "birch", "cedar"))
    charter = a_charter(members=members, operator=an_operator(None), places=())
    assert {MECHANISM, PERSONS} <= set(Case(charter=charter).decide().denied_by)


def test_persons_elsewhere_than_the_brand_make_a_border() -> None:
    mapping = a_consent_mapping(jurisdiction={"constant": "US"})
    case = Case(asset=an_asset(consent=mapping))
    assert set(case.decide().denied_by) == {MECHANISM, PERSONS}


@pytest.mark.parametrize(
    ("home", "mechanism", "is_known"),
    [
        ("CN", "adequacy", False),
        ("CN", "security-assessment", True),
        ("CN", "exempt", True),
        ("DE", "security-assessment", False),
        ("DE", "exempt", False),
        ("DE", "adequacy", True),
        ("SG", "adequacy", True),
        ("SG", "security-assessment", True),
    ],
)
def test_a_ground_must_be_one_that_the_law_at_home_knows(
    home: str, mechanism: str, is_known: bool
) -> None:
    members = (a_member("alder", jurisdiction=home), a_member("birch"), a_member("cedar"))
    mapping = a_consent_mapping(jurisdiction={"constant": home})
    case = Case(
        charter=a_charter(members=members, operator=an_operator("US")),
        policy=a_policy(export=an_export(mechanism=mechanism)),
        asset=an_asset(consent=mapping),
    )
    assert (MECHANISM not in case.decide().denied_by) is is_known


def test_where_two_laws_hold_the_ground_must_be_known_to_both() -> None:
    """Persons in Germany at a brand in China."""
    members = (a_member("alder", jurisdiction="CN"), a_member("birch"), a_member("cedar"))

    def decided(mechanism: str) -> tuple[str, ...]:
        policy = a_policy(export=an_export(mechanism=mechanism))
        return Case(charter=a_charter(members=members), policy=policy).decide().denied_by

    assert MECHANISM in decided("adequacy")
    assert MECHANISM in decided("exempt")
    assert MECHANISM not in decided("standard-contract")


@pytest.mark.parametrize(
    ("persons", "is_enough"), [(None, False), (0, False), (99, False), (100, True)]
)
def test_the_bound_is_stated_and_not_below_what_the_study_asks(
    persons: int | None, is_enough: bool
) -> None:
    case = Case(
        charter=a_charter(operator=an_operator("US")),
        policy=a_policy(export=an_export(persons_at_most=persons)),
    )
    assert (PERSONS not in case.decide().denied_by) is is_enough


@pytest.mark.parametrize(("persons", "is_enough"), [(None, False), (0, False), (100, True)])
def test_sensitive_columns_ask_a_bound_of_their_own(persons: int | None, is_enough: bool) -> None:
    names = ("visits", "spend", "region", "bought")
    columns = (
        a_column("visits", sensitivity=Sensitivity.SENSITIVE),
        *(a_column(name) for name in names[1:]),
    )
    export = an_export(sensitive_persons_at_most=persons)
    case = Case(
        charter=a_charter(operator=an_operator("US")),
        policy=a_policy(permits=(a_permit(names, sensitive=True),), export=export),
        asset=an_asset(columns=columns),
    )
    assert (PERSONS not in case.decide().denied_by) is is_enough


def test_the_shipped_list_of_the_eea_is_the_legal_packs() -> None:
    pack = find_pack("eu-gdpr@1.0.0").document
    assert frozenset(pack.territory) == EEA_PLACES


def test_hong_kong_macao_and_taiwan_are_no_part_of_the_territory_of_china() -> None:
    assert {territory_of(place) for place in ("CN", "CN-GD")} == {"CN"}
    assert {territory_of(place) for place in ("HK", "MO", "TW")} == {"HK", "MO", "TW"}
