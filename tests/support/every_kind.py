"""One small document of every kind: from what ships, from the samples, or as brands sign it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from hanse_policies.canonical import digest
from hanse_policies.documents import (
    Approval,
    BrandExit,
    BreachRecord,
    CharterAcceptance,
    DecisionExamples,
    LegalPack,
    StudyVerdict,
    Verdict,
    Withdrawal,
)
from hanse_policies.documents.base import StrictModel
from hanse_policies.documents.withdrawal import LineageStudy
from hanse_policies.loading import load_document
from hanse_policies.packs.shipped import shipped_packs
from tests.support.documents import (
    NOW,
    a_charter,
    a_policy,
    a_shared_training_study,
    an_asset,
)
from tests.support.places import an_opinion

SAMPLES = Path(__file__).parents[2] / "policies" / "samples"
STUDY, POLICY = digest(a_shared_training_study()), digest(a_policy())


def an_approval() -> Approval:
    return Approval(
        kind="Approval",
        document=POLICY,
        supersedes=None,
        approver="wei",
        verdict=Verdict.PERMIT,
        reason="Compared with the version before",
        approved=NOW,
    )


def an_acceptance() -> CharterAcceptance:
    return CharterAcceptance(
        alliance="coast",
        brand="alder",
        charter=digest(a_charter(version=2)),
        version=2,
        supersedes=digest(a_charter()),
        changes=("floors.minimum_persons", "limits.epsilon"),
        accepted=NOW,
    )


def a_verdict() -> StudyVerdict:
    return StudyVerdict(
        study=STUDY,
        brand="alder",
        verdict=Verdict.DENY,
        codes=("consent.age", "retention.permit"),
        policy=POLICY,
        decided=NOW,
    )


def a_withdrawal() -> Withdrawal:
    fields = {
        "kind": "Withdrawal",
        "id": "customers-withdrawn-1",
        "alliance": "coast",
        "brand": "alder",
        "asset": "customers",
        "purposes": ("model-training",),
        "end": "withdrawn",
        "after": NOW - timedelta(days=30),
        "before": NOW,
        "persons": {"at_most": 100, "rounded_up_to": 50},
        "consequences": (
            {
                "study": STUDY,
                "release": None,
                "consequence": "retrain-by",
                "due": NOW + timedelta(days=90),
                "evidence": None,
                "policy": POLICY,
            },
        ),
        "purge_by": NOW + timedelta(days=15),
    }
    return Withdrawal.model_validate(fields)


def a_lineage() -> LineageStudy:
    study = a_shared_training_study()
    fields = {
        "study": STUDY,
        "id": study.id,
        "version": study.version,
        "purpose": study.purpose,
        "asset": study.asset,
        "rounds": (
            {"question": "train", "round_number": 1, "replies": ("ab" * 32,), "is_summed": True},
        ),
        "decisions": ("cd" * 32,),
        "policies": (POLICY,),
        "spent": {"epsilon": 2.5, "delta": 1e-6, "charges": 1},
        "releases": (),
        "consequences": a_withdrawal().consequences,
    }
    return LineageStudy.model_validate(fields)


def an_exit() -> BrandExit:
    fields = {
        "kind": "BrandExit",
        "id": "alder-exit",
        "alliance": "coast",
        "brand": "alder",
        "exited": NOW,
        "policy": POLICY,
        "policy_version": "1.0.0",
        "charter": digest(a_charter()),
        "reason": "The contract ended",
        "studies": (a_lineage(),),
        "purged": ("checkpoints of studies that run",),
        "kept": ({"what": "the budget ledger", "why": "evidence of what was spent"},),
    }
    return BrandExit.model_validate(fields)


def some_examples() -> DecisionExamples:
    """Take the first two of a sample league's examples."""
    path = SAMPLES / "retail-eu" / "examples" / "by-brand.yaml"
    read = load_document(path, DecisionExamples).document
    return read.model_copy(update={"examples": read.examples[:2]})


def a_small_pack() -> LegalPack:
    """Take a shipped pack without its lists, and of its checks the first that asks about none."""
    shipped = next(one.document for one in shipped_packs() if one.document.id == "eu-gdpr")
    check = next(one for one in shipped.checks if not one.lists())
    cut = {"sensitivity": (), "evidence": (), "clocks": shipped.clocks[:1], "checks": (check,)}
    return shipped.model_copy(update=cut)


EVERY_KIND: Mapping[str, StrictModel] = {
    "AllianceCharter": a_charter(),
    "Approval": an_approval(),
    "BrandExit": an_exit(),
    "BrandPolicy": a_policy(),
    "BreachRecord": load_document(SAMPLES / "breach.yaml", BreachRecord).document,
    "CharterAcceptance": an_acceptance(),
    "CounselOpinion": an_opinion(),
    "DataAsset": an_asset(),
    "DecisionExamples": some_examples(),
    "LegalPack": a_small_pack(),
    "Study": a_shared_training_study(),
    "StudyVerdict": a_verdict(),
    "Withdrawal": a_withdrawal(),
}
