"""Taxonomies: where the charter pins versions, policy and asset mean their words in those alone.

One word can say two things in two versions, so members who mean it in different ones agree to
different things. A policy that pins none leaves open what it means, and is refused too. Where
the charter pins none, nothing is asked.
"""

from __future__ import annotations

from hanse_policies.decision import RuleFinding, Words, judge, listed, words
from hanse_policies.facts import Facts


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether policy and asset pin no version but those of the charter."""
    pinned = facts.charter.taxonomies
    if not pinned:
        return ()
    own = facts.policy.taxonomies
    are_meant = bool(own) and all(pin in pinned for pin in (*own, facts.asset.taxonomy))

    def say() -> Words:
        return words(
            facts.sources.charter.line_of("taxonomies"),
            at=facts.sources.policy.line_of("taxonomies"),
            limit=listed(pinned),
            found=listed(dict.fromkeys((*own, facts.asset.taxonomy))),
        )

    return (judge("taxonomies.charter", are_meant, say),)
