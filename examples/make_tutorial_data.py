"""Make the tutorials' league: three shops with invented customers, their consents, and studies.

Rules: every number is invented and follows from a fixed seed, so that two
readers see the same data; consents count from now; nothing outside the folder
is touched, and files of an earlier run are replaced. The standard library is
enough.

    python examples/make_tutorial_data.py FOLDER
"""

from __future__ import annotations

import argparse
import csv
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template

BRANDS = ("lantern", "anchor", "compass")
CUSTOMERS = 2000
REGIONS = ("north", "south", "east")
REGISTER_WORDS = ("training", "audience", "marketing")
DOCUMENTS = Path(__file__).parent / "documents"

CUSTOMER_COLUMNS = (
    "customer_id",
    "visits_90d",
    "spend_90d",
    "region",
    "loyalty_member",
    "age_years",
    "bought_next_month",
)
CONSENT_COLUMNS = (
    "customer_id",
    "purpose",
    "granted_at",
    "expires_at",
    "withdrawn_at",
    "synced_at",
)


def customers(brand: str) -> Iterable[Sequence[object]]:
    """Invent a brand's customers, a row each, in the order of `CUSTOMER_COLUMNS`."""
    chance = random.Random(f"customers of {brand}")  # noqa: S311 - invented data, not noise
    for number in range(CUSTOMERS):
        visits = min(60, int(chance.expovariate(1 / 9)))
        spend = round(visits * chance.uniform(4, 30), 2)
        is_member = chance.random() < 0.4
        liking = 0.16 * visits + (0.9 if is_member else 0) - 2.1
        bought = chance.random() < 1 / (1 + math.exp(-liking))
        yield (
            f"{brand}-{number:05d}",
            visits,
            spend,
            chance.choice(REGIONS),
            _flag(is_member),
            chance.randint(18, 84),
            _flag(bought),
        )


def consents(brand: str, now: datetime) -> Iterable[Sequence[object]]:
    """Invent a brand's register: most agree, some never did, some withdrew, some ran out."""
    chance = random.Random(f"consents of {brand}")  # noqa: S311 - invented data, not noise
    for number in range(CUSTOMERS):
        for word in REGISTER_WORDS:
            if chance.random() < (0.5 if word == "marketing" else 0.1):
                continue
            granted = now - timedelta(days=chance.randint(1, 700))
            expires = granted + timedelta(days=730 if chance.random() < 0.9 else 365)
            withdrawn = now - timedelta(hours=1) if chance.random() < 0.05 else None
            yield (
                f"{brand}-{number:05d}",
                word,
                _instant(granted),
                _instant(expires),
                _instant(withdrawn) if withdrawn else "",
                _instant(now),
            )


def write_brand(folder: Path, brand: str, now: datetime) -> None:
    """Write a brand's tables and its two documents into a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_table(folder / "customers.csv", CUSTOMER_COLUMNS, customers(brand))
    _write_table(folder / "consent.csv", CONSENT_COLUMNS, consents(brand, now))
    year = datetime(now.year, 1, 1, tzinfo=UTC)
    for name in ("asset.yaml", "policy.yaml"):
        _write_document(folder / name, {"brand": brand, "starts": _instant(year)})


def write_studies(folder: Path, now: datetime) -> None:
    """Write the studies that the tutorials propose; they expire in thirty days."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("visits-by-region.yaml", "propensity.yaml", "age-profile.yaml"):
        _write_document(folder / name, {"expires": _instant(now + timedelta(days=30))})


def make_league(folder: Path, now: datetime) -> None:
    """Write all brands and the studies into a folder."""
    for brand in BRANDS:
        write_brand(folder / brand, brand, now)
    write_studies(folder / "studies", now)


def main() -> None:
    """Read the folder from the command line and make the league there."""
    parser = argparse.ArgumentParser(description="Make the data of the tutorials.")
    parser.add_argument("folder", type=Path, help="where to write; made if it is not there")
    folder: Path = parser.parse_args().folder
    make_league(folder, datetime.now(UTC))
    print(f"{folder}: {', '.join(BRANDS)} with {CUSTOMERS} invented customers each, and studies")


def _write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


def _write_document(path: Path, values: Mapping[str, str]) -> None:
    text = (DOCUMENTS / path.name).read_text(encoding="utf-8")
    path.write_text(Template(text).substitute(values), encoding="utf-8")


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _instant(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    main()
