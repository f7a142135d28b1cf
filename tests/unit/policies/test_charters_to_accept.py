"""What of a newer charter a person has to accept: all that may allow more, but who is a member."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hanse_policies.compare.charters import changes_to_accept
from hanse_policies.documents import (
    AllianceCharter,
    ComputationKind,
    Floors,
    Limits,
    MinorsRule,
    PackPin,
    Purpose,
    RecipientPlace,
    ResultUse,
)
from tests.support.documents import a_charter, a_member
from tests.support.places import an_operator

PINS = tuple(PackPin(id=name, version="1.0.0", digest="ab" * 32) for name in ("one", "two"))


def from_age(age: int) -> MinorsRule:
    return MinorsRule.model_validate({"from_age": age, "is_guardian_enough": False})


def some(*items: object, least: int = 0) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(st.sampled_from(items), unique=True, min_size=least).map(tuple)


CHARTERS = st.builds(
    a_charter,
    members=some(*(a_member(name) for name in ("alder", "birch", "cedar"))),
    operator=st.sampled_from((an_operator("DE"), an_operator("US"))),
    purposes=some(*tuple(Purpose)[:3], least=1),
    computations=some(*ComputationKind, least=1),
    recipients=some("members", "operator", "agency", least=1),
    places=st.sampled_from(((), (RecipientPlace(recipient="agency", jurisdiction="DE"),))),
    floors=st.builds(Floors, minimum_persons=st.integers(1, 3), minimum_brands=st.integers(2, 3)),
    limits=st.builds(
        Limits,
        epsilon=st.sampled_from((1.0, 2.0)),
        delta=st.just(1e-6),
        retention_days=st.integers(1, 2),
    ),
    max_brands_per_person=st.integers(1, 2),
    packs=some(*PINS),
    minors=st.sampled_from((None, from_age(14), from_age(16))),
    uses=st.one_of(st.none(), some(*tuple(ResultUse)[:3], least=1)),
    assessment_required=st.booleans(),
    counsel_key=st.sampled_from((None, "ab" * 32)),
)


def follows(before: AllianceCharter, after: AllianceCharter) -> bool:
    return not changes_to_accept(before, after)


@settings(max_examples=100, deadline=None)
@given(CHARTERS, CHARTERS)
def test_who_is_a_member_moves_nothing(before: AllianceCharter, after: AllianceCharter) -> None:
    with_members = after.model_copy(update={"members": before.members})
    assert changes_to_accept(before, after) == changes_to_accept(before, with_members)


@settings(max_examples=100, deadline=None)
@given(CHARTERS, CHARTERS)
def test_two_charters_are_not_both_followed_after_the_other_unless_they_say_the_same(
    one: AllianceCharter, other: AllianceCharter
) -> None:
    """Else a floor could fall in two steps, each of which looks as if it tightened."""
    if follows(one, other) and follows(other, one):
        said = [c.model_dump(exclude={"members", "version"}) for c in (one, other)]
        for charter in said:
            for name in ("purposes", "computations", "recipients", "packs", "uses"):
                charter[name] = sorted(map(str, charter[name] or ()))
        assert said[0] == said[1]


@settings(max_examples=30, deadline=None)
@given(CHARTERS, st.lists(CHARTERS, min_size=1, max_size=4))
def test_what_is_followed_step_by_step_is_followed_as_a_whole(
    first: AllianceCharter, handed_out: list[AllianceCharter]
) -> None:
    in_force = first
    for charter in handed_out:
        tighter = tightened(in_force, charter)
        assert follows(in_force, tighter)
        in_force = tighter
    assert follows(first, in_force)


def tightened(before: AllianceCharter, after: AllianceCharter) -> AllianceCharter:
    """Take of a charter those fields alone that a brand follows after another."""
    held = before
    for name in type(after).model_fields:
        tried = held.model_copy(update={name: getattr(after, name)})
        if follows(held, tried):
            held = tried
    return held
