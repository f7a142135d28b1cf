from __future__ import annotations

import csv
import re
from collections import Counter

import pytest

from hanse_policies.canonical import digest
from hanse_policies.catalogue import RULE_TEXTS
from hanse_policies.documents import ConsentField, TrustMode, Verdict
from hanse_policies.examples.coverage import REFUSE_ONLY, coverage_of
from hanse_policies.language import Language
from hanse_policies.lint.linting import lint_texts
from hanse_policies.packs.shipped import find_pack
from hanse_policies.rehearsal import rehearse_league
from hanse_policies.taxonomy import Taxonomy
from tests.support.explanations import FOLDER, chosen, explanations, key_of
from tests.support.sample_leagues import LEAGUES, SAMPLES, SampleLeague, sample_leagues

LEAST_EXAMPLES = 300
LEAST_SEEN = 2
PINNED = {
    "fmcg-cn": ["cn-pipl@1.0.0"],
    "retail-eu": ["eu-gdpr@1.0.0"],
    "cross-border": ["cn-pipl@1.0.0", "eu-gdpr@1.0.0"],
}
ASKED_OF_REGISTERS = (
    ConsentField.BASIS,
    ConsentField.NOTICE,
    ConsentField.AGE_BAND,
    ConsentField.GUARDIAN,
    ConsentField.JURISDICTION,
    ConsentField.RECIPIENTS,
)
BRACES = re.compile(r"[{}]")


@pytest.fixture(params=LEAGUES)
def league(request: pytest.FixtureRequest) -> SampleLeague:
    return next(each for each in sample_leagues() if each.name == request.param)


def test_every_example_is_decided_as_expected(league: SampleLeague) -> None:
    assert [f"{o.file}:{o.line} {o.name}" for o in league.outcomes if not o.is_passed] == []


def test_every_league_sees_every_rule_both_ways(league: SampleLeague) -> None:
    assert coverage_of(league.outcomes).is_complete


def test_every_league_pins_the_packs_of_its_laws_as_they_ship(league: SampleLeague) -> None:
    pins = league.folder.charter.loaded.document.packs
    assert [pin.name for pin in pins] == PINNED[league.name]
    own = [pin for file in league.folder.policies for pin in file.loaded.document.packs]
    for pin in (*pins, *own):
        assert pin.digest == digest(find_pack(pin.name).document)


def test_a_league_lints_without_a_finding(league: SampleLeague) -> None:
    files = sorted(league.folder.path.rglob("*.yaml"))
    report = lint_texts({file: file.read_text(encoding="utf-8") for file in files})
    assert list(report.lines(Language.EN)) == []


def test_what_each_brand_permits_each_pinned_pack_was_asked_about(league: SampleLeague) -> None:
    permitted = [
        outcome.decision
        for outcome in league.outcomes
        if outcome.file == "examples/by-brand.yaml" and outcome.expected.verdict is Verdict.PERMIT
    ]
    assert permitted
    for decision in permitted:
        said = {f.source for f in decision.findings if f.rule == "pack.check"}
        assert decision.is_permitted
        assert set(PINNED[league.name]) <= said


def test_examples_without_a_pack_are_few_and_say_so(league: SampleLeague) -> None:
    unasked = [
        outcome.name
        for outcome in league.outcomes
        if not any(finding.rule.startswith("pack.") for finding in outcome.decision.findings)
        and "expiry.clock" not in outcome.decision.denied_by
    ]
    assert len(unasked) <= LEAST_SEEN
    assert all("规则包" in name or "no pack" in name for name in unasked)


def test_there_are_enough_examples_of_both_verdicts() -> None:
    outcomes = [outcome for each in sample_leagues() for outcome in each.outcomes]
    verdicts = Counter(outcome.expected.verdict for outcome in outcomes)
    assert len(outcomes) >= LEAST_EXAMPLES
    assert min(verdicts[Verdict.PERMIT], verdicts[Verdict.DENY]) >= LEAST_EXAMPLES / 4


@pytest.mark.parametrize("rule", RULE_TEXTS)
def test_every_rule_refuses_in_two_examples_and_permits_in_two(rule: str) -> None:
    said: Counter[Verdict] = Counter()
    for outcome in (outcome for each in sample_leagues() for outcome in each.outcomes):
        said.update({f.verdict for f in outcome.decision.findings if f.rule == rule})
    assert said[Verdict.DENY] >= LEAST_SEEN
    if rule in REFUSE_ONLY:
        assert said[Verdict.PERMIT] == 0
    else:
        assert said[Verdict.PERMIT] >= LEAST_SEEN


@pytest.mark.parametrize("language", Language)
def test_every_explanation_is_filled(league: SampleLeague, language: Language) -> None:
    unfilled = [
        outcome.name
        for outcome in league.outcomes
        if BRACES.search(outcome.decision.explain(language))
    ]
    assert unfilled == []


def test_every_explanation_names_a_line_of_a_document_or_a_check_of_a_pack(
    league: SampleLeague,
) -> None:
    place = re.compile(
        r"(?:charter|policies/[a-z-]+|assets/[a-z-]+|studies/[a-z-]+)\.yaml:[0-9]+"
        r"|[a-z-]+@[0-9.]+(?::[a-z0-9-]+)?"
    )
    for outcome in league.outcomes:
        assert all(place.fullmatch(f.source) for f in outcome.decision.findings), outcome.name


def test_the_kept_explanations_cover_what_each_league_refuses_and_a_permit(
    league: SampleLeague,
) -> None:
    kept = set(chosen())
    decisions = [o.decision for o in league.outcomes if key_of(league.name, o) in kept]
    refused = {rule for decision in decisions for rule in decision.denied_by}
    assert refused == set(RULE_TEXTS)
    assert any(decision.is_permitted for decision in decisions)


def test_the_kept_explanations_are_each_of_an_example() -> None:
    known = {key_of(each.name, o) for each in sample_leagues() for o in each.outcomes}
    assert len(chosen()) == len(set(chosen()))
    assert set(chosen()) <= known


@pytest.mark.parametrize("language", Language)
def test_the_kept_explanations_are_what_is_said(language: Language) -> None:
    """Where this is meant to change, see `tests/support/explanations.py`."""
    name = f"{language}.txt"
    assert (FOLDER / name).read_bytes() == explanations()[name].encode("utf-8")


def test_every_category_is_one_of_fideslang(league: SampleLeague) -> None:
    known = Taxonomy.load("fideslang-3.1.4")
    for file in league.folder.assets:
        for column in file.loaded.document.columns:
            known.resolve(column.category)


def test_a_consent_register_is_what_its_asset_says(league: SampleLeague) -> None:
    for file in league.folder.assets:
        mapping = file.loaded.document.consent
        path = (file.path.parent / mapping.source.path).resolve()
        with path.open(encoding="utf-8", newline="") as source:
            rows = list(csv.DictReader(source))
        assert list(rows[0]) == [
            mapping.person,
            mapping.purpose,
            mapping.granted,
            mapping.expires,
            mapping.withdrawn,
            mapping.synced,
            *(getattr(mapping, field) for field in ASKED_OF_REGISTERS),
        ]
        assert not mapping.told ^ set(ASKED_OF_REGISTERS)
        assert {row[mapping.purpose] for row in rows} <= set(mapping.purposes.values())
        assert any(row[mapping.withdrawn] for row in rows)
        assert any(row[mapping.expires] for row in rows)


def test_every_brand_has_policy_asset_and_register(league: SampleLeague) -> None:
    brands = {member.brand for member in league.folder.charter.loaded.document.members}
    assert {file.path.stem for file in league.folder.policies} == brands
    assert {file.loaded.document.brand for file in league.folder.policies} == brands
    assert {file.loaded.document.brand for file in league.folder.assets} == brands
    assert {path.stem for path in (league.folder.path / "consent").glob("*.csv")} == brands


def test_each_league_has_studies_of_both_modes_that_would_run_and_some_that_would_not(
    league: SampleLeague,
) -> None:
    folder = league.folder
    now = league.outcomes[0].decision.decided
    rehearsals = {file.loaded.document.privacy.mode: [] for file in folder.studies}
    for file in folder.studies:
        rehearsal = rehearse_league(
            file.loaded,
            folder.charter.loaded,
            [each.loaded for each in folder.policies],
            [each.loaded for each in folder.assets],
            now,
        )
        rehearsals[file.loaded.document.privacy.mode].append(rehearsal.would_run)
    assert set(rehearsals) == set(TrustMode)
    assert all(any(would_run) for would_run in rehearsals.values())
    assert not all(would_run for runs in rehearsals.values() for would_run in runs)


def test_the_readmes_count_the_examples() -> None:
    text = (SAMPLES / "README.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| \[([a-z-]+)\].*\| ([0-9]+) \|$", text, re.MULTILINE))
    counted = {league.name: str(len(league.outcomes)) for league in sample_leagues()}
    assert told == counted
    overall = (SAMPLES.parent / "README.md").read_text(encoding="utf-8")
    total = sum(len(league.outcomes) for league in sample_leagues())
    assert f"with {total} of\nthem" in overall
