"""Trust mode: what shared noise needs, by whoever asks for the most."""

from __future__ import annotations

import pytest

from hanse_policies.documents import AllianceCharter, Floors, Study
from tests.support.decisions import Case
from tests.support.documents import (
    a_charter,
    a_member,
    a_shared_privacy,
    a_shared_training_study,
    a_training_study,
)


def asked(study: Study, charter: AllianceCharter | None = None) -> dict[str, str]:
    """Return the trust-mode rules that were asked, and the fix each names, empty on a permit."""
    decision = Case(study=study, charter=charter or a_charter()).decide()
    return {f.rule: f.fix for f in decision.findings if f.rule.startswith("trust-mode.")}


def test_mode_local_is_asked_nothing() -> None:
    two = a_charter(members=(a_member("alder"), a_member("birch")))
    assert asked(a_training_study(), two) == {}


def test_three_brands_are_needed_whatever_the_documents_say() -> None:
    charter = a_charter(
        members=(a_member("alder"), a_member("birch")),
        floors=Floors(minimum_brands=2, assumed_colluders=2),
    )
    study = a_shared_training_study(minimum_brands=2, privacy=a_shared_privacy(0, 2))
    fixes = asked(study, charter)
    assert fixes["trust-mode.honest"] == ""
    assert "until there are 3," in fixes["trust-mode.members"]
    assert fixes["trust-mode.entities"] == "enrol members until there are 3 legal entities"


@pytest.mark.parametrize(
    ("study", "rule", "fix"),
    [
        (
            a_shared_training_study(privacy=a_shared_privacy(0, 1)),
            "trust-mode.dropouts",
            "raise tolerated_dropouts to 2",
        ),
        (
            a_shared_training_study(privacy=a_shared_privacy(0, 1)),
            "trust-mode.colluders",
            "raise assumed_colluders to 2",
        ),
        (
            a_shared_training_study(privacy=a_shared_privacy(0, 5)),
            "trust-mode.honest",
            "raise minimum_brands to 6",
        ),
    ],
)
def test_a_refusal_names_the_number_that_would_do(study: Study, rule: str, fix: str) -> None:
    charter = a_charter(floors=Floors(tolerated_dropouts=2, assumed_colluders=2))
    assert asked(study, charter)[rule] == fix


def test_brands_that_may_drop_out_must_be_there_in_the_first_place() -> None:
    one_more = a_shared_training_study(privacy=a_shared_privacy(tolerated_dropouts=1))
    assert "until there are 4," in asked(one_more)["trust-mode.members"]
    four = a_charter(
        members=(
            *a_charter().members,
            a_member("dune", signing_key="ab" * 32, agreement_key="cd" * 32),
        )
    )
    assert asked(one_more, four)["trust-mode.members"] == ""
