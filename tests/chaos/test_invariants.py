"""The checker itself: each invariant is broken once, and found broken."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hanse_clients.home import BrandConfiguration, BrandHome
from hanse_clients.round_records import Attempt, Contribution, RoundKey
from hanse_federation.audit import EgressJournal, EgressRecord
from hanse_federation.messages import Question
from hanse_federation.privacy import Charge, GaussianEvent, PrivacyLimit
from hanse_federation.privacy.ledger import Ledger
from hanse_policies.documents import Purpose, StudyId
from hanse_server.store import OperatorStore
from tests.chaos.invariants import Event, Invariants, Wire
from tests.support.documents import a_budget

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
STUDY = "a" * 64
KEY = RoundKey(STUDY, Question.MEASURE, 0)
ATTEMPT = Attempt(KEY, 5, 1)
ASKED = "b" * 64
REPLY = b"a reply"
VALUES = {"alder": [1, -2], "birch": [10, 20], "cedar": [100, 200]}
TRUE_SUM = [111, 218]


class OperatorFolder:
    """As much of an operator's home as the checker reads."""

    def __init__(self, path: Path) -> None:
        self._file = path / "store.db"
        OperatorStore.create(self._file).close()

    def open_store(self) -> OperatorStore:
        return OperatorStore.open(self._file)


def charge(home: BrandHome, at: datetime = NOW) -> None:
    asked = Charge(
        study_digest=STUDY,
        study_id=StudyId("audience"),
        purpose=Purpose.MODEL_TRAINING,
        round_number=KEY.round_number,
        question=KEY.question,
        request_digest=ASKED,
        data_version="data-1",
        event=GaussianEvent(10.0),
    )
    limit = PrivacyLimit(100.0, 1e-5)
    Ledger(home.ledger_file).charge(asked, study_limit=limit, budget=a_budget(), now=at)


def leave(home: BrandHome, at: datetime = NOW) -> None:
    record = EgressRecord.of(REPLY, message_type="join-reply", time=at, study=STUDY)
    EgressJournal(home.journal_file).record(record)


def a_contribution(values: list[int]) -> Contribution:
    vector = np.array(values, dtype="<i4").tobytes()
    return Contribution(KEY, ASKED, "data-1", 32, len(values), vector, bytes(32))


def a_brand(path: Path, name: str) -> BrandHome:
    path.mkdir()
    configuration = BrandConfiguration(alliance="league", brand=name, legal_entity=name)
    home = BrandHome(path, configuration)
    charge(home)
    with home.open_rounds() as rounds:
        rounds.keep_contribution(a_contribution(VALUES[name]))
        rounds.go_live(ATTEMPT)
        rounds.keep_step(ATTEMPT, "join", ASKED, reply=REPLY, new_state=b"")
    leave(home)
    return home


def replied(brand: str, reply: bytes = REPLY, **changes: Any) -> Event:
    facts = {
        "event": "replied",
        "brand": brand,
        "study": STUDY,
        "question": "measure",
        "round": 0,
        "run": 5,
        "attempt": 1,
        "step": "join",
        "reply": hashlib.sha256(reply).hexdigest(),
        "commitment": f"commitment of {brand}",
    }
    return facts | changes


def decoded(**changes: Any) -> Event:
    facts = {
        "event": "decoded",
        "study": STUDY,
        "question": "measure",
        "round": 0,
        "run": 5,
        "attempt": 1,
        "survivors": list(VALUES),
        "values": TRUE_SUM,
    }
    return facts | changes


@pytest.fixture
def brands(tmp_path: Path) -> dict[str, BrandHome]:
    return {name: a_brand(tmp_path / name, name) for name in VALUES}


@pytest.fixture
def invariants(tmp_path: Path, brands: dict[str, BrandHome]) -> Invariants:
    return Invariants(OperatorFolder(tmp_path), brands)  # type: ignore[arg-type]


def found(invariants: Invariants, *events: Event, clocks_off: timedelta = timedelta()) -> list[str]:
    wire = Wire()
    for event in (*map(replied, VALUES), *events):
        wire.take(event)
    return invariants.check(STUDY, wire, clocks_off=clocks_off, released=False)


def test_an_honest_round_breaks_nothing(invariants: Invariants) -> None:
    assert found(invariants, decoded()) == []
    assert (invariants.sums_checked, invariants.replies_checked) == (1, 3)
    assert (invariants.messages_checked, invariants.charges) == (3, 3)


def test_the_same_sum_decoded_again_breaks_nothing(invariants: Invariants) -> None:
    assert found(invariants, decoded(), decoded()) == []


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (decoded(values=[111, 219]), "not that of its contributions"),
        (decoded(survivors=["alder", "birch"], values=[11, 18]), "over 2 brands"),
        (replied("alder", b"another reply"), "gave 2 replies"),
        (replied("alder", attempt=2), "never kept"),
        (replied("alder", commitment="another"), "committed to 2 contributions"),
    ],
)
def test_what_crossed_and_must_not_is_found(
    invariants: Invariants, event: Event, sentence: str
) -> None:
    violations = found(invariants, event)
    assert any(sentence in violation for violation in violations), violations


def test_two_sums_of_one_question_are_found(
    invariants: Invariants, brands: dict[str, BrandHome]
) -> None:
    twice = (decoded(), decoded(run=6, survivors=["alder", "birch"], values=[11, 18]))
    assert any("2 different sums" in violation for violation in found(invariants, *twice))


def test_a_brand_that_sent_another_reply_than_it_kept_is_found(
    invariants: Invariants, tmp_path: Path
) -> None:
    wire = Wire()
    wire.take(replied("alder", b"another reply"))
    violations = invariants.check(STUDY, wire, clocks_off=timedelta(), released=False)
    assert any("kept another reply" in violation for violation in violations)


def test_a_contribution_without_a_charge_is_found(
    invariants: Invariants, brands: dict[str, BrandHome]
) -> None:
    uncharged = replace(a_contribution([1, 2]), round=replace(KEY, question=Question.COHORT))
    with brands["alder"].open_rounds() as rounds:
        rounds.keep_contribution(uncharged)
    assert any("without a charge" in violation for violation in found(invariants))


def test_a_message_that_left_before_its_charge_is_found(
    invariants: Invariants, brands: dict[str, BrandHome]
) -> None:
    leave(brands["birch"], NOW - timedelta(seconds=1))
    violations = found(invariants)
    assert any("without an earlier charge" in violation for violation in violations)
    assert found(invariants, clocks_off=timedelta(hours=1)) == []


def test_shares_revealed_for_a_contribution_not_marked_spent_are_found(
    invariants: Invariants, brands: dict[str, BrandHome]
) -> None:
    with brands["alder"].open_rounds() as rounds:
        rounds.keep_step(ATTEMPT, "unmask", ASKED, reply=REPLY, new_state=None)
    assert any("did not mark it spent" in violation for violation in found(invariants))


def test_a_journal_that_was_cut_is_found(
    invariants: Invariants, brands: dict[str, BrandHome]
) -> None:
    assert found(invariants) == []
    brands["cedar"].journal_file.write_bytes(b"")
    assert any("journal of cedar is broken" in violation for violation in found(invariants))


def test_a_release_without_a_sum_is_found(invariants: Invariants) -> None:
    violations = invariants.check(STUDY, Wire(), clocks_off=timedelta(), released=True)
    assert any("without a decoded sum" in violation for violation in violations)


def test_a_release_whose_sum_was_never_recorded_is_found(invariants: Invariants) -> None:
    wire = Wire(decoded=[decoded()])
    violations = invariants.check(STUDY, wire, clocks_off=timedelta(), released=True)
    assert any("never recorded" in violation for violation in violations)
