"""Columns as a study declares them: features of a model, axes of a histogram, filters.

Bounds and categories are public and stand in the study. Nothing is ever
derived from the data for free.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, FiniteFloat, StringConstraints, model_validator

from hanse_policies.documents.base import ONE_LINE, ColumnName, StrictModel

CategoryText = Annotated[str, StringConstraints(min_length=1, max_length=100), ONE_LINE]


class Scale(StrEnum):
    """How a bounded number is mapped to [-1, 1]."""

    LINEAR = "linear"
    LOG = "log"


class NumericFeature(StrictModel):
    """A number clipped to [lower, upper], then scaled to [-1, 1] by those public bounds."""

    kind: Literal["numeric"] = "numeric"
    column: ColumnName
    lower: FiniteFloat
    upper: FiniteFloat
    scale: Scale = Scale.LINEAR

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        if self.lower >= self.upper:
            raise ValueError(f"lower must be below upper, got {self.lower} and {self.upper}")
        if self.scale is Scale.LOG and self.lower < 0:
            raise ValueError(f"scale log needs lower of at least 0, got {self.lower}")
        return self


class CategoricalFeature(StrictModel):
    """A category from a public list; anything else, or nothing, is the cell `other`."""

    kind: Literal["categorical"] = "categorical"
    column: ColumnName
    categories: tuple[CategoryText, ...] = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _check_categories(self) -> Self:
        if len(set(self.categories)) != len(self.categories):
            raise ValueError("categories must be distinct")
        return self


Feature = Annotated[NumericFeature | CategoricalFeature, Field(discriminator="kind")]


class BinnedAxis(StrictModel):
    """A number cut at public, increasing edges into len(edges) + 1 bins.

    Bin 0 is below edges[0]; bin i holds edges[i-1] <= value < edges[i]; a
    missing value is the extra cell `missing`.
    """

    kind: Literal["binned"] = "binned"
    column: ColumnName
    edges: tuple[FiniteFloat, ...] = Field(min_length=1, max_length=100)

    @model_validator(mode="after")
    def _check_edges(self) -> Self:
        if any(a >= b for a, b in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError("edges must increase")
        return self


Axis = Annotated[CategoricalFeature | BinnedAxis, Field(discriminator="kind")]


class OneOf(StrictModel):
    """Keep persons whose category is in the list."""

    kind: Literal["one-of"] = "one-of"
    column: ColumnName
    values: tuple[CategoryText, ...] = Field(min_length=1, max_length=200)


class Between(StrictModel):
    """Keep persons whose number lies in [lower, upper], both included."""

    kind: Literal["between"] = "between"
    column: ColumnName
    lower: FiniteFloat
    upper: FiniteFloat

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        if self.lower > self.upper:
            raise ValueError(f"lower must not exceed upper, got {self.lower} and {self.upper}")
        return self


WORD_USES = (CategoricalFeature, OneOf)
"""The uses of a column that compare words; all others reckon with numbers."""

PopulationFilter = Annotated[OneOf | Between, Field(discriminator="kind")]
