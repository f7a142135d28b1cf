from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse_policies.documents import (
    AudienceHistogram,
    BinnedAxis,
    CategoricalFeature,
    ColumnType,
    DataAsset,
    Sensitivity,
    Study,
)
from hanse_policies.documents.features import OneOf
from hanse_policies.rules.columns import uses
from tests.support.documents import a_training_study, an_asset

NAMES = ("a", "B", "c_d", "other")
NAME = st.sampled_from(NAMES)


@st.composite
def assets(draw: st.DrawFn) -> DataAsset:
    asset = an_asset()
    template = asset.columns[0]
    columns = tuple(
        template.model_copy(
            update={
                "name": name,
                "type": draw(st.sampled_from(ColumnType)),
                "sensitivity": draw(st.sampled_from(Sensitivity)),
                "category": draw(st.sampled_from(("user", "user.contact", "user.financial"))),
            }
        )
        for name in draw(st.lists(NAME, min_size=1, unique=True))
    )
    return asset.model_copy(update={"columns": columns})


@st.composite
def studies(draw: st.DrawFn) -> Study:
    study = a_training_study()
    axes = tuple(
        CategoricalFeature(column=name, categories=("x",))
        if draw(st.booleans())
        else BinnedAxis(column=name, edges=(0.0,))
        for name in draw(st.lists(NAME, min_size=1, max_size=2, unique=True))
    )
    filters = tuple(OneOf(column=name, values=("x",)) for name in draw(st.lists(NAME, max_size=2)))
    parts = {"computation": AudienceHistogram(axes=axes), "population": filters}
    return study.model_copy(update=parts if draw(st.booleans()) else {"population": filters})


@settings(max_examples=300, deadline=None)
@given(assets(), studies())
def test_sets_say_what_columns_say_one_by_one(asset: DataAsset, study: Study) -> None:
    reads, there = study.reads, asset.column_sets
    assert reads.every == set(study.columns())
    assert reads.folded == {name.casefold() for name in study.columns()}
    assert there.every == {column.name for column in asset.columns}
    assert there.sensitive == {c.name for c in asset.columns if c.sensitivity == "sensitive"}
    assert there.categories == {column.category for column in asset.columns}
    misused = {
        name
        for name, fitting, _ in uses(study)
        if (column := asset.column(name)) is not None and column.type not in fitting
    }
    assert misused == (
        reads.numbers & there.not_numbers
        | reads.words & there.not_words
        | reads.labels & there.not_labels
    )
    kinds = asset.column_kinds
    for one in asset.columns:
        assert kinds[one.name].category == one.category
        assert kinds[one.name].is_sensitive == (one.sensitivity is Sensitivity.SENSITIVE)


def test_a_changed_copy_derives_anew() -> None:
    asset, study = an_asset(), a_training_study()
    assert asset.column_sets.every
    assert study.reads.every
    fewer = asset.model_copy(update={"columns": asset.columns[:1]})
    assert fewer.column_sets.every == {asset.columns[0].name}
    assert fewer.column(asset.columns[1].name) is None
    filtered = study.model_copy(update={"population": (OneOf(column="new", values=("x",)),)})
    assert filtered.reads.every == {*study.reads.every, "new"}


def test_what_was_derived_makes_no_document_another() -> None:
    first, second = a_training_study(), a_training_study()
    assert first.reads.every
    assert first == second
    assert first.model_dump_json() == second.model_dump_json()
    assert hash(first) == hash(second)
    assert dict(first) == dict(second)
    assert Study.model_validate(dict(first)) == second


def test_a_copy_with_other_fields_tells_nothing_of_the_old_ones() -> None:
    asset = an_asset()
    plain = tuple(
        one.model_copy(update={"sensitivity": Sensitivity.SENSITIVE}) for one in asset.columns
    )
    assert not asset.column_sets.sensitive  # Derived, and kept beside the fields.
    names = {one.name for one in asset.columns}

    assert asset.model_copy(update={"columns": plain}).column_sets.sensitive == names
    if hasattr(copy, "replace"):  # From Python 3.13 on.
        assert copy.replace(asset, columns=plain).column_sets.sensitive == names
    with pytest.raises(TypeError, match=r"expected model_copy\(update=\.\.\.\) of DataAsset"):
        asset.copy(update={"columns": plain})
    with pytest.raises(TypeError, match="expected model_copy"):
        asset.copy()


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, DataAsset.model_copy])
def test_a_copy_of_the_same_fields_says_the_same(
    duplicate: Callable[[DataAsset], DataAsset],
) -> None:
    asset = an_asset()
    before = asset.column_sets
    copied = duplicate(asset)
    assert copied == asset
    assert copied.column_sets == before


def test_a_copy_names_the_field_that_there_is_not() -> None:
    asset = an_asset()
    with pytest.raises(TypeError, match="got columnz; its fields are kind, id"):
        asset.model_copy(update={"columnz": (), "columns": ()})
    with pytest.raises(TypeError, match="got column_sets"):
        asset.model_copy(update={"column_sets": None})
