"""How the standards' files are read; that what ships is what they say is tested with the data."""

from __future__ import annotations

import csv
import importlib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

VOCABULARY = Path(__file__).parents[4] / "policies" / "vocabulary"
COLUMNS = ("term", "type", "dpvtype", "hasbroader")
ROWS = (
    ("Purpose", "class", "", ""),
    ("LegalBasis", "class", "", ""),
    ("hasPurpose", "property", "", ""),
    ("Sector", "class", "", ""),
    ("Marketing", "class", "Purpose", "Purpose"),
    ("Advertising", "class", "Purpose", "Marketing;DataQuality"),
    ("VendorManagement", "class", "Purpose", "Purpose"),
    ("VendorPayment", "class", "Purpose", "VendorManagement"),
    ("VendorMarketing", "class", "Purpose", "Marketing;VendorPayment"),
    ("RightsFulfilment", "class", "Purpose", "LegalObligation"),
    ("LegalObligation", "class", "LegalBasis", "LegalBasis"),
    ("DataQuality", "class", "OrganisationalMeasure", "Marketing"),
)


def module(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(VOCABULARY)
    return importlib.import_module(name)


def iris(names: str) -> str:
    return ";".join(f"https://w3id.org/dpv#{name}" for name in names.split(";") if name)


def write_tables(folder: Path, versions: tuple[str, ...]) -> None:
    for index, version in enumerate(versions):
        table = folder / version / "dpv" / "dpv.csv"
        table.parent.mkdir(parents=True)
        added = [(f"New{index}", "class", "Purpose", "Marketing")]
        with table.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for term, kind, typed, broader in (*ROWS, *added):
                writer.writerow((term, kind, iris(typed), iris(broader)))


@pytest.fixture
def parents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, ...]]:
    source = module("dpv_source", monkeypatch)
    write_tables(tmp_path, source.VERSIONS)
    return {term.name: term.parents for term in source.read(tmp_path)[0].terms}


def test_terms_of_the_two_kinds_are_taken_and_no_others(
    parents: dict[str, tuple[str, ...]],
) -> None:
    assert {"Purpose", "LegalBasis", "Marketing", "LegalObligation", "New0"} <= parents.keys()
    assert parents.keys() & {"hasPurpose", "Sector", "DataQuality", "New1"} == set()


def test_a_branch_is_left_out_with_all_below_it(parents: dict[str, tuple[str, ...]]) -> None:
    assert parents.keys() & {"VendorManagement", "VendorPayment", "VendorMarketing"} == set()


def test_a_parent_is_a_term_of_the_same_kind(parents: dict[str, tuple[str, ...]]) -> None:
    assert parents["Advertising"] == ("Marketing",)
    assert parents["RightsFulfilment"] == ("Purpose",)


def test_a_term_is_dated_by_the_first_version_that_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = module("dpv_source", monkeypatch)
    write_tables(tmp_path, source.VERSIONS)
    newest = source.read(tmp_path)[-1]
    since = {term.name: term.since for term in newest.terms}
    assert (since["Marketing"], since["New3"]) == (source.VERSIONS[0], source.VERSIONS[-1])


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Marketing", "marketing"),
        ("ImproveInternalCRMProcesses", "improve-internal-crm-processes"),
        ("ProtectionOfIPR", "protection-of-ipr"),
        ("B2B2CContract", "b2b2c-contract"),
        ("EULA", "eula"),
        ("PersonalisedAdvertising", "personalised-marketing"),
    ],
)
def test_a_word_is_the_name_in_kebab_case_unless_another_was_chosen(
    name: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert module("dpv_source", monkeypatch).word_of(name) == word


def write_wheel(path: Path, version: str) -> None:
    calls = (
        'default_category_factory(fides_key="user", name="User")\n'
        'default_category_factory(fides_key="user.contact", parent_key="user")\n'
        'other_factory(fides_key="no.category")\n'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"fideslang-{version}.dist-info/METADATA", f"Version: {version}\n")
        archive.writestr("fideslang/default_taxonomy/data_categories.py", calls)


def test_categories_are_read_without_running_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheel(tmp_path / "a.whl", "3.1.4")
    read = module("fideslang_source", monkeypatch).read(tmp_path / "a.whl")
    assert {term.name: term.parents for term in read.terms} == {
        "user": (),
        "user.contact": ("user",),
    }


def test_a_wheel_of_another_version_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheel(tmp_path / "a.whl", "3.2.0")
    with pytest.raises(ValueError, match="expected the wheel of fideslang"):
        module("fideslang_source", monkeypatch).read(tmp_path / "a.whl")
