from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hanse_policies.documents import BrandPolicy
from hanse_policies.errors import (
    DocumentError,
    DocumentFileError,
    DocumentKindError,
    DocumentSyntaxError,
)
from hanse_policies.loading import (
    MAXIMUM_DOCUMENT_BYTES,
    load_any,
    load_asset,
    load_charter,
    load_document,
    load_policy,
    load_study,
)

SAMPLES = Path(__file__).parents[3] / "policies" / "samples"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, so that messages hold a short path."""
    monkeypatch.chdir(tmp_path)
    return Path("policy.yaml")


def edited(path: Path, sample: str, old: str, new: str) -> Path:
    text = (SAMPLES / sample).read_text()
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1))
    return path


def policy_refusal(path: Path, old: str, new: str) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        load_policy(edited(path, "policy.yaml", old, new))
    return caught.value


def study_refusal(path: Path, old: str, new: str) -> str:
    with pytest.raises(DocumentError) as caught:
        load_study(edited(path, "study-propensity.yaml", old, new))
    return str(caught.value)


def test_the_samples_are_valid_documents() -> None:
    assert load_charter(SAMPLES / "charter.yaml").document.id == "harbour-league"
    assert load_policy(SAMPLES / "policy.yaml").document.brand == "lantern"
    assert load_asset(SAMPLES / "asset.yaml").document.person == "customer_id"
    assert load_study(SAMPLES / "study-propensity.yaml").document.privacy.delta == 1e-6
    assert load_any(SAMPLES / "study-audience.yaml").document.model_fields_set


def test_a_field_is_found_on_its_line() -> None:
    source = load_policy(SAMPLES / "policy.yaml").source
    assert source.line_of("permits", 1, "columns") == "policy.yaml:28"
    assert source.line_of("permits", 0) == "policy.yaml:11"
    assert source.line_of() == "policy.yaml:2"


def test_a_field_left_to_its_default_is_found_on_the_line_above_it() -> None:
    source = load_study(SAMPLES / "study-propensity.yaml").source
    assert source.line_of("computation", "evaluation", "score_bins") == "study-propensity.yaml:9"


def test_timestamps_are_aware(write: Path) -> None:
    loaded = load_study(edited(write, "study-audience.yaml", "00:00:00Z", "08:00:00+08:00"))
    assert loaded.document.expires == datetime(2026, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-12-31T00:00:00", "2026-12-31", "1767139200", "soon"])
def test_an_instant_without_zone_is_refused(write: Path, text: str) -> None:
    shown = text if text.isdigit() else f"`{text}`"
    quoted = f'"{text}"' if "-" in text else text
    message = study_refusal(write, "2026-12-31T00:00:00Z", quoted)
    assert message == (
        "policy.yaml:37:10: field `expires`: expected an instant with time zone, "
        f"as 2026-01-31T08:00:00Z, got {shown}"
    )


def test_malformed_yaml_is_told_with_its_place(write: Path) -> None:
    error = policy_refusal(write, "computations: [train-model]", "computations: [train-model")
    assert isinstance(error, DocumentSyntaxError)
    assert error.code == "document-syntax"
    assert str(error) == (
        "policy.yaml:12:20: expected text without quotes to end on its line, got a second line; "
        "write it in quotes, or close the list or mapping that it stands in"
    )


def test_an_unknown_field_is_refused_with_the_name_that_was_meant(write: Path) -> None:
    error = policy_refusal(write, "    retention_days: 180", "    retention_day: 180")
    assert error.code == "document-invalid"
    assert str(error) == (
        "policy.yaml:11:5: expected field `permits[0].retention_days`, got none; add it"
    )


def test_an_extra_field_is_refused_where_its_name_stands(write: Path) -> None:
    error = policy_refusal(
        write, "    retention_days: 180", "    retention_days: 180\n    allow_all: true"
    )
    assert str(error) == (
        "policy.yaml:25:5: expected no field `permits[0].allow_all`, got one; remove it"
    )
    assert error.field == "permits[0].allow_all"


def test_a_mistyped_optional_field_is_refused_with_a_suggestion(write: Path) -> None:
    error = policy_refusal(write, "approval: manual", "aproval: automatic")
    assert str(error) == (
        "policy.yaml:49:1: expected no field `aproval`, got one; did you mean `approval`"
    )


def test_a_duplicate_key_is_refused(write: Path) -> None:
    error = policy_refusal(
        write, "    minimum_persons: 200", "    minimum_persons: 200\n    minimum_persons: 1"
    )
    assert isinstance(error, DocumentSyntaxError)
    assert str(error) == (
        "policy.yaml:24:5: expected each key once, got `minimum_persons` again (first on line 23)"
    )


def test_a_plain_no_in_a_category_list_is_refused(write: Path) -> None:
    message = study_refusal(write, "categories: [north, south]", "categories: [SE, NO]")
    assert message.startswith("policy.yaml:17:60: expected text in quotes or one of true, false")


def test_a_quoted_no_in_a_category_list_is_a_category(write: Path) -> None:
    path = edited(
        write, "study-propensity.yaml", "categories: [north, south]", 'categories: [SE, "NO"]'
    )
    assert '"NO"' in load_study(path).document.model_dump_json()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "purpose: model-training",
            "purpose: model-trainign",
            (
                "7:10: field `purpose`: expected one of 'audience-analytics', 'model-training', "
                "'cross-brand-measurement' or 'personalised-marketing', got `model-trainign`"
            ),
        ),
        (
            "rounds: 8",
            'rounds: "8"',
            "19:11: field `computation.rounds`: expected a whole number, got `8`",
        ),
        (
            "rounds: 8",
            "rounds: 8.5",
            "19:11: field `computation.rounds`: expected a whole number, got 8.5",
        ),
        (
            "rounds: 8",
            "rounds: true",
            "19:11: field `computation.rounds`: expected a whole number, got true",
        ),
        (
            "rounds: 8",
            "rounds: 0",
            "19:11: field `computation.rounds`: expected a number of at least 1, got 0",
        ),
        (
            "  epsilon: 3.0",
            "  epsilon: 101",
            "31:12: field `privacy.epsilon`: expected a number of at most 100.0, got 101",
        ),
        (
            "  delta: 1e-6",
            "  delta: 0",
            "32:10: field `privacy.delta`: expected a number of at least 1e-15, got 0",
        ),
        (
            "recipients: [members]",
            "recipients: members",
            "35:13: field `recipients`: expected a list, got `members`",
        ),
        (
            "recipients: [members]",
            "recipients: []",
            "35:13: field `recipients`: expected a list of at least 1 items, got an empty list",
        ),
        (
            "asset: customers",
            "asset: ../../etc/passwd",
            (
                "8:8: field `asset`: expected text that matches "
                "^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$, got `../../etc/passwd`"
            ),
        ),
        (
            "  kind: train-model",
            "  kind: run-code",
            (
                "10:9: field `computation.kind`: expected one of train-model, audience-histogram, "
                "got `run-code`"
            ),
        ),
        (
            "lower: 0, upper: 60, scale: log",
            "lower: 60, upper: 0, scale: log",
            "15:7: field `computation.features[0]`: lower must be below upper, got 60.0 and 0.0",
        ),
        (
            "title: Who is likely to buy next month",
            "title:",
            "6:1: field `title`: expected text, got nothing",
        ),
    ],
)
def test_a_bad_value_is_told_with_place_field_expectation_and_value(
    write: Path, old: str, new: str, message: str
) -> None:
    assert study_refusal(write, old, new) == f"policy.yaml:{message}"


def test_a_long_value_is_shortened_and_other_values_are_not_shown(write: Path) -> None:
    message = study_refusal(write, "asset: customers", f"asset: {'secret' * 100}")
    assert message.endswith("got `" + ("secret" * 10) + "...`")
    assert "propensity" not in message


def test_the_first_of_several_problems_in_the_file_is_told(write: Path) -> None:
    message = study_refusal(write, "version: 1", "version: 0\nextra: 1")
    assert message.startswith("policy.yaml:4:10: field `version`")


def test_a_document_of_another_kind_is_refused() -> None:
    with pytest.raises(DocumentKindError) as caught:
        load_policy(SAMPLES / "charter.yaml")
    assert str(caught.value).endswith(
        "charter.yaml:3:7: field `kind`: expected BrandPolicy, got `AllianceCharter`"
    )


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("", "an empty document"),
        ("# nothing\n", "an empty document"),
        ("---\n...\n", "an empty document"),
        ("- a\n", "something else"),
        ("text\n", "something else"),
    ],
)
def test_a_file_that_holds_no_fields_is_refused(write: Path, text: str, got: str) -> None:
    write.write_text(text)
    with pytest.raises(DocumentSyntaxError, match=f"expected a mapping of fields, got {got}"):
        load_any(write)


def test_a_document_without_kind_is_refused(write: Path) -> None:
    write.write_text("id: x\n")
    with pytest.raises(DocumentKindError, match="got none"):
        load_any(write)


def test_an_unknown_kind_is_refused(write: Path) -> None:
    write.write_text("kind: Waiver\n")
    with pytest.raises(DocumentKindError, match="expected one of AllianceCharter"):
        load_any(write)


def test_a_missing_file_is_told(write: Path) -> None:
    with pytest.raises(DocumentFileError) as caught:
        load_policy(write)
    assert str(caught.value) == "policy.yaml: expected a file, got none"


def test_a_folder_is_no_document(tmp_path: Path) -> None:
    with pytest.raises(DocumentFileError, match="cannot read the file"):
        load_policy(tmp_path)


def test_a_file_that_is_too_long_is_refused(write: Path) -> None:
    write.write_bytes(b"#" * (MAXIMUM_DOCUMENT_BYTES + 1))
    with pytest.raises(DocumentFileError, match="at most 1048576 bytes"):
        load_policy(write)


def test_a_file_that_is_not_utf_8_is_refused_with_its_place(write: Path) -> None:
    write.write_bytes(b"kind: BrandPolicy\nid: \xff\n")
    with pytest.raises(DocumentFileError, match=r"policy\.yaml:2:5: expected UTF-8"):
        load_policy(write)


def test_loading_names_the_class_it_was_asked_for() -> None:
    assert isinstance(load_document(SAMPLES / "policy.yaml", BrandPolicy).document, BrandPolicy)
