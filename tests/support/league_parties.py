"""A small league on disk: an operator and brands of about 300 persons, and their parts in-process.

Every person's id and a column that no asset lists carry `CANARY`, so that a test
can search for them wherever they must never be. The clock is real time plus
what a test adds, and each look at it is a millisecond later than the last.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from hanse_clients.aggregating import AggregatingResponder
from hanse_clients.assembly import BrandRecords, aggregating_responder
from hanse_clients.data.source import DataSource, MeasuringSource
from hanse_clients.floor_watches import FloorWatches
from hanse_clients.home import BrandConfiguration, BrandHome
from hanse_clients.round_store import RoundStore
from hanse_clients.sources import BrandSources
from hanse_clients.state import BrandState
from hanse_clients.study_gate import StudyGate
from hanse_clients.verdicts import VerdictDesk
from hanse_federation.desk import ProposedStudy, ReleaseEntry, ReleaseFile, RunEvent
from hanse_federation.link.errors import ServerUnreachableError
from hanse_federation.link.in_process import InProcessLink
from hanse_federation.privacy.ledger import Ledger
from hanse_federation.privacy.ledger_file import Connect, connect_durably
from hanse_federation.randomness import SeededRandomness
from hanse_policies.compare.comparison import compare_versions
from hanse_policies.documents import (
    AllianceCharter,
    AllianceId,
    BrandId,
    BrandPolicy,
    ComputationKind,
    DataAsset,
    Floors,
    Limits,
    Operator,
    Purpose,
    StrictModel,
    Study,
)
from hanse_policies.signing import Envelope, SigningKey
from hanse_server import enrolment
from hanse_server.alliance_desk import AllianceDesk
from hanse_server.enrolment import check_request
from hanse_server.home import OperatorConfiguration, OperatorHome
from hanse_server.store import OperatorStore
from hanse_server.study_run import RunSetting
from tests.support.brand_tables import (
    ANALYTICS_WORD,
    TRAINING_WORD,
    ConsentRow,
    PersonRow,
    ordinary_rows,
    write_brand,
)
from tests.support.league_documents import ALLIANCE, a_league_policy

CANARY = "canary7f3a"
MARKETING_WORD = "personal offers"
WORDS = (TRAINING_WORD, ANALYTICS_WORD, MARKETING_WORD)
BRANDS = ("alder", "birch", "cedar", "dogwood")
PERSONS = 300
YEAR = timedelta(days=365)
DAY = timedelta(days=1)
SignedT = TypeVar("SignedT", BrandPolicy, DataAsset)


@dataclass
class LeagueClock:
    """Tells a later instant each time it is asked."""

    ahead: timedelta = timedelta()
    start: datetime = field(default_factory=lambda: datetime.now(UTC))
    _looks: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> datetime:
        with self._lock:
            self._looks += 1
            return self.start + self.ahead + timedelta(milliseconds=self._looks)


def person(brand: str, number: int) -> str:
    return f"{CANARY}-{brand}-{number}"


def persons_of(brand: str, count: int = PERSONS) -> list[PersonRow]:
    return [
        replace(row, customer=person(brand, number), email=f"{CANARY}@example.org")
        for number, row in enumerate(ordinary_rows(count))
    ]


def consent_for(
    persons: Sequence[PersonRow], now: datetime, words: Sequence[str] = WORDS
) -> list[ConsentRow]:
    """A valid consent of each person for each word."""
    return [
        ConsentRow(row.customer, use=word, given=now - 30 * DAY, as_of=now - timedelta(hours=1))
        for row in persons
        for word in words
    ]


def write_yaml(path: Path, document: StrictModel) -> None:
    """Write a document as YAML of one field a line; JSON's values are YAML's too."""
    fields = document.model_dump(mode="json", exclude_none=True)
    path.write_text("".join(f"{name}: {json.dumps(value)}\n" for name, value in fields.items()))


def write_data(
    home: BrandHome,
    now: datetime,
    persons: Sequence[PersonRow] | None = None,
    consents: Sequence[ConsentRow] | None = None,
) -> DataAsset:
    """Write a brand's tables and asset.yaml, in place of those that are there."""
    brand = home.configuration.brand
    rows = persons_of(brand) if persons is None else persons
    held = consent_for(rows, now) if consents is None else consents
    written = write_brand(home.path, rows, held)
    words = written.consent.purposes | {Purpose.PERSONALISED_MARKETING: MARKETING_WORD}
    consent = written.consent.model_copy(update={"purposes": words})
    asset = written.model_copy(update={"brand": brand, "consent": consent})
    put_asset(home, asset)
    return home.documents.asset().document


def put_asset(home: BrandHome, asset: DataAsset) -> str:
    write_yaml(home.documents.asset_file, following(home.documents.signed_asset_file, asset))
    return home.documents.sign_asset()


def put_policy(home: BrandHome, policy: BrandPolicy) -> str:
    write_yaml(home.documents.policy_file, following(home.documents.signed_policy_file, policy))
    return home.documents.sign_policy()


def following(signed: Path, document: SignedT) -> SignedT:
    """Make a document follow the one that is in effect, if it says something else."""
    if not signed.exists():
        return document
    envelope = Envelope.from_json(signed.read_bytes())
    before = type(document).model_validate_json(envelope.payload)
    succession = {"version": before.version, "supersedes": before.supersedes}
    if document.model_copy(update=succession) == before:
        return before
    version = str(compare_versions(before, document).expected_version)
    return document.model_copy(update={"version": version, "supersedes": envelope.payload_digest})


def found_league_operator(
    path: Path, now: datetime, address: str = "127.0.0.1:1", store: str | None = None
) -> OperatorHome:
    key = SigningKey.generate()
    charter = AllianceCharter(
        kind="AllianceCharter",
        id=ALLIANCE,
        version=1,
        operator=Operator(name="League Office", signing_key=key.public_hex, jurisdiction="DE"),
        purposes=(Purpose.MODEL_TRAINING, Purpose.AUDIENCE_ANALYTICS),
        computations=tuple(ComputationKind),
        recipients=("members", *BRANDS),
        floors=Floors(minimum_brands=3, minimum_persons=50),
        limits=Limits(epsilon=4.0, delta=1e-5, retention_days=365),
        max_brands_per_person=3,
    )
    configuration = OperatorConfiguration(
        alliance=ALLIANCE, name="League Office", address=address, store=store
    )
    return OperatorHome.found(path, configuration, charter, signing_key=key, now=now)


def found_league_brand(path: Path, brand: str, now: datetime) -> BrandHome:
    configuration = BrandConfiguration(
        alliance=AllianceId(ALLIANCE),
        brand=BrandId(brand),
        legal_entity=f"{brand} Stores Ltd",
        jurisdiction="DE",
    )
    home = BrandHome.found(path, configuration, now=now)
    write_data(home, now)
    put_policy(home, a_league_policy(brand, now))
    return home


class InProcessSources(BrandSources):
    """Answers everything in this process, and lets a test put a probe around its source."""

    def __init__(self, asset: DataAsset, folder: Path) -> None:
        super().__init__(asset, folder)
        self.probe: DataSource | None = None

    def for_study(self, study: Study) -> MeasuringSource:
        return self.rows()

    def rows(self) -> DataSource:
        return super().rows() if self.probe is None else self.probe


@dataclass
class BrandParts:
    """What `BrandClient` puts together, each part open to a test."""

    home: BrandHome
    state: BrandState
    ledger: Ledger
    rounds: RoundStore
    floors: FloorWatches
    sources: InProcessSources
    gate: StudyGate
    desk: VerdictDesk
    responder: AggregatingResponder

    @property
    def brand(self) -> BrandId:
        return self.home.name.brand


@contextmanager
def open_parts(
    home: BrandHome, clock: LeagueClock, seed: int = 1, connect: Connect = connect_durably
) -> Iterator[BrandParts]:
    with ExitStack() as opened:
        state = opened.enter_context(home.open_state())
        rounds = opened.enter_context(home.open_rounds())
        floors = opened.enter_context(FloorWatches.of_brand(home.path))
        ledger = Ledger(home.ledger_file, connect)
        asset = home.documents.asset().document
        sources = InProcessSources(asset, home.path)
        opened.callback(sources.close)
        gate = StudyGate(home, state, ledger, sources)
        responder = aggregating_responder(
            home,
            BrandRecords(state, ledger, rounds, floors),
            gate,
            sources,
            randomness=SeededRandomness(seed),
            clock=clock,
        )
        desk = VerdictDesk(home, state, gate)
        yield BrandParts(home, state, ledger, rounds, floors, sources, gate, desk, responder)


@dataclass
class DeskContact:
    """The operator's desk as one brand reaches it, without a network."""

    desk: AllianceDesk
    brand: BrandId
    losses: int = 0
    """How many verdicts are lost on the way from now on."""

    def charter(self) -> bytes:
        return self.desk.charter()

    def studies(self) -> tuple[ProposedStudy, ...]:
        return self.desk.studies(self.brand)

    def submit_verdict(self, envelope: bytes) -> None:
        if self.losses:
            self.losses -= 1
            raise ServerUnreachableError("the operator's server does not answer")
        self.desk.submit_verdict(self.brand, envelope)

    def releases(self) -> tuple[ReleaseEntry, ...]:
        return self.desk.releases(self.brand)

    def release_files(self, digest: str) -> tuple[ReleaseFile, ...]:
        return tuple(self.desk.release_files(self.brand, digest))


@dataclass
class SmallLeague:
    """An operator and its brands in this process."""

    clock: LeagueClock
    operator: OperatorHome
    store: OperatorStore
    brands: dict[str, BrandParts]
    desk: AllianceDesk
    setting: RunSetting

    def contact(self, brand: str) -> DeskContact:
        return DeskContact(self.desk, BrandId(brand))

    def propose(self, study: Study) -> str:
        return self.desk.propose(self.operator.signing_key().sign(study).to_json())

    def settle(self, *brands: str) -> None:
        """Let brands hear, decide and hand their verdicts in."""
        for brand in brands or tuple(self.brands):
            contact, desk = self.contact(brand), self.brands[brand].desk
            for digest in desk.hear(contact, self.clock()):
                if desk.settle(digest, self.clock()) is not None:
                    desk.send(contact, digest)

    def approved(self, study: Study) -> str:
        digest = self.propose(study)
        self.settle()
        return digest

    def run(self, digest: str) -> list[RunEvent]:
        return list(self.desk.run(digest))


@contextmanager
def small_league(folder: Path, brands: Sequence[str] = BRANDS[:3]) -> Iterator[SmallLeague]:
    """Found, enrol, join and open a whole league in one process."""
    clock = LeagueClock()
    operator = found_league_operator(folder / "operator", clock())
    homes = [found_league_brand(folder / brand, brand, clock()) for brand in brands]
    with ExitStack() as opened:
        store = opened.enter_context(operator.open_store())
        joined = [join(operator, store, home, clock()) for home in homes]
        parts: dict[str, BrandParts] = {
            home.name.brand: opened.enter_context(open_parts(home, clock, seed))
            for seed, home in enumerate(joined)
        }
        link = opened.enter_context(
            InProcessLink({brand.brand: brand.responder for brand in parts.values()})
        )
        setting = RunSetting(
            link, store, operator.signing_key(), operator.releases_folder, 60.0, clock, 1.0
        )
        desk = AllianceDesk(setting, "session-1")
        yield SmallLeague(clock, operator, store, parts, desk, setting)


def join(operator: OperatorHome, store: OperatorStore, home: BrandHome, now: datetime) -> BrandHome:
    request = check_request(home.request_file.read_bytes(), operator.alliance)
    done = enrolment.enrol(operator, store, request, lifetime=YEAR, now=now)
    return home.join(done.bundle.to_json(), operator.fingerprint(), now=now)


def files_with(text: str, *folders: Path) -> list[str]:
    """Name the files, but for the brand's own tables, whose bytes hold the text."""
    found = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            own_table = path.name in {"people.parquet", "register.parquet", "scores.parquet"}
            if path.is_file() and not own_table and text.encode() in path.read_bytes():
                found.append(str(path.relative_to(folder)))
    return found
