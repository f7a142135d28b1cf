"""A brand of a small league whose persons' consents end after they were used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from hanse_clients.assembly import end_desk
from hanse_clients.ending import EndDesk
from hanse_federation.desk import RunStage
from hanse_policies.documents import (
    ConsentEndRule,
    WithdrawalRules,
)
from tests.support.brand_tables import ConsentRow
from tests.support.league_documents import (
    a_league_histogram,
    a_league_policy,
    a_league_study,
)
from tests.support.league_parties import (
    BrandParts,
    SmallLeague,
    consent_for,
    person,
    persons_of,
    put_asset,
    put_policy,
    write_data,
)

GONE = 7


def alder(league: SmallLeague) -> BrandParts:
    return league.brands["alder"]


def desk_of(parts: BrandParts) -> EndDesk:
    return end_desk(parts.home, parts.state, parts.gate, parts.ledger, parts.sources, parts.rounds)


def end(
    league: SmallLeague, count: int, change: Callable[[ConsentRow, datetime], ConsentRow]
) -> None:
    """Rewrite alder's register, as granted at first: the first persons' consents end now."""
    parts, now = alder(league), league.clock()
    gone = {person("alder", number) for number in range(count)}
    consents = [
        change(row, now) if row.subject in gone else row
        for row in consent_for(persons_of("alder"), now)
    ]
    write_data(parts.home, now, consents=consents)


def withdrawn(row: ConsentRow, now: datetime) -> ConsentRow:
    return replace(row, taken_back=now)


def invalidated(row: ConsentRow, now: datetime) -> ConsentRow:
    return replace(row, void=now)


def measured(league: SmallLeague) -> str:
    digest = league.approved(a_league_histogram(league.clock()))
    assert league.run(digest)[-1].stage is RunStage.RELEASED
    return digest


def trained(league: SmallLeague) -> str:
    digest = league.approved(a_league_study(league.clock()))
    assert league.run(digest)[-1].stage is RunStage.RELEASED
    return digest


def follow(parts: BrandParts, rule: ConsentEndRule, now: datetime) -> None:
    """Sign a policy by which this follows a withdrawal."""
    rules = WithdrawalRules(withdrawn=rule)
    put_policy(parts.home, a_league_policy("alder", now, withdrawal=rules))


def charges(parts: BrandParts) -> list[Any]:
    return list(parts.ledger.entries())


def map_invalidations(league: SmallLeague) -> None:
    parts = alder(league)
    end(league, GONE, invalidated)
    asset = parts.home.documents.asset().document
    consent = asset.consent.model_copy(update={"invalidated": "void"})
    put_asset(parts.home, asset.model_copy(update={"consent": consent}))
