"""What must hold after any fault, judged from records and from what crossed alone.

The brands' own files, the operator's store and the tap on the operator's link are
read after each study; a violation is a sentence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np

from hanse_clients.home import BrandHome
from hanse_clients.round_records import Attempt, KeptContribution, RoundKey
from hanse_federation.audit import EgressJournal, JournalHead
from hanse_federation.audit.journal import GENESIS
from hanse_federation.errors import JournalBrokenError
from hanse_federation.messages import Question
from hanse_federation.privacy.ledger import CLOCK_TOLERANCE, Ledger
from hanse_policies.documents import Study
from hanse_server.home import OperatorHome
from hanse_server.store.aggregation_records import QuestionKey
from tests.chaos.released import release_violations

LEAST_BRANDS = 3
STEPS = {
    "join": "join",
    "ShareRequest": "share",
    "MaskRequest": "mask",
    "EndorseRequest": "endorse",
    "UnmaskRequest": "unmask",
}
_SIGNED = {16: np.int16, 32: np.int32, 64: np.int64}

Event = dict[str, Any]


def round_of(event: Event) -> RoundKey:
    return RoundKey(event["study"], Question(event["question"]), event["round"])


def _named(key: RoundKey) -> str:
    return f"{key.question} of round {key.round_number} of study {key.study[:8]}"


@dataclass
class Wire:
    """What crossed the operator's link about one study, and what was decoded there."""

    replied: list[Event] = field(default_factory=list)
    decoded: list[Event] = field(default_factory=list)

    def take(self, event: Event) -> None:
        if event["event"] == "replied":
            self.replied.append(event)
        elif event["event"] == "decoded":
            self.decoded.append(event)


class Invariants:
    """Judges one study after another over the life of a league."""

    def __init__(self, operator: OperatorHome, brands: dict[str, BrandHome]) -> None:
        self._operator = operator
        self._brands = brands
        self._heads = {name: JournalHead(0, GENESIS) for name in brands}
        self.sums_checked = 0
        self.releases_checked = 0
        self.replies_checked = 0
        self.messages_checked = 0
        self.charges = 0
        self.charged_again = 0
        """Charges of a question that was charged before: over-counting, which is allowed."""

    def check(self, study: str, wire: Wire, *, clocks_off: timedelta, released: bool) -> list[str]:
        """Judge a study whose run has ended.

        Args:
            study: Its digest.
            wire: What crossed.
            clocks_off: By how much a brand's clock went back at most.
            released: Whether its run ended with a release.
        """
        kept = {
            name: {each.contribution.round: each for each in _contributions(home, study)}
            for name, home in self._brands.items()
        }
        return [
            *self._one_answer_a_step(study, wire),
            *_one_commitment(wire),
            *_one_sum(wire),
            *self._true_sums(wire, kept),
            *self._recorded_sums(wire, released=released),
            *self._charged_before_leaving(study, kept, clocks_off),
            *self._spent_when_revealed(study, kept),
            *self._journals_grow(),
        ]

    def check_release(self, study: Study, digest: str, wire: Wire) -> list[str]:
        """Judge the release of a study by what the brands keep."""
        sums = {}
        for event in wire.decoded:
            key, survivors = round_of(event), event["survivors"]
            held = [self._kept(name, key) for name in survivors]
            if key.round_number == 0 and None not in held:
                vectors = [_values(each) for each in held if each is not None]
                total = [int(value) for value in np.sum(vectors, axis=0)]
                sums[key.question] = (tuple(survivors), total)
        found = release_violations(self._operator, study, digest, sums)
        self.releases_checked += 1
        return list(found)

    def _kept(self, brand: str, key: RoundKey) -> KeptContribution | None:
        with self._brands[brand].open_rounds() as rounds:
            return rounds.contribution(key)

    def _spent_when_revealed(
        self, study: str, kept: dict[str, dict[RoundKey, KeptContribution]]
    ) -> Iterator[str]:
        """Whose shares left is spent, and was revealed in one attempt alone."""
        for name, home in self._brands.items():
            revealed: defaultdict[RoundKey, int] = defaultdict(int)
            for attempt, step in _replies(home, study):
                revealed[attempt.round] += step == "unmask"
            for key, times in revealed.items():
                if times and not kept[name][key].is_spent:
                    yield f"{name} revealed shares for {_named(key)} and did not mark it spent"
                if times > 1:
                    yield f"{name} revealed shares for {_named(key)} in {times} attempts"

    def _one_answer_a_step(self, study: str, wire: Wire) -> Iterator[str]:
        """Every reply to a step and attempt has the same bytes, and the brand kept these."""
        said: defaultdict[tuple[str, Attempt, str], set[str]] = defaultdict(set)
        for event in wire.replied:
            attempt = Attempt(round_of(event), event["run"], event["attempt"])
            said[event["brand"], attempt, event["step"]].add(event["reply"])
            self.replies_checked += 1
        stored = {name: _replies(home, study) for name, home in self._brands.items()}
        for (brand, attempt, step), replies in said.items():
            if len(replies) > 1:
                yield f"{brand} gave {len(replies)} replies to step {step} of {attempt}"
            kept = stored[brand].get((attempt, STEPS.get(step, step)))
            if kept is not None and kept not in replies:
                yield f"{brand} kept another reply than it gave to step {step} of {attempt}"
            if kept is None and step in STEPS:
                yield f"{brand} gave a reply to step {step} of {attempt} that it never kept"

    def _true_sums(
        self, wire: Wire, kept: dict[str, dict[RoundKey, KeptContribution]]
    ) -> Iterator[str]:
        """A decoded sum is the sum of what its survivors keep as their contributions."""
        for event in wire.decoded:
            key, survivors = round_of(event), event["survivors"]
            if len(set(survivors)) < LEAST_BRANDS:
                yield f"a sum over {len(survivors)} brands was decoded for {_named(key)}"
            missing = [name for name in survivors if key not in kept[name]]
            if missing:
                yield f"the sum for {_named(key)} holds {', '.join(missing)}, who kept none"
                continue
            true = sum(_values(kept[name][key]) for name in survivors)
            self.sums_checked += 1
            if not np.array_equal(true, np.array(event["values"], dtype=np.int64)):
                yield f"the decoded sum for {_named(key)} is not that of its contributions"

    def _recorded_sums(self, wire: Wire, *, released: bool) -> Iterator[str]:
        """The operator's store holds the sum that was decoded, and a release has its sums."""
        with self._operator.open_store() as store:
            for event in wire.decoded:
                key = round_of(event)
                place = QuestionKey(event["run"], key.question, key.round_number)
                held = store.rounds.sum_of(place)
                if held is None:
                    if released:
                        yield f"the sum for {_named(key)} was decoded and never recorded"
                    continue
                cells = np.frombuffer(held.cells, dtype="<i8")
                if [int(cell) for cell in cells] != event["values"]:
                    yield f"the recorded sum for {_named(key)} is not the decoded one"
        if released and not wire.decoded:
            yield "a study was released without a decoded sum"

    def _charged_before_leaving(
        self,
        study: str,
        kept: dict[str, dict[RoundKey, KeptContribution]],
        clocks_off: timedelta,
    ) -> Iterator[str]:
        """Whatever left about a round, and whatever is kept to leave, was charged before."""
        slack = clocks_off + CLOCK_TOLERANCE if clocks_off else timedelta()
        for name, home in self._brands.items():
            entries = [e for e in Ledger(home.ledger_file).entries() if _study(e) == study]
            charged = [(e.charge.question, e.charge.round_number) for e in entries]
            self.charges += len(charged)
            self.charged_again += len(charged) - len(set(charged))
            for key in kept[name]:
                if (key.question, key.round_number) not in charged:
                    yield f"{name} kept a contribution to {_named(key)} without a charge"
            for entry in EgressJournal(home.journal_file).entries():
                record = entry.record
                if record.study != study or record.message_type == "refusal":
                    continue
                self.messages_checked += 1
                if not any(
                    e.charge.round_number == record.round_number
                    and e.charged_at <= record.time + slack
                    for e in entries
                ):
                    yield (
                        f"{name} sent a {record.message_type} of round {record.round_number} "
                        f"of study {study[:8]} without an earlier charge"
                    )

    def _journals_grow(self) -> Iterator[str]:
        """Each journal holds together and still holds what it held before."""
        for name, home in self._brands.items():
            try:
                head = EgressJournal(home.journal_file).verify(self._heads[name])
            except JournalBrokenError as error:
                yield f"the journal of {name} is broken: {error}"
                continue
            if head.size < self._heads[name].size:
                yield f"the journal of {name} became shorter"
            self._heads[name] = head


def _one_commitment(wire: Wire) -> Iterator[str]:
    """A brand commits to one contribution a round, whatever the run and attempt."""
    made: defaultdict[tuple[str, RoundKey], set[str]] = defaultdict(set)
    for event in wire.replied:
        if "commitment" in event:
            made[event["brand"], round_of(event)].add(event["commitment"])
    for (brand, key), commitments in made.items():
        if len(commitments) > 1:
            yield f"{brand} committed to {len(commitments)} contributions to {_named(key)}"


def _one_sum(wire: Wire) -> Iterator[str]:
    """A question has one decoded sum, however often it was decoded, in whatever run."""
    found: defaultdict[RoundKey, set[tuple[tuple[str, ...], tuple[int, ...]]]] = defaultdict(set)
    for event in wire.decoded:
        found[round_of(event)].add((tuple(event["survivors"]), tuple(event["values"])))
    for key, sums in found.items():
        if len(sums) > 1:
            yield f"{len(sums)} different sums were decoded for {_named(key)}"


def _contributions(home: BrandHome, study: str) -> Iterable[KeptContribution]:
    with home.open_rounds() as rounds:
        return rounds.contributions(study)


def _replies(home: BrandHome, study: str) -> dict[tuple[Attempt, str], str]:
    with home.open_rounds() as rounds:
        return {(step.attempt, step.step): step.reply_digest for step in rounds.steps(study)}


def _values(kept: KeptContribution) -> np.ndarray[Any, np.dtype[np.int64]]:
    contribution = kept.contribution
    signed = np.dtype(_SIGNED[contribution.ring_bits]).newbyteorder("<")
    return np.frombuffer(contribution.vector or b"", dtype=signed).astype(np.int64)


def _study(entry: Any) -> str:
    return str(entry.charge.study_digest)
