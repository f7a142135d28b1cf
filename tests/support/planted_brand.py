"""Runs one `hanse` command of a brand that counts as many persons as it is told to.

    python -m tests.support.planted_brand PERSONS brand run --home ...

Every count of the brand's source is a number that nobody else has and that no
program has by chance, so that a test can search for it; rows stay as they are.
"""

from __future__ import annotations

import sys
from typing import Any

from hanse_clients import client
from hanse_clients.data.source import MeasuredCell, MeasuredCells, MeasuringSource, PersonCount
from hanse_clients.data.view import MinimalView
from hanse_clients.sources import BrandSources
from hanse_policies.command import main
from hanse_policies.documents import AudienceHistogram, Study

CELL_STRIDE = 10_301_063
"""How much more each cell holds than the one before."""


def planted_cell(persons: int, cell: int) -> int:
    return persons + CELL_STRIDE * (cell + 1)


class PlantedSource:
    """A source whose counts are planted."""

    def __init__(self, source: MeasuringSource, persons: int) -> None:
        self._source, self._persons = source, persons

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def persons(self, view: MinimalView) -> PersonCount:
        return PersonCount(self._persons, self._source.persons(view).version)

    def cells(self, view: MinimalView, computation: AudienceHistogram) -> MeasuredCells:
        found = self._source.cells(view, computation)
        planted = tuple(
            MeasuredCell(each.cell, planted_cell(self._persons, each.cell)) for each in found.cells
        )
        return MeasuredCells(planted, found.version)


def plant(persons: int) -> None:
    class PlantedSources(BrandSources):
        def for_study(self, study: Study) -> MeasuringSource:
            return PlantedSource(super().for_study(study), persons)

    client.BrandSources = PlantedSources  # type: ignore[attr-defined]


if __name__ == "__main__":
    plant(int(sys.argv[1]))
    sys.argv = ["hanse", *sys.argv[2:]]
    sys.exit(main())
