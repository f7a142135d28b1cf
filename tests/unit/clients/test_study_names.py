"""Names of studies: a digest goes before an id, and what fits several studies is refused."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_clients.errors import StudyNameAmbiguousError
from hanse_clients.study_names import (
    MOST_TOLD,
    SHORTEST_PREFIX,
    StudyLabel,
    digest_named,
)

A, B, C = (hashlib.sha256(name).hexdigest() for name in (b"a", b"b", b"c"))


def named(name: str, studies: dict[str, StudyLabel]) -> str | None:
    return digest_named(name, studies, studies.__getitem__)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (A, A),
        (A[:SHORTEST_PREFIX], A),
        (A[: SHORTEST_PREFIX - 1], None),
        ("audience", A),
        ("reach", B),
        (A.upper(), None),
        ("", None),
        ("no-such-study", None),
    ],
)
def test_a_study_goes_by_its_digest_eight_digits_of_it_or_its_id(
    name: str, found: str | None
) -> None:
    assert named(name, {A: StudyLabel("audience", 1), B: StudyLabel("reach", 1)}) == found


@pytest.mark.parametrize("digits", [SHORTEST_PREFIX, 12, 63, 64])
def test_an_id_made_of_another_studys_digits_does_not_take_its_name(digits: int) -> None:
    studies = {A: StudyLabel("audience", 1), B: StudyLabel(A[:digits], 1)}
    assert named(A[:digits], studies) == A


def test_a_whole_digest_that_nobody_proposed_here_is_no_id() -> None:
    assert named(A, {B: StudyLabel(A, 1)}) is None


def test_two_versions_of_one_id_are_told_and_neither_is_chosen() -> None:
    studies = {A: StudyLabel("audience", 1), B: StudyLabel("audience", 2)}
    with pytest.raises(StudyNameAmbiguousError) as caught:
        named("audience", studies)
    assert caught.value.candidates == (A, B)
    assert f"{B} (audience version 2), {A} (audience version 1)" in str(caught.value)


def test_digits_that_two_digests_begin_with_are_refused() -> None:
    alike = A[:40] + B[:24]
    with pytest.raises(StudyNameAmbiguousError) as caught:
        named(A[:40], {A: StudyLabel("audience", 1), alike: StudyLabel("reach", 1)})
    assert caught.value.candidates == (A, alike)


def test_a_name_that_fits_a_thousand_studies_is_refused_in_one_short_sentence() -> None:
    studies = {
        hashlib.sha256(str(number).encode()).hexdigest(): StudyLabel("audience", number)
        for number in range(1, 1001)
    }
    with pytest.raises(StudyNameAmbiguousError, match=r"fits 1000: .* and 995 older; ") as caught:
        named("audience", studies)
    assert str(caught.value).count("version") == MOST_TOLD


digests = st.binary(max_size=4).map(lambda data: hashlib.sha256(data).hexdigest())
ids = st.one_of(digests, digests.map(lambda one: one[:12]), st.sampled_from(("audience", "reach")))


@given(
    studies=st.dictionaries(digests, ids.map(lambda one: StudyLabel(one, 1)), min_size=1),
    name=ids,
)
def test_whatever_ids_are_proposed_a_digest_names_itself_and_no_name_is_guessed(
    studies: dict[str, StudyLabel], name: str
) -> None:
    for digest in studies:
        assert named(digest, studies) == digest
    by_digits = [one for one in studies if one.startswith(name)]
    by_id = [one for one, label in studies.items() if label.id == name and len(name) < len(one)]
    fitting = by_digits or by_id
    if len(fitting) > 1:
        with pytest.raises(StudyNameAmbiguousError):
            named(name, studies)
    else:
        assert named(name, studies) == (fitting[0] if fitting else None)
