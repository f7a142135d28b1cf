from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import BaseModel

from hanse_policies.canonical import digest
from hanse_policies.decision import RuleFinding
from hanse_policies.documents import LegalPack, Severity, Verdict
from hanse_policies.documents.legal_pack import BilingualText, Change, LegalCheck
from hanse_policies.errors import DocumentError, DocumentFileError
from hanse_policies.facts import Facts
from hanse_policies.packs.compiling import compile_pack
from hanse_policies.packs.examples import example_facts, try_examples
from hanse_policies.packs.in_force import PackInForce
from hanse_policies.packs.shipped import SHIPPED, example_documents, find_pack, shipped_packs
from hanse_policies.rules.packs import check as check_packs
from hanse_policies.rules.packs import legal_facts
from tests.support.packs import a_check, a_pack

PACKS = {loaded.document.id: loaded.document for loaded in shipped_packs()}
CHECKS = [(pack, check) for pack in PACKS.values() for check in pack.checks]
NAMES = [f"{pack.id}-{check.id}" for pack, check in CHECKS]
LEAST = {"cn-pipl": 18, "eu-gdpr": 10, "us-ca": 6}
DIGESTS = {
    "cn-pipl": "bf9e8dfff347619b684170386df7459447b6220d7047edcb69a32a99ab1c3ff1",
    "eu-gdpr": "2fbbe20193813db06e9e6f0cb8d9e2bf1f1d97b6cc03f9e55ff8b6c41f603bec",
    "us-ca": "ebaea3ffbe92027bb6e9168fec3345346f5f20f3f32b419839b0633db968ac7f",
}
ARTICLE = re.compile(r"^(?:PIPL Art\.|GDPR Art\.|Cal\. Civ\. Code) \d")


def texts(value: object) -> Iterator[BilingualText]:
    if isinstance(value, BilingualText):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from texts(getattr(value, name))
    elif isinstance(value, tuple):
        for item in value:
            yield from texts(item)


def base_facts(pack: LegalPack, *changes: Change) -> Facts:
    facts = example_facts(example_documents(), (*pack.example, *changes))
    return replace(facts, packs=(PackInForce.unsigned(pack),))


def refusals(facts: Facts) -> list[RuleFinding]:
    return [found for found in check_packs(facts, 0) if found.verdict is Verdict.DENY]


SILENT = {
    "cn-pipl": {
        "notice-purpose",
        "notice-recipients",
        "withdrawal",
        "another-handler",
        "sensitive-consent",
        "price",
        "marketing-refusal",
        "minors",
        "export-mechanism",
        "export-consent",
        "export-exempt-number",
        "export-contract-number",
        "assessment",
    },
    "eu-gdpr": {
        "purpose",
        "recipients",
        "withdrawal",
        "objection",
        "automated-decision",
        "impact-assessment",
        "transfer",
    },
    "us-ca": {"notice", "opt-out", "sensitive-limit", "minors", "risk-assessment"},
}


@pytest.mark.parametrize("name", PACKS)
def test_every_example_says_what_it_should(name: str) -> None:
    results = list(try_examples(PACKS[name]))
    assert [result for result in results if not result.is_expected] == []
    assert len(results) == 2 * len(PACKS[name].checks)


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_has_as_many_checks_as_it_is_meant_to(name: str) -> None:
    assert len(PACKS[name].checks) >= LEAST[name]


@pytest.mark.parametrize("name", PACKS)
def test_the_example_documents_violate_no_rule(name: str) -> None:
    pack = PACKS[name]
    seen = [finding.message for finding in check_packs(base_facts(pack), 0)]
    assert f"no rule of {pack.name} violated (pack not signed by counsel)" in seen


@pytest.mark.parametrize(("pack", "check"), CHECKS, ids=NAMES)
def test_a_check_names_its_article_and_speaks_both_languages(
    pack: LegalPack, check: LegalCheck
) -> None:
    assert ARTICLE.match(check.articles)
    for text in texts(check):
        assert re.search(r"[\u4e00-\u9fff]", text.zh)
        assert not re.search(r"[\u4e00-\u9fff]", text.en)


@pytest.mark.parametrize("name", PACKS)
def test_no_text_of_a_pack_says_that_anything_is_lawful(name: str) -> None:
    for text in texts(PACKS[name]):
        assert "lawful" not in text.en.lower()
        assert "compliant" not in text.en.lower()
        assert "合法" not in text.zh


@pytest.mark.parametrize(("pack", "check"), CHECKS, ids=NAMES)
def test_a_failing_example_fails_for_what_it_changes(pack: LegalPack, check: LegalCheck) -> None:
    """The documents before the change meet the check, so that it is the change that fails it."""
    ask = next(one.ask for one in compile_pack(pack) if one.check.id == check.id)
    assert ask(legal_facts(base_facts(pack), 0)) is True


@pytest.mark.parametrize("name", PACKS)
def test_what_a_brand_does_not_state_cannot_be_shown(name: str) -> None:
    pack = PACKS[name]
    silent = (
        Change(at="policy.notices", value=[]),
        Change(at="policy.assessment", value=None),
        Change(at="asset.consent.age_band", value=None),
        Change(at="study.uses", value=[]),
        Change(at="charter.operator.jurisdiction", value=None),
    )
    unmet = {found.details["check"] for found in refusals(base_facts(pack, *silent))}
    told = {check.id for check in pack.checks if check.severity is Severity.DENY}
    assert unmet == SILENT[name] & told


def test_transactions_are_sensitive_by_the_older_standard_alone() -> None:
    lists = {one.id: one.categories for one in PACKS["cn-pipl"].sensitivity}
    assert "user.behavior.purchase_history" in lists["gbt-35273-2020"]
    assert "user.behavior.purchase_history" not in lists["gbt-45574-2025"]


def test_a_pack_is_found_by_name_by_version_and_by_file(tmp_path: Path) -> None:
    assert find_pack("cn-pipl").document.name == "cn-pipl@1.0.0"
    assert find_pack("cn-pipl@1.0.0").document == find_pack("cn-pipl").document
    with pytest.raises(DocumentFileError, match="a pack that ships"):
        find_pack("cn-pipl@9.0.0")


def test_the_packs_that_ship_are_in_the_package() -> None:
    folder = Path(__file__).parents[4] / "policies" / "hanse_policies" / "packs" / "data"
    assert sorted(path.stem for path in folder.glob("*.yaml")) == sorted(SHIPPED)


def test_an_example_that_says_otherwise_is_told() -> None:
    wrong = a_check(fails=a_check().passes)
    results = list(try_examples(a_pack(checks=(wrong,))))
    assert [(result.name, result.is_expected) for result in results] == [
        ("passes", True),
        ("fails", False),
    ]


def test_an_example_of_a_field_that_there_is_not_is_refused() -> None:
    wrong = a_check(fails=({"at": "policy.consent.basis", "value": []},))
    with pytest.raises(DocumentError, match="which there is not"):
        list(try_examples(a_pack(checks=(wrong,))))


def test_an_example_that_makes_a_document_invalid_is_refused() -> None:
    wrong = a_check(fails=({"at": "policy.consent.bases", "value": []},))
    with pytest.raises(DocumentError, match="a valid policy"):
        list(try_examples(a_pack(checks=(wrong,))))


@pytest.mark.parametrize("name", PACKS)
def test_a_version_that_shipped_never_changes(name: str) -> None:
    assert digest(PACKS[name]) == DIGESTS[name]


def test_severities_are_both_used() -> None:
    assert {check.severity for _, check in CHECKS} == set(Severity)
