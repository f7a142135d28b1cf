"""What consent covers, compared with a second walk of the trees, and on its own laws."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_policies.documents import Purpose
from hanse_policies.taxonomy import (
    Relation,
    Taxonomy,
    TaxonomyPin,
    Term,
    TermKind,
    covers,
    is_within,
)

DPV = [pin for pin in TaxonomyPin if pin.startswith("dpv-")]
FIDESLANG = TaxonomyPin.FIDESLANG_3_1_4
PURPOSES = {pin: Taxonomy.load(pin).words(TermKind.PURPOSE) for pin in DPV}
ALL_PURPOSES = sorted({word for words in PURPOSES.values() for word in words})

pins = st.sampled_from(DPV)
words = st.sampled_from(ALL_PURPOSES)
texts = st.one_of(words, st.text(max_size=30), st.sampled_from(["", "purpose", "consent", "user"]))


def standard(taxonomy: Taxonomy) -> Mapping[str, Term]:
    return {term.name: term for term in taxonomy.terms if term.relation is Relation.EXACT}


def words_below(taxonomy: Taxonomy, word: str) -> set[str]:
    """Walk down from a word, parents read one at a time, and collect what is met."""
    start = taxonomy.resolve(word)
    if start.relation is Relation.NARROWER:
        return {word}
    met, waiting = set[str](), [start.name]
    while waiting:
        name = waiting.pop()
        met.add(name)
        waiting += [t.name for t in standard(taxonomy).values() if name in t.parents]
    return {standard(taxonomy)[name].word or "" for name in met}


@pytest.mark.parametrize("pin", DPV)
def test_consent_covers_the_purpose_and_what_stood_below_it(pin: TaxonomyPin) -> None:
    taxonomy = Taxonomy.load(pin)
    for granted in PURPOSES[pin]:
        covered = {asked for asked in ALL_PURPOSES if covers(granted, asked, pin)}
        assert covered == words_below(taxonomy, granted)


@given(pin=pins, word=words)
def test_consent_covers_its_own_purpose_exactly_where_it_existed(
    pin: TaxonomyPin, word: str
) -> None:
    assert covers(word, word, pin) is (word in PURPOSES[pin])


@given(pin=pins, first=words, second=words, third=words)
def test_what_is_covered_by_what_is_covered_is_covered(
    pin: TaxonomyPin, first: str, second: str, third: str
) -> None:
    if covers(first, second, pin) and covers(second, third, pin):
        assert covers(first, third, pin)


@pytest.mark.parametrize("pin", DPV)
def test_covering_is_transitive_over_all_terms_of_a_version(pin: TaxonomyPin) -> None:
    covered = {a: {b for b in PURPOSES[pin] if covers(a, b, pin)} for a in PURPOSES[pin]}
    assert max(map(len, covered.values())) > 10
    assert [(a, b) for a in covered for b in covered[a] if not covered[b] <= covered[a]] == []


@given(pin=pins, first=words, second=words)
def test_two_purposes_cover_each_other_only_if_they_are_one(
    pin: TaxonomyPin, first: str, second: str
) -> None:
    if covers(first, second, pin) and covers(second, first, pin):
        assert first == second


@pytest.mark.parametrize("pin", DPV)
def test_nothing_that_came_later_is_covered(pin: TaxonomyPin) -> None:
    later = set(ALL_PURPOSES) - set(PURPOSES[pin])
    taxonomy = Taxonomy.load(pin)
    version = taxonomy.provenance.version
    assert [(a, b) for a in ALL_PURPOSES for b in later if covers(a, b, pin)] == []
    assert [term.name for term in taxonomy.terms if term.since > version] == []


def test_a_child_added_later_is_not_covered_by_an_older_consent() -> None:
    """DPV 2.1 put `PoliticalCampaign` below `Advertising`, which is in 2.0 already."""
    assert "advertising" in PURPOSES[TaxonomyPin.DPV_2_0]
    assert not covers("advertising", "political-campaign", "dpv-2.0")
    assert not covers("marketing", "political-campaign", "dpv-2.0")
    assert covers("advertising", "political-campaign", "dpv-2.1")
    assert covers("advertising", "targeted-advertising", "dpv-2.0")


def test_a_parent_added_later_covers_nothing_in_an_older_consent() -> None:
    """DPV 2.3 put `ServiceManagement` above `ServiceProvision`, both in use before by name."""
    assert covers("service-management", "service-access-determination", "dpv-2.3")
    assert not covers("service-management", "service-provision", "dpv-2.2")
    assert not covers("service-provision", "service-access-determination", "dpv-2.2")


def test_a_term_moved_later_stays_where_the_consent_knew_it() -> None:
    """DPV 2.3 moved `ServiceOptimisation` from below `ServiceProvision` to beside it."""
    assert covers("service-provision", "service-optimisation", "dpv-2.2")
    assert not covers("service-provision", "service-optimisation", "dpv-2.3")
    assert covers("service-management", "service-optimisation", "dpv-2.3")


def test_a_term_that_a_later_version_spells_anew_is_another_word() -> None:
    assert covers("rights-fulfillment", "rights-fulfillment", "dpv-2.1")
    assert not covers("rights-fulfillment", "rights-fulfilment", "dpv-2.1")
    assert not covers("rights-fulfillment", "rights-fulfillment", "dpv-2.2")


@pytest.mark.parametrize("pin", DPV)
def test_no_purpose_of_the_documents_covers_another(pin: TaxonomyPin) -> None:
    covered = [(a, b) for a in Purpose for b in Purpose if covers(a, b, pin)]
    assert covered == [(word, word) for word in Purpose]


@pytest.mark.parametrize("pin", DPV)
@pytest.mark.parametrize(
    "word", ["audience-analytics", "cross-brand-measurement", "model-training"]
)
def test_a_narrower_word_needs_consent_to_itself(pin: TaxonomyPin, word: str) -> None:
    taxonomy = Taxonomy.load(pin)
    term = standard(taxonomy)[taxonomy.resolve(word).name].word or ""
    assert not covers(term, word, pin)
    assert not covers(word, term, pin)
    assert [other for other in PURPOSES[pin] if covers(other, word, pin)] == [word]


@given(granted=texts, asked=texts, pinned=st.one_of(pins, st.text(max_size=20), st.just(FIDESLANG)))
def test_what_is_not_known_is_not_covered_and_raises_nothing(
    granted: str, asked: str, pinned: str
) -> None:
    known = PURPOSES.get(pinned, ())
    if covers(granted, asked, pinned):
        assert granted in known
        assert asked in known


@pytest.mark.parametrize(
    ("granted", "asked", "pinned"),
    [
        ("purpose", "marketing", "dpv-2.3"),
        ("purpose", "purpose", "dpv-2.3"),
        ("consent", "consent", "dpv-2.3"),
        ("Marketing", "Marketing", "dpv-2.3"),
        ("marketing", "marketing ", "dpv-2.3"),
        ("marketing", "mаrketing", "dpv-2.3"),  # the second letter is Cyrillic
        ("marketing", "marketing", "dpv-9.9"),
        ("marketing", "marketing", "../data/dpv-2.3"),
        ("user", "user", "fideslang-3.1.4"),
    ],
)
def test_a_word_a_kind_or_a_version_that_is_not_meant_is_not_covered(
    granted: str, asked: str, pinned: str
) -> None:
    assert not covers(granted, asked, pinned)


def test_a_category_is_within_itself_and_what_it_stands_below() -> None:
    assert is_within("user.contact.email", "user.contact.email", FIDESLANG)
    assert is_within("user.contact.email", "user.contact", FIDESLANG)
    assert is_within("user.contact.address.city", "user", FIDESLANG)
    assert not is_within("user.contact", "user.contact.email", FIDESLANG)
    assert not is_within("user.device.cookie_id", "user.device.cookie", FIDESLANG)
    assert not is_within("system", "user", FIDESLANG)


def test_the_tree_of_categories_follows_their_dotted_keys() -> None:
    known = Taxonomy.load(FIDESLANG).words(TermKind.DATA_CATEGORY)
    for inner in known:
        within = {outer for outer in known if is_within(inner, outer, FIDESLANG)}
        assert within == {outer for outer in known if f"{inner}.".startswith(f"{outer}.")}


@given(category=texts, ancestor=texts, pinned=st.one_of(pins, st.text(max_size=20)))
def test_a_category_that_is_not_known_is_within_nothing(
    category: str, ancestor: str, pinned: str
) -> None:
    assert not is_within(category, ancestor, pinned)
    assert not is_within("financial.transaction", "financial", FIDESLANG)
