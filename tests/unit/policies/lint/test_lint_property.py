"""No set of valid documents makes a lint raise, and every finding can be told and placed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hanse_policies.canonical import digest
from hanse_policies.documents import (
    Approval,
    ApprovalRules,
    Approver,
    BrandPolicy,
    ColumnType,
    ConsentBasis,
    ConsentRules,
    Export,
    ExportMechanism,
    Floors,
    FlowLabel,
    ImpactAssessment,
    LocationPrecision,
    Notice,
    PermittedColumn,
    Pseudonym,
    Purpose,
    ResultUse,
    SeparateConsent,
    StrictModel,
    Verdict,
)
from hanse_policies.language import Language
from hanse_policies.lint import fix_texts, lint_documents, lint_texts
from hanse_policies.lint.catalogue import FIXES
from hanse_policies.taxonomy import TaxonomyPin
from tests.support.documents import (
    BRANDS,
    COLUMNS,
    NOW,
    a_budget,
    a_charter,
    a_column,
    a_consent_mapping,
    a_histogram_study,
    a_key,
    a_member,
    a_permit,
    a_policy,
    a_privacy,
    a_training_study,
    an_asset,
)
from tests.support.linting import linted, sample_texts

NAMES = tuple(name for name, _, _ in COLUMNS)
PLACES = st.sampled_from([None, "CN", "CN-GD", "DE", "FR", "SG", "US-CA", "EU"])
PURPOSES = st.sampled_from(list(Purpose))
DAYS = st.integers(1, 3650)
TEXTS = st.sampled_from(["needed", "anonymous {x}", "匿名", "shops plan by region", "%s {0}"])
CATEGORIES = st.sampled_from(
    ["user", "user.location", "user.contact.email", "user.content", "user.behavior", "no.word"]
)


def some(values: type) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(st.sampled_from(list(values)), unique=True, max_size=3).map(tuple)  # type: ignore[call-overload]


@st.composite
def charters(draw: st.DrawFn) -> StrictModel:
    brands = draw(st.lists(st.sampled_from(BRANDS), unique=True))
    owner = draw(st.sampled_from([{}, {"legal_entity": "One Owner"}]))
    return a_charter(
        members=tuple(a_member(b, jurisdiction=draw(PLACES), **owner) for b in brands),
        floors=Floors(
            minimum_brands=draw(st.integers(1, 5)), minimum_persons=draw(st.integers(1, 500))
        ),
        max_brands_per_person=draw(st.integers(1, 4)),
    )


@st.composite
def assets(draw: st.DrawFn) -> StrictModel:
    names = draw(st.lists(st.sampled_from((*NAMES, "id_md5", "phone")), min_size=1, unique=True))
    columns = tuple(
        a_column(
            name,
            type=draw(st.sampled_from(list(ColumnType))),
            category=draw(CATEGORIES),
            description=draw(TEXTS),
            retention_days=draw(DAYS),
            pseudonym=draw(st.none() | st.sampled_from(list(Pseudonym))),
            precision=draw(st.none() | st.sampled_from(list(LocationPrecision))),
        )
        for name in names
    )
    return an_asset(
        id=draw(st.sampled_from(["customers", "visitors"])),
        columns=columns,
        consent=a_consent_mapping(age_band=draw(st.none() | st.just("age_band"))),
        persons_at_most=draw(st.none() | st.integers(1, 10_000_000_000)),
        renewed_every_days=draw(st.none() | DAYS),
    )


@st.composite
def notices(draw: st.DrawFn) -> Notice:
    return Notice(
        version="1",
        digest="a" * 64,
        purposes=(draw(PURPOSES),),
        recipients=(draw(st.sampled_from(["operator", "alliance-members"])),),
        separate_consents=draw(some(SeparateConsent)),
        objection=draw(st.none() | st.just("in the app")),
    )


@st.composite
def permitted_columns(draw: st.DrawFn) -> tuple[PermittedColumn, ...]:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    return tuple(
        PermittedColumn(name=name, necessity=draw(TEXTS), sensitive=draw(st.booleans()))
        for name in names
    )


@st.composite
def policies(draw: st.DrawFn) -> BrandPolicy:
    counts = st.none() | st.integers(0, 2_000_000)
    permits = tuple(
        a_permit(
            purpose=draw(PURPOSES),
            least_protection=draw(st.sampled_from(list(FlowLabel))),
            retention_days=draw(DAYS),
            minimum_persons=draw(st.integers(1, 1000)),
        ).model_copy(update={"columns": draw(permitted_columns())})
        for _ in range(draw(st.integers(0, 3)))
    )
    dated = st.builds(lambda days: NOW - timedelta(days=days), st.integers(0, 400))
    approver = Approver(id="privacy-engineer", role="engineer", key=a_key(60).public_hex)
    return a_policy(
        id=draw(st.sampled_from(["alder-policy", "other"])),
        brand=draw(st.sampled_from(BRANDS)),
        permits=permits,
        budgets=tuple(a_budget(p, period_days=draw(DAYS)) for p in draw(some(Purpose))),
        approvers=(approver,),
        approvals=ApprovalRules(loosen=draw(st.integers(0, 1))),
        consent=ConsentRules(
            max_age_hours=draw(st.integers(1, 720)),
            bases=draw(some(ConsentBasis)) or (ConsentBasis.CONSENT,),
        ),
        taxonomies=draw(some(TaxonomyPin)),
        notices=tuple(draw(st.lists(notices(), max_size=2))),
        assessment=draw(
            st.none() | st.builds(ImpactAssessment, digest=st.just("b" * 64), dated=dated)
        ),
        export=draw(
            st.none()
            | st.builds(
                Export,
                mechanism=st.sampled_from(list(ExportMechanism)),
                persons_at_most=counts,
                sensitive_persons_at_most=counts,
            )
        ),
    )


@st.composite
def studies(draw: st.DrawFn) -> StrictModel:
    build = draw(st.sampled_from([a_training_study, a_histogram_study]))
    return build(
        title=draw(TEXTS),
        uses=draw(some(ResultUse)),
        minimum_brands=draw(st.integers(1, 6)),
        minimum_persons=draw(st.integers(1, 10_000_000)),
        retention_days=draw(DAYS),
        privacy=a_privacy(delta=draw(st.sampled_from([1e-12, 1e-6, 9e-4]))),
    )


@st.composite
def document_sets(draw: st.DrawFn) -> tuple[StrictModel, ...]:
    versions = draw(st.lists(policies(), max_size=2))
    if versions and draw(st.booleans()):
        older = versions[0]
        change = {"supersedes": digest(older), "version": "2.0.0"}
        versions.append(draw(policies()).model_copy(update=change))
    approvals = [
        Approval(
            kind="Approval",
            document=digest(version),
            supersedes=None,
            approver=draw(st.sampled_from(["privacy-engineer", "data-owner"])),
            verdict=Verdict.PERMIT,
            reason="fits the notice",
            approved=NOW,
        )
        for version in versions
    ]
    rest = draw(st.lists(charters() | assets() | studies(), max_size=4))
    return tuple(draw(st.permutations([*versions, *approvals, *rest])))


@given(document_sets(), st.sampled_from(list(Language)))
@settings(max_examples=300, deadline=None)
def test_no_set_of_valid_documents_makes_a_lint_raise(
    documents: tuple[StrictModel, ...], language: Language
) -> None:
    report = lint_documents(linted(*documents))
    for finding, record in zip(report.findings, report.records(language), strict=True):
        assert record.message
        assert finding.edit is None or finding.code in FIXES


@given(document_sets())
@settings(max_examples=100, deadline=None)
def test_the_order_of_the_documents_does_not_matter_to_what_is_found(
    documents: tuple[StrictModel, ...],
) -> None:
    def found(order: tuple[StrictModel, ...]) -> set[str]:
        return {finding.code for finding in lint_documents(linted(*order)).findings}

    one_of_each = tuple({type(document): document for document in documents}.values())
    assert found(one_of_each) == found(one_of_each[::-1])


LINES = sorted(
    {
        line
        for lint in ("L09", "L25", "L31")
        for text in sample_texts(lint, "fails").values()
        for line in text.splitlines()
    }
)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.sampled_from(LINES)), max_size=4),
    st.sampled_from(["L09", "L13", "L25", "L29", "L31", "L34"]),
)
@settings(max_examples=100, deadline=None)
def test_damaged_texts_are_linted_and_fixed_without_raising(
    damages: list[tuple[int, str]], lint: str
) -> None:
    texts = sample_texts(lint, "fails")
    for at, line in damages:
        path = next(iter(texts))
        lines = texts[path].splitlines()
        lines[at % len(lines)] = line
        texts[path] = "\n".join(lines)
    fixed = fix_texts(texts)
    assert {str(path) for path in fixed} == {str(path) for path in texts}
    assert fix_texts(fixed) == fixed
    assert all(Path(finding.place.file) in texts for finding in lint_texts(fixed).findings)
