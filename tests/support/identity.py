"""An operator and brands on disk, at a fixed instant, for tests of identity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hanse_clients.home import BrandConfiguration, BrandHome
from hanse_policies.documents import (
    AllianceCharter,
    AllianceId,
    BrandId,
    ComputationKind,
    Limits,
    Operator,
    Purpose,
)
from hanse_policies.signing import SigningKey
from hanse_server import enrolment
from hanse_server.enrolment import EnrolledBrand, check_request
from hanse_server.home import OperatorConfiguration, OperatorHome
from hanse_server.store import OperatorStore

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
ALLIANCE = AllianceId("harbour-league")


def found_operator(path: Path, alliance: str = ALLIANCE, now: datetime = NOW) -> OperatorHome:
    key = SigningKey.generate()
    charter = AllianceCharter(
        kind="AllianceCharter",
        id=alliance,
        version=1,
        operator=Operator(name="Harbour Office", signing_key=key.public_hex, jurisdiction="DE"),
        purposes=(Purpose.MODEL_TRAINING, Purpose.AUDIENCE_ANALYTICS),
        computations=tuple(ComputationKind),
        recipients=("members",),
        limits=Limits(epsilon=4.0, delta=1e-5, retention_days=365),
        max_brands_per_person=5,
    )
    configuration = OperatorConfiguration(
        alliance=alliance, name="Harbour Office", address="127.0.0.1:7443"
    )
    return OperatorHome.found(path, configuration, charter, signing_key=key, now=now)


def found_brand(path: Path, brand: str, alliance: str = ALLIANCE) -> BrandHome:
    configuration = BrandConfiguration(
        alliance=alliance, brand=brand, legal_entity=f"{brand} GmbH", jurisdiction="DE"
    )
    return BrandHome.found(path, configuration, now=NOW)


@dataclass(frozen=True)
class League:
    """An operator with an open store."""

    operator: OperatorHome
    store: OperatorStore

    def enrol(self, brand: BrandHome, now: datetime = NOW, days: int = 365) -> EnrolledBrand:
        request = check_request(brand.request_file.read_bytes(), self.operator.alliance)
        return enrolment.enrol(
            self.operator, self.store, request, lifetime=timedelta(days=days), now=now
        )

    def renew(self, brand: BrandHome, now: datetime = NOW) -> EnrolledBrand:
        request = check_request(brand.request_file.read_bytes(), self.operator.alliance)
        return enrolment.renew(self.operator, self.store, request, lifetime=YEAR, now=now)

    def revoke(self, brand: str, now: datetime = NOW) -> int:
        return enrolment.revoke(
            self.operator, self.store, BrandId(brand), reason="left the league", now=now
        )

    def join(self, brand: BrandHome, now: datetime = NOW) -> BrandHome:
        done = self.enrol(brand, now)
        return brand.join(done.bundle.to_json(), self.operator.fingerprint(), now=now)
