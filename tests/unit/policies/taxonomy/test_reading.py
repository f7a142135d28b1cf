from __future__ import annotations

import json
from typing import Any

import pytest

from hanse_policies.errors import TaxonomyDataError
from hanse_policies.taxonomy.pins import TaxonomyPin
from hanse_policies.taxonomy.reading import parse_data
from hanse_policies.taxonomy.terms import Relation, TermKind

PIN = TaxonomyPin.DPV_2_3
TOP = ["Purpose", "purpose", None, [], "2.0"]
MARKETING = ["Marketing", "purpose", "marketing", ["Purpose"], "2.0"]
ADVERTISING = ["Advertising", "purpose", "advertising", ["Marketing"], "2.1"]


def a_file(*terms: list[Any], **changed: Any) -> str:
    provenance = dict.fromkeys(
        ("title", "publisher", "version", "source", "sha256", "licence", "selection"), "some"
    )
    data = {"pin": PIN, "namespace": "https://example.org/v#", "narrower": {}, "terms": terms}
    return json.dumps(provenance | data | changed)


def test_terms_are_read_with_their_ancestors() -> None:
    data = parse_data(a_file(ADVERTISING, MARKETING, TOP, narrower={"own": "Marketing"}), PIN)
    assert data.lines["Advertising"] == {"Advertising", "Marketing", "Purpose"}
    assert data.terms[0].iri == "https://example.org/v#Advertising"
    own = data.terms[-1]
    assert (own.word, own.name, own.relation) == ("own", "Marketing", Relation.NARROWER)
    assert (own.kind, own.parents, own.since) == (TermKind.PURPOSE, ("Marketing",), "2.0")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "another form"),
        ("[]", "another form"),
        ("{}", "another form"),
        (a_file(TOP)[:-20], "another form"),
        (a_file(["Purpose", "purpose", None, []]), "another form"),
        (a_file(["Purpose", "reason", None, [], "2.0"]), "another form"),
        (a_file(TOP, narrower={"own": "Marketing"}), "another form"),
        (a_file(TOP, pin="dpv-2.2"), "holds another version"),
        (a_file(TOP, MARKETING, MARKETING), "stands in it twice"),
        (a_file(TOP, MARKETING, narrower={"marketing": "Purpose"}), "stands in it twice"),
        (a_file(TOP, ADVERTISING), "its parent is missing"),
        (
            a_file(TOP, ADVERTISING, ["Marketing", "purpose", "marketing", ["Advertising"], "2.0"]),
            "its own ancestor",
        ),
        (
            a_file(TOP, ["Consent", "legal-basis", "consent", ["Purpose"], "2.0"]),
            "different kinds",
        ),
    ],
)
def test_damaged_data_is_refused_as_a_whole(text: str, fault: str) -> None:
    with pytest.raises(TaxonomyDataError, match=fault) as caught:
        parse_data(text, PIN)
    assert str(caught.value).endswith("; reinstall hanse")
