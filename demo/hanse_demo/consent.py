"""Synthetic consent registers for the demo league. No person ever gave these consents.

Rules: every value follows from SHA-256 of (brand, person, purpose) and the
instant `now` alone, so the same league at the same instant is the same
register; a row is one person and purpose, and a purpose that was never
granted has no row; instants are UTC, whole seconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow
from pyarrow import parquet

from hanse_policies.documents import Purpose

REGISTER_WORDS: dict[Purpose, str] = {
    Purpose.AUDIENCE_ANALYTICS: "audience_analytics",
    Purpose.MODEL_TRAINING: "model_training",
    Purpose.CROSS_BRAND_MEASUREMENT: "cross_brand_measurement",
    Purpose.PERSONALISED_MARKETING: "personalised_marketing",
}
"""The registers' own word for each purpose, as the assets map them."""

GRANTED_SHARE: dict[Purpose, float] = {
    Purpose.AUDIENCE_ANALYTICS: 0.90,
    Purpose.MODEL_TRAINING: 0.85,
    Purpose.CROSS_BRAND_MEASUREMENT: 0.65,
    Purpose.PERSONALISED_MARKETING: 0.55,
}
"""Part of the persons who ever granted each purpose."""

GRANT_WINDOW = timedelta(days=3 * 365)
NOT_YET_IN_FORCE_SHARE = 0.005
UNLIMITED_SHARE = 0.30
ONE_YEAR_SHARE = 0.35
WITHDRAWN_SHARE = 0.08
SYNC_AGE = timedelta(minutes=5)
"""The register was brought up to date this long before `now`."""


@dataclass(frozen=True, slots=True)
class SyntheticConsent:
    """One row of a synthetic register.

    Attributes:
        person: The person's id at the brand.
        purpose: The register's word for the purpose.
        granted: From when the consent counts; 0.5 % lie after `now`.
        expires: Until when; None for 30 %, else one or two years after the grant.
        withdrawn: When it was taken back; None for 92 %.
        synced: When the row was last brought up to date.
    """

    person: str
    purpose: str
    granted: datetime
    expires: datetime | None
    withdrawn: datetime | None
    synced: datetime


def synthetic_consents(
    brand: str, persons: Sequence[str], now: datetime
) -> Iterator[SyntheticConsent]:
    """Yield a brand's synthetic register, by person and purpose.

    Args:
        brand: The brand's identifier; two brands' registers are unrelated.
        persons: The persons' ids, in the order wanted.
        now: The instant the register is current at, with a time zone.
    """
    now = now.replace(microsecond=0)
    for person in persons:
        for purpose, word in REGISTER_WORDS.items():
            draw = _uniforms(brand, person, word)
            if draw[0] < GRANTED_SHARE[purpose]:
                yield _consent(person, word, draw, now)


def write_register(consents: Iterator[SyntheticConsent], path: Path) -> int:
    """Write a register as Parquet and return its number of rows.

    Columns: person_id, purpose, granted_at, expires_at, withdrawn_at, synced_at.
    """
    rows = list(consents)
    instant = pyarrow.timestamp("us", tz="UTC")
    columns = {
        "person_id": pyarrow.array([row.person for row in rows], pyarrow.string()),
        "purpose": pyarrow.array([row.purpose for row in rows], pyarrow.string()),
        "granted_at": pyarrow.array([row.granted for row in rows], instant),
        "expires_at": pyarrow.array([row.expires for row in rows], instant),
        "withdrawn_at": pyarrow.array([row.withdrawn for row in rows], instant),
        "synced_at": pyarrow.array([row.synced for row in rows], instant),
    }
    parquet.write_table(pyarrow.table(columns), path, compression="zstd")
    return len(rows)


def _uniforms(brand: str, person: str, word: str) -> tuple[float, ...]:
    """Derive six independent numbers in [0, 1) from names alone."""
    digest = hashlib.sha256(f"hanse-demo-consent|{brand}|{person}|{word}".encode()).digest()
    return tuple(int.from_bytes(digest[i : i + 4], "big") / 2**32 for i in range(0, 24, 4))


def _consent(person: str, word: str, draw: tuple[float, ...], now: datetime) -> SyntheticConsent:
    _, age, in_force, expiry, withdrawal, withdrawn_after = draw
    if in_force < NOT_YET_IN_FORCE_SHARE:
        granted = now + timedelta(days=1 + int(60 * age))
    else:
        granted = now - timedelta(seconds=int(GRANT_WINDOW.total_seconds() * age))
    years = 1 if expiry < UNLIMITED_SHARE + ONE_YEAR_SHARE else 2
    return SyntheticConsent(
        person=person,
        purpose=word,
        granted=granted,
        expires=None if expiry < UNLIMITED_SHARE else granted + timedelta(days=365 * years),
        withdrawn=granted + timedelta(days=1 + int(300 * withdrawn_after))
        if withdrawal < WITHDRAWN_SHARE
        else None,
        synced=now - SYNC_AGE,
    )
