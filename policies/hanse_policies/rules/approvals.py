"""Approvals: what allows more than the version before it counts only once it is approved.

How many roles that takes is the document's own word: of an asset never fewer than of the
policy, and of a policy never fewer than the charter's floor. Who signs for the brand, for
another member or for the operator approves nothing by that key: one key alone could then write,
approve and sign.
"""

from __future__ import annotations

from hanse_policies.decision import RuleFinding, Words, judge, listed, words
from hanse_policies.facts import ApprovalState, Facts
from hanse_policies.source import Source


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether policy and asset are approved, and by as many as the others ask for."""
    policy, asset = facts.policy.approvals, facts.asset.approvals
    floor, sources = facts.charter.floors.approvals, facts.sources
    return (
        judge(
            "approvals.charter",
            policy.loosen >= floor,
            lambda: words(
                sources.charter.line_of("floors", "approvals"),
                asked=str(policy.loosen),
                limit=str(floor),
                at=sources.policy.line_of("approvals", "loosen"),
            ),
        ),
        _judge_keys(facts),
        _judge_state("approvals.policy", facts.approvals, sources.policy),
        _judge_state("approvals.asset", facts.asset_approvals, sources.asset),
        judge(
            "approvals.asset-rules",
            asset.loosen >= policy.loosen,
            lambda: words(
                sources.asset.line_of("approvals", "loosen"),
                asked=str(asset.loosen),
                limit=str(policy.loosen),
                at=sources.policy.line_of("approvals", "loosen"),
            ),
        ),
    )


def _judge_keys(facts: Facts) -> RuleFinding:
    """Ask whether whoever signs for a party could approve, too, by naming that key."""
    keys = facts.charter.party_keys
    return judge(
        "approvals.keys",
        keys.isdisjoint(facts.policy.approver_keys) and keys.isdisjoint(facts.asset.approver_keys),
        lambda: _key_words(facts),
    )


def _key_words(facts: Facts) -> Words:
    for document, source in (
        (facts.policy, facts.sources.policy),
        (facts.asset, facts.sources.asset),
    ):
        for index, approver in enumerate(document.approvers):
            party = facts.charter.party_of(approver.key)
            if party is not None:
                return words(
                    source.line_of("approvers", index, "key"), who=approver.id, party=party
                )
    return words(facts.sources.policy.line_of("approvers"), who="none", party="none")


def _judge_state(rule: str, state: ApprovalState | None, source: Source) -> RuleFinding:
    return judge(
        rule,
        state is not None and state.is_enough,
        lambda: words(
            source.line_of("version"),
            limit="unknown" if state is None else str(state.needed),
            found=listed(() if state is None else state.roles),
            refused=listed(() if state is None else state.refused_by),
        ),
    )
