"""Documents for joint use and borders: notices, counsel's signed opinions, exports."""

from __future__ import annotations

import base64
from dataclasses import replace

from hanse_policies.documents import (
    ConsentField,
    ConsentRules,
    CounselOpinion,
    Export,
    ExportMechanism,
    JointUse,
    Notice,
    Operator,
    SeparateConsent,
    SignedOpinion,
)
from hanse_policies.signing import SigningKey
from tests.support.decisions import Case
from tests.support.documents import (
    NOW,
    OPERATOR_KEY,
    a_consent_mapping,
    a_consent_state,
    a_key,
    a_policy,
    an_asset,
)

COUNSEL_KEY = a_key(70)
VERSION = "2026-05"


def an_operator(jurisdiction: str | None) -> Operator:
    """Build the operator of `coast` with its server elsewhere."""
    return Operator(
        name="Coast Office", signing_key=OPERATOR_KEY.public_hex, jurisdiction=jurisdiction
    )


def an_export(**changes: object) -> Export:
    """Build a ground and bounds that cover what the studies of `tests.support` ask."""
    fields: dict[str, object] = {
        "mechanism": ExportMechanism.STANDARD_CONTRACT,
        "persons_at_most": 100_000,
    }
    return Export.model_validate(fields | changes)


def a_notice(**changes: object) -> Notice:
    """Build a notice that asks separate consent for joint use and names the recipients."""
    fields: dict[str, object] = {
        "version": VERSION,
        "digest": "ab" * 32,
        "purposes": ("model-training", "audience-analytics"),
        "recipients": ("alliance-members", "operator"),
        "separate_consents": (SeparateConsent.ANOTHER_HANDLER,),
    }
    return Notice.model_validate(fields | changes)


def an_opinion(**changes: object) -> CounselOpinion:
    """Build counsel's opinion for brand `alder`, in force at `NOW`."""
    fields: dict[str, object] = {
        "kind": "CounselOpinion",
        "id": "no-provision",
        "alliance": "coast",
        "brands": ("alder",),
        "subject": "joint-use",
        "least_protection": "F3",
        "report": "cd" * 32,
        "dated": NOW.replace(month=1),
        "expires": NOW.replace(month=12),
    }
    return CounselOpinion.model_validate(fields | changes)


def a_joint_use(opinion: CounselOpinion | None = None, key: SigningKey = COUNSEL_KEY) -> JointUse:
    """Sign an opinion as a policy holds it."""
    stated = an_opinion() if opinion is None else opinion
    signature = base64.b64encode(key.sign(stated).signatures[0].value).decode()
    return JointUse(counsel=SignedOpinion(opinion=stated, signature=signature))


def in_china(*notices: Notice, counting: tuple[str, ...] | None = (VERSION,)) -> Case:
    """Build a case with persons in China, and in Germany all else; no border is asked about.

    Args:
        notices: What persons were told.
        counting: The versions that the policy lets count.
    """
    told = frozenset({ConsentField.BASIS, ConsentField.NOTICE})
    return Case(
        policy=a_policy(
            notices=notices,
            export=an_export(),
            consent=ConsentRules(max_age_hours=48, notices=counting),
        ),
        asset=an_asset(
            consent=a_consent_mapping(jurisdiction={"constant": "CN"}, notice={"constant": VERSION})
        ),
        consent=replace(a_consent_state(), fields=told),
    )
