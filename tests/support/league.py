"""The demo league, built once, and what its parties would know of it."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from string import Template

from ruamel.yaml import YAML

from hanse_demo.league import ALLIANCE, MEDIA_AGENCY, PANEL_PLACE, League, build_league
from hanse_demo.modes import study_values
from hanse_policies.documents import (
    AllianceCharter,
    Member,
    Operator,
    RecipientPlace,
    Study,
    TrustMode,
)
from hanse_policies.signing import SigningKey

NOW = datetime(2026, 11, 1, 9, 30, 15, tzinfo=UTC)


def small_league(folder: Path, brands: int = 3, mode: TrustMode = TrustMode.LOCAL) -> League:
    """Build a league at a fixed instant."""
    return build_league(folder, brands=brands, now=NOW, mode=mode)


def charter_of(league: League) -> AllianceCharter:
    """Write the charter that the league's terms ask for, with made-up keys."""
    terms = league.terms
    return AllianceCharter(
        kind="AllianceCharter",
        id=league.alliance,
        version=1,
        operator=Operator(
            name="operator", signing_key=SigningKey.generate().public_hex, jurisdiction=PANEL_PLACE
        ),
        members=tuple(
            Member(
                brand=brand.brand,
                legal_entity=brand.legal_entity,
                signing_key=SigningKey.generate().public_hex,
                agreement_key=SigningKey.generate().public_hex,
                jurisdiction=PANEL_PLACE,
            )
            for brand in league.brands
        ),
        purposes=terms.purposes,
        computations=terms.computations,
        recipients=terms.recipients,
        places=(RecipientPlace(recipient=MEDIA_AGENCY, jurisdiction=PANEL_PLACE),),
        limits=terms.limits,
        max_brands_per_person=terms.max_brands_per_person,
    )


def demo_study(name: str, mode: TrustMode = TrustMode.LOCAL, brands: int = 5) -> Study:
    """Read one of the demo's studies without building its data."""
    text = (files("hanse_demo") / "documents" / f"{name}.yaml").read_text(encoding="utf-8")
    filled = Template(text).substitute(
        study_values(mode, brands), alliance=ALLIANCE, expires="2026-12-01T00:00:00Z"
    )
    return Study.model_validate(YAML(typ="safe").load(filled))
