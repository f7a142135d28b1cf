"""The other parties of the brand's tutorial: an operator and two brands, real ones.

Founds an alliance in FOLDER/operator, enrols anchor, compass and whoever made
FOLDER/lantern/request.json, proposes two studies and runs each once three
brands have approved it. Runs until it is interrupted.

    python examples/partners.py FOLDER [--address HOST:PORT]
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from hanse_clients.home import BrandConfiguration, BrandHome
from hanse_federation.desk import StudyState
from hanse_policies.documents import (
    AllianceCharter,
    ComputationKind,
    Limits,
    Operator,
    Purpose,
)
from hanse_policies.signing import SigningKey
from hanse_server.alliance import Alliance
from hanse_server.home import OperatorConfiguration, OperatorHome

ALLIANCE = "harbour-league"
PARTNERS = ("anchor", "compass")
STUDIES = ("propensity", "age-profile")


def found_alliance(folder: Path, address: str) -> Alliance:
    """Make the operator's keys, its authority and the first charter."""
    key, name = SigningKey.generate(), "Harbour League Office"
    charter = AllianceCharter(
        kind="AllianceCharter",
        id=ALLIANCE,
        version=1,
        operator=Operator(name=name, signing_key=key.public_hex, jurisdiction="DE"),
        purposes=(Purpose.AUDIENCE_ANALYTICS, Purpose.MODEL_TRAINING),
        computations=tuple(ComputationKind),
        recipients=("members", "operator"),
        limits=Limits(epsilon=4.0, delta=1e-5, retention_days=730),
        max_brands_per_person=3,
    )
    settings = OperatorConfiguration(alliance=ALLIANCE, name=name, address=address)
    now = datetime.now(UTC)
    return Alliance(
        OperatorHome.found(folder / "operator", settings, charter, signing_key=key, now=now)
    )


def enrol_partner(alliance: Alliance, folder: Path, brand: str) -> None:
    """Make a partner's keys, enrol it, and put its policy into effect."""
    now = datetime.now(UTC)
    settings = BrandConfiguration(
        alliance=ALLIANCE, brand=brand, legal_entity=f"{brand} Ltd", jurisdiction="IE"
    )
    home = BrandHome.found(folder / brand, settings, now=now)
    bundle = alliance.enrol(home.request_file.read_bytes()).bundle
    joined = home.join(bundle.to_json(), alliance.home.fingerprint(), now=now)
    joined.documents.sign_asset()
    joined.documents.sign_policy()


def enrol_reader(alliance: Alliance, folder: Path) -> None:
    """Enrol the reader's brand and leave the bundle and the fingerprint for it."""
    request = (folder / "lantern" / "request.json").read_bytes()
    (folder / "lantern.bundle.json").write_bytes(alliance.enrol(request).bundle.to_json())
    (folder / "fingerprint.txt").write_text(f"{alliance.home.fingerprint()}\n", encoding="utf-8")


@contextmanager
def running(folder: Path) -> Iterator[None]:
    """Run the partners, each a process of its own, for as long as the context lasts."""
    command = [sys.executable, "-m", "hanse_policies.command", "brand", "run", "--home"]
    processes = [subprocess.Popen([*command, str(folder / brand)]) for brand in PARTNERS]
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def run_approved(alliance: Alliance, stop: threading.Event) -> None:
    """Run each study once, as soon as every brand has approved it."""
    while not stop.wait(0.5):
        status = alliance.status()
        for study in status.studies:
            approved = len(study.approved) == len(status.enrolled)
            if study.state is StudyState.PROPOSED and approved:
                for event in alliance.run(study.digest):
                    print(f"{study.study_id}: {event.stage} {event.round_number}", flush=True)


def main() -> None:
    """Be the other parties until a signal ends it."""
    parser = argparse.ArgumentParser(description="Be the other parties of the brand's tutorial.")
    parser.add_argument("folder", type=Path, help="where make_tutorial_data.py wrote")
    parser.add_argument("--address", default="127.0.0.1:7443", help="where the operator listens")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    alliance = found_alliance(folder, arguments.address)
    with alliance.serve():
        for brand in PARTNERS:
            enrol_partner(alliance, folder, brand)
        enrol_reader(alliance, folder)
        for study in STUDIES:
            alliance.propose(folder / "studies" / f"{study}.yaml")
        with running(folder):
            print(f"{ALLIANCE}: operator, {' and '.join(PARTNERS)} are there", flush=True)
            run_approved(alliance, stop)


if __name__ == "__main__":
    main()
