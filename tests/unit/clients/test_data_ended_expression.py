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
from hanse_policies.documents import ConsentEnd, DataAsset, Purpose, ended_use
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
    unreadable = sum(
        any(r.purpose is Purpose.MODEL_TRAINING and not r.is_readable for r in records)
        for records in held.values()
    )
    return ends.count(ConsentEnd.INVALIDATED), ends.count(ConsentEnd.WITHDRAWN), unreadable


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(row_values, max_size=10), mapped=mappings, used=uses)
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
