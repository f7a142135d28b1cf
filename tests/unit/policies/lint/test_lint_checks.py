"""What each check finds beyond its samples, and what it leaves alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hanse_policies.canonical import digest
from hanse_policies.documents import (
    AllianceCharter,
    Approver,
    BrandPolicy,
    ColumnType,
    ConsentBasis,
    Export,
    ExportMechanism,
    FlowLabel,
    ImpactAssessment,
    LocationPrecision,
    Notice,
    Operator,
    Permit,
    PermittedColumn,
    Pseudonym,
    Purpose,
    ResultUse,
)
from hanse_policies.taxonomy import TaxonomyPin
from tests.support.documents import (
    BRANDS,
    NOW,
    OPERATOR_KEY,
    a_charter,
    a_column,
    a_histogram_permit,
    a_histogram_study,
    a_key,
    a_member,
    a_permit,
    a_policy,
    a_privacy,
    a_training,
    a_training_study,
    an_asset,
    permitted,
)
from tests.support.linting import findings

PINS = (TaxonomyPin.DPV_2_3, TaxonomyPin.FIDESLANG_3_1_4)


def a_placed_charter(home: str | None, abroad: str | None) -> AllianceCharter:
    places = (home, *(abroad for _ in BRANDS[1:]))
    members = [a_member(b, jurisdiction=p) for b, p in zip(BRANDS, places, strict=True)]
    operator = Operator(name="Office", signing_key=OPERATOR_KEY.public_hex, jurisdiction=abroad)
    return a_charter(members=tuple(members), operator=operator)


def a_notice(**changes: object) -> Notice:
    fields: dict[str, object] = {
        "version": "1",
        "digest": "a" * 64,
        "purposes": tuple(Purpose),
        "recipients": ("alliance-members",),
    }
    return Notice.model_validate(fields | changes)


def an_export(mechanism: ExportMechanism, persons: int | None, sensitive: int | None) -> Export:
    return Export(mechanism=mechanism, persons_at_most=persons, sensitive_persons_at_most=sensitive)


def test_a_category_that_covers_everything_is_none() -> None:
    assert findings("L02.broad", an_asset(columns=(a_column(category="user"),)))


def test_a_word_that_the_pinned_version_lacks_is_found_in_the_asset() -> None:
    asset = an_asset(columns=(a_column(category="user.behaviour"),))
    (finding,) = findings("L03.word", a_policy(taxonomies=PINS), asset)
    assert finding.details["word"] == "user.behaviour"


def test_half_a_vocabulary_is_not_pinned() -> None:
    (finding,) = findings("L03.unpinned", a_policy(taxonomies=PINS[:1]))
    assert finding.details["kinds"] == "fideslang"
    assert finding.edit is None


def test_the_newest_notice_for_a_purpose_counts() -> None:
    notices = (a_notice(), a_notice(version="2", recipients=("operator",)))
    assert findings("L14.recipient", a_policy(notices=notices))
    assert not findings("L14.recipient", a_policy(notices=notices[::-1]))


def test_a_column_named_like_an_identifier_is_looked_at() -> None:
    asset = an_asset(columns=(a_column("mobile_phone"),))
    assert findings("L07.name", a_policy(permits=(a_permit(["mobile_phone"]),)), asset)


@pytest.mark.parametrize("pseudonym", [Pseudonym.KEYED_HASH, Pseudonym.RANDOM])
def test_a_replaced_identifier_is_no_direct_one(pseudonym: Pseudonym) -> None:
    column = a_column("phone", category="user.contact.phone_number", pseudonym=pseudonym)
    documents = (a_policy(permits=(a_permit(["phone"]),)), an_asset(columns=(column,)))
    assert not findings("L07.category", *documents)
    assert not findings("L08.unkeyed", *documents)


def test_an_unkeyed_hash_identifies_as_the_identifier_does() -> None:
    column = a_column(
        "phone", category="user.contact.phone_number", pseudonym=Pseudonym.UNKEYED_HASH
    )
    documents = (a_policy(permits=(a_permit(["phone"]),)), an_asset(columns=(column,)))
    assert findings("L07.category", *documents)
    assert findings("L08.unkeyed", *documents)


def test_a_column_named_like_a_hash_says_how_it_was_made() -> None:
    assert findings("L08.unstated", an_asset(columns=(a_column("id_md5"),)))


def test_a_permitted_column_that_the_asset_lacks_is_found() -> None:
    assert findings("L09.unlisted", a_policy(permits=(a_permit(["shoe_size"]),)), an_asset())


def test_without_a_study_no_column_counts_as_unused() -> None:
    assert not findings("L09.unused", a_policy(), an_asset())


@pytest.mark.parametrize("reason", ["needed", "Required.", "visits", "需要", "see above", "-"])
def test_a_word_is_no_reason(reason: str) -> None:
    columns = (PermittedColumn(name="visits", necessity=reason),)
    permit = a_permit().model_copy(update={"columns": columns})
    assert findings("L10.placeholder", a_policy(permits=(permit,)))


@pytest.mark.parametrize("reason", ["shops plan by region", "门店按地区制定计划"])
def test_a_sentence_is_a_reason(reason: str) -> None:
    columns = (PermittedColumn(name="visits", necessity=reason),)
    permit = a_permit().model_copy(update={"columns": columns})
    assert not findings("L10.placeholder", a_policy(permits=(permit,)))


def test_text_in_a_study_is_found() -> None:
    columns = (a_column("visits", type=ColumnType.TEXT), *an_asset().columns[1:])
    assert findings("L11.text", an_asset(columns=columns), a_histogram_study())


def test_a_location_of_unstated_precision_counts_as_exact() -> None:
    documents = (a_policy(permits=(a_permit(["region"]),)),)
    assert findings("L12.unstated", *documents, an_asset())
    region = a_column("region", precision=LocationPrecision.CITY)
    assert not findings("L12.unstated", *documents, an_asset(columns=(region,)))


def test_a_street_address_is_fine_whatever_its_precision_claims() -> None:
    column = a_column(
        "home", category="user.contact.address.street", precision=LocationPrecision.CITY
    )
    documents = (a_policy(permits=(a_permit(["home"]),)), an_asset(columns=(column,)))
    assert findings("L12.finer", *documents)


def test_a_result_that_outlives_its_columns_is_found() -> None:
    asset = an_asset(columns=(a_column("visits", retention_days=90),))
    assert findings("L13.source", a_policy(permits=(a_permit(["visits"]),)), asset)


@pytest.mark.parametrize(
    ("mechanism", "persons", "sensitive", "is_weak"),
    [
        (ExportMechanism.EXEMPT, 99_999, 0, False),
        (ExportMechanism.EXEMPT, 100_000, 0, True),
        (ExportMechanism.EXEMPT, 1_000, 1, True),
        (ExportMechanism.ADEQUACY, 100_000, 0, True),
        (ExportMechanism.STANDARD_CONTRACT, 999_999, 9_999, False),
        (ExportMechanism.CERTIFICATION, 1_000_000, 0, True),
        (ExportMechanism.STANDARD_CONTRACT, 20_000, 10_000, True),
        (ExportMechanism.SECURITY_ASSESSMENT, 5_000_000, 50_000, False),
    ],
)
def test_an_export_from_china_takes_the_mechanism_of_its_size(
    mechanism: ExportMechanism, persons: int, sensitive: int, is_weak: bool
) -> None:
    policy = a_policy(export=an_export(mechanism, persons, sensitive))
    found = findings("L15.weak", a_placed_charter("CN", "SG"), policy)
    assert bool(found) is is_weak


def test_an_export_from_china_counts_its_persons() -> None:
    policy = a_policy(export=an_export(ExportMechanism.SECURITY_ASSESSMENT, 5, None))
    assert findings("L15.counter", a_placed_charter("CN", "SG"), policy)
    assert not findings("L15.counter", a_placed_charter("FR", "SG"), policy)


def test_within_the_union_no_border_is_crossed() -> None:
    assert not findings("L15.mechanism", a_placed_charter("DE", "FR"), a_policy())
    assert findings("L15.mechanism", a_placed_charter("DE", "US-CA"), a_policy())


@pytest.mark.parametrize(("home", "abroad"), [(None, "DE"), ("DE", None), (None, None)])
def test_a_place_that_is_not_stated_is_asked_for(home: str | None, abroad: str | None) -> None:
    assert findings("L15.place", a_placed_charter(home, abroad), a_policy())


def test_a_policy_that_permits_something_has_an_assessment() -> None:
    assert findings("L16.missing", a_policy())
    assert not findings("L16.missing", a_policy(permits=()))


def test_an_assessment_comes_before_the_policy() -> None:
    late = ImpactAssessment(digest="a" * 64, dated=a_policy().active_from + timedelta(days=1))
    assert findings("L16.late", a_policy(assessment=late))


def an_assessed_change(permit: Permit) -> tuple[BrandPolicy, BrandPolicy]:
    assessment = ImpactAssessment(digest="a" * 64, dated=NOW - timedelta(days=300))
    before = a_policy(assessment=assessment, permits=(a_permit(),))
    after = a_policy(
        version="1.1.0",
        supersedes=digest(before),
        assessment=assessment,
        permits=(permit,),
    )
    return before, after


def test_a_change_that_tightens_needs_no_new_assessment() -> None:
    assert not findings("L16.older", *an_assessed_change(a_permit(minimum_persons=500)))
    assert findings("L16.older", *an_assessed_change(a_permit(minimum_persons=60)))


def test_a_change_whose_older_version_is_not_there_is_told() -> None:
    before, after = an_assessed_change(a_permit())
    assert findings("L16.unknown", after)
    assert not findings("L16.unknown", before, after)


def test_a_superseded_version_is_not_linted_itself() -> None:
    before, after = an_assessed_change(a_permit(minimum_persons=500))
    (finding,) = findings("L03.unpinned", before, after)
    assert finding.place.file == "1.yaml"


@pytest.mark.parametrize(("home", "is_found"), [("CN", True), ("FR", False), (None, True)])
def test_legitimate_interest_is_no_ground_in_china_or_nowhere(
    home: str | None, is_found: bool
) -> None:
    rules = a_policy().consent.model_copy(update={"bases": (ConsentBasis.LEGITIMATE_INTEREST,)})
    found = findings("L17.interest", a_placed_charter(home, "FR"), a_policy(consent=rules))
    assert bool(found) is is_found


def test_a_study_that_selects_persons_needs_a_way_to_say_no() -> None:
    study = a_training_study(uses=(ResultUse.AUDIENCE_SELECTION,))
    reporting = a_training_study(uses=(ResultUse.REPORTING,))
    assert findings("L18.objection", a_policy(notices=(a_notice(),)), study)
    assert not findings("L18.objection", a_policy(notices=(a_notice(),)), reporting)
    told = a_notice(objection="in the app, under Privacy")
    assert not findings("L18.objection", a_policy(notices=(told,)), study)


def test_a_model_without_a_stated_use_is_asked_for_it() -> None:
    assert findings("L19.unstated", a_training_study())
    assert not findings("L19.unstated", a_histogram_study())


def test_delta_is_held_against_the_minimum_where_no_bound_is_stated() -> None:
    study = a_training_study(minimum_persons=1_000_000)
    assert findings("L21.persons", study)
    assert findings("L21.unknown", an_asset())
    assert not findings("L21.unknown", an_asset(persons_at_most=100))


def test_a_budgets_delta_is_held_against_the_asset() -> None:
    asset = an_asset(persons_at_most=2_000_000)
    assert findings("L21.persons", a_policy(), asset)


def test_an_asset_that_does_not_say_when_its_rows_are_new_is_asked() -> None:
    assert findings("L22.unknown", a_policy(), an_asset())
    assert not findings("L22.unknown", a_policy(), an_asset(renewed_every_days=30))


def test_two_policies_of_two_brands_are_no_second_budget() -> None:
    assert not findings("L23.twice", a_policy(), a_policy(brand="birch"))


def test_fewer_brands_than_the_charter_asks_for_are_found() -> None:
    charter = a_charter(floors={"minimum_brands": 5, "minimum_persons": 50})
    (finding,) = findings("L25.brands", charter, a_training_study(minimum_brands=4))
    assert finding.details == {"asked": "4", "floor": "5"}


def test_a_permit_below_the_charters_floor_is_found() -> None:
    charter = a_charter(floors={"minimum_brands": 3, "minimum_persons": 150})
    assert findings("L25.persons", charter, a_policy())


@pytest.mark.parametrize("title", ["Anonymised visits", "an ANONYMOUS table", "匿名到访统计"])
def test_a_claim_of_anonymity_is_found(title: str) -> None:
    assert findings("L28.claim", a_histogram_study(title=title))


@pytest.mark.parametrize("title", ["Pseudonymous visits", "Not anonymous", "非匿名统计"])
def test_what_claims_no_anonymity_is_left_alone(title: str) -> None:
    assert not findings("L28.claim", a_histogram_study(title=title))


def test_a_label_that_claims_anonymity_is_found() -> None:
    permit = a_permit(least_protection=FlowLabel.CLAIMED_ANONYMOUS)
    assert findings("L28.label", a_policy(permits=(permit,)))


def test_brands_of_one_owner_are_one_legal_entity() -> None:
    members = tuple(a_member(brand, legal_entity="One Owner Ltd") for brand in BRANDS)
    assert findings("L29.entities", a_charter(members=members))
    assert not findings("L29.entities", a_charter(members=members[:1]))


def test_a_study_over_two_brands_is_found() -> None:
    assert findings("L29.brands", a_training_study(minimum_brands=2))


def test_a_first_version_that_only_its_author_could_approve_is_found() -> None:
    author = Approver(id="privacy-engineer", role="engineer", key=a_key(60).public_hex)
    other = Approver(id="data-owner", role="owner", key=a_key(61).public_hex)
    rules = {"loosen": 2}
    assert findings("L30.alone", a_policy(approvers=(author, other), approvals=rules))
    enough = {"loosen": 1}
    assert not findings("L30.alone", a_policy(approvers=(author, other), approvals=enough))


def test_sampling_of_everybody_claims_nothing() -> None:
    local = a_training().local.model_copy(update={"sampling_rate": 1.0})
    everybody = a_training(local=local)
    assert findings("L35.unattested", a_training_study())
    assert not findings("L35.unattested", a_training_study(computation=everybody))


def test_documents_of_another_alliance_are_not_held_against_each_other() -> None:
    charter = a_charter(id="inland", limits={"epsilon": 1, "delta": 1e-6, "retention_days": 1})
    study = a_histogram_study(privacy=a_privacy(epsilon=1.0), retention_days=365)
    assert not findings("L13.charter", charter, a_policy(), study)
    assert findings("L13.charter", a_charter(limits=charter.limits), a_policy(), study)


def test_a_permit_for_histograms_is_looked_at_like_any_other() -> None:
    permit = a_histogram_permit().model_copy(
        update={"columns": permitted("visits", sensitive=True)}
    )
    assert findings("L05.separate", a_policy(permits=(permit,)))
