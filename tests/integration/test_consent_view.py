"""Consent and the minimal view from end to end: files in, rows and counts out, text between."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from hanse_clients.data import MinimalView, ViewUse, WorkerSource, view_for
from hanse_clients.data.consent_expression import consenting_persons
from hanse_clients.data.duckdb_source import DuckDBSource
from hanse_clients.data.expression import compile_sql, view_sql
from hanse_policies.documents import DataAsset, Purpose, SourceFormat
from tests.support.brand_tables import (
    ANALYTICS_WORD,
    CONSENT_CASES,
    DAY,
    HOUR,
    NOW,
    SALT,
    ConsentRow,
    PersonRow,
    case_consents,
    case_rows,
    consents_of,
    histogram,
    ordinary_rows,
    policy,
    study,
    training,
    write_brand,
)

Brand = tuple[DataAsset, DuckDBSource]


def scoring(asset: DataAsset, now_offset: timedelta = timedelta(0)) -> MinimalView:
    return view_for(study(training()), asset, policy(), NOW + now_offset, SALT, use=ViewUse.SCORING)


@pytest.fixture(scope="module", params=list(SourceFormat))
def cases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Brand:
    folder = tmp_path_factory.mktemp("brand")
    asset = write_brand(folder, case_rows(), case_consents(), stored_as=request.param)
    return asset, DuckDBSource(asset, folder)


@pytest.mark.parametrize("person", CONSENT_CASES)
def test_person_is_in_the_rows_exactly_when_the_consent_allows(cases: Brand, person: str) -> None:
    asset, source = cases
    is_allowed, _ = CONSENT_CASES[person]

    assert (person in source.scoring_rows(scoring(asset)).persons) is is_allowed


@pytest.mark.parametrize("person", CONSENT_CASES)
def test_compiled_text_alone_decides_the_same(cases: Brand, person: str) -> None:
    """Run the text on hand-made tables, with no code of the data source."""
    asset, _ = cases
    is_allowed, rows = CONSENT_CASES[person]
    text = compile_sql(consenting_persons(scoring(asset)))

    flags = dict.fromkeys(("given", "until", "taken_back", "as_of"), False)
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE brand_consent (subject VARCHAR, use VARCHAR, given TIMESTAMP, "
            "until TIMESTAMP, taken_back TIMESTAMP, as_of TIMESTAMP, "
            + ", ".join(f"hanse_unreadable_{name} BOOLEAN" for name in flags)
            + ")"
        )
        for row in (*rows, ConsentRow(None)):
            instants = [
                None if when is None else when.replace(tzinfo=None)
                for when in (row.given, row.until, row.taken_back, row.as_of)
            ]
            connection.execute(
                "INSERT INTO brand_consent VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [row.subject, row.use, *instants, *flags.values()],
            )
        found = connection.execute(text).fetchall()

    assert found == ([(person,)] if is_allowed else [])


def test_compiled_text_compares_every_consent_column(cases: Brand) -> None:
    asset, _ = cases
    text = view_sql(scoring(asset))

    for column in ("subject", "use", "given", "until", "taken_back", "as_of"):
        assert f'"{column}"' in text
    assert "'2026-06-01 12:00:00.000000'" in text
    assert "'2026-05-31 12:00:00.000000'" in text
    assert "SEMI JOIN" in text


def test_counts_and_cells_are_over_consenting_persons_only(cases: Brand) -> None:
    asset, source = cases
    allowed = sum(is_allowed for is_allowed, _ in CONSENT_CASES.values())
    view = view_for(study(histogram()), asset, policy(), NOW, SALT)

    assert source.persons(view).persons == allowed
    assert sum(c.persons for c in source.cells(view, histogram()).cells) == allowed


def test_consent_for_one_purpose_is_none_for_another(tmp_path: Path) -> None:
    rows = ordinary_rows(10)
    consents = [*consents_of(rows[:6]), *consents_of(rows[4:], ANALYTICS_WORD)]
    asset = write_brand(tmp_path, rows, consents)
    source = DuckDBSource(asset, tmp_path)

    counts = [
        source.persons(
            view_for(study(histogram(), purpose=purpose), asset, policy(), NOW, SALT)
        ).persons
        for purpose in (Purpose.MODEL_TRAINING, Purpose.AUDIENCE_ANALYTICS)
    ]

    assert counts == [6, 6]


def test_withdrawal_between_two_questions_counts_at_the_second(tmp_path: Path) -> None:
    rows = ordinary_rows(30)
    consents = consents_of(rows)
    asset = write_brand(tmp_path, rows, consents)
    here, worker = DuckDBSource(asset, tmp_path), WorkerSource(asset, tmp_path)
    view = view_for(study(histogram()), asset, policy(), NOW, SALT)
    before = [source.persons(view) for source in (here, worker)]

    consents[3] = ConsentRow("p3", taken_back=NOW)
    write_brand(tmp_path, rows, consents)
    after = [source.persons(view) for source in (here, worker)]
    worker.close()

    assert [count.persons for count in before] == [30, 30]
    assert [count.persons for count in after] == [29, 29]
    assert before[0].version != after[0].version
    assert after[0] == after[1]


def test_withdrawal_between_two_rounds_counts_at_the_second(tmp_path: Path) -> None:
    rows = [*ordinary_rows(30), PersonRow("leaver", spend=13.5)]
    consents = consents_of(rows)
    asset = write_brand(tmp_path, rows, consents)
    source = DuckDBSource(asset, tmp_path)
    view = view_for(study(training()), asset, policy(), NOW, SALT)
    first = source.rows(view)

    consents[-1] = ConsentRow("leaver", taken_back=NOW + HOUR)
    write_brand(tmp_path, rows, consents)
    second, third = (source.rows(view.at(NOW + after)) for after in (HOUR / 2, HOUR))

    assert [13.5 in rows.columns["spend"] for rows in (first, second, third)] == [True, True, False]


def test_register_that_is_no_longer_synced_empties_the_view(tmp_path: Path) -> None:
    rows = ordinary_rows(30)
    asset = write_brand(tmp_path, rows, consents_of(rows))
    source = DuckDBSource(asset, tmp_path)
    view = view_for(study(training()), asset, policy(), NOW, SALT)

    assert len(source.rows(view)) == 30
    assert len(source.rows(view.at(NOW + DAY))) == 0
    assert source.consent_state(NOW + DAY).synced == NOW - HOUR
