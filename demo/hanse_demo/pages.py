"""The end of a run: the league's report, each brand's own page, the summary.

Rules: pages are written when every process has ended, from the parties' records;
a brand's page goes to that brand's home, for its owner alone; a note about the
machine says what was looked at, so that nobody reads more into it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from hanse_demo.door import DoorCheck
from hanse_demo.folder import DemoFolder
from hanse_demo.gathering import (
    BrandRecords,
    Course,
    brand_report,
    league_report,
    read_brand,
    write_own,
)
from hanse_demo.league import League
from hanse_demo.reference import References
from hanse_demo.report import (
    DemoNote,
    LeagueReport,
    ModelResult,
    brand_page,
    numerals,
    render,
)
from hanse_demo.screen import Screen
from hanse_demo.studies import StudyEnd
from hanse_demo.summary import DemoSummary, SocketSummary, StudyLine
from hanse_demo.watch import Sighting
from hanse_federation.desk import OperatorStatus
from hanse_federation.link.interface import TrafficCount
from hanse_policies.documents import BrandId
from hanse_server.alliance import Alliance

FROM_BRAND = "from-brand"


@dataclass(frozen=True, slots=True)
class Remains:
    """What was seen of the processes before they ended, and as they did.

    Attributes:
        status: The operator's last view, with the traffic.
        sighting: Memory and sockets seen.
        processes: Process id of each brand.
        killed: Parties that did not end when asked to.
        address: `host:port` of the operator's server.
        door: How that port answers strangers.
    """

    status: OperatorStatus
    sighting: Sighting
    processes: Mapping[BrandId, int]
    killed: tuple[str, ...]
    address: str
    door: DoorCheck


@dataclass(frozen=True, slots=True)
class Run:
    """A run once its processes are gone.

    Attributes:
        league: Who took part, with what.
        folder: Where everything lies.
        alliance: The operator's home and records.
        ends: How each study ended.
        references: What only the demo can compute.
        left: What was seen of the processes.
        started: When the demo began, with a time zone.
        began: The same on the monotonic clock.
    """

    league: League
    folder: DemoFolder
    alliance: Alliance
    ends: tuple[StudyEnd, ...]
    references: References
    left: Remains
    started: datetime
    began: float


def write_pages(run: Run, screen: Screen, now: datetime) -> DemoSummary:
    """Write every page and sum the run up.

    Args:
        run: The run.
        screen: Where progress is shown.
        now: The time, with its zone.
    """
    screen.heading("Reports")
    brands = run.league.brands
    with screen.step(
        "reading records", "records read, journals verified", total=len(brands)
    ) as step:
        records = []
        for brand in brands:
            records.append(read_brand(brand, _refused_by(run.left.status, brand.brand)))
            step.advance()
    course = Course(
        started=run.started,
        finished=now,
        processes=run.left.processes,
        details={end.digest: end.detail for end in run.ends},
        references=run.references,
        notes=_notes(run, tuple(records)),
    )
    report = league_report(run.league, run.alliance, run.left.status, tuple(records), course)
    with screen.step("writing pages", "report and brands' own pages written", total=len(brands)):
        run.folder.report.write_text(render(report), encoding="utf-8")
        for held in records:
            own = brand_report(report, held, asked=run.started, now=now)
            write_own(run.folder.brand_page(held.brand.brand), brand_page(own))
    return _summary(run, report, screen)


def _refused_by(status: OperatorStatus, brand: BrandId) -> tuple[str, ...]:
    return tuple(
        study.digest for study in status.studies if brand in {name for name, _ in study.refused}
    )


def _notes(run: Run, records: tuple[BrandRecords, ...]) -> tuple[DemoNote, ...]:
    sighting, door = run.left.sighting, run.left.door
    sent = sum(held.messages_sent for held in records)
    received = _messages(run.left.status.traffic)
    agreed = "as many as" if sent == received else f"NOT the {received} that"
    memory = f"{numerals.size(sighting.peak_memory_bytes)} in {sighting.peak_processes} processes"
    shut = "refused" if door.is_shut else "NOT all refused"
    return (
        DemoNote("peak memory, all processes together", memory),
        DemoNote("processor cores", str(os.cpu_count() or "unknown")),
        DemoNote("sockets", _sockets(run)),
        DemoNote(
            "strangers at the operator's port",
            f"plain text, TLS 1.2, and TLS 1.3 without a certificate: {shut}",
        ),
        DemoNote(
            "egress journals of the brands",
            f"verified; {sent} messages left, {agreed} the operator received",
        ),
    )


def _sockets(run: Run) -> str:
    """Say which sockets were seen, looking once a second."""
    sighting = run.left.sighting
    if sighting.beyond_loopback:
        ends = ", ".join(s.remote or s.local for s in sighting.beyond_loopback)
        return f"BEYOND loopback: {ends}"
    elsewhere = sighting.not_at(run.left.address)
    told = f"loopback only; all of them lead to the operator's port {run.left.address}"
    return told if not elsewhere else f"loopback only; {len(elsewhere)} not to {run.left.address}"


def _messages(traffic: tuple[TrafficCount, ...]) -> int:
    return sum(count.messages for count in traffic if count.direction == FROM_BRAND)


def _summary(run: Run, report: LeagueReport, screen: Screen) -> DemoSummary:
    exact, pooled = run.references.exact, run.references.pooled
    sighting = run.left.sighting
    return DemoSummary(
        mode=run.league.mode,
        report=run.folder.report,
        brand_pages=tuple(run.folder.brand_page(brand.brand) for brand in run.league.brands),
        studies=tuple(_line(end, report) for end in run.ends),
        exact_auc=None if exact is None else exact.auc,
        pooled_auc=None if pooled is None else pooled.auc,
        seconds=time.monotonic() - run.began,
        peak_memory_bytes=sighting.peak_memory_bytes,
        peak_processes=sighting.peak_processes,
        killed=run.left.killed,
        sockets=SocketSummary(
            listening=tuple(socket.local for socket in sighting.listening),
            connections=len(sighting.sockets) - len(sighting.listening),
            beyond_loopback=tuple(s.remote or s.local for s in sighting.beyond_loopback),
            elsewhere=tuple(s.remote or s.local for s in sighting.not_at(run.left.address)),
            door=run.left.door,
        ),
        phases=tuple(screen.phases),
    )


def _line(end: StudyEnd, report: LeagueReport) -> StudyLine:
    section = next(section for section in report.studies if section.study.id == end.study)
    result, guarantee = section.result, section.guarantee
    return StudyLine(
        study=end.study,
        outcome=end.state,
        seconds=end.seconds,
        epsilon=None if guarantee is None else guarantee.epsilon,
        delta=None if guarantee is None else guarantee.delta,
        auc=result.final_auc if isinstance(result, ModelResult) else None,
    )
