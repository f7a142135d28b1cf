"""The compiled filter and the pure rule take the same persons, whatever is mapped and asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse_clients.data.consent_expression import consenting_persons, tainted_count_expression
from hanse_clients.data.expression import compile_sql
from hanse_clients.data.view import MinimalView, ViewUse, view_for
from hanse_policies.documents import (
    AgeBand,
    ConsentBasis,
    ConsentNeed,
    ConsentRecord,
    ConsentStanding,
    DataAsset,
    MinorsRule,
    Purpose,
    standing_of,
)
from tests.support.brand_tables import (
    ANALYTICS_WORD,
    DAY,
    HOUR,
    NOW,
    SALT,
    TRAINING_WORD,
    ordinary_rows,
    policy,
    study,
    training,
    write_brand,
)
from tests.support.consent import a_need

MICROSECOND = timedelta(microseconds=1)
INSTANTS = {
    "given": "granted",
    "until": "expires",
    "taken_back": "withdrawn",
    "as_of": "synced",
    "void": "invalidated",
    "fresh": "fresh_until",
}
WORDS = ("basis", "notice", "age_band", "jurisdiction", "recipients")
MAPPED = {"invalidated": "void", "fresh_until": "fresh", "guardian": "guardian"} | {
    name: name for name in WORDS
}
CONSTANTS = {
    "basis": ConsentBasis.CONSENT,
    "notice": "v1",
    "age_band": AgeBand.UNDER_14,
    "jurisdiction": "CN",
}

Row = dict[str, Any]
around = st.none() | st.sampled_from(
    [NOW + offset for offset in (-3 * DAY, -DAY - MICROSECOND, -DAY, -HOUR, -MICROSECOND)]
    + [NOW + offset for offset in (timedelta(0), MICROSECOND, HOUR, 3 * DAY)]
)
often = st.sampled_from([NOW - HOUR, NOW - DAY, NOW - DAY]) | around
rarely = st.sampled_from([None, None, None, NOW + DAY]) | around
row_values = st.fixed_dictionaries(
    {
        "subject": st.sampled_from(["a", "b", "c"]),
        "use": st.sampled_from([TRAINING_WORD, TRAINING_WORD, ANALYTICS_WORD]),
        "given": often,
        "until": rarely,
        "taken_back": rarely,
        "as_of": st.sampled_from([NOW, NOW - HOUR, NOW - DAY]) | around,
        "void": st.sampled_from([None, None, None, None]) | around,
        "fresh": rarely,
        "basis": st.sampled_from([None, "consent", "separate-consent", "contract", "Consent"]),
        "notice": st.sampled_from([None, "v1", "v2", "v1 "]),
        "age_band": st.sampled_from([*AgeBand, None, "18+"]),
        "guardian": st.sampled_from([None, 0.0, 1.0]),
        "jurisdiction": st.sampled_from([None, "CN", "EU", "cn"]),
        "recipients": st.sampled_from([None, "", "alder", "alder oak", "alders", "oak-alder"]),
        "unreadable": st.sampled_from([(), (), (), (), (), *((n,) for n in INSTANTS)]),
    }
)
needs = st.builds(
    a_need,
    bases=st.none() | st.sets(st.sampled_from(ConsentBasis), max_size=3).map(tuple),
    notices=st.none() | st.sampled_from([(), ("v1",), ("v1", "v2")]),
    minors=st.none()
    | st.builds(
        MinorsRule, from_age=st.sampled_from([14, 16, 18]), is_guardian_enough=st.booleans()
    ),
    jurisdictions=st.none() | st.sampled_from([(), ("CN",), ("CN", "EU")]),
    recipients=st.sampled_from([(), ("alder",), ("alder", "oak")]),
    is_scope_needed=st.booleans(),
)
mappings = st.fixed_dictionaries(
    {
        name: st.sampled_from(
            [None, column, column] + ([{"constant": CONSTANTS[name]}] if name in CONSTANTS else [])
        )
        for name, column in MAPPED.items()
    }
)


@pytest.fixture(scope="module")
def asset(tmp_path_factory: pytest.TempPathFactory) -> DataAsset:
    return write_brand(tmp_path_factory.mktemp("brand"), ordinary_rows(1), [])


def view_of(asset: DataAsset, mapped: dict[str, Any], need: ConsentNeed) -> MinimalView:
    consent = type(asset.consent).model_validate(asset.consent.model_dump() | mapped)
    changed = asset.model_copy(update={"consent": consent})
    view = view_for(study(training()), changed, policy(), NOW, SALT, use=ViewUse.SCORING)
    return view.model_copy(update={"need": need})


def stored(rows: Sequence[Row]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    columns = [f"{n} VARCHAR" for n in ("subject", "use", *WORDS)] + ["guardian DOUBLE"]
    columns += [f"{n} TIMESTAMP, hanse_unreadable_{n} BOOLEAN" for n in INSTANTS]
    connection.execute(f"CREATE TABLE brand_consent ({', '.join(columns)})")
    for row in rows:
        values = [row[n] for n in ("subject", "use", *WORDS, "guardian")]
        for name in INSTANTS:
            is_unreadable = name in row["unreadable"]
            when: datetime | None = None if is_unreadable else row[name]
            values += [None if when is None else when.replace(tzinfo=None), is_unreadable]
        marks = ", ".join("?" * len(values))
        connection.execute(f"INSERT INTO brand_consent VALUES ({marks})", values)  # noqa: S608
    return connection


def word(kind: type[AgeBand] | type[ConsentBasis], text: str | None) -> Any:
    return next((w for w in kind if w.value == text), None)


def record_of(row: Row, mapped: dict[str, Any]) -> ConsentRecord:
    def told(field: str) -> Any:
        found = mapped[field]
        return found["constant"] if isinstance(found, dict) else found and row[found]

    lost = [name for name in row["unreadable"] if INSTANTS[name] not in mapped]
    lost += [name for name in row["unreadable"] if mapped.get(INSTANTS[name]) is not None]
    instants = {
        field: None if name in row["unreadable"] or mapped.get(field, name) is None else row[name]
        for name, field in INSTANTS.items()
    }
    scope, place, notice = told("recipients"), told("jurisdiction"), told("notice")
    return ConsentRecord(
        purpose={
            TRAINING_WORD: Purpose.MODEL_TRAINING, ANALYTICS_WORD: Purpose.AUDIENCE_ANALYTICS
        }[row["use"]],
        **instants,
        basis=word(ConsentBasis, told("basis")),
        notice=notice if notice in ("v1", "v2") else None,
        age_band=word(AgeBand, told("age_band")),
        guardian=None if told("guardian") is None else told("guardian") == 1.0,
        jurisdiction=place if place in ("CN", "EU") else None,
        recipients=None if scope is None else frozenset(scope.split(" ")),
        is_readable=not lost,
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(row_values, max_size=10), mapped=mappings, need=needs)
def test_the_compiled_filter_takes_exactly_the_persons_of_the_pure_rule(
    asset: DataAsset, rows: list[Row], mapped: dict[str, Any], need: ConsentNeed
) -> None:
    query = compile_sql(consenting_persons(view_of(asset, mapped, need)))

    found = [person for (person,) in stored(rows).execute(query).fetchall()]

    held = {p: [record_of(r, mapped) for r in rows if r["subject"] == p] for p in "abc"}
    counted = [p for p in held if standing_of(held[p], NOW, need) is ConsentStanding.VALID]
    assert sorted(found) == counted


GOOD: Row = {
    "subject": "a", "use": TRAINING_WORD, "given": NOW - DAY, "until": None, "taken_back": None,
    "as_of": NOW, "void": None, "fresh": None, "basis": "consent", "notice": "v1",
    "age_band": "adult", "guardian": None, "jurisdiction": "CN", "recipients": "alder",
    "unreadable": (),
}  # fmt: skip
STRICT = {
    "bases": ("consent",),
    "notices": ("v1",),
    "minors": {"from_age": 14, "is_guardian_enough": False},
    "jurisdictions": ("CN",),
    "recipients": ("alder",),
    "is_scope_needed": True,
}
REASONS = [
    ({}, ConsentStanding.VALID),
    ({"given": None}, ConsentStanding.NOT_GRANTED),
    ({"void": NOW + DAY}, ConsentStanding.INVALIDATED),
    ({"taken_back": NOW}, ConsentStanding.WITHDRAWN),
    ({"until": NOW}, ConsentStanding.EXPIRED),
    ({"fresh": NOW}, ConsentStanding.STALE),
    ({"as_of": None}, ConsentStanding.STALE),
    ({"basis": None}, ConsentStanding.BASIS),
    ({"notice": "v2"}, ConsentStanding.NOTICE),
    ({"age_band": None}, ConsentStanding.AGE_UNKNOWN),
    ({"age_band": "unknown"}, ConsentStanding.AGE_UNKNOWN),
    ({"age_band": "under-14", "guardian": 1.0}, ConsentStanding.UNDER_AGE),
    ({"jurisdiction": None}, ConsentStanding.JURISDICTION),
    ({"recipients": None}, ConsentStanding.RECIPIENT),
    ({"recipients": "alders"}, ConsentStanding.RECIPIENT),
    ({"unreadable": ("fresh",)}, ConsentStanding.UNREADABLE),
]


@pytest.mark.parametrize(("change", "reason"), REASONS)
def test_each_missing_or_wrong_field_denies_with_its_own_reason(
    asset: DataAsset, change: Row, reason: ConsentStanding
) -> None:
    row, need = GOOD | change, a_need(**STRICT)
    query = compile_sql(consenting_persons(view_of(asset, MAPPED, need)))

    found = stored([row]).execute(query).fetchall()

    assert standing_of([record_of(row, MAPPED)], NOW, need) is reason
    assert bool(found) is (reason is ConsentStanding.VALID)


def test_a_child_without_a_guardian_never_counts_though_nobody_asks(asset: DataAsset) -> None:
    query = compile_sql(consenting_persons(view_of(asset, MAPPED, a_need())))

    child = stored([GOOD | {"age_band": "under-14"}]).execute(query).fetchall()
    guarded = stored([GOOD | {"age_band": "under-14", "guardian": 1.0}]).execute(query).fetchall()

    assert (child, guarded) == ([], [("a",)])


def test_invalidated_persons_are_counted_and_withdrawn_ones_are_not(asset: DataAsset) -> None:
    rows = [
        GOOD,
        GOOD | {"subject": "b", "taken_back": NOW},
        GOOD | {"subject": "c", "void": NOW},
        GOOD | {"subject": "d", "void": NOW, "use": ANALYTICS_WORD},
    ]
    view = view_of(asset, MAPPED, a_need())

    assert stored(rows).execute(compile_sql(tainted_count_expression(view))).fetchall() == [(1,)]
