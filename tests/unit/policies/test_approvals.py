"""Who may approve a version of a policy, and what does not count."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hanse_policies.approvals import approval_state, open_approval
from hanse_policies.canonical import digest
from hanse_policies.documents import (
    Approval,
    ApprovalRules,
    Approver,
    BrandPolicy,
    ConsentRules,
    Verdict,
)
from hanse_policies.errors import ApprovalError, SignatureError
from tests.support.documents import NOW, a_key, a_policy

WEI, ANNA, OTTO = a_key(50), a_key(51), a_key(52)
APPROVERS = (
    Approver(id="wei", role="data-protection-officer", key=WEI.public_hex),
    Approver(id="anna", role="data-owner", key=ANNA.public_hex),
    Approver(id="otto", role="data-owner", key=OTTO.public_hex),
)
BEFORE = a_policy(approvers=APPROVERS, approvals=ApprovalRules(loosen=2))
LOOSER = BEFORE.model_copy(
    update={
        "version": "2.0.0",
        "supersedes": digest(BEFORE),
        "consent": ConsentRules(max_age_hours=72),
    }
)


def an_approval(approver: str, after: BrandPolicy = LOOSER, **changes: object) -> Approval:
    fields: dict[str, object] = {
        "kind": "Approval",
        "document": digest(after),
        "supersedes": digest(BEFORE),
        "approver": approver,
        "verdict": Verdict.PERMIT,
        "reason": "Compared with the version before",
        "approved": NOW,
    }
    return Approval.model_validate(fields | changes)


def test_two_roles_approve_a_looser_version() -> None:
    state = approval_state(BEFORE, LOOSER, [an_approval("wei"), an_approval("anna")])
    assert state.is_enough
    assert state.roles == ("data-owner", "data-protection-officer")


def test_two_persons_of_one_role_count_once() -> None:
    state = approval_state(BEFORE, LOOSER, [an_approval("anna"), an_approval("otto")])
    assert (state.is_enough, state.roles) == (False, ("data-owner",))


def test_nobody_approves_what_they_wrote() -> None:
    own = LOOSER.model_copy(update={"author": "wei"})
    approvals = [an_approval(who, own) for who in ("wei", "anna")]
    assert approval_state(BEFORE, own, approvals).roles == ("data-owner",)


@pytest.mark.parametrize(
    "other",
    [
        {"document": "ab" * 32},
        {"supersedes": "ab" * 32},
        {"supersedes": None},
        {"approver": "stranger"},
    ],
)
def test_an_approval_of_another_change_does_not_count(other: dict[str, object]) -> None:
    counted = an_approval("anna").model_copy(update=other)
    approvals = [an_approval("wei"), counted]
    assert not approval_state(BEFORE, LOOSER, approvals).is_enough


def test_a_refusal_stands_for_good() -> None:
    refused = an_approval("otto", verdict=Verdict.DENY)
    both = [an_approval("wei"), an_approval("anna"), refused]
    assert approval_state(BEFORE, LOOSER, both).refused_by == ("otto",)
    assert not approval_state(BEFORE, LOOSER, both).is_enough
    later = an_approval("otto", approved=NOW + timedelta(days=36_500))
    assert not approval_state(BEFORE, LOOSER, [*both, later]).is_enough


def test_an_author_who_is_named_so_by_another_can_still_refuse() -> None:
    own = LOOSER.model_copy(update={"author": "wei"})
    words = [an_approval(who, own) for who in ("anna", "otto")]
    refused = an_approval("wei", own, verdict=Verdict.DENY)
    assert approval_state(BEFORE, own, [*words, refused]).refused_by == ("wei",)


def test_a_refusal_does_not_hold_up_a_version_that_only_tightens() -> None:
    tighter = BEFORE.model_copy(update={"version": "1.1.0", "permits": ()})
    refused = an_approval("wei", tighter, verdict=Verdict.DENY)
    assert approval_state(BEFORE, tighter, [refused]).is_enough


def test_taking_an_approver_out_is_a_loosening() -> None:
    fewer = LOOSER.model_copy(update={"approvers": APPROVERS[:2], "consent": BEFORE.consent})
    assert approval_state(BEFORE, fewer, []).needed == 2


def test_a_tighter_version_needs_nobody() -> None:
    tighter = BEFORE.model_copy(update={"version": "1.1.0", "permits": ()})
    assert approval_state(BEFORE, tighter, []).is_enough


def test_a_version_cannot_name_its_own_approvers() -> None:
    mine = a_key(53)
    friend = Approver(id="friend", role="friend", key=mine.public_hex)
    friendly = LOOSER.model_copy(
        update={"approvers": (friend,), "approvals": ApprovalRules(loosen=0)}
    )
    state = approval_state(BEFORE, friendly, [an_approval("friend", friendly)])
    assert (state.needed, state.roles) == (2, ())


def test_the_first_version_is_approved_by_those_it_names_itself() -> None:
    approvals = [an_approval(who, BEFORE, supersedes=None) for who in ("wei", "anna")]
    assert not approval_state(None, BEFORE, approvals[:1]).is_enough
    assert approval_state(None, BEFORE, approvals).is_enough


def test_an_approval_is_opened_with_the_key_of_the_approver_it_names() -> None:
    approval = an_approval("wei")
    assert open_approval(WEI.sign(approval), APPROVERS) == approval


@pytest.mark.parametrize("key", [ANNA, a_key(54)])
def test_an_approval_under_another_name_is_refused(key: object) -> None:
    with pytest.raises(ApprovalError):
        open_approval(key.sign(an_approval("wei")), APPROVERS)  # type: ignore[attr-defined]


def test_an_approval_changed_after_signing_is_refused() -> None:
    envelope = WEI.sign(an_approval("wei", verdict=Verdict.DENY))
    forged = type(envelope)(
        envelope.payload.replace(b'"deny"', b'"permit"'),
        envelope.payload_type,
        envelope.signatures,
    )
    with pytest.raises(SignatureError):
        open_approval(forged, APPROVERS)
