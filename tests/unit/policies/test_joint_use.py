from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from hanse_policies.documents import (
    BrandPolicy,
    CounselOpinion,
    FlowLabel,
    JointUse,
    SeparateConsent,
    SignedOpinion,
)
from hanse_policies.documents.opinion import LONGEST_OPINION_DAYS
from hanse_policies.kinds import document_class
from hanse_policies.opinions import is_signed_by
from hanse_policies.signing import open_envelope
from tests.support.decisions import Case
from tests.support.documents import (
    NOW,
    a_charter,
    a_consent_mapping,
    a_key,
    a_member,
    a_permit,
    a_shared_training_study,
    a_training_study,
    an_asset,
)
from tests.support.places import (
    COUNSEL_KEY,
    VERSION,
    a_joint_use,
    a_notice,
    an_opinion,
    in_china,
)

CONSENT, RECIPIENTS, OPINION = "joint-use.consent", "joint-use.recipients", "joint-use.opinion"
WITH_COUNSEL = a_charter(counsel_key=COUNSEL_KEY.public_hex)


def with_policy(case: Case, **changes: object) -> Case:
    policy = BrandPolicy.model_validate(dict(case.policy) | changes)
    return replace(case, policy=policy)


def test_a_notice_that_asks_and_names_the_recipients_permits() -> None:
    assert in_china(a_notice()).decide().denied_by == ()


@pytest.mark.parametrize(
    ("case", "codes"),
    [
        (in_china(), {CONSENT}),
        (in_china(a_notice(separate_consents=())), {CONSENT}),
        (
            in_china(a_notice(separate_consents=tuple(
                kind for kind in SeparateConsent if kind is not SeparateConsent.ANOTHER_HANDLER
            ))),
            {CONSENT},
        ),
        # A notice that asks and that does not count, or without a word on which counts.
        (in_china(a_notice(), counting=None), {CONSENT}),
        (in_china(a_notice(version="2026-06")), {CONSENT}),
        # One version that counts is not described at all.
        (in_china(a_notice(), counting=(VERSION, "2020-01")), {CONSENT}),
        # An older one counts as well, and never asked.
        (
            in_china(
                a_notice(), a_notice(version="v1", separate_consents=()), counting=(VERSION, "v1")
            ),
            {CONSENT},
        ),
        # Two texts of one version: the one that never asked may be the one that was shown.
        (in_china(a_notice(separate_consents=()), a_notice()), {CONSENT}),
        (in_china(a_notice(recipients=("operator",))), {RECIPIENTS}),
        (
            in_china(
                a_notice(), a_notice(version="v1", recipients=("x",)), counting=(VERSION, "v1")
            ),
            {RECIPIENTS},
        ),
    ],
)  # fmt: skip
def test_joint_use_without_separate_consent_denies(case: Case, codes: set[str]) -> None:
    assert set(case.decide().denied_by) == codes


@pytest.mark.parametrize(
    "case",
    [
        Case(asset=an_asset(consent=a_consent_mapping(jurisdiction=None))),
        Case(asset=an_asset(consent=a_consent_mapping(jurisdiction="place"))),
    ],
)
def test_persons_whose_place_is_not_known_are_asked_as_in_china(case: Case) -> None:
    assert case.decide().denied_by == (CONSENT,)


def test_a_brand_whose_place_is_not_known_is_asked_as_in_china() -> None:
    members = (a_member("alder", jurisdiction=None), a_member("birch"), a_member("cedar"))
    assert CONSENT in Case(charter=a_charter(members=members)).decide().denied_by


@pytest.mark.parametrize("place", ["CN", "CN-GD"])
def test_a_brand_in_china_is_asked_wherever_persons_are(place: str) -> None:
    members = (a_member("alder", jurisdiction=place), a_member("birch"), a_member("cedar"))
    assert CONSENT in Case(charter=a_charter(members=members)).decide().denied_by


@pytest.mark.parametrize("place", ["HK", "MO", "TW", "DE", "EU", "US-CA"])
def test_elsewhere_no_separate_consent_is_asked(place: str) -> None:
    mapping = a_consent_mapping(jurisdiction={"constant": place})
    denied = Case(asset=an_asset(consent=mapping)).decide().denied_by
    assert {CONSENT, RECIPIENTS}.isdisjoint(denied)


def test_a_result_for_the_brand_alone_is_no_joint_use() -> None:
    case = in_china(a_notice(separate_consents=()))
    alone = replace(
        with_policy(case, permits=(a_permit(recipients=("alder",)),)),
        study=a_training_study(recipients=("alder",)),
        charter=a_charter(recipients=("alder",)),
    )
    assert alone.decide().denied_by == ()
    both = replace(
        with_policy(case, permits=(a_permit(recipients=("alder", "birch")),)),
        study=a_training_study(recipients=("alder", "birch")),
        charter=a_charter(recipients=("alder", "birch")),
    )
    assert set(both.decide().denied_by) == {CONSENT, RECIPIENTS}


def unasked(use: JointUse) -> Case:
    case = replace(in_china(a_notice(separate_consents=())), charter=WITH_COUNSEL)
    return with_policy(case, joint_use=use)


def test_an_opinion_that_counsel_signed_stands_in_the_place_of_consent() -> None:
    assert unasked(a_joint_use()).decide().denied_by == ()


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (replace(unasked(a_joint_use()), charter=a_charter()), "counsel"),
        (unasked(a_joint_use(key=a_key(71))), "counsel"),
        (unasked(a_joint_use(an_opinion(alliance="other"))), "alliance"),
        (unasked(a_joint_use(an_opinion(brands=("birch", "cedar")))), "brand"),
        (unasked(a_joint_use(an_opinion(expires=NOW))), "now"),
        (unasked(a_joint_use(an_opinion(dated=NOW + timedelta(seconds=1)))), "now"),
        (
            unasked(a_joint_use(an_opinion(least_protection=FlowLabel.CLAIMED_ANONYMOUS))),
            "protected",
        ),
        (
            replace(
                unasked(a_joint_use(an_opinion(least_protection=FlowLabel.DP_AGGREGATE))),
                study=a_shared_training_study(),
            ),
            "protected",
        ),
    ],
)
def test_an_opinion_that_does_not_hold_denies_and_says_why(case: Case, why: str) -> None:
    decision = case.decide()
    assert set(decision.denied_by) == {OPINION, CONSENT}
    told = next(f.message for f in decision.findings if f.rule == OPINION)
    assert why in told


def test_an_opinion_altered_in_any_field_is_not_counsels() -> None:
    signed = a_joint_use().counsel
    for field, value in {
        "id": "another",
        "brands": ("alder", "birch"),
        "alliance": "coast2",
        "least_protection": "F0",
        "report": "ef" * 32,
        "dated": NOW.replace(year=2025),
        "expires": NOW.replace(year=2027),
    }.items():
        changed = CounselOpinion.model_validate(dict(signed.opinion) | {field: value})
        forged = SignedOpinion(opinion=changed, signature=signed.signature)
        assert is_signed_by(signed, COUNSEL_KEY.public_hex)
        assert not is_signed_by(forged, COUNSEL_KEY.public_hex)


def test_an_opinion_never_holds_without_end() -> None:
    fields = dict(an_opinion())
    with pytest.raises(ValidationError):
        CounselOpinion.model_validate({k: v for k, v in fields.items() if k != "expires"})
    longest = timedelta(days=LONGEST_OPINION_DAYS)
    an_opinion(expires=an_opinion().dated + longest)
    for life in (longest + timedelta(seconds=1), timedelta(), -timedelta(days=1)):
        with pytest.raises(ValidationError, match="after `dated`"):
            an_opinion(expires=an_opinion().dated + life)


def test_the_signature_is_that_of_the_opinion_as_a_signed_document() -> None:
    """Counsel signs the opinion as any document: hanse policy sign."""
    envelope = COUNSEL_KEY.sign(an_opinion())
    opened = open_envelope(envelope, CounselOpinion, COUNSEL_KEY.public_hex)
    signature = base64.b64encode(envelope.signatures[0].value).decode()
    signed = SignedOpinion(opinion=opened, signature=signature)
    assert is_signed_by(signed, COUNSEL_KEY.public_hex)
    assert document_class("CounselOpinion") is CounselOpinion


@pytest.mark.parametrize("key", [None, "00" * 32, "ff" * 32])
def test_a_key_that_is_none_signs_nothing(key: str | None) -> None:
    assert not is_signed_by(a_joint_use().counsel, key)
