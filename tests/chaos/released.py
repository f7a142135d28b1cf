"""Whether what was released is what the brands' contributions add up to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import numpy as np

from hanse_federation.contributions import Contributions
from hanse_federation.measurements import measurement_for
from hanse_federation.messages import (
    CellsReply,
    CohortReply,
    CohortRequest,
    MeasureRequest,
    Question,
)
from hanse_federation.privacy.plan import plan_study
from hanse_federation.release import read_release
from hanse_federation.release.card import MeasurementTable, ReleaseCard
from hanse_policies.documents import AllianceCharter, AudienceHistogram, Study
from hanse_server.enrolment import charter_in_force
from hanse_server.home import OperatorHome

TrueSum = tuple[tuple[str, ...], list[int]]
"""Whose contributions, and what they add up to."""


def release_violations(
    operator: OperatorHome, study: Study, digest: str, sums: Mapping[Question, TrueSum]
) -> Iterator[str]:
    """Compare a study's one release with the sums that were computed from the brands' stores.

    Args:
        operator: Where the release lies.
        study: The study.
        digest: Its digest.
        sums: By question, of the rounds numbered 0.
    """
    with operator.open_store() as store:
        records = [record for record in store.runs.releases() if record.study == digest]
        charter = charter_in_force(operator, store)
    if len(records) != 1:
        yield f"expected one release, got {len(records)}"
        return
    folder = operator.releases_folder / records[0].directory
    card = read_release(folder, operator.signing_key().public_hex, datetime.now(UTC)).card
    yield from _cohort(card, study, charter, sums)
    yield from _table(card, study, charter, sums)


def _cohort(
    card: ReleaseCard, study: Study, charter: AllianceCharter, sums: Mapping[Question, TrueSum]
) -> Iterator[str]:
    if Question.COHORT not in sums:
        yield "a study was released whose cohort was never summed"
        return
    brands, values = sums[Question.COHORT]
    reply = _contributions(study, charter).decode(
        CohortRequest(), np.array(values), contributors=len(brands), reference_persons=0
    )
    if not isinstance(reply, CohortReply) or reply.noised_persons != card.cohort.noised_persons:
        yield "the released cohort is not the sum of the brands' contributions"
    if card.cohort.brands != brands:
        yield "the released cohort names other brands than are in its sum"


def _table(
    card: ReleaseCard, study: Study, charter: AllianceCharter, sums: Mapping[Question, TrueSum]
) -> Iterator[str]:
    computation, result = study.computation, card.result
    if not isinstance(computation, AudienceHistogram) or not isinstance(result, MeasurementTable):
        return
    brands, values = sums[Question.MEASURE]
    reply = _contributions(study, charter).decode(
        MeasureRequest(), np.array(values), contributors=len(brands), reference_persons=0
    )
    cells = reply.cells if isinstance(reply, CellsReply) else ()
    figures = measurement_for(computation).decode(
        np.array(cells, dtype=np.int64),
        contributions=len(brands),
        noise_multiplier=plan_study(study).share_multiplier(Question.MEASURE),
        minimum_persons=result.minimum_persons,
    )
    true = [None if cell.persons is None else cell.persons.value for cell in figures.cells]
    shown = [None if cell.count is None else cell.count.estimate for cell in result.cells]
    if shown != true:
        yield "the released table is not the sum of the brands' contributions"


def _contributions(study: Study, charter: AllianceCharter) -> Contributions:
    return Contributions.of(study, plan_study(study), charter)
