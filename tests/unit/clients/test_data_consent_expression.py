from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse_clients.data.consent_expression import consenting_persons
from hanse_clients.data.expression import view_expression
from hanse_clients.data.view import MinimalView, ViewUse, view_for
from hanse_policies.documents import (
    ConsentRecord,
    ConsentStanding,
    DataAsset,
    PopulationFilter,
    Purpose,
)
from tests.support.brand_tables import (
    ANALYTICS_WORD,
    DAY,
    HOUR,
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
from tests.support.canonical_tables import INSTANTS, Engine
from tests.support.consent import a_need


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


Held = tuple[ConsentRow, Collection[str]]
"""A row of the register, and which of its instants cannot be read."""


def may_be_used(held: Sequence[Held]) -> bool:
    """The rule of `expression` over `ConsentRecord`, in plain Python."""
    if any(unreadable for _, unreadable in held):
        return False
    rows = [row for row, _ in held]
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
        ).standing_at(NOW, a_need())
        is ConsentStanding.VALID
        for given, row in past
        if given == last
    )


UNREADABLE = st.just(frozenset[str]()) | st.frozensets(st.sampled_from(INSTANTS), max_size=2)


@settings(max_examples=200, deadline=None)
@given(rows=ROWS, drawn=st.lists(UNREADABLE, min_size=12, max_size=12))
def test_consenting_persons_are_those_whose_latest_record_allows(
    asset: DataAsset, rows: list[ConsentRow], drawn: list[frozenset[str]]
) -> None:
    register = list(zip(rows, drawn, strict=False))
    engine = Engine([], rows, dict(enumerate(drawn)))
    asked = {
        person: [h for h in register if (h[0].subject, h[0].use) == (person, TRAINING_WORD)]
        for person in ("a", "b", "c")
    }

    found = {row[0] for row in engine.run(consenting_persons(scoring(asset)))}

    assert found == {person for person, held in asked.items() if may_be_used(held)}


@settings(max_examples=50, deadline=None)
@given(rows=ROWS.filter(bool), data=st.data())
def test_an_unreadable_instant_never_lets_anybody_in(
    asset: DataAsset, rows: list[ConsentRow], data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from(INSTANTS))
    whole, damaged = Engine([], rows), Engine([], rows, {number: {name}})

    before, after = (
        {row[0] for row in engine.run(consenting_persons(scoring(asset)))}
        for engine in (whole, damaged)
    )

    is_concerned = rows[number].use == TRAINING_WORD
    assert after == before - ({rows[number].subject} if is_concerned else set())
