"""Where persons, brands and recipients stand, and within which territory no border is crossed.

Rules: a place that nobody states is None, and whoever asks counts it as the strictest;
the states of the European Economic Area are one territory, each other country is one with
its subdivisions; Hong Kong, Macao and Taiwan are places of their own (see `OWN_LAWS`).

Source: GDPR Art. 44 with the EEA Agreement, Annex XI; PIPL Art. 3, 38.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from hanse_policies.documents.alliance import AllianceCharter
from hanse_policies.documents.asset import DataAsset, StatedJurisdiction
from hanse_policies.documents.base import BrandId
from hanse_policies.documents.brand import BrandPolicy

EEA: Final = "EEA"
EEA_PLACES: Final = frozenset(
    {"EU", "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT"}
    | {"LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE", "IS", "LI", "NO"}
)
CHINA: Final = "CN"


@lru_cache(maxsize=1024)
def territory_of(place: str) -> str:
    """Return the territory that a place lies in: a country, or `EEA`."""
    country = place.partition("-")[0]
    return EEA if country in EEA_PLACES else country


def persons_places(policy: BrandPolicy, asset: DataAsset) -> tuple[str, ...] | None:
    """Say where the persons are who take part; None where nothing bounds it.

    The register may hold persons of one place alone; or the policy names the places, and
    whoever is elsewhere, or nowhere known, is left out in the warehouse query.
    """
    stated = asset.consent.jurisdiction
    if isinstance(stated, StatedJurisdiction):
        return (stated.constant,)
    return policy.consent.jurisdictions


def brand_place(charter: AllianceCharter, policy: BrandPolicy) -> str | None:
    """Say where the brand keeps its data; None where the charter does not."""
    member = charter.member(BrandId(policy.brand))
    return None if member is None else member.jurisdiction
