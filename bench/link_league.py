"""A throw-away alliance on disk: an operator and brands with generated customers.

Rules: everything is made by the product's own code and lives in one temporary
folder; the documents are the demo's, with budgets wide enough for many rounds;
each brand holds generated rows of the demo's columns, and a synthetic consent
register. Nobody's data is in it.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TypeVar

import numpy as np
import pyarrow
from pyarrow import parquet
from ruamel.yaml import YAML

from hanse_clients.home import BrandConfiguration, BrandHome
from hanse_demo.consent import synthetic_consents, write_register
from hanse_demo.league import PANEL_PLACE
from hanse_demo.modes import study_values
from hanse_policies.documents import (
    AllianceCharter,
    AllianceId,
    BrandId,
    BrandPolicy,
    ComputationKind,
    DataAsset,
    Limits,
    Operator,
    Purpose,
    StrictModel,
    Study,
    TrustMode,
)
from hanse_policies.signing import SigningKey
from hanse_server.alliance import Alliance
from hanse_server.alliance_desk import AllianceDesk
from hanse_server.authority import caller_of
from hanse_server.home import OperatorConfiguration, OperatorHome
from hanse_server.link import GrpcOperatorLink, GrpcOperatorServer, ServerAddress
from hanse_server.study_run import RunSetting
from hanse_server.tls_identity import credentials_of

BRANDS = 5
ALLIANCE = AllianceId("bench-league")
TRAINING = "repurchase-propensity"
AUDIENCE = "spend-by-age"
AGES = ("19-24", "25-34", "35-44", "45-54", "55-64", "65+", "Unknown")
EPSILON_OF_PURPOSE = 90.0

DocumentT = TypeVar("DocumentT", bound=StrictModel)


@dataclass(frozen=True, slots=True)
class BenchLeague:
    """The alliance: an operator's folder and one a brand, all joined and signed.

    Attributes:
        folder: Holds all of it.
        operator: The operator's folder.
        brands: The brands' folders.
    """

    folder: Path
    operator: OperatorHome
    brands: tuple[BrandHome, ...]

    @property
    def brand_ids(self) -> tuple[BrandId, ...]:
        """Name the brands, sorted."""
        return tuple(sorted(brand.name.brand for brand in self.brands))

    def alliance(self) -> Alliance:
        """Return the operator's Python API."""
        return Alliance(self.operator)

    @contextmanager
    def bare_link(self) -> Iterator[tuple[GrpcOperatorLink, GrpcOperatorServer]]:
        """Serve as the product does, and hand out the link, which `Alliance.serve` keeps."""
        with self.operator.open_store() as store:
            link = GrpcOperatorLink()
            setting = RunSetting(
                link=link,
                store=store,
                signing_key=self.operator.signing_key(),
                releases=self.operator.releases_folder,
                deadline_seconds=60.0,
                clock=clock,
            )
            desk = AllianceDesk(setting, session="bench")
            host, _, port = self.operator.configuration.address.rpartition(":")
            with GrpcOperatorServer(
                link,
                brand_desk=desk,
                operator_desk=desk,
                credentials=credentials_of(self.operator.server_identity()),
                authorise=lambda der: caller_of(der, store.membership, clock()),
                address=ServerAddress(host, int(port)),
            ) as server:
                yield link, server

    def training_study(self, version: int, rounds: int, **changes: object) -> Path:
        """Write the demo's propensity study with so many rounds.

        Args:
            version: Of the study; each may run once.
            rounds: How many rounds it has.
            changes: Other fields of its computation, in place of the demo's.
        """
        study = packaged(f"{TRAINING}.yaml", Study, {})
        computation = study.computation.model_copy(update={"rounds": rounds, **changes})
        update = {"computation": computation, "version": version}
        return self._write_study(study.model_copy(update=update))

    def audience_study(self) -> Path:
        """Write the demo's audience study."""
        return self._write_study(packaged(f"{AUDIENCE}.yaml", Study, {}))

    def _write_study(self, study: Study) -> Path:
        path = self.folder / f"{study.id}-v{study.version}.yaml"
        write_document(path, study)
        return path


def clock() -> datetime:
    """Tell the time, in UTC."""
    return datetime.now(UTC)


def build_bench_league(folder: Path, persons: int) -> BenchLeague:
    """Found an operator, enrol the brands, give each its customers and sign its policy.

    Args:
        folder: Made where it is not there.
        persons: How many customers each brand has.
    """
    folder.mkdir(exist_ok=True)
    operator = _found_operator(folder / "operator")
    alliance = Alliance(operator)
    brands = tuple(
        _join_brand(alliance, folder / f"brand-{number}", number, persons)
        for number in range(1, BRANDS + 1)
    )
    return BenchLeague(folder, operator, brands)


def _found_operator(path: Path) -> OperatorHome:
    key = SigningKey.generate()
    charter = AllianceCharter(
        kind="AllianceCharter",
        id=ALLIANCE,
        version=1,
        operator=Operator(
            name="bench operator", signing_key=key.public_hex, jurisdiction=PANEL_PLACE
        ),
        purposes=(Purpose.MODEL_TRAINING, Purpose.AUDIENCE_ANALYTICS),
        computations=tuple(ComputationKind),
        recipients=("members",),
        limits=Limits(epsilon=EPSILON_OF_PURPOSE, delta=1e-5, retention_days=730),
        max_brands_per_person=BRANDS,
    )
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    configuration = OperatorConfiguration(alliance=ALLIANCE, name="bench operator", address=address)
    return OperatorHome.found(path, configuration, charter, signing_key=key, now=clock())


def _join_brand(alliance: Alliance, path: Path, number: int, persons: int) -> BrandHome:
    name = f"brand-{number}"
    configuration = BrandConfiguration(
        alliance=ALLIANCE, brand=name, legal_entity=f"Bench {number}", jurisdiction=PANEL_PLACE
    )
    brand = BrandHome.found(path, configuration, now=clock())
    enrolled = alliance.enrol(brand.request_file.read_bytes())
    brand = brand.join(enrolled.bundle.to_json(), alliance.home.fingerprint(), now=clock())
    ids = [f"p{row}" for row in range(persons)]
    write_customers(path / "households.parquet", ids, np.random.default_rng(number))
    write_register(synthetic_consents(name, ids, clock()), path / "consent.parquet")
    write_document(brand.documents.asset_file, packaged("asset.yaml", DataAsset, {"brand": name}))
    policy = packaged("policy.yaml", BrandPolicy, {"brand": name})
    budgets = tuple(
        budget.model_copy(update={"epsilon": EPSILON_OF_PURPOSE}) for budget in policy.budgets
    )
    write_document(brand.documents.policy_file, policy.model_copy(update={"budgets": budgets}))
    brand.documents.sign_asset()
    brand.documents.sign_policy()
    return brand


def packaged(name: str, model: type[DocumentT], values: dict[str, str]) -> DocumentT:
    """Read one of the demo's documents."""
    text = (files("hanse_demo") / "documents" / name).read_text(encoding="utf-8")
    now = clock()
    common = {
        "alliance": ALLIANCE,
        "starts": f"{now - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
        "expires": f"{now + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
        **study_values(TrustMode.LOCAL, BRANDS),
    }
    filled = Template(text).substitute({**common, **values})
    return model.model_validate(YAML(typ="safe").load(filled))


def write_document(path: Path, document: StrictModel) -> None:
    """Write a document as YAML, of which JSON is a part."""
    path.write_text(document.model_dump_json(), encoding="utf-8")


def write_customers(path: Path, ids: list[str], rng: np.random.Generator) -> None:
    """Write generated rows of the demo's columns, the label a noisy function of two of them."""
    count = len(ids)
    recency = rng.integers(0, 274, count)
    baskets = 1 + rng.poisson(6, count)
    chance = 1 / (1 + np.exp(-(1.0 - recency / 90 + baskets / 10)))
    spend = rng.gamma(1.5, 30, count).round(2)
    columns: dict[str, object] = {
        "household_id": ids,
        "recency_days": recency,
        "tenure_days": np.maximum(recency, rng.integers(0, 274, count)),
        "baskets": baskets,
        "items": baskets + rng.poisson(5, count),
        "spend": spend,
        "avg_basket": (spend / baskets).round(2),
        "spend_recent": (spend * rng.random(count)).round(2),
        "baskets_recent": rng.binomial(baskets, 0.3),
        "products": 1 + rng.poisson(8, count),
        "categories": 1 + rng.poisson(3, count),
        "active_months": rng.integers(1, 11, count),
        "coupon_share": rng.random(count).round(4),
        "discount_share": rng.random(count).round(4),
        "age": rng.choice(AGES, count),
        "household_size": rng.choice(["1", "2", "3", "4", "5+"], count),
        "home_ownership": rng.choice(["Homeowner", "Renter"], count),
        "income": rng.choice(["Under 15K", "35-49K", "250K+"], count),
        "repurchase": (rng.random(count) < chance).astype(np.int32),
    }
    parquet.write_table(pyarrow.table(columns), path)
