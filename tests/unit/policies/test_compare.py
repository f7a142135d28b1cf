"""Which way each change of a field goes, and what shows it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hanse_policies.canonical import digest
from hanse_policies.compare.comparison import TABLES, Comparable, compare_versions
from hanse_policies.compare.direction import Direction
from hanse_policies.compare.fields import FieldTable
from hanse_policies.compare.permits import PERMIT, PERMITTED_COLUMN
from hanse_policies.compare.tables import (
    APPROVAL_RULES,
    APPROVER,
    ASSET_COLUMN,
    BUDGET,
    CONSENT_MAPPING,
    CONSENT_RULES,
    FLOORS,
    JOINT_USE,
    LIMITS,
    MEMBER,
    OPERATOR,
    RECIPIENT_PLACE,
    WITHDRAWAL_RULES,
)
from hanse_policies.compare.withdrawal import CONSENT_END_RULE
from hanse_policies.compare.witness import find_witnesses
from hanse_policies.documents import (
    ApprovalRules,
    Approver,
    AssetColumn,
    ConsentEndRule,
    ConsentMapping,
    ConsentRules,
    Floors,
    JointUse,
    Limits,
    Member,
    Operator,
    Permit,
    PermittedColumn,
    Pseudonym,
    Purpose,
    PurposeBudget,
    RecipientPlace,
    StrictModel,
    WithdrawalRules,
)
from hanse_policies.errors import ComparisonError
from hanse_policies.instants import FIRST_INSTANT, LAST_INSTANT
from tests.support.documents import (
    NOW,
    a_budget,
    a_charter,
    a_consent_mapping,
    a_histogram_permit,
    a_key,
    a_member,
    a_permit,
    a_policy,
    an_asset,
)
from tests.support.places import VERSION, a_joint_use, a_notice, in_china
from tests.support.stricter_versions import (
    NARROWER,
    OFFICER,
    OLDER,
    REPORT,
    STRICTER,
    minors,
    with_column,
    with_consent,
    with_end,
    with_permit,
)

TIGHTENS, LOOSENS, MIXED, TEXT = (
    Direction.TIGHTENS,
    Direction.LOOSENS,
    Direction.MIXED,
    Direction.TEXT,
)
PERSON_BY_PERSON = (
    "consent.bases",
    "consent.notices",
    "consent.jurisdictions",
    "consent.scope_required",
)


@pytest.mark.parametrize(
    ("model", "table"),
    [
        *TABLES.items(),
        (Approver, APPROVER),
        (ApprovalRules, APPROVAL_RULES),
        (PurposeBudget, BUDGET),
        (ConsentRules, CONSENT_RULES),
        (AssetColumn, ASSET_COLUMN),
        (ConsentMapping, CONSENT_MAPPING),
        (JointUse, JOINT_USE),
        (Member, MEMBER),
        (RecipientPlace, RECIPIENT_PLACE),
        (Operator, OPERATOR),
        (Floors, FLOORS),
        (Limits, LIMITS),
        (Permit, PERMIT),
        (PermittedColumn, PERMITTED_COLUMN),
        (WithdrawalRules, WITHDRAWAL_RULES),
        (ConsentEndRule, CONSENT_END_RULE),
    ],
)
def test_every_field_of_a_document_compares(model: type[StrictModel], table: FieldTable) -> None:
    assert list(table) == list(model.model_fields)


@pytest.mark.parametrize(("wide", "narrow", "field"), STRICTER)
def test_a_limit_tightens_one_way_and_loosens_the_other(
    wide: Comparable, narrow: Comparable, field: str
) -> None:
    there, back = compare_versions(wide, narrow), compare_versions(narrow, wide)
    assert (there.direction, back.direction) == (TIGHTENS, LOOSENS)
    assert any(change.name.startswith(field) for change in there.changes)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # A budget that begins elsewhere or is shorter may be had anew, whatever it grants.
        (a_policy(budgets=(a_budget(),)), a_policy(budgets=(a_budget(period_days=30),))),
        (
            a_policy(budgets=(a_budget(),)),
            a_policy(budgets=(a_budget(starts=NOW - timedelta(days=1)),)),
        ),
        (with_permit(), with_permit(recipients=("operator",))),
        (
            with_consent(minors=minors(18, guardian=True)),
            with_consent(minors=minors(14, guardian=False)),
        ),
        # A rule on minors, or approvals asked for, can be just what the charter asks of a policy.
        (with_consent(), with_consent(minors=minors(14, guardian=True))),
        (
            with_consent(minors=minors(14, guardian=True)),
            with_consent(minors=minors(18, guardian=False)),
        ),
        (
            a_policy(approvers=(OFFICER,)),
            a_policy(approvers=(OFFICER,), approvals=ApprovalRules(loosen=1)),
        ),
        (with_consent(bases=("consent",)), with_consent(bases=("contract",))),
        # Who comes or goes may bring a border, or take the last one away.
        (a_charter(), a_charter(members=(a_member("alder"),))),
        # Nobody is left whom the law of China would ask, or somebody comes.
        (with_consent(), with_consent(jurisdictions=("CN",))),
        (with_consent(jurisdictions=("CN", "DE")), with_consent(jurisdictions=("DE",))),
        # The notice that never asked separate consent counts no more, or comes to count.
        (
            in_china(a_notice(), OLDER, counting=(VERSION, "v1")).policy,
            in_china(a_notice(), OLDER).policy,
        ),
        # The notice that names fewer recipients counts no more.
        (
            in_china(a_notice(), NARROWER, counting=(VERSION, "v2")).policy,
            in_china(a_notice(), NARROWER).policy,
        ),
        (a_policy(), a_policy(joint_use=a_joint_use())),
        # The assessment came too late for the one version, and in time for the other.
        (a_policy(assessment=REPORT, active_from=NOW), a_policy(assessment=REPORT)),
        (with_end("retire", within_days=120), with_end("retrain-by", within_days=90)),
        (with_end("keep-with-evidence"), with_end("keep-with-evidence", evidence="a memo")),
        (with_column(), with_column(category="user.location")),
        (with_column(), with_column(pseudonym=Pseudonym.KEYED_HASH)),
        (an_asset(), an_asset(person="loyalty_id")),
        (
            an_asset(),
            an_asset(consent=a_consent_mapping(withdrawn="expires_at", expires="withdrawn_at")),
        ),
        (a_charter(), a_charter(operator=Operator(name="Coast Office", signing_key="ab" * 32))),
        (
            a_charter(),
            a_charter(
                members=(
                    a_member("alder", agreement_key="cd" * 32),
                    a_member("birch"),
                    a_member("cedar"),
                )
            ),
        ),
        (a_policy(approvers=(OFFICER,)), a_policy(approvers=(OFFICER.model_copy(update={
            "key": a_key(41).public_hex}),))),
    ],
)  # fmt: skip
def test_what_has_no_order_is_mixed_both_ways(one: Comparable, other: Comparable) -> None:
    assert compare_versions(one, other).direction is compare_versions(other, one).direction is MIXED


def test_a_change_of_words_is_text() -> None:
    permit = a_permit()
    reasoned = permit.model_copy(
        update={
            "columns": tuple(
                column.model_copy(update={"necessity": "another reason"})
                for column in permit.columns
            )
        }
    )
    comparison = compare_versions(a_policy(permits=(permit,)), a_policy(permits=(reasoned,)))
    assert comparison.direction is TEXT
    assert len(comparison.changes) == len(permit.columns)


def test_permits_in_another_order_say_the_same() -> None:
    one, other = a_permit(), a_histogram_permit()
    comparison = compare_versions(a_policy(permits=(one, other)), a_policy(permits=(other, one)))
    assert (comparison.direction, comparison.changes) == (TEXT, ())
    assert not comparison.is_same


def test_a_permit_that_another_covers_changes_nothing_when_it_comes_or_goes() -> None:
    wide, narrow = a_permit(), a_permit(("visits", "bought"), minimum_persons=500)
    both, alone = a_policy(permits=(wide, narrow)), a_policy(permits=(wide,))
    assert (
        compare_versions(alone, both).direction is compare_versions(both, alone).direction is TEXT
    )


def test_a_permit_for_another_purpose_is_one_gone_and_one_new() -> None:
    other = a_permit(purpose=Purpose.CROSS_BRAND_MEASUREMENT)
    changes = compare_versions(a_policy(permits=(a_permit(),)), a_policy(permits=(other,))).changes
    assert [(change.direction, change.is_gone) for change in changes] == [
        (LOOSENS, False),
        (TIGHTENS, True),
    ]


@pytest.mark.parametrize(
    ("change", "version", "is_right"),
    [
        ({"consent": ConsentRules(max_age_hours=24)}, "1.1.0", True),
        ({"consent": ConsentRules(max_age_hours=24)}, "1.7.3", True),
        ({"consent": ConsentRules(max_age_hours=24)}, "2.0.0", False),
        ({"consent": ConsentRules(max_age_hours=24)}, "1.0.1", False),
        ({"consent": ConsentRules(max_age_hours=72)}, "2.0.0", True),
        ({"consent": ConsentRules(max_age_hours=72)}, "1.9.0", False),
        ({"author": "legal"}, "1.0.1", True),
        ({"author": "legal"}, "1.1.0", False),
        ({"author": "legal"}, "1.0.0", False),
        ({"author": "legal"}, "0.9.0", False),
    ],
)
def test_the_version_number_must_say_what_the_change_does(
    change: dict[str, object], version: str, is_right: bool
) -> None:
    assert (
        compare_versions(a_policy(), a_policy(**change, version=version)).is_version_right
        is is_right
    )


def test_a_version_names_the_one_before_by_its_digest() -> None:
    before = a_policy()
    assert compare_versions(before, a_policy(supersedes=digest(before))).names_predecessor
    assert not compare_versions(before, a_policy(supersedes="ab" * 32)).names_predecessor


@pytest.mark.parametrize(
    ("before", "after"),
    [(a_policy(), an_asset()), (a_policy(), a_policy(id="other")), (a_charter(), a_policy())],
)
def test_what_are_no_versions_of_one_document_are_refused(
    before: Comparable, after: Comparable
) -> None:
    with pytest.raises(ComparisonError):
        compare_versions(before, after)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (wide, narrow)
        for wide, narrow, field in STRICTER
        # These decide on no study: whether a person approves, how long a brand keeps a value,
        # whose consent, what follows once it has ended.
        if field not in {"approval", "places[0]"}
        and not field.startswith((*PERSON_BY_PERSON, "withdrawal."))
        and not field.endswith((".precision", "columns[0].retention_days"))
    ],
)
def test_a_request_shows_what_is_newly_allowed_or_refused(
    wide: Comparable, narrow: Comparable
) -> None:
    loosened = [w.is_newly_allowed for w in find_witnesses(compare_versions(narrow, wide))]
    tightened = [w.is_newly_allowed for w in find_witnesses(compare_versions(wide, narrow))]
    assert (loosened, tightened) == ([True], [False])


def test_a_request_shows_both_sides_of_a_mixed_change() -> None:
    before, after = with_permit(), with_permit(minimum_persons=50, retention_days=30)
    comparison = compare_versions(before, after)
    assert comparison.direction is MIXED
    witnesses = find_witnesses(comparison)
    assert [witness.is_newly_allowed for witness in witnesses] == [True, False]
    for witness in witnesses:
        assert "refused by" in witness.describe()


@pytest.mark.parametrize("starts", [FIRST_INSTANT, LAST_INSTANT])
def test_a_budget_that_starts_at_an_end_of_time_does_not_stop_the_search_for_witnesses(
    starts: datetime,
) -> None:
    wide = a_policy(budgets=(a_budget(starts=starts),))
    narrow = a_policy(budgets=(a_budget(starts=starts, epsilon=0.5),))
    find_witnesses(compare_versions(wide, narrow))
