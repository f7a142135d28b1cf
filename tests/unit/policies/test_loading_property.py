"""Random documents survive being written; random text is refused or has one meaning."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hanse_policies.canonical import canonical_json
from hanse_policies.documents import LegalPack
from hanse_policies.documents.base import StrictModel
from hanse_policies.errors import DocumentError, DocumentFileError
from hanse_policies.kinds import DOCUMENT_KINDS, kind_of
from hanse_policies.loading import MAXIMUM_DOCUMENT_BYTES, Loaded, load_any
from hanse_policies.packs.shipped import shipped_packs
from hanse_policies.strict_yaml import parse_yaml
from tests.fuzz.run import LONGEST_BYTES
from tests.support import yaml_oracle
from tests.support.document_strategies import documents
from tests.support.yaml_nastiness import NASTY_TOKENS, SEEDS
from tests.support.yaml_oracle import BrokenPromiseError, agree, as_yaml, check_bytes

FOLDER_PER_TEST = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@st.composite
def edited_texts(draw: st.DrawFn) -> str:
    """Draw a seed with a few edits: something cut out, put in, or written a second time."""
    text = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from((0, 0, 0, 1, 2, 8, 40))))
        other = draw(st.integers(0, len(text)))
        copied = text[other : other + draw(st.integers(1, 40))]
        piece = draw(st.sampled_from((*NASTY_TOKENS, copied)) | st.text(max_size=3))
        text = text[:start] + piece + text[end:]
    return text


@pytest.mark.parametrize("kind", sorted(set(DOCUMENT_KINDS) - {"LegalPack"}))
def test_a_document_written_as_yaml_is_read_back_as_itself(kind: str, tmp_path: Path) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(documents(DOCUMENT_KINDS[kind]))
    def check(document: StrictModel) -> None:
        canonical = canonical_json(document)
        found = check_bytes(as_yaml(json.loads(canonical)).encode(), tmp_path)
        assert found is not None
        assert canonical_json(found) == canonical

    check()


@pytest.mark.parametrize("pack", list(shipped_packs()), ids=lambda pack: pack.document.id)
def test_a_legal_pack_written_as_yaml_is_read_back_as_itself(
    pack: Loaded[LegalPack], tmp_path: Path
) -> None:
    # Packs that are drawn at random seldom hold together; those that ship are large enough.
    canonical = canonical_json(pack.document)
    found = check_bytes(as_yaml(json.loads(canonical)).encode(), tmp_path)
    assert found is not None
    assert canonical_json(found) == canonical


@settings(max_examples=400, deadline=None, suppress_health_check=FOLDER_PER_TEST)
@given(edited_texts())
def test_an_edited_document_is_refused_with_its_place_or_has_one_meaning(
    tmp_path: Path, text: str
) -> None:
    check_bytes(text.encode(errors="surrogatepass"), tmp_path)


@settings(max_examples=300, deadline=None, suppress_health_check=FOLDER_PER_TEST)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_refused_with_their_place(tmp_path: Path, data: bytes) -> None:
    assert check_bytes(data, tmp_path) is None


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (True, 1), (1, True), ("NO", False), (8, 10), ("1e-8", 1e-8), (None, "null"), ([1], [1, 2]),
        ({"a": 1}, {"b": 1}), ("2026-01-31", "2026-1-31"), (1e-8, "1e-9"),
    ],
)  # fmt: skip
def test_the_oracle_tells_two_meanings_apart(ours: object, theirs: object) -> None:
    assert not agree(ours, theirs)  # type: ignore[arg-type]


def test_a_document_that_is_too_long_is_refused_with_its_place(tmp_path: Path) -> None:
    too_long = b"#" * (MAXIMUM_DOCUMENT_BYTES + 1)
    assert check_bytes(too_long, tmp_path) is None
    with pytest.raises(DocumentFileError, match=r":1:1: expected at most 1048576 bytes, got more"):
        load_any(tmp_path / "document.yaml")


@pytest.mark.parametrize("place", ["", ":3", ":0:1", ":1:x"])
def test_the_oracle_finds_a_refusal_without_a_place(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise DocumentError("expected a document, got none", location=f"{path}{place}")

    monkeypatch.setattr(yaml_oracle, "load_any", refuse)
    with pytest.raises(BrokenPromiseError, match="without a place"):
        check_bytes(b"kind: Study", tmp_path)


def test_a_seed_of_every_kind_is_read(tmp_path: Path) -> None:
    kinds = []
    for number, text in enumerate(SEEDS[:-1]):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text)
        kinds.append(kind_of(type(load_any(path).document)))
    assert set(kinds) == set(DOCUMENT_KINDS)
    assert parse_yaml(SEEDS[-1], "seed").root is not None


@pytest.mark.parametrize("kind", sorted(DOCUMENT_KINDS))
def test_a_seed_fits_whole_into_what_the_fuzzer_reads(kind: str) -> None:
    seeds = [text for text in SEEDS if f'"kind": "{kind}"' in text]
    assert min(len(text.encode()) for text in seeds) <= LONGEST_BYTES


@pytest.mark.parametrize(
    "text",
    [
        "kind:  >1\n .nan: >-\n  a\n  ! x:042)\n - ",
        "kind: |\n  Study\n  x\n",
        'kind: Study\n"a\\nb": 1\n"a\\nb": 2\n',
        'kind: Study\n"a\\nb": 1\n',
        'kind: Study\nid: "a\\nb"\n',
    ],
)
def test_what_is_found_is_told_on_one_line(tmp_path: Path, text: str) -> None:
    """Also what stands over several lines; the first was found by the fuzzer."""
    assert check_bytes(text.encode(), tmp_path) is None
