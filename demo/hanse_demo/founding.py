"""The alliance comes into being: founded, served, joined by brands, all of them connected.

Rules: every act is a command of the product in its own process; what belongs to
one brand happens in order, several brands at once; the operator enrols one
brand at a time, for each enrolment signs a new charter.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path

from hanse_demo.answers import Done, Founded, ask
from hanse_demo.folder import DemoFolder
from hanse_demo.league import MEDIA_AGENCY, PANEL_PLACE, League, LeagueBrand
from hanse_demo.screen import Screen
from hanse_demo.stage import Stage
from hanse_federation.desk import OperatorStatus
from hanse_federation.link.errors import ServerUnreachableError
from hanse_server.alliance import Alliance

OPERATOR = "operator"
OPERATOR_NAME = "League office"
LOOPBACK = "127.0.0.1"
STEPS_OF_A_BRAND = 5
CONNECT_SECONDS = 90.0
LEAST_AT_ONCE = 2


def free_address() -> str:
    """Choose a port of the loopback that nobody listens on now."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        port: int = listener.getsockname()[1]
    return f"{LOOPBACK}:{port}"


def found(stage: Stage, league: League, folder: DemoFolder, address: str) -> str:
    """Found the alliance with the league's terms.

    Args:
        stage: Where commands run.
        league: What the charter should allow.
        folder: Where the operator's home goes.
        address: Where the server will listen.

    Returns:
        The operator's fingerprint, which brands are told by another way.
    """
    terms = league.terms
    options = {
        "--alliance": league.alliance,
        "--name": OPERATOR_NAME,
        "--address": address,
        "--jurisdiction": PANEL_PLACE,
        "--epsilon": repr(terms.limits.epsilon),
        "--delta": repr(terms.limits.delta),
        "--retention-days": str(terms.limits.retention_days),
        "--max-brands-per-person": str(terms.max_brands_per_person),
    }
    arguments = [part for option in options.items() for part in option]
    arguments += [part for purpose in terms.purposes for part in ("--purpose", purpose.value)]
    arguments += [part for recipient in terms.recipients for part in ("--recipient", recipient)]
    arguments += ["--recipient-place", f"{MEDIA_AGENCY}={PANEL_PLACE}"]
    return ask(stage, Founded, "operator", "init", str(folder.operator), *arguments).fingerprint


class Enrolment:
    """Brings brands into the alliance, each in order, several at once."""

    def __init__(self, stage: Stage, league: League, folder: DemoFolder, fingerprint: str) -> None:
        self._stage = stage
        self._league = league
        self._folder = folder
        self._fingerprint = fingerprint
        self._one_at_a_time = threading.Lock()

    def all(self, advance: Callable[[], None]) -> None:
        """Enrol every brand and start its process.

        Args:
            advance: Told after each step; `STEPS_OF_A_BRAND` for each brand.

        Raises:
            DemoStepError: A command did not go well.
        """
        at_once = max(LEAST_AT_ONCE, min(cpu_count() or 1, len(self._league.brands)))
        with (
            ThreadPoolExecutor(at_once, thread_name_prefix="enrolment") as pool,
            self._stage.ended_on_error(),
        ):
            for chain in [pool.submit(self._one, b, advance) for b in self._league.brands]:
                chain.result()

    def _one(self, brand: LeagueBrand, advance: Callable[[], None]) -> None:
        home, bundle = str(brand.folder), str(self._folder.bundles / f"{brand.brand}.json")
        self._act(
            advance, "brand", "init", home,
            "--brand", brand.brand,
            "--legal-entity", brand.legal_entity,
            "--alliance", self._league.alliance,
            "--jurisdiction", PANEL_PLACE,
        )  # fmt: skip
        with self._one_at_a_time:
            self._act(
                advance, "operator", "enrol", str(brand.folder / "request.json"),
                "--home", str(self._folder.operator), "--out", bundle,
            )  # fmt: skip
        self._act(
            advance, "brand", "join", bundle, "--home", home, "--fingerprint", self._fingerprint
        )
        self._act(advance, "brand", "sign", "--home", home)
        self._stage.start(brand.brand, "brand", "run", "--home", home, "--json")
        advance()

    def _act(self, advance: Callable[[], None], *arguments: str) -> None:
        ask(self._stage, Done, *arguments)
        advance()


def wait_for_server(stage: Stage, operator: Path) -> Alliance:
    """Wait until the operator's server answers; return the operator's own view of it.

    Raises:
        DemoPartyError: The server ended.
        DemoWaitError: It did not answer in time.
    """
    alliance = Alliance.open(operator)
    stage.wait_until(
        lambda: status_of(alliance) is not None,
        expected="the operator's server to answer",
        got=lambda: "no answer",
        seconds=CONNECT_SECONDS,
    )
    return alliance


def wait_for_brands(stage: Stage, alliance: Alliance, league: League, screen: Screen) -> None:
    """Wait until every brand has dialled in.

    Raises:
        DemoPartyError: A process ended.
        DemoWaitError: A brand did not connect in time.
    """
    brands = len(league.brands)
    connected = 0

    with screen.step(
        "brands dial in over mutual TLS", f"{brands} brands connected over mutual TLS", total=brands
    ) as step:

        def are_all_there() -> bool:
            nonlocal connected
            status = status_of(alliance)
            connected = 0 if status is None else len(status.connected)
            step.at(connected)
            return connected == brands

        stage.wait_until(
            are_all_there,
            expected=f"{brands} brands to connect",
            got=lambda: str(connected),
            seconds=CONNECT_SECONDS,
        )


def status_of(alliance: Alliance) -> OperatorStatus | None:
    """Ask the server how things stand; None while it is not there."""
    try:
        return alliance.status()
    except ServerUnreachableError:
        return None
