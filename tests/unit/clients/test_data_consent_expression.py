from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse_clients.data.expression import consenting_persons, view_expression
from hanse_clients.data.view import MinimalView, ViewUse, view_for
from hanse_policies.documents import ConsentRecord, DataAsset, PopulationFilter, Purpose
from tests.support.brand_tables import (
    ANALYTICS_WORD,
    DAY,
    HOUR,
    MAX_AGE_HOURS,
    NOW,
    SALT,
    TRAINING_WORD,
    ConsentRow,
    ordinary_rows,
    policy,
    study,
    training,
    write_brand,
)
from tests.support.canonical_tables import Engine


@pytest.fixture(scope="module")
def asset(tmp_path_factory: pytest.TempPathFactory) -> DataAsset:
    return write_brand(tmp_path_factory.mktemp("brand"), ordinary_rows(1), [])


def scoring(asset: DataAsset, population: tuple[PopulationFilter, ...] = ()) -> MinimalView:
    return view_for(
        study(training(), population), asset, policy(), NOW, SALT,
        use=ViewUse.SCORING,
    )  # fmt: skip


def persons(engine: Engine, view: MinimalView) -> set[str]:
    return {row[0] for row in engine.run(view_expression(view))}


AROUND_NOW = st.none() | st.sampled_from(
    [NOW + offset for offset in (
        -3 * DAY, -DAY - timedelta(microseconds=1), -DAY, -HOUR, -timedelta(microseconds=1),
        timedelta(0), timedelta(microseconds=1), HOUR, 3 * DAY,
    )]
)  # fmt: skip
ROWS = st.lists(
    st.builds(
        ConsentRow,
        subject=st.sampled_from(["a", "b", "c", None]),
        use=st.sampled_from([TRAINING_WORD, TRAINING_WORD, ANALYTICS_WORD]),
        given=AROUND_NOW,
        until=AROUND_NOW,
        taken_back=AROUND_NOW,
        as_of=st.sampled_from([NOW, NOW - HOUR, NOW - DAY]) | AROUND_NOW,
    ),
    max_size=12,
)


def may_be_used(rows: Sequence[ConsentRow]) -> bool:
    """The rule of `expression` over `ConsentRecord`, in plain Python."""
    past = [(row.given, row) for row in rows if row.given is not None and row.given <= NOW]
    if not past:
        return False
    last = max(given for given, _ in past)
    if any(row.taken_back is not None and last <= row.taken_back <= NOW for row in rows):
        return False
    return all(
        row.as_of is not None
        and ConsentRecord(
            purpose=Purpose.MODEL_TRAINING,
            granted=given,
            expires=row.until,
            withdrawn=row.taken_back,
            synced=row.as_of,
        ).is_valid_at(NOW, timedelta(hours=MAX_AGE_HOURS))
        for given, row in past
        if given == last
    )


@settings(max_examples=150, deadline=None)
@given(register=ROWS)
def test_consenting_persons_are_those_whose_latest_record_allows(
    asset: DataAsset, register: list[ConsentRow]
) -> None:
    engine = Engine([], register)
    asked = {
        person: [r for r in register if r.subject == person and r.use == TRAINING_WORD]
        for person in ("a", "b", "c")
    }

    found = {row[0] for row in engine.run(consenting_persons(scoring(asset)))}

    assert found == {person for person, rows in asked.items() if may_be_used(rows)}
