"""The warehouse finds exactly the ended consents that the pure rule finds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse_clients.data.compiler import InProcessCompiler
from hanse_clients.data.queries import EndedConsentsQuery
from hanse_policies.documents import ConsentEnd, DataAsset, Purpose, ended_use, is_end_untold
from tests.support.brand_tables import ANALYTICS_WORD, DAY, HOUR, NOW, TRAINING_WORD
from tests.support.consent import a_need
from tests.unit.clients.test_data_consent_need import (
    GOOD,
    MAPPED,
    Row,
    asset,
    record_of,
    row_values,
    stored,
    view_of,
)

__all__ = ["asset"]

MICROSECOND = timedelta(microseconds=1)
uses = st.lists(
    st.sampled_from(
        [NOW - 3 * DAY, NOW - DAY - MICROSECOND, NOW - DAY, NOW - HOUR, NOW - MICROSECOND, NOW]
    ),
    min_size=1,
    max_size=4,
)
NOTHING_MAPPED: dict[str, Any] = dict.fromkeys(MAPPED)
mappings: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [NOTHING_MAPPED, NOTHING_MAPPED | {"invalidated": "void"}]
)
without_grant = st.builds(
    lambda row, synced: row | {"given": None, "as_of": synced, "unreadable": ()},
    row_values,
    st.sampled_from([NOW, NOW, None]),
)
"""A row that tells of an end alone, as an import of signals writes one."""
registers = (
    st.lists(row_values, max_size=10)
    | st.lists(without_grant, max_size=6)
    | st.lists(row_values | without_grant, max_size=10)
)


def counted(
    asset: DataAsset, rows: Sequence[Row], mapped: dict[str, Any], used: Sequence[datetime]
) -> tuple[int, int, int]:
    query = EndedConsentsQuery(
        asset=view_of(asset, mapped, a_need()).asset,
        purpose_word=TRAINING_WORD,
        used=tuple(used),
        now=NOW,
    )
    found = stored(rows).execute(InProcessCompiler().compile(query))
    names = [column[0] for column in found.description or ()]
    (values,) = found.fetchall()
    told = dict(zip(names, values, strict=True))
    return told["invalidated"], told["withdrawn"], told["unreadable"]


def of_rule(
    rows: Sequence[Row], mapped: dict[str, Any], used: Sequence[datetime]
) -> tuple[int, int, int]:
    held = {p: [record_of(r, mapped) for r in rows if r["subject"] == p] for p in "abc"}
    ends = [ended_use(records, Purpose.MODEL_TRAINING, used, NOW) for records in held.values()]
    untold = [
        is_end_untold(records, Purpose.MODEL_TRAINING, used, NOW) for records in held.values()
    ]
    return ends.count(ConsentEnd.INVALIDATED), ends.count(ConsentEnd.WITHDRAWN), sum(untold)


@settings(max_examples=100, deadline=None)
@given(rows=registers, mapped=mappings, used=uses)
def test_the_warehouse_counts_exactly_the_persons_of_the_pure_rule(
    asset: DataAsset, rows: list[Row], mapped: dict[str, Any], used: list[datetime]
) -> None:
    assert counted(asset, rows, mapped, used) == of_rule(rows, mapped, used)


EARLIER = NOW - 3 * DAY
ALL = dict.fromkeys(MAPPED) | {"invalidated": "void"}


@pytest.mark.parametrize(
    ("rows", "invalidated", "withdrawn"),
    [
        ([{}], 0, 0),
        ([{"taken_back": NOW - HOUR}], 0, 1),
        # Withdrawn before the use, which it therefore had no part in.
        ([{"given": EARLIER, "taken_back": NOW - 2 * DAY}], 0, 0),
        # In an event table the withdrawal is a row of its own.
        ([{}, {"given": None, "taken_back": NOW - HOUR}], 0, 1),
        # Granted anew since: the person consents now, and the use stays lawful.
        ([{"given": EARLIER, "taken_back": NOW - 2 * HOUR}, {"given": NOW - HOUR}], 0, 0),
        # Never counted, whatever was granted since.
        ([{"given": EARLIER, "void": NOW}, {"given": NOW - HOUR}], 1, 0),
        ([{"void": NOW, "taken_back": NOW}], 1, 0),
        # An age found to be wrong later takes nobody out of what was done.
        ([{"void": NOW, "age_band": "under-14", "basis": None}], 1, 0),
        ([{"until": NOW - DAY}], 0, 0),
        ([{"use": ANALYTICS_WORD, "taken_back": NOW}], 0, 0),
        ([{"given": NOW - HOUR, "taken_back": NOW}], 0, 0),
        # The grant is on record no more; the end is, and what it ended may have been used.
        ([{"given": None, "taken_back": NOW - HOUR}], 0, 1),
        ([{"given": None, "void": NOW - HOUR}], 1, 0),
        ([{"given": None, "void": NOW, "taken_back": NOW}], 1, 0),
        # Withdrawn before the use, which it therefore had no part in.
        ([{"given": None, "taken_back": NOW - DAY}], 0, 0),
        # Consents anew; what never counted is none of what was granted since.
        ([{"given": None, "taken_back": NOW - 2 * HOUR}, {"given": NOW - HOUR}], 0, 0),
        ([{"given": None, "void": NOW - 3 * DAY}, {"given": NOW - 2 * DAY}], 0, 0),
        ([{"given": None, "void": NOW - 2 * HOUR}, {"given": NOW - HOUR}], 1, 0),
        # Withdrawn, granted anew after the use, and withdrawn again.
        (
            [
                {"given": None, "taken_back": NOW - 3 * HOUR},
                {"given": NOW - 2 * HOUR, "taken_back": NOW - HOUR},
            ],
            0,
            1,
        ),
        ([{"given": None, "taken_back": NOW, "use": ANALYTICS_WORD}], 0, 0),
        ([{"given": None}], 0, 0),
    ],
)
def test_a_use_of_yesterday_ended_or_not(
    asset: DataAsset, rows: list[dict[str, Any]], invalidated: int, withdrawn: int
) -> None:
    used = [NOW - DAY + HOUR]
    held = [GOOD | {"given": NOW - 2 * DAY} | row for row in rows]
    assert counted(asset, held, ALL, used) == (invalidated, withdrawn, 0)


def test_a_record_that_cannot_be_read_is_told_and_counted_nowhere_else(asset: DataAsset) -> None:
    rows = [GOOD | {"taken_back": NOW, "unreadable": ("void",)}, GOOD | {"subject": "b"}]
    assert counted(asset, rows, ALL, [NOW - HOUR]) == (0, 0, 1)


NEVER_SYNCED = GOOD | {"given": None, "as_of": None, "taken_back": NOW - HOUR}


def test_a_denial_that_was_never_synced_and_has_no_grant_is_told_and_counted_nowhere_else(
    asset: DataAsset,
) -> None:
    rows = [NEVER_SYNCED, GOOD | {"subject": "b", "taken_back": NOW}]
    assert counted(asset, rows, ALL, [NOW - 2 * HOUR]) == (0, 1, 1)


def test_a_denial_that_was_never_synced_ends_a_grant_on_record(asset: DataAsset) -> None:
    rows = [GOOD | {"given": NOW - DAY}, NEVER_SYNCED]
    assert counted(asset, rows, ALL, [NOW - 2 * HOUR]) == (0, 1, 0)


def test_a_denial_of_before_the_first_use_leaves_nothing_open(asset: DataAsset) -> None:
    assert counted(asset, [NEVER_SYNCED], ALL, [NOW]) == (0, 0, 0)


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(row_values, max_size=6), used=uses)
def test_a_withdrawal_counts_no_less_once_its_grants_are_gone(
    rows: list[Row], used: list[datetime]
) -> None:
    kept = [row | {"unreadable": (), "as_of": NOW, "void": None} for row in rows]
    lost = [row | {"given": None} for row in kept]
    for person in "abc":
        whole, left = (
            of_rule([row for row in held if row["subject"] == person], ALL, used)
            for held in (kept, lost)
        )
        assert left[1] >= whole[1]
