"""The demo's league: brands with data, consents and documents, built from the panel.

Rules: what is built follows from the panel, the number of brands, the trust
mode and `now` alone; building again over an earlier league replaces it; documents are the
commented YAML files in `documents/`, with the few values that differ filled in,
and every one is checked before it is written. True counts are for the demo's
own pages beside each brand; the operator never sees them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from string import Template

from ruamel.yaml import YAML

from hanse_demo.consent import synthetic_consents, write_register
from hanse_demo.errors import LeagueSizeError
from hanse_demo.modes import study_values
from hanse_demo.panel import HouseholdPanel, Manufacturer, open_panel
from hanse_policies.documents import (
    AllianceId,
    BrandId,
    BrandPolicy,
    ComputationKind,
    DataAsset,
    Limits,
    Purpose,
    StrictModel,
    Study,
    StudyId,
    TrustMode,
)

ALLIANCE = AllianceId("household-panel-league")
MINIMUM_BRANDS = 3
MAXIMUM_BRANDS = 20
PANEL_PLACE = "US"
"""Where all households of the panel live, and everybody of the league stands."""
MEDIA_AGENCY = "media-agency"
OF_THE_PANEL = " of the household panel"
STUDY_DAYS = 30
"""A study may start until so many days after the day the league was built."""


@dataclass(frozen=True, slots=True)
class CharterTerms:
    """What the league's charter allows at most, for whoever founds it."""

    purposes: tuple[Purpose, ...]
    computations: tuple[ComputationKind, ...]
    recipients: tuple[str, ...]
    limits: Limits
    max_brands_per_person: int


class DemoStudy(StrEnum):
    """The studies of the demo, in the order they are proposed."""

    REPURCHASE_PROPENSITY = "repurchase-propensity"
    SPEND_BY_AGE = "spend-by-age"
    HOUSEHOLD_INCOME_PROFILE = "household-income-profile"
    """Meant to be refused by every brand."""


@dataclass(frozen=True, slots=True)
class LeagueBrand:
    """One brand of the league, with all its files in one folder.

    Attributes:
        brand: Its identifier, `brand-1` for the manufacturer that reaches most households.
        legal_entity: The name shown for it.
        folder: Holds asset.yaml, policy.yaml, households.parquet, consent.parquet.
        households: True number of its households. Never leaves the brand.
    """

    brand: BrandId
    legal_entity: str
    folder: Path
    households: int

    @property
    def short_name(self) -> str:
        """Return the name for tables and charts, as `Manufacturer 2`."""
        return self.legal_entity.removesuffix(OF_THE_PANEL)

    @property
    def asset(self) -> Path:
        """Return the path of the asset document."""
        return self.folder / "asset.yaml"

    @property
    def policy(self) -> Path:
        """Return the path of the brand's policy."""
        return self.folder / "policy.yaml"


@dataclass(frozen=True, slots=True)
class LeagueStudy:
    """One study document of the league."""

    study: StudyId
    path: Path


@dataclass(frozen=True, slots=True)
class League:
    """All that the demo's parties start from.

    Attributes:
        alliance: The alliance's identifier, as in every document.
        folder: Holds `brands/` and `studies/`.
        brands: By households reached, largest first.
        studies: In the order of `DemoStudy`.
        terms: What the charter should allow.
        mode: Where the noise of the studies is added.
    """

    alliance: AllianceId
    folder: Path
    brands: tuple[LeagueBrand, ...]
    studies: tuple[LeagueStudy, ...]
    terms: CharterTerms
    mode: TrustMode


def build_league(
    folder: Path, *, brands: int, now: datetime, mode: TrustMode = TrustMode.LOCAL
) -> League:
    """Build the league's data and documents in a folder.

    Args:
        folder: Made if it is not there; files of an earlier league are replaced.
        brands: How many manufacturers take part, 3 to 20.
        now: The instant the consents are current at, with a time zone.
        mode: Where the noise of the studies is added.

    Raises:
        LeagueSizeError: Too few or too many brands.
        PanelMissingError: The panel is not installed.
        PanelTooSmallError: The panel has fewer manufacturers.
    """
    if not MINIMUM_BRANDS <= brands <= MAXIMUM_BRANDS:
        raise LeagueSizeError(asked=brands, least=MINIMUM_BRANDS, most=MAXIMUM_BRANDS)
    now = now.astimezone(UTC)
    with open_panel() as panel:
        members = tuple(
            _build_brand(panel, manufacturer, rank, folder / "brands", now)
            for rank, manufacturer in enumerate(panel.top_manufacturers(brands), start=1)
        )
    return League(
        alliance=ALLIANCE,
        folder=folder,
        brands=members,
        studies=_write_studies(folder / "studies", now, study_values(mode, brands)),
        terms=_charter_terms(brands),
        mode=mode,
    )


def _charter_terms(brands: int) -> CharterTerms:
    """Allow more than any brand's policy, so that what is refused is refused by brands."""
    return CharterTerms(
        purposes=(
            Purpose.MODEL_TRAINING,
            Purpose.AUDIENCE_ANALYTICS,
            Purpose.PERSONALISED_MARKETING,
        ),
        computations=tuple(ComputationKind),
        recipients=("members", MEDIA_AGENCY),
        limits=Limits(epsilon=4.0, delta=1.0e-5, retention_days=730),
        max_brands_per_person=brands,  # Most households of the panel buy from every brand.
    )


def _build_brand(
    panel: HouseholdPanel, manufacturer: Manufacturer, rank: int, parent: Path, now: datetime
) -> LeagueBrand:
    """Write one brand's tables and documents."""
    brand = BrandId(f"brand-{rank}")
    folder = parent / brand
    folder.mkdir(parents=True, exist_ok=True)
    households = panel.write_households(manufacturer, folder / "households.parquet")
    write_register(synthetic_consents(brand, households, now), folder / "consent.parquet")
    values = {
        "brand": brand,
        "alliance": ALLIANCE,
        "starts": _instant_text(datetime(now.year, 1, 1, tzinfo=UTC)),
    }
    _write_document(folder / "asset.yaml", DataAsset, values)
    _write_document(folder / "policy.yaml", BrandPolicy, values)
    return LeagueBrand(
        brand=brand,
        legal_entity=f"Manufacturer {manufacturer.number}{OF_THE_PANEL}",
        folder=folder,
        households=len(households),
    )


def _write_studies(
    folder: Path, now: datetime, values: Mapping[str, str]
) -> tuple[LeagueStudy, ...]:
    """Write the studies; built twice on one day, they are the same byte for byte."""
    folder.mkdir(parents=True, exist_ok=True)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    expires = _instant_text(day + timedelta(days=STUDY_DAYS))
    filled = {**values, "alliance": ALLIANCE, "expires": expires}
    paths = [folder / f"{study}.yaml" for study in DemoStudy]
    for path in paths:
        _write_document(path, Study, filled)
    return tuple(LeagueStudy(StudyId(path.stem), path) for path in paths)


def _write_document(path: Path, model: type[StrictModel], values: Mapping[str, str]) -> None:
    """Fill in the packaged document of the same name, check it, write it."""
    packaged = files("hanse_demo") / "documents" / path.name
    text = Template(packaged.read_text(encoding="utf-8")).substitute(values)
    model.model_validate(YAML(typ="safe").load(text))
    path.write_text(text, encoding="utf-8")


def _instant_text(instant: datetime) -> str:
    """Write an instant as the documents do: UTC, whole seconds, `Z`."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
