from __future__ import annotations

import hashlib

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from hanse_clients.data.expression import (
    compile_sql,
    person_count_expression,
    view_expression,
    view_sql,
)
from hanse_clients.data.fault_expression import faults_expression
from hanse_clients.data.view import MinimalView, ViewUse, view_for
from hanse_policies.documents import (
    AudienceHistogram,
    Between,
    CategoricalFeature,
    DataAsset,
    OneOf,
    PopulationFilter,
    Purpose,
)
from hanse_policies.visible_text import line_fault
from tests.support.brand_tables import (
    NOW,
    SALT,
    ConsentRow,
    PersonRow,
    case_rows,
    consents_of,
    histogram,
    ordinary_rows,
    policy,
    study,
    training,
    write_brand,
)
from tests.support.canonical_tables import Engine


def is_one_line(text: str) -> bool:
    """Tell whether a study may name the category; what hides something is refused before."""
    return line_fault(text) is None


NASTY = [
    "'; DROP TABLE brand_rows; --",
    "' OR 1=1 --",
    '"',
    "\\'",
    "a'b",
    "$$",
    "/* */",
    "%",
    "{0}",
    ":now",
    "?",
    "\n",
    "名",
    "\U0001f600",
]


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


def test_same_view_compiles_to_the_same_text(asset: DataAsset) -> None:
    views = [view_for(study(training()), asset, policy(), NOW, SALT) for _ in range(2)]

    assert view_sql(views[0]) == view_sql(views[1])


def test_text_names_no_column_but_the_permitted_ones(asset: DataAsset) -> None:
    one_axis = AudienceHistogram(axes=(CategoricalFeature(column="tier", categories=("gold",)),))
    asked = study(one_axis, (Between(column="spend", lower=0.0, upper=9.0),))
    text = view_sql(view_for(asked, asset, policy(), NOW, SALT))

    read = {column.name for select in selects(text) for column in select.find_all(exp.Column)}

    assert {"customer", "tier", "spend"} <= read
    for unlisted in ("email", "note", "visits", "bought"):
        assert unlisted not in text
    own = {"hanse_person", "hanse_row", "hanse_key", "is_valid", "valid_grant", "invalid_grant"}
    own |= {"withdrawal", "granted", "withdrawn", "is_unreadable"}
    own |= {f"hanse_unreadable_{name}" for name in ("given", "until", "taken_back", "as_of")}
    register = {"subject", "use", "given", "until", "taken_back", "as_of"}
    assert read <= {"customer", "tier", "spend"} | own | register


def selects(text: str) -> list[exp.Select]:
    return list(sqlglot.parse_one(text, dialect="duckdb").find_all(exp.Select))


def source_of(select: exp.Select) -> object:
    found = select.find(exp.From)
    assert found is not None
    return found.this


@pytest.mark.parametrize("use", list(ViewUse))
def test_a_brands_table_is_never_read_by_star_even_when_all_its_columns_are_permitted(
    asset: DataAsset, use: ViewUse
) -> None:
    view = view_for(study(training()), asset, policy(), NOW, SALT, use=use)
    stars = 0

    for expression in (
        view_expression(view),
        person_count_expression(view),
        faults_expression(view),
    ):
        for select in selects(compile_sql(expression)):
            if isinstance(source_of(select), exp.Table):
                stars += sum(isinstance(item, exp.Star) for item in select.expressions)

    assert stars == 0


def test_columns_are_projected_before_the_join(asset: DataAsset) -> None:
    text = view_sql(view_for(study(training()), asset, policy(), NOW, SALT))

    (joined,) = [select for select in selects(text) if select.args.get("joins")]

    assert isinstance(source_of(joined), exp.Subquery)
    assert all(isinstance(join.this, exp.Subquery) for join in joined.args["joins"])


@pytest.mark.parametrize("use", [ViewUse.TRAINING, ViewUse.MEASUREMENT])
def test_person_id_is_not_in_a_training_or_measurement_view(asset: DataAsset, use: ViewUse) -> None:
    engine = Engine([PersonRow("p1")], [ConsentRow("p1")])
    view = view_for(study(training()), asset, policy(), NOW, SALT, use=use)

    names = engine.names(view_expression(view))

    assert "hanse_person" not in names
    assert "customer" not in names
    assert all("p1" not in map(str, row) for row in engine.run(view_expression(view)))


@pytest.mark.parametrize("text", [text for text in NASTY if is_one_line(text)])
def test_nasty_category_is_a_value_and_nothing_else(asset: DataAsset, text: str) -> None:
    rows = [PersonRow("wanted", tier=text), PersonRow("other", tier="gold")]
    engine = Engine(rows, consents_of(rows))

    view = scoring(asset, population=(OneOf(column="tier", values=(text,)),))

    assert len(sqlglot.parse(view_sql(view), dialect="duckdb")) == 1
    assert persons(engine, view) == {"wanted"}
    assert persons(engine, scoring(asset)) == {"wanted", "other"}


@settings(max_examples=30, deadline=None)
@given(text=st.text(st.characters(codec="utf-8"), min_size=1).filter(is_one_line))
def test_any_category_is_a_value_and_nothing_else(asset: DataAsset, text: str) -> None:
    rows = [PersonRow("wanted", tier=text), PersonRow("other", tier=text + "x")]
    engine = Engine(rows, consents_of(rows))

    view = scoring(asset, population=(OneOf(column="tier", values=(text[:100],)),))

    assert persons(engine, view) == ({"wanted"} if len(text) <= 100 else set())


def test_nasty_purpose_word_is_a_value_and_nothing_else(asset: DataAsset) -> None:
    word = "'; DELETE FROM brand_consent; --"
    consent = asset.consent.model_copy(update={"purposes": {Purpose.MODEL_TRAINING: word}})
    trapped = asset.model_copy(update={"consent": consent})
    engine = Engine([PersonRow("p1"), PersonRow("p2")], [ConsentRow("p1", use=word)])

    assert persons(engine, scoring(trapped)) == {"p1"}
    assert persons(engine, scoring(trapped)) == {"p1"}


def test_missing_value_never_matches_a_filter(asset: DataAsset) -> None:
    rows = [PersonRow("a", tier=None), PersonRow("b", spend=None), PersonRow("c")]
    rows.append(PersonRow("d", spend=float("nan")))
    engine = Engine(rows, consents_of(rows))
    population = (
        OneOf(column="tier", values=("gold",)),
        Between(column="spend", lower=0.0, upper=100.0),
    )

    assert persons(engine, scoring(asset, population=population)) == {"c"}


def test_between_includes_both_ends(asset: DataAsset) -> None:
    rows = [PersonRow(f"p{spend}", spend=spend) for spend in (1.0, 2.0, 3.0, 4.0)]
    engine = Engine(rows, consents_of(rows))

    view = scoring(asset, population=(Between(column="spend", lower=2.0, upper=3.0),))

    assert persons(engine, view) == {"p2.0", "p3.0"}


def test_numbers_are_clipped_to_the_studys_bounds_and_not_finite_ones_pass(
    asset: DataAsset,
) -> None:
    values = {"low": -5.0, "in": 7.0, "high": 99.0, "none": None, "inf": float("inf")}
    values["nan"] = float("nan")
    rows = [PersonRow(person, spend=value) for person, value in values.items()]
    engine = Engine(rows, consents_of(rows))

    clipped = {row[0]: row[1] for row in engine.run(view_expression(scoring(asset)))}

    assert (clipped["low"], clipped["in"], clipped["high"]) == (0.0, 7.0, 20.0)
    assert clipped["none"] is None
    assert clipped["inf"] == float("inf")
    assert clipped["nan"] != clipped["nan"]


def test_not_a_number_is_a_missing_value_in_a_measurement_view(asset: DataAsset) -> None:
    rows = [PersonRow("p1", spend=float("nan"))]
    engine = Engine(rows, consents_of(rows))
    view = view_for(study(histogram()), asset, policy(), NOW, SALT)

    assert engine.run(view_expression(view)) == [("gold", None, 1)]


def test_at_most_so_many_rows_of_a_person_are_in_the_view(asset: DataAsset) -> None:
    rows = [PersonRow(f"p{i % 3}", spend=float(i)) for i in range(12)]
    engine = Engine(rows, consents_of(rows[:3]))
    view = scoring(asset).model_copy(update={"rows_per_person": 2})

    found = engine.run(view_expression(view))

    assert sorted((row[0], row[-1]) for row in found) == [
        (f"p{person}", rank) for person in range(3) for rank in (1, 2)
    ]
    assert engine.run(person_count_expression(view)) == [(3,)]


def test_order_of_the_rows_does_not_decide_which_are_chosen(asset: DataAsset) -> None:
    rows = [PersonRow("p1", spend=float(i)) for i in range(20)]
    consents = consents_of(rows[:1])
    view = scoring(asset)

    chosen = [Engine(order, consents).run(view_expression(view)) for order in (rows, rows[::-1])]

    assert chosen[0] == chosen[1]


def test_the_salt_decides_which_rows_are_chosen(asset: DataAsset) -> None:
    rows = [PersonRow("p1", spend=float(i)) for i in range(20)]
    engine = Engine(rows, consents_of(rows[:1]))

    chosen = {
        engine.run(view_expression(scoring(asset).model_copy(update={"row_salt": salt})))[0]
        for salt in (f"{number:064x}" for number in range(8))
    }

    assert len(chosen) > 1


def test_rows_whose_texts_join_alike_are_still_different_rows(asset: DataAsset) -> None:
    rows = [PersonRow("p1", tier="a", spend=None), PersonRow("p1", tier="1:a", spend=None)]
    engine = Engine(rows, consents_of(rows[:1]))
    view = scoring(asset).model_copy(update={"rows_per_person": 2})

    assert len(engine.run(view_expression(view))) == 2


def test_held_out_half_follows_from_study_and_person_alone(asset: DataAsset) -> None:
    rows = [PersonRow(f"p{i}", spend=i / 10) for i in range(200)]
    others = [PersonRow(row.customer, spend=row.spend, tier="silver") for row in rows[::-1]]
    view = view_for(study(training(0.3)), asset, policy(), NOW, SALT)
    elsewhere = view.model_copy(update={"row_salt": "7" * 64})

    here = Engine(rows, consents_of(rows)).run(view_expression(view))
    there = Engine(others, consents_of(others)).run(view_expression(elsewhere))

    threshold = f"{int(0.3 * 2**64):016x}"
    expected = {
        i / 10
        for i in range(200)
        if hashlib.sha256(f"{view.study}:p{i}".encode()).hexdigest() < threshold
    }
    assert {row[0] for row in here if row[-1]} == expected
    assert {row[0] for row in there if row[-1]} == expected
    assert 30 <= len(expected) <= 90


def test_another_study_holds_out_other_persons(asset: DataAsset) -> None:
    rows = [PersonRow(f"p{i}", spend=i / 10) for i in range(100)]
    engine = Engine(rows, consents_of(rows))
    view = view_for(study(training()), asset, policy(), NOW, SALT)
    other = view.model_copy(update={"study": "f" * 64})

    assert {r[0] for r in engine.run(view_expression(view)) if r[-1]} != {
        r[0] for r in engine.run(view_expression(other)) if r[-1]
    }


def test_nobody_without_an_id_is_in_the_view_even_with_a_consent_row(asset: DataAsset) -> None:
    engine = Engine([*case_rows(), PersonRow(None)], [ConsentRow(None)])

    assert persons(engine, scoring(asset)) == set()
