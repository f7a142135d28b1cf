from __future__ import annotations

from pathlib import Path

import pytest

from hanse_policies.documents import ExampleConsent, ExampleFacts, LegalPack, PackPin
from hanse_policies.documents.legal_pack import SensitivityList
from hanse_policies.errors import DocumentError, DocumentFileError
from hanse_policies.examples.coverage import coverage_of
from hanse_policies.examples.folder import (
    LeagueFolder,
    example_files,
    find_document,
    read_examples,
    read_folder,
)
from hanse_policies.examples.overlay import UnreachableFieldError, changed, split_path
from hanse_policies.examples.running import ExampleOutcome, run_examples
from hanse_policies.packs.shipped import find_pack
from hanse_policies.starter import write_starter
from hanse_policies.strict_yaml import parse_yaml
from tests.support.documents import a_key
from tests.support.packs import a_check, a_pack, a_pin, a_refusing_check
from tests.support.sample_leagues import complete

HEAD = """kind: DecisionExamples
id: tried
title: Tried
given:
  study: visits
  policy: oak
  asset: oak
  facts:
    now: 2026-06-15T12:00:00Z
    consent: {synced: 2026-06-15T06:00:00Z, fields: [basis], purposes: [audience-analytics]}
    budget: {epsilon_spent: 0, epsilon_if_run: 0.5, delta: 1e-6}
    signatures: all-valid
    approvals: enough
    asset_approvals: enough
examples:
"""
PERMITTED = """      policy.permits:
        - purpose: audience-analytics
          computations: [audience-histogram]
          asset: customers
          columns: [{name: visits_90d, necessity: what is counted}]
          recipients: [members]
          releases: [table]
          least_protection: F4
          minimum_persons: 100
          retention_days: 90
      policy.budgets:
        - purpose: audience-analytics
          epsilon: 2.0
          delta: 1e-6
          starts: "2026-01-01T00:00:00Z"
          period_days: 91
"""
FIRST_LINE = len(HEAD.splitlines()) + 1


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A brand's first documents, without examples, named by a short path."""
    monkeypatch.chdir(tmp_path)
    write_starter(Path("oak"), "harbour", "oak", "DE")
    Path("oak/examples/first.yaml").unlink()
    return Path("oak")


def run(folder: Path, examples: str, only: str = "") -> tuple[ExampleOutcome, ...]:
    path = folder / "examples" / "tried.yaml"
    path.write_text(HEAD + examples, encoding="utf-8")
    found = run_examples(read_folder(folder), read_examples(folder, path), only)
    for fault in found.faults:
        raise fault
    return found.outcomes


def refusal(folder: Path, examples: str) -> str:
    with pytest.raises(DocumentError) as caught:
        run(folder, examples)
    return str(caught.value)


def test_an_example_passes_with_verdict_rules_and_permit_as_expected(folder: Path) -> None:
    permit = (
        f"  - name: a\n    changes:\n{PERMITTED}    expect: {{verdict: permit, permit_index: 0}}\n"
    )
    deny = "  - name: b\n    expect: {verdict: deny, denied_by: [budget.purpose, permit.none]}\n"
    outcomes = run(folder, permit + deny)
    assert [outcome.is_passed for outcome in outcomes] == [True, True]
    assert (outcomes[0].file, outcomes[0].line) == ("examples/tried.yaml", FIRST_LINE)


@pytest.mark.parametrize(
    "expected",
    [
        "{verdict: permit}",
        "{verdict: deny, denied_by: [permit.none]}",
        "{verdict: deny, denied_by: [permit.none, budget.purpose, consent.age]}",
        "{verdict: deny, denied_by: [permit.none, budget.purpose], permit_index: 0}",
    ],
)
def test_an_example_fails_where_anything_is_not_exactly_as_expected(
    folder: Path, expected: str
) -> None:
    (outcome,) = run(folder, f"  - name: a\n    expect: {expected}\n")
    assert not outcome.is_passed


def test_facts_that_nobody_states_are_unknown_and_deny(folder: Path) -> None:
    path = folder / "examples" / "bare.yaml"
    path.write_text(
        "kind: DecisionExamples\nid: bare\ntitle: Bare\n"
        "given: {study: visits, policy: oak, asset: oak, facts: {now: 2026-06-15T12:00:00Z}}\n"
        f"examples:\n  - name: a\n    changes:\n{PERMITTED}"
        "    expect:\n      verdict: deny\n      denied_by: [consent.register, budget.known,\n"
        "        signature.charter, charter.accepted, signature.policy, signature.asset,\n"
        "        signature.study, approvals.policy, approvals.asset]\n",
        encoding="utf-8",
    )
    (outcome,) = complete(run_examples(read_folder(folder), read_examples(folder, path)))
    assert outcome.is_passed


def test_a_ledger_that_says_a_part_only_is_unknown(folder: Path) -> None:
    text = HEAD.replace("epsilon_spent: 0, ", "")
    path = folder / "examples" / "tried.yaml"
    path.write_text(
        f"{text}  - name: a\n    changes:\n{PERMITTED}"
        "    expect: {verdict: deny, denied_by: [budget.known]}\n",
        encoding="utf-8",
    )
    (outcome,) = complete(run_examples(read_folder(folder), read_examples(folder, path)))
    assert outcome.is_passed


def test_an_example_states_a_part_of_a_fact_and_keeps_the_rest() -> None:
    given = ExampleFacts.model_validate_json(
        '{"consent": {"synced": "2026-06-15T06:00:00Z", "purposes": ["model-training"]}}'
    )
    own = ExampleFacts.model_validate_json('{"consent": {"purposes": []}}')
    filled = own.filled_from(given).consent
    assert isinstance(filled, ExampleConsent)
    assert isinstance(given.consent, ExampleConsent)
    assert (filled.synced, filled.purposes) == (given.consent.synced, ())
    down = ExampleFacts(consent="unreadable")
    assert down.filled_from(given).consent == "unreadable"


def test_a_change_that_makes_a_document_invalid_is_an_error_with_its_line(folder: Path) -> None:
    told = refusal(
        folder,
        "  - name: a\n    changes:\n      study.title: Visits\n"
        "      study.minimum_persons: many\n    expect: {verdict: permit}\n",
    )
    assert told == (
        f"oak/examples/tried.yaml:{FIRST_LINE + 3}:7: example `a`: the changes make "
        "studies/visits.yaml invalid: field `minimum_persons`: expected a whole number, got `many`"
    )


def test_a_change_that_breaks_a_rule_across_fields_is_an_error(folder: Path) -> None:
    told = refusal(
        folder,
        "  - name: a\n    changes: {study.recipients: [members, members]}\n"
        "    expect: {verdict: permit}\n",
    )
    assert f"tried.yaml:{FIRST_LINE + 1}:15: example `a`: " in told
    assert told.endswith("recipients must be distinct")


def test_a_change_of_a_field_that_does_not_exist_is_an_error(folder: Path) -> None:
    told = refusal(
        folder,
        "  - name: a\n    changes: {study.minimum_person: 5}\n    expect: {verdict: permit}\n",
    )
    assert "expected no field `minimum_person`, got one; " in told


def test_a_change_past_the_end_of_a_list_is_an_error(folder: Path) -> None:
    told = refusal(
        folder,
        "  - name: a\n    changes:\n      policy.permits[1].asset: x\n"
        "    expect: {verdict: permit}\n",
    )
    assert told.endswith(
        "example `a`: expected a field of policies/oak.yaml, got `policy.permits[1].asset`"
    )


@pytest.mark.parametrize("path", ["study", "ledger.epsilon", "study..id", "study.id[x]"])
def test_a_path_of_no_document_is_refused(folder: Path, path: str) -> None:
    assert "expected text that matches" in refusal(
        folder, f'  - name: a\n    changes: {{"{path}": 5}}\n    expect: {{verdict: permit}}\n'
    )


def test_a_document_that_is_not_there_is_an_error(folder: Path) -> None:
    told = refusal(folder, "  - name: a\n    study: visit\n    expect: {verdict: permit}\n")
    assert told.endswith("example `a`: expected a study of visits, got `visit`")


def test_an_example_without_a_study_is_an_error(folder: Path) -> None:
    path = folder / "examples" / "tried.yaml"
    text = HEAD.replace("  study: visits\n", "")
    path.write_text(f"{text}  - name: a\n    expect: {{verdict: permit}}\n", encoding="utf-8")
    (fault,) = run_examples(read_folder(folder), read_examples(folder, path)).faults
    assert "expected a study, got none" in str(fault)


def test_an_example_in_error_does_not_keep_others_from_running(folder: Path) -> None:
    path = folder / "examples" / "tried.yaml"
    path.write_text(
        f"{HEAD}  - name: a\n    study: visit\n    expect: {{verdict: permit}}\n"
        "  - name: b\n    expect: {verdict: permit}\n",
        encoding="utf-8",
    )
    found = run_examples(read_folder(folder), read_examples(folder, path))
    assert [outcome.name for outcome in found.outcomes] == ["b"]
    assert len(found.faults) == 1


def test_a_rule_that_does_not_exist_is_an_error(folder: Path) -> None:
    told = refusal(folder, "  - name: a\n    expect: {verdict: deny, denied_by: [consent.agee]}\n")
    assert told.endswith("example `a`: expected the code of a rule, got `consent.agee`")


@pytest.mark.parametrize(
    ("expected", "rule"),
    [
        ("{verdict: deny}", "verdict deny needs the rules"),
        ("{verdict: permit, denied_by: [consent.age]}", "verdict permit has none"),
        ("{verdict: deny, denied_by: [consent.age, consent.age]}", "listed once only"),
    ],
)
def test_an_expectation_that_contradicts_itself_is_refused(
    folder: Path, expected: str, rule: str
) -> None:
    assert rule in refusal(folder, f"  - name: a\n    expect: {expected}\n")


def test_a_file_without_an_example_is_refused(folder: Path) -> None:
    assert "expected at least one example, got none" in refusal(folder, "  []\n")


def test_two_examples_of_one_name_are_refused(folder: Path) -> None:
    one = "  - name: a\n    expect: {verdict: permit}\n"
    assert "two examples share one name" in refusal(folder, one + one)


def test_only_examples_that_are_named_are_run(folder: Path) -> None:
    text = "".join(f"  - name: {n}\n    expect: {{verdict: permit}}\n" for n in ("old", "new"))
    assert [outcome.name for outcome in run(folder, text, "new")] == ["new"]
    assert len(run(folder, text, "tried")) == 2
    assert run(folder, text, "other") == ()


def test_a_document_is_found_by_its_file_before_its_id(folder: Path) -> None:
    league = read_folder(folder)
    assert find_document(league.policies, "oak") is league.policies[0]
    assert find_document(league.policies, "oak-policy") is league.policies[0]
    assert find_document(league.policies, "elm") is None


def test_an_id_that_two_documents_share_names_none(folder: Path) -> None:
    text = (folder / "assets" / "oak.yaml").read_text(encoding="utf-8")
    (folder / "assets" / "elm.yaml").write_text(text, encoding="utf-8")
    assert find_document(read_folder(folder).assets, "customers") is None


def test_a_folder_without_examples_is_refused(folder: Path) -> None:
    with pytest.raises(DocumentFileError, match="expected examples"):
        example_files(folder)


def test_a_folder_without_a_charter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentFileError, match=r"charter\.yaml: expected a file"):
        read_folder(tmp_path)


COUNSEL = a_key(77)
REFUSING = a_pack(checks=(a_refusing_check(),))


def pinning(role: str, pin: PackPin, more: str = "") -> str:
    """An example that is permitted but for a legal pack that charter or policy pins."""
    written = f"{{id: {pin.id}, version: {pin.version}, digest: '{pin.digest}'}}"
    return (
        f"  - name: a\n    changes:\n{PERMITTED}      {role}.packs: [{written}]\n{more}"
        "    expect: {verdict: permit, permit_index: 0}\n"
    )


def lay_draft(folder: Path, pack: LegalPack) -> None:
    """Lay a pack into a folder as its authors write it."""
    (folder / "packs").mkdir(exist_ok=True)
    text = pack.model_dump_json()
    (folder / "packs" / f"{pack.id}.yaml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("role", ["charter", "policy"])
def test_a_pinned_pack_that_ships_is_asked(folder: Path, role: str) -> None:
    shipped = find_pack("eu-gdpr").document
    (outcome,) = run(folder, pinning(role, a_pin(shipped)))
    said = {f.source for f in outcome.decision.findings if f.rule == "pack.check"}
    assert "eu-gdpr@1.0.0:purpose" in said
    assert outcome.decision.denied_by == ("pack.check",)


@pytest.mark.parametrize("role", ["charter", "policy"])
def test_a_pinned_pack_that_lies_in_the_folder_is_asked_unsigned(folder: Path, role: str) -> None:
    lay_draft(folder, REFUSING)
    asked = "      policy.pack_rules: {counsel_signature: true}\n"
    (outcome,) = run(folder, pinning(role, a_pin(REFUSING), asked))
    assert set(outcome.decision.denied_by) == {"pack.check", "pack.counsel"}


def test_a_pinned_pack_that_counsel_signed_is_asked_as_signed(folder: Path) -> None:
    (folder / "packs").mkdir()
    signed = COUNSEL.sign(a_pack()).to_json()
    (folder / "packs" / "example-act-1.0.0.dsse.json").write_bytes(signed)
    asked = "      policy.pack_rules: {counsel_signature: true}\n"
    known = f"      charter.counsel_key: '{COUNSEL.public_hex}'\n"
    (outcome,) = run(folder, pinning("charter", a_pin(), asked + known))
    assert outcome.is_passed
    (outcome,) = run(folder, pinning("charter", a_pin(), asked))
    assert outcome.decision.denied_by == ("pack.pinned",)


def test_a_pinned_pack_that_is_not_at_hand_refuses(folder: Path) -> None:
    lay_draft(folder, a_pack(checks=(a_check(severity="advise"),)))
    (outcome,) = run(folder, pinning("charter", a_pin()))
    assert outcome.decision.denied_by == ("pack.pinned",)


def test_a_pack_in_the_folder_that_nobody_pins_is_not_asked(folder: Path) -> None:
    lay_draft(folder, REFUSING)
    (outcome,) = run(
        folder, f"  - name: a\n    changes:\n{PERMITTED}    expect: {{verdict: permit}}\n"
    )
    assert outcome.is_passed


def test_a_pack_in_the_folder_that_is_not_valid_is_refused(folder: Path) -> None:
    (folder / "packs").mkdir()
    (folder / "packs" / "bad.yaml").write_text("kind: Study\n", encoding="utf-8")
    with pytest.raises(DocumentError, match=r"packs/bad\.yaml"):
        read_folder(folder)


def test_a_pack_in_the_folder_with_a_word_that_nobody_knows_is_refused(folder: Path) -> None:
    listed = SensitivityList(id="act-list", standard="act", categories=("user.shopping",))
    lay_draft(folder, a_pack(sensitivity=(listed,)))
    with pytest.raises(DocumentError, match=r"packs/example-act\.yaml: .*user\.shopping"):
        read_folder(folder)


def test_coverage_counts_examples_that_pass_alone(folder: Path) -> None:
    failing = run(folder, "  - name: a\n    expect: {verdict: permit}\n")
    passing = run(
        folder,
        "  - name: a\n    expect: {verdict: deny, denied_by: [permit.none, budget.purpose]}\n",
    )
    assert "permit.none" in coverage_of(failing).never_refusing
    assert "permit.none" not in coverage_of(passing).never_refusing
    assert "expiry.study" not in coverage_of(passing).never_permitting
    assert not coverage_of(passing).is_complete


def test_a_path_is_read_as_role_and_steps() -> None:
    assert split_path("policy.permits[0].columns[12].name") == (
        "policy",
        ("permits", 0, "columns", 12, "name"),
    )


def test_a_change_leaves_the_document_that_was_read_alone() -> None:
    tree = parse_yaml("a: {b: [1, 2]}\n", "x.yaml")
    assert changed(tree, ("a", "b", 1), 3).root == {"a": {"b": [1, 3]}}
    assert changed(tree, ("a", "b", 2), 3).root == {"a": {"b": [1, 2, 3]}}
    assert changed(tree, ("c", "d"), 3).root == {"a": {"b": [1, 2]}, "c": {"d": 3}}
    assert tree.root == {"a": {"b": [1, 2]}}


@pytest.mark.parametrize(
    "path", [("a", "b", 3), ("a", 0), ("a", "b", "c"), ("c", 0), ("a", "b", 0, "d")]
)
def test_a_place_that_cannot_be_is_told(path: tuple[str | int, ...]) -> None:
    tree = parse_yaml("a: {b: [1, 2]}\n", "x.yaml")
    with pytest.raises(UnreachableFieldError):
        changed(tree, path, 3)


def test_findings_name_documents_within_the_folder(folder: Path) -> None:
    league: LeagueFolder = read_folder(folder)
    assert league.policies[0].loaded.source.name == "policies/oak.yaml"
