from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from hanse_policies.documents import Purpose
from hanse_policies.documents.base import IDENTIFIER_PATTERN
from hanse_policies.errors import UnknownTaxonomyError, UnknownTermError
from hanse_policies.taxonomy import Relation, Taxonomy, TaxonomyPin, TermKind

ROOT = Path(__file__).parents[4]
DPV = [pin for pin in TaxonomyPin if pin.startswith("dpv-")]
SILENT = """
import sys
opened = []
sys.addaudithook(lambda event, about: opened.append(str(about[0])) if event == "open" else None)
import hanse_policies, hanse_policies.documents, hanse_policies.taxonomy as taxonomy
before = sum("taxonomy/data" in path for path in opened)
taxonomy.covers("marketing", "marketing", "dpv-2.3")
print(before, sorted({path.split("/")[-1] for path in opened if "taxonomy/data" in path}))
"""
TIMED = """
import time
from hanse_policies.taxonomy import Taxonomy
start = time.process_time()
Taxonomy.load("dpv-2.3")
print(time.process_time() - start)
"""


class Pinned(BaseModel):
    taxonomy: TaxonomyPin


def run_fresh(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "policies",
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_importing_reads_no_data_and_using_a_version_reads_that_one() -> None:
    assert run_fresh(SILENT) == "0 ['dpv-2.3.json']"


def test_the_first_load_takes_less_than_ten_milliseconds() -> None:
    assert min(float(run_fresh(TIMED)) for _ in range(3)) < 0.010


@pytest.mark.parametrize("pin", TaxonomyPin)
def test_a_version_is_loaded_once(pin: TaxonomyPin) -> None:
    taxonomy = Taxonomy.load(pin)
    assert taxonomy.pin is pin
    assert Taxonomy.load(str(pin)) is taxonomy


@pytest.mark.parametrize("pin", TaxonomyPin)
def test_every_word_resolves_to_its_term(pin: TaxonomyPin) -> None:
    taxonomy = Taxonomy.load(pin)
    for word in taxonomy.words():
        term = taxonomy.resolve(word)
        assert term.word == word
        assert term in taxonomy.terms
        assert taxonomy.find(word, term.kind) is term


@pytest.mark.parametrize("pin", DPV)
@pytest.mark.parametrize("purpose", Purpose)
def test_the_purposes_of_documents_are_words_of_every_version(
    pin: TaxonomyPin, purpose: Purpose
) -> None:
    term = Taxonomy.load(pin).resolve(purpose, TermKind.PURPOSE)
    assert term.iri == f"https://w3id.org/dpv#{term.name}"


def test_the_purposes_of_documents_stand_for_the_terms_that_were_chosen() -> None:
    taxonomy = Taxonomy.load("dpv-2.3")
    found = {
        word: (term.name, term.relation) for word in Purpose if (term := taxonomy.resolve(word))
    }
    assert found == {
        Purpose.AUDIENCE_ANALYTICS: ("CommercialResearch", Relation.NARROWER),
        Purpose.MODEL_TRAINING: ("ResearchAndDevelopment", Relation.NARROWER),
        Purpose.CROSS_BRAND_MEASUREMENT: ("SellInsightsFromData", Relation.NARROWER),
        Purpose.PERSONALISED_MARKETING: ("PersonalisedAdvertising", Relation.EXACT),
    }


@pytest.mark.parametrize("pin", DPV)
def test_words_of_purposes_and_legal_bases_can_stand_where_identifiers_do(pin: TaxonomyPin) -> None:
    words = Taxonomy.load(pin).words()
    assert [word for word in words if not re.fullmatch(IDENTIFIER_PATTERN, word)] == []
    assert max(map(len, words)) <= 64


def test_a_fideslang_category_is_its_own_word() -> None:
    term = Taxonomy.load("fideslang-3.1.4").resolve("user.financial.credit_card")
    assert (term.word, term.name, term.iri) == (term.name, "user.financial.credit_card", None)
    assert (term.kind, term.parents) == (TermKind.DATA_CATEGORY, ("user.financial",))


@pytest.mark.parametrize("word", ["purpose", "Purpose", "legal-basis"])
def test_the_top_of_a_tree_has_no_word(word: str) -> None:
    with pytest.raises(UnknownTermError):
        Taxonomy.load("dpv-2.3").resolve(word)


def test_an_unknown_word_names_the_nearest_ones() -> None:
    with pytest.raises(UnknownTermError) as caught:
        Taxonomy.load("dpv-2.3").resolve("personalised-advertising")
    assert caught.value.nearest[0] == "personalised-marketing"
    assert str(caught.value).startswith(
        "expected a word for a term in taxonomy dpv-2.3, got `personalised-advertising`; "
        "did you mean `personalised-marketing` or "
    )


def test_a_word_that_a_later_version_added_is_unknown_in_an_earlier_one() -> None:
    assert Taxonomy.load("dpv-2.3").resolve("service-monitoring").since == "2.3"
    with pytest.raises(UnknownTermError, match=r"in taxonomy dpv-2\.2, got `service-monitoring`"):
        Taxonomy.load("dpv-2.2").resolve("service-monitoring")


def test_a_word_of_another_kind_is_unknown() -> None:
    taxonomy = Taxonomy.load("dpv-2.3")
    assert taxonomy.resolve("consent").kind is TermKind.LEGAL_BASIS
    assert taxonomy.find("consent", TermKind.PURPOSE) is None
    with pytest.raises(UnknownTermError, match="expected a word for a purpose"):
        taxonomy.resolve("consent", TermKind.PURPOSE)


def test_an_unknown_word_is_shown_on_one_line_and_shortened() -> None:
    with pytest.raises(UnknownTermError) as caught:
        Taxonomy.load("dpv-2.3").resolve("x\n" * 200)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200
    assert str(caught.value).endswith("; see docs/reference/vocabulary.md for all of them")


def test_a_version_that_does_not_ship_names_the_nearest_ones() -> None:
    with pytest.raises(UnknownTaxonomyError) as caught:
        Taxonomy.load("dpv-2.4")
    assert set(caught.value.nearest) <= set(TaxonomyPin)
    assert "got `dpv-2.4`; did you mean `dpv-2.3`" in str(caught.value)


def test_a_document_may_pin_what_ships() -> None:
    pinned = Pinned.model_validate_json('{"taxonomy": "dpv-2.3"}', strict=True)
    assert pinned.taxonomy is TaxonomyPin.DPV_2_3


@pytest.mark.parametrize("text", ["dpv", "dpv-2.4", "DPV-2.3", "dpv-2.3 ", "../dpv-2.3", ""])
def test_a_document_may_pin_nothing_else(text: str) -> None:
    with pytest.raises(ValidationError):
        Pinned.model_validate({"taxonomy": text})
    with pytest.raises(UnknownTaxonomyError):
        Taxonomy.load(text)
