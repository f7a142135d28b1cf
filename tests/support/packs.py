"""Small legal packs, each field open to a keyword override."""

from __future__ import annotations

from hanse_policies.canonical import digest
from hanse_policies.documents import LegalCheck, LegalPack, PackPin
from hanse_policies.documents.legal_pack import (
    BilingualText,
    Change,
    SensitivityList,
    Standard,
)
from hanse_policies.documents.legal_test import BasisIn, LegalTest, Not
from hanse_policies.packs.in_force import PackInForce
from hanse_policies.signing import SigningKey
from tests.support.documents import NOW

TEXT = BilingualText(en="data is used with consent", zh="经同意处理数据")
OTHER = BilingualText(en="use data on a ground that is no consent", zh="以同意以外的依据处理数据")
CONSENT = BasisIn(bases=("consent", "explicit-consent", "separate-consent"))


def a_check(test: LegalTest = CONSENT, **changes: object) -> LegalCheck:
    """Build a check of severity `deny` that the documents of `tests.support` meet."""
    fields: dict[str, object] = {
        "id": "consent",
        "articles": "Example Act Art. 1",
        "tests": TEXT,
        "unmet": TEXT,
        "severity": "deny",
        "test": test,
        "passes": (Change(at="policy.consent.bases", value=["consent"]),),
        "fails": (Change(at="policy.consent.bases", value=["contract"]),),
    }
    return LegalCheck.model_validate(fields | changes)


def a_refusing_check(**changes: object) -> LegalCheck:
    """Build a check that those documents do not meet."""
    return a_check(Not(test=CONSENT), **{"tests": OTHER, "unmet": OTHER} | changes)


def a_pack(**changes: object) -> LegalPack:
    """Build the pack `example-act@1.0.0`, which those documents meet."""
    fields: dict[str, object] = {
        "kind": "LegalPack",
        "id": "example-act",
        "version": "1.0.0",
        "title": TEXT,
        "jurisdiction": "CN",
        "territory": ("CN",),
        "taxonomy": "fideslang-3.1.4",
        "dated": NOW.replace(year=2025),
        "standards": (
            Standard(id="act", title=TEXT, version="2025", effective=NOW, source="nowhere"),
        ),
        "sensitivity": (
            SensitivityList(id="act-list", standard="act", categories=("user.financial",)),
        ),
        "minors": None,
        "checks": (a_check(),),
    }
    return LegalPack.model_validate(fields | changes)


def a_pin(pack: LegalPack | None = None) -> PackPin:
    """Pin a pack; `a_pack()` unless another is given."""
    pinned = a_pack() if pack is None else pack
    return pinned.pin(digest(pinned))


def in_force(pack: LegalPack, signed_with: SigningKey | None = None) -> PackInForce:
    """Take a pack as a decision does, signed where a key is given."""
    if signed_with is None:
        return PackInForce.unsigned(pack)
    return PackInForce.opened(signed_with.sign(pack), signed_with.public_hex)
