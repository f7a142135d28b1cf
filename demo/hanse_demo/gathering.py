"""From the parties' own records to the report and the brands' pages.

Rules: every figure comes from a record of the product, read through its Python
API: the operator's store, charter and verified releases, each brand's verdicts,
ledger and verified egress journal. Nothing is copied from a screen. Of what the
brands answered the operator's records hold sums alone, and so does the report; a
brand's true figures go to that brand's page alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from hanse_clients.brand_views import BudgetStanding
from hanse_clients.client import BrandClient
from hanse_demo.league import League, LeagueBrand
from hanse_demo.panel import ATTRIBUTION
from hanse_demo.reference import References, persons_in_view
from hanse_demo.report import (
    Brand,
    BrandReport,
    BrandVerdict,
    BudgetLine,
    DemoNote,
    LeagueReport,
    RefusalExplanation,
    StudySection,
    TrueCohort,
    cohort_of,
    explanation_of,
    guarantee_of,
    result_of,
    verdict_of,
)
from hanse_federation.desk import OperatorStatus
from hanse_policies.documents import (
    AllianceCharter,
    BrandId,
    Study,
    StudyId,
    StudyVerdict,
)
from hanse_policies.signing import Envelope, open_envelope
from hanse_server.alliance import Alliance
from hanse_server.store import OperatorStore, RunRecord, StudyRecord

ALLOWED_GAP = 0.05
"""How far the model's AUC may lie below that of the pooled, non-private one."""


@dataclass(frozen=True, slots=True)
class Course:
    """What the demo itself saw of a run, and no party's record holds.

    Attributes:
        started: When the demo began, with a time zone.
        finished: When the last study had ended.
        processes: Process id of each brand.
        details: How each study ended in the operator's words, by digest.
        references: What only the demo can compute.
        notes: Facts about this run on this machine.
    """

    started: datetime
    finished: datetime
    processes: Mapping[BrandId, int]
    details: Mapping[str, str]
    references: References
    notes: tuple[DemoNote, ...]


@dataclass(frozen=True, slots=True)
class BrandRecords:
    """What one brand's own records hold.

    Attributes:
        brand: Whose records.
        refusals: Why it refused what it refused, by the study's digest.
        budgets: What it spent, a line a purpose.
        messages_sent: Entries of its egress journal, whose chain was verified.
    """

    brand: LeagueBrand
    refusals: Mapping[str, RefusalExplanation]
    budgets: tuple[BudgetLine, ...]
    messages_sent: int


def read_brand(brand: LeagueBrand, refused: tuple[str, ...]) -> BrandRecords:
    """Read a brand's ledger and egress journal, and have it explain what it refused.

    Args:
        brand: Whose records.
        refused: Digests of the studies it refused.

    Raises:
        JournalBrokenError: The journal was changed.
    """
    with BrandClient.open(brand.folder) as client:
        entries = client.ledger()
        return BrandRecords(
            brand=brand,
            refusals={
                digest: explanation_of(client.preflight(digest).judgement.decision)
                for digest in refused
            },
            budgets=tuple(
                _budget_line(
                    brand.brand,
                    standing,
                    sum(entry.charge.purpose is standing.budget.purpose for entry in entries),
                )
                for standing in client.budgets()
            ),
            messages_sent=len(client.egress()),
        )


def league_report(
    league: League,
    alliance: Alliance,
    status: OperatorStatus,
    brands: tuple[BrandRecords, ...],
    course: Course,
) -> LeagueReport:
    """Put the league's report together.

    Args:
        league: The league.
        alliance: The operator's home and records.
        status: The operator's last view, with the traffic.
        brands: Each brand's own records, in the league's order.
        course: What the demo saw.
    """
    charter = alliance.charter()
    with alliance.home.open_store() as store:
        sections = tuple(
            _section(alliance, charter, store, record, brands, course)
            for record in _in_order(store.studies.studies(), league)
        )
    return LeagueReport(
        alliance=charter.id,
        operator=charter.operator.name,
        mode=league.mode,
        brands=tuple(
            Brand(member.brand, member.short_name, course.processes.get(member.brand))
            for member in league.brands
        ),
        started=course.started,
        finished=course.finished,
        studies=sections,
        budgets=tuple(line for records in brands for line in records.budgets),
        traffic=status.traffic,
        attribution=ATTRIBUTION,
        version=version("hanse"),
        notes=course.notes,
    )


def brand_report(
    report: LeagueReport, records: BrandRecords, *, asked: datetime, now: datetime
) -> BrandReport:
    """Put a brand's own page together, with its true cohorts.

    Args:
        report: The league's report, for what of it concerns this brand.
        records: The brand's own records.
        asked: The instant at which consent is judged: when the studies ran.
        now: When the page is written.
    """
    brand = next(b for b in report.brands if b.id == records.brand.brand)
    refused = ((s.study.title, _own(s.refusals, brand.id)) for s in report.studies)
    return BrandReport(
        brand=brand,
        alliance=report.alliance,
        written=now,
        cohorts=tuple(_true_cohort(section, records.brand, asked) for section in report.studies),
        verdicts=tuple(
            (section.study.title, entry)
            for section in report.studies
            for entry in section.verdicts
            if entry.brand == brand.id
        ),
        budgets=records.budgets,
        refusals=tuple((title, told) for title, told in refused if told is not None),
        traffic=tuple(count for count in report.traffic if count.brand == brand.id),
        attribution=report.attribution,
    )


def _section(
    alliance: Alliance,
    charter: AllianceCharter,
    store: OperatorStore,
    record: StudyRecord,
    brands: tuple[BrandRecords, ...],
    course: Course,
) -> StudySection:
    study = open_envelope(Envelope.from_json(record.envelope), Study, charter.operator.signing_key)
    runs = store.runs.runs(record.digest)
    released = [r.digest for r in store.runs.releases() if r.study == record.digest]
    card = alliance.release(released[-1]).card if released else None
    references = course.references
    explanations = (records.refusals.get(record.digest) for records in brands)
    return StudySection(
        study=study,
        state=record.state,
        verdicts=_verdicts(charter, store, record.digest),
        cohort=cohort_of(card) if card else None,
        guarantee=guarantee_of(card) if card else None,
        duration_seconds=_seconds(runs[-1]) if released else None,
        detail=course.details.get(record.digest, ""),
        release=released[-1] if released else "",
        result=result_of(
            card, exact=references.exact, pooled=references.pooled, allowed_gap=ALLOWED_GAP
        )
        if card
        else None,
        refusals=tuple(told for told in explanations if told is not None),
    )


def _verdicts(
    charter: AllianceCharter, store: OperatorStore, digest: str
) -> tuple[BrandVerdict, ...]:
    """Take every member's word, checked against the key that the charter pins for it."""
    held = {record.brand: record.envelope for record in store.studies.verdicts(digest)}
    return tuple(
        verdict_of(
            open_envelope(
                Envelope.from_json(held[BrandId(member.brand)]), StudyVerdict, member.signing_key
            )
        )
        if member.brand in held
        else BrandVerdict(BrandId(member.brand), None)
        for member in charter.members
    )


def _true_cohort(section: StudySection, brand: LeagueBrand, asked: datetime) -> TrueCohort:
    summed = () if section.cohort is None else section.cohort.brands
    return TrueCohort(
        study=StudyId(section.study.id),
        title=section.study.title,
        purpose=section.study.purpose,
        persons_in_table=brand.households,
        persons_in_view=persons_in_view(section.study, brand.folder, asked),
        summed_over=len(summed) if brand.brand in summed else None,
    )


def _budget_line(brand: BrandId, standing: BudgetStanding, charges: int) -> BudgetLine:
    return BudgetLine(
        brand=brand,
        purpose=standing.budget.purpose,
        spent_epsilon=standing.spent.epsilon if standing.spent else 0.0,
        budget_epsilon=standing.budget.epsilon,
        delta=standing.budget.delta,
        charges=charges,
    )


def _in_order(records: tuple[StudyRecord, ...], league: League) -> tuple[StudyRecord, ...]:
    order: list[str] = [study.study for study in league.studies]
    return tuple(sorted(records, key=lambda record: order.index(record.study_id)))


def _own(refusals: tuple[RefusalExplanation, ...], brand: BrandId) -> RefusalExplanation | None:
    return next((told for told in refusals if told.brand == brand), None)


def _seconds(run: RunRecord) -> float | None:
    return None if run.ended_at is None else (run.ended_at - run.started_at).total_seconds()


def write_own(path: Path, page: str) -> None:
    """Write a brand's page so that its owner alone may read it."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(page, encoding="utf-8")
