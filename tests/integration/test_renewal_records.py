"""A brand that enrolled anew forgets no person's no, no withdrawal and no charge."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hanse_clients import renewal
from hanse_clients.errors import (
    LedgerRenewalError,
    RecordsRenewalError,
    SignedDocumentError,
)
from hanse_clients.home import BrandHome
from hanse_clients.renewal import renew_documents
from hanse_clients.state import BrandState, OwnVerdict
from hanse_clients.verdicts import REFUSED_BY_PERSON
from hanse_federation.privacy.ledger import Ledger
from hanse_policies.command import run
from hanse_policies.documents import ApprovalMode, BrandId, StudyVerdict, Verdict, Withdrawal
from hanse_policies.signing import Envelope, SigningKey, open_envelope
from hanse_server.enrolment import revoke
from tests.support.consent_ends import GONE, alder, desk_of, end, measured, withdrawn
from tests.support.league_documents import a_league_histogram, a_league_policy
from tests.support.league_parties import (
    SmallLeague,
    join,
    open_parts,
    put_policy,
    small_league,
)

BRAND = {"brand": EntryPoint("brand", "hanse_clients.cli.app:app", "hanse.commands")}
FILES = (
    "asset.yaml",
    "policy.yaml",
    "ledger.db",
    "asset.dsse.json",
    "policy.dsse.json",
    "people.parquet",
    "register.parquet",
)


@dataclass
class Returned:
    """A brand in a new folder with new keys, its earlier folder, and what it had said there."""

    league: SmallLeague
    home: BrandHome
    earlier: BrandHome
    done: str
    refused: str
    approved: str

    def records(self) -> sqlite3.Connection:
        return sqlite3.connect(self.earlier.state_file)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Returned]:
    """Answer a study, sign what withdrawals ask for, refuse one, approve one, and enrol anew."""
    folder = tmp_path_factory.mktemp("league")
    with small_league(folder) as league:
        parts = alder(league)
        done = measured(league)
        end(league, GONE, withdrawn)
        desk_of(parts).settle(league.clock())
        refused = league.approved(a_league_histogram(league.clock(), id="refused-one"))
        parts.desk.refuse(refused, league.clock())
        approved = league.propose(a_league_histogram(league.clock(), id="approved-one"))
        parts.desk.hear(league.contact("alder"), league.clock())
        parts.desk.approve(approved, league.clock())
        league.clock.ahead += timedelta(hours=5)
        earlier = parts.home
        fresh = earlier.configuration.model_copy(update={"authority": None})
        home = BrandHome.found(folder / "again", fresh, now=league.clock())
        for name in FILES:
            shutil.copy(earlier.path / name, home.path / name)
        if (earlier.path / "superseded").is_dir():
            shutil.copytree(earlier.path / "superseded", home.path / "superseded")
        revoke(league.operator, league.store, BrandId("alder"), reason="lost", now=league.clock())
        home = join(league.operator, league.store, home, league.clock())
        yield Returned(league, home, earlier, done, refused, approved)


@pytest.fixture
def brand(once: Returned, tmp_path: Path) -> Returned:
    """Copies of both folders, for one test alone."""
    copies = []
    for home in (once.home, once.earlier):
        shutil.copytree(home.path, tmp_path / home.path.name)
        copies.append(BrandHome.open(tmp_path / home.path.name))
    return replace(once, home=copies[0], earlier=copies[1])


def sign(home: BrandHome) -> None:
    home.documents.sign_asset()
    home.documents.sign_policy()


def withdrawals_of(state: BrandState) -> list[Envelope]:
    return [Envelope.from_json(one) for one in state.ends.withdrawals()]


def test_enrolling_anew_undoes_neither_a_no_nor_a_withdrawal(brand: Returned) -> None:
    league, clock = brand.league, brand.league.clock
    renew_documents(brand.home, brand.earlier)
    sign(brand.home)
    with brand.earlier.open_state() as held:
        before = [one.payload_digest for one in withdrawals_of(held)]
    with open_parts(brand.home, clock, seed=9) as parts:
        desk = desk_of(parts)
        desk.look(clock())  # Before the first hearing: the studies are known.
        assert [one.digest for one in desk.ends.withdrawals()] == before
        assert desk.ends.consequence_of(brand.done, None) is not None
        parts.desk.hear(league.contact("alder"), clock())
        verdict = parts.desk.settle(brand.refused, clock())
        assert verdict is not None
        assert verdict.codes == (REFUSED_BY_PERSON,)
        assert desk.settle(clock()).signed == ()


def test_carried_records_bear_the_present_key_and_say_the_same(brand: Returned) -> None:
    renew_documents(brand.home, brand.earlier)
    key = brand.home.signing_key().public_hex
    with brand.earlier.open_state() as held, brand.home.open_state() as state:
        (before,), (after,) = withdrawals_of(held), withdrawals_of(state)
        assert after.payload == before.payload
        assert open_envelope(after, Withdrawal, key).brand == "alder"
        verdict = state.verdict(brand.refused)
        assert verdict is not None
        opened = open_envelope(Envelope.from_json(verdict.envelope), StudyVerdict, key)
        assert opened.verdict is Verdict.DENY
        assert state.approval(brand.refused) == held.approval(brand.refused)
        assert state.study(brand.done) == held.study(brand.done)


def test_a_renewal_that_was_cut_short_permits_nothing_and_goes_on(
    brand: Returned, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(renewal, "replace", full_disk)
        with pytest.raises(OSError, match="no space"):
            renew_documents(brand.home, brand.earlier)
    with pytest.raises(SignedDocumentError):
        brand.home.documents.policy()
    with brand.home.open_state() as state:
        word = state.approval(brand.refused)
        assert word is not None
        assert not word.approved
    told = []
    for _ in range(2):
        renew_documents(brand.home, brand.earlier)
        with sqlite3.connect(brand.home.state_file) as records:
            told.append(
                [
                    records.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
                    for table in ("approvals", "verdicts", "withdrawals", "purges", "studies")
                ]
            )
    assert told[0] == told[1]
    assert [len(rows) for rows in told[0]] == [1, 1, 1, 1, 2]


def test_a_purge_goes_on_in_the_new_folder_and_is_not_planned_again(brand: Returned) -> None:
    assert Ledger(brand.home.ledger_file).keeps_answers(brand.done)
    renew_documents(brand.home, brand.earlier)
    sign(brand.home)
    with open_parts(brand.home, brand.league.clock, seed=9) as parts:
        report = desk_of(parts).settle(brand.league.clock(), purges_all=True)
        assert report.purged == (brand.done,)
    assert not Ledger(brand.home.ledger_file).keeps_answers(brand.done)

    renew_documents(brand.home, brand.earlier)
    with brand.home.open_state() as state:
        (purge,) = state.ends.purges()
        assert purge.done_at is not None


def test_a_ledger_that_lacks_charges_is_refused_before_anything_is_written(brand: Returned) -> None:
    brand.home.ledger_file.unlink()
    Ledger(brand.home.ledger_file)
    count = len(Ledger(brand.earlier.ledger_file).entries())
    assert count

    with pytest.raises(LedgerRenewalError, match=rf"lacks {count}; .* copy .*ledger\.db"):
        renew_documents(brand.home, brand.earlier)

    with brand.home.open_state() as state:
        assert state.ends.withdrawals() == ()
        assert state.studies() == ()
    shutil.copy(brand.earlier.ledger_file, brand.home.ledger_file)
    assert renew_documents(brand.home, brand.earlier).documents


def test_a_ledger_that_forgot_an_answer_is_refused(brand: Returned) -> None:
    """Its standing charge would pay for a second answer with fresh noise."""
    with sqlite3.connect(brand.home.ledger_file) as ledger:
        for (name,) in ledger.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            ledger.execute(f'DROP TRIGGER "{name}"')
        ledger.execute("DELETE FROM answers")

    with pytest.raises(LedgerRenewalError, match="every charge and answer"):
        renew_documents(brand.home, brand.earlier)


def test_a_withdrawal_of_a_foreign_key_refuses_the_whole_by_its_name(brand: Returned) -> None:
    with brand.earlier.open_state() as held:
        (envelope,) = withdrawals_of(held)
        document = Withdrawal.model_validate_json(envelope.payload)
        forged = SigningKey.generate().sign(document.model_copy(update={"id": "forged"}))
        held.ends.record_withdrawal(
            forged.payload_digest, forged.to_json(), brand.done, document.purge_by
        )

    with pytest.raises(RecordsRenewalError, match=f"withdrawal {forged.payload_digest[:12]}"):
        renew_documents(brand.home, brand.earlier)
    with brand.home.open_state() as state:
        assert state.ends.withdrawals() == ()
    with pytest.raises(SignedDocumentError):
        brand.home.documents.policy()


def test_a_refusal_of_a_foreign_key_refuses_the_whole_by_its_name(brand: Returned) -> None:
    with brand.earlier.open_state() as held:
        newest = held.verdict(brand.refused)
        assert newest is not None
        payload = Envelope.from_json(newest.envelope).payload
        forged = SigningKey.generate().sign(StudyVerdict.model_validate_json(payload))
        held.record_verdict(OwnVerdict(brand.refused, forged.to_json(), newest.signed_at))

    with pytest.raises(RecordsRenewalError, match=f"verdict on study {brand.refused[:12]}"):
        renew_documents(brand.home, brand.earlier)


def test_a_study_that_the_operator_did_not_sign_refuses_the_whole_by_its_name(
    brand: Returned,
) -> None:
    forged = SigningKey.generate().sign(a_league_histogram(brand.league.clock(), id="refused-one"))
    with brand.records() as records:
        records.execute(
            "UPDATE studies SET envelope = ? WHERE digest = ?",
            (forged.to_json(), brand.refused),
        )

    with pytest.raises(RecordsRenewalError, match=f"study {brand.refused[:12]}"):
        renew_documents(brand.home, brand.earlier)


def test_a_no_whose_record_is_gone_is_read_off_the_signed_refusal(brand: Returned) -> None:
    with brand.records() as records:
        records.execute("DELETE FROM approvals")

    renew_documents(brand.home, brand.earlier)

    with brand.home.open_state() as state:
        word = state.approval(brand.refused)
        assert word is not None
        assert not word.approved


def test_a_persons_yes_is_asked_for_anew(brand: Returned) -> None:
    renew_documents(brand.home, brand.earlier)
    sign(brand.home)
    clock = brand.league.clock
    manual = a_league_policy("alder", clock(), approval=ApprovalMode.MANUAL)
    put_policy(brand.home, manual)
    with open_parts(brand.home, clock, seed=9) as parts:
        parts.desk.hear(brand.league.contact("alder"), clock())
        assert parts.state.approval(brand.approved) is None
        assert parts.desk.settle(brand.approved, clock()) is None


def test_withdrawals_stand_where_the_key_changed_in_the_same_folder(brand: Returned) -> None:
    for name in ("tls.key", "signing.key", "agreement.key", "brand.yaml", "bundle.json"):
        shutil.copy(brand.home.path / name, brand.earlier.path / name)
    home = BrandHome.open(brand.earlier.path)
    with home.open_state() as state, brand.home.open_state() as joined:
        charter = joined.charter()
        assert charter is not None
        home.take_charter(charter.envelope, state, now=brand.league.clock())

    renew_documents(home)

    sign(home)
    with open_parts(home, brand.league.clock, seed=9) as parts:
        assert desk_of(parts).ends.consequence_of(brand.done, None) is not None
        verdict = parts.state.verdict(brand.refused)
        assert verdict is not None
        key = home.signing_key().public_hex
        open_envelope(Envelope.from_json(verdict.envelope), StudyVerdict, key)


def test_the_command_says_what_it_carried_over(
    brand: Returned, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--home", str(brand.home.path), "--renew", "--earlier"]
    assert run(["brand", "sign", *arguments, str(brand.earlier.path)], BRAND) == 0

    told = capsys.readouterr().out
    assert f"study {brand.refused[:12]}: refused by a person, stays so" in told
    assert f"withdrawal withdrawn-{brand.done[:12]}-1: stands" in told
    assert f"study {brand.done[:12]}: what is kept of it goes by " in told
    assert "still holds what 1 of these took in" in told
