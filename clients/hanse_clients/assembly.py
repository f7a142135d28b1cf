"""Puts the parts together that answer for a brand: gate, answering, rounds, keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hanse_clients.aggregating import AggregatingResponder, AllianceView
from hanse_clients.answering import Answering
from hanse_clients.consent_ends import ConsentEnds
from hanse_clients.ending import EndDesk
from hanse_clients.enrolment import BrandKeys
from hanse_clients.errors import BrandNotJoinedError
from hanse_clients.floor_watches import FloorWatches
from hanse_clients.home import BrandHome
from hanse_clients.lineage import Lineage
from hanse_clients.purging import StudyPurge
from hanse_clients.round_store import RoundStore
from hanse_clients.sources import BrandSources, row_salt
from hanse_clients.state import BrandState
from hanse_clients.study_gate import StudyGate
from hanse_federation.audit import EgressJournal
from hanse_federation.privacy.ledger import Ledger
from hanse_federation.randomness import Randomness, SystemRandomness
from hanse_federation.secure_aggregation.key_agreement import PartyKeys
from hanse_policies.documents import AllianceCharter


@dataclass(frozen=True, slots=True)
class BrandRecords:
    """A brand's open records.

    Attributes:
        state: Studies, decisions and the charter followed.
        ledger: Charges questions and keeps answers.
        rounds: Keeps contributions and steps.
        floors: Keeps the watches over the floor of persons.
    """

    state: BrandState
    ledger: Ledger
    rounds: RoundStore
    floors: FloorWatches


def aggregating_responder(
    home: BrandHome,
    records: BrandRecords,
    gate: StudyGate,
    sources: BrandSources,
    *,
    randomness: Randomness,
    clock: Callable[[], datetime],
) -> AggregatingResponder:
    """Build what answers requests for a brand.

    Args:
        home: The brand's keys and documents.
        records: The brand's open records.
        gate: Lets questions in.
        sources: The brand's data.
        randomness: Where noise, samples and roundings come from. Keys, seeds and nonces
            always come from the system, apart from it.
        clock: Tells the time, with its zone.
    """
    brand, keys = home.name.brand, home.keys()
    answering = Answering(
        brand,
        gate,
        records.ledger,
        sources,
        records.floors,
        row_salt=row_salt(keys.agreement, home.documents.asset().document),
        randomness=randomness,
        clock=clock,
    )
    return AggregatingResponder(
        brand,
        party_keys(keys),
        answering,
        records.rounds,
        _view(home, records.state, gate),
        randomness=SystemRandomness(),
        rounding=randomness,
    )


def end_desk(
    home: BrandHome,
    state: BrandState,
    gate: StudyGate,
    ledger: Ledger,
    sources: BrandSources,
    rounds: RoundStore,
) -> EndDesk:
    """Build what does a brand's part once consents have ended, or it leaves."""
    ends = ConsentEnds(home, state, gate, ledger, sources)
    purge = StudyPurge(state.ends, rounds, ledger, sources)
    journal = EgressJournal(home.journal_file)
    return EndDesk(home, ends, purge, Lineage(home, state, gate, ledger, rounds, journal, ends))


def party_keys(keys: BrandKeys) -> PartyKeys:
    """Hand a brand's identity keys to the protocol."""
    return PartyKeys(keys.signing.to_raw(), keys.agreement.private_bytes_raw())


def _view(home: BrandHome, state: BrandState, gate: StudyGate) -> AllianceView:
    def charter(digest: str) -> AllianceCharter:
        held = state.charter_named(digest)
        if held is None:
            raise BrandNotJoinedError(
                "expected a charter that this brand follows or followed, got none; run hanse brand "
                "join"
            )
        return home.charter_in(held)

    def newest_decision(study: str) -> str:
        decisions = state.decisions(study)
        return decisions[-1].digest if decisions else ""

    return AllianceView(gate.open, charter, newest_decision)
