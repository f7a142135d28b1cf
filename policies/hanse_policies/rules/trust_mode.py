"""Trust mode: noise that brands share is enough whoever drops out or colludes.

A study in mode `local` is asked nothing here: each brand's noise is its own. In
mode `distributed` the study states the strictest numbers itself, as for the
other minimums, and the charter must have the members that a sum needs.
"""

from __future__ import annotations

from hanse_policies.decision import RuleFinding, judge, words
from hanse_policies.documents import (
    LEAST_LEGAL_ENTITIES,
    AllianceCharter,
    DistributedNoise,
    Study,
)
from hanse_policies.facts import SharedFacts


def check(facts: SharedFacts) -> tuple[RuleFinding, ...]:
    """Ask whether shared noise is enough, with this charter's members."""
    noise = facts.study.privacy.distributed
    if noise is None:
        return ()
    return (*_check_floors(facts, noise), *_check_members(facts, noise))


def brands_to_join(study: Study, charter: AllianceCharter) -> int:
    """Return how many brands must join before a sum of this study can be made."""
    least, noise = _least_brands(study, charter), study.privacy.distributed
    if noise is None:
        return least
    return max(least, noise.quorum(len(charter.members))) + noise.tolerated_dropouts


def _check_floors(facts: SharedFacts, noise: DistributedNoise) -> tuple[RuleFinding, ...]:
    floors, charter, study = facts.charter.floors, facts.sources.charter, facts.sources.study
    least = _least_brands(facts.study, facts.charter)
    return (
        judge(
            "trust-mode.dropouts",
            noise.tolerated_dropouts >= floors.tolerated_dropouts,
            lambda: words(
                charter.line_of("floors", "tolerated_dropouts"),
                asked=str(noise.tolerated_dropouts),
                limit=str(floors.tolerated_dropouts),
                at=study.line_of("privacy", "distributed", "tolerated_dropouts"),
            ),
        ),
        judge(
            "trust-mode.colluders",
            noise.assumed_colluders >= floors.assumed_colluders,
            lambda: words(
                charter.line_of("floors", "assumed_colluders"),
                asked=str(noise.assumed_colluders),
                limit=str(floors.assumed_colluders),
                at=study.line_of("privacy", "distributed", "assumed_colluders"),
            ),
        ),
        judge(
            "trust-mode.honest",
            least - noise.assumed_colluders >= 1,
            lambda: words(
                study.line_of("privacy", "distributed", "assumed_colluders"),
                asked=str(noise.assumed_colluders),
                limit=str(least),
                needed=str(noise.assumed_colluders + 1),
            ),
        ),
    )


def _check_members(facts: SharedFacts, noise: DistributedNoise) -> tuple[RuleFinding, ...]:
    members, charter = facts.charter.members, facts.sources.charter
    needed = brands_to_join(facts.study, facts.charter)
    entities = len({member.entity_key for member in members})
    return (
        judge(
            "trust-mode.members",
            len(members) >= needed,
            lambda: words(
                charter.line_of("members"),
                found=str(len(members)),
                limit=str(needed),
                dropouts=str(noise.tolerated_dropouts),
                at=facts.sources.study.line_of("privacy", "distributed", "tolerated_dropouts"),
            ),
        ),
        judge(
            "trust-mode.entities",
            entities >= LEAST_LEGAL_ENTITIES,
            lambda: words(
                charter.line_of("members"), found=str(entities), limit=str(LEAST_LEGAL_ENTITIES)
            ),
        ),
    )


def _least_brands(study: Study, charter: AllianceCharter) -> int:
    """Return the fewest brands in a sum: what the parties ask for, and never below three."""
    return max(study.minimum_brands, charter.floors.minimum_brands, LEAST_LEGAL_ENTITIES)
