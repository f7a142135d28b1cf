"""Real persons for benchmarks of training: public tables, encoded by public bounds.

Rules: nothing here is copied into the repository; the bank's table is read from a
folder of data beside it (`HANSE_BENCH_DATA` names another), and where that is
absent the household panel that the demonstration installs takes its place.
Bounds are round numbers from what the columns mean, never from the data.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyarrow import parquet
from ruamel.yaml import YAML

from hanse_clients.features import encode_features
from hanse_demo.panel import open_panel
from hanse_federation.messages import FloatArray
from hanse_policies.documents import CategoricalFeature, Feature, NumericFeature, TrainModel

ROOT = Path(__file__).resolve().parent.parent
DATA_VARIABLE = "HANSE_BENCH_DATA"
PANEL_BRANDS = 5

_BANK: tuple[dict[str, object], ...] = (
    {"column": "age", "lower": 18, "upper": 90},
    {"column": "balance", "lower": -2000, "upper": 10_000},
    {"column": "day", "lower": 1, "upper": 31},
    {"column": "campaign", "lower": 1, "upper": 30, "scale": "log"},
    {"column": "pdays", "lower": -1, "upper": 365},
    {"column": "previous", "lower": 0, "upper": 20, "scale": "log"},
)
_BANK_CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "job": (
        "admin.", "blue-collar", "entrepreneur", "housemaid", "management", "retired",
        "self-employed", "services", "student", "technician", "unemployed",
    ),
    "marital": ("divorced", "married", "single"),
    "education": ("primary", "secondary", "tertiary"),
    "default": ("no", "yes"),
    "housing": ("no", "yes"),
    "loan": ("no", "yes"),
    "contact": ("cellular", "telephone"),
    "month": (
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ),
    "poutcome": ("failure", "other", "success"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Persons of one public table.

    Attributes:
        name: Which table.
        label: Its column to predict.
        features: How columns become numbers.
        matrix: Encoded rows, shape (persons, width).
        labels: 0 or 1, shape (persons,).
    """

    name: str
    label: str
    features: tuple[Feature, ...]
    matrix: FloatArray
    labels: NDArray[np.float64]


def load_population() -> Population:
    """Read the bank's contacts, or the demonstration's panel where they are not there.

    Raises:
        PanelMissingError: Neither is there.
    """
    folder = Path(os.environ.get(DATA_VARIABLE, ROOT.parent / "shared" / "data"))
    bank = folder / "bank_marketing" / "customers.parquet"
    return _bank(bank) if bank.is_file() else _panel()


def _bank(path: Path) -> Population:
    """Contacts of a bank (UCI Bank Marketing); the call's duration is known too late to use."""
    table = parquet.read_table(path)
    features: tuple[Feature, ...] = (
        *(NumericFeature.model_validate(numeric) for numeric in _BANK),
        *(CategoricalFeature(column=c, categories=v) for c, v in _BANK_CATEGORIES.items()),
    )
    columns = {f.column: table[f.column].to_numpy(zero_copy_only=False) for f in features}
    labels = (table["deposit"].to_numpy(zero_copy_only=False) == "yes").astype(np.float64)
    return Population(
        "bank_marketing", "deposit", features, encode_features(features, columns), labels
    )


def _panel() -> Population:
    """Households of the demonstration's brands, each household at a brand a person."""
    text = files("hanse_demo") / "documents" / "repurchase-propensity.yaml"
    study = YAML(typ="safe").load(text.read_text(encoding="utf-8"))
    computation = TrainModel.model_validate_json(json.dumps(study["computation"]))
    matrices, labels = [], []
    with tempfile.TemporaryDirectory() as folder, open_panel() as panel:
        path = Path(folder) / "households.parquet"
        for manufacturer in panel.top_manufacturers(PANEL_BRANDS):
            panel.write_households(manufacturer, path)
            table = parquet.read_table(path)
            columns = {f.column: table[f.column].to_numpy() for f in computation.features}
            matrices.append(encode_features(computation.features, columns))
            labels.append(table[computation.label].to_numpy().astype(np.float64))
    return Population(
        "household_panel",
        computation.label,
        computation.features,
        np.concatenate(matrices),
        np.concatenate(labels),
    )
