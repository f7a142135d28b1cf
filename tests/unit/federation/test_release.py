from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from pydantic import ValidationError

from hanse_federation.errors import (
    ModelParametersError,
    ReleaseCardError,
    ReleaseExistsError,
    ReleaseExpiredError,
    ReleaseFilesError,
    ReleaseTamperedError,
)
from hanse_federation.messages import Tensor
from hanse_federation.release import (
    DISTRIBUTED_LIMITS,
    LIMITS,
    LOCAL_LIMITS,
    Interval,
    MeasuredCell,
    PrivacyStatement,
    guarantee_sentence,
    is_recipient,
    write_release,
)
from hanse_federation.release.directory import FileEntry, SignedRelease
from hanse_policies.documents import (
    BrandId,
    TrustMode,
)
from hanse_policies.signing import SigningKey
from tests.support.releases import (
    HISTOGRAM,
    KEY,
    NOW,
    PRIVACY,
    SHARED_PRIVACY,
    TABLE,
    card,
    parameters,
    read,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_release(tmp_path / "release", card(), parameters(), KEY)
    return tmp_path / "release"


def test_model_comes_back_as_released(tmp_path: Path) -> None:
    written = write_release(tmp_path / "release", card(), parameters(), KEY)

    release = read(tmp_path / "release")

    assert release.digest == written.digest
    assert release.card == card()
    assert release.parameters is not None
    for ours, theirs in zip(parameters(), release.parameters, strict=True):
        assert ours.name == theirs.name
        np.testing.assert_array_equal(ours.values, theirs.values)


def test_measurement_comes_back_without_a_model(tmp_path: Path) -> None:
    measured = card(computation=HISTOGRAM, result=TABLE, columns=("spend",))
    write_release(tmp_path / "release", measured, None, KEY)

    release = read(tmp_path / "release")

    assert release.parameters is None
    assert release.card.result == TABLE
    assert sorted(f.name for f in (tmp_path / "release").iterdir()) == [
        "card.json",
        "release.dsse.json",
    ]


def test_release_is_never_replaced(folder: Path) -> None:
    with pytest.raises(ReleaseExistsError):
        write_release(folder, card(), parameters(), KEY)


def test_refused_release_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ReleaseCardError):
        write_release(tmp_path / "release", card(), None, KEY)

    assert list(tmp_path.iterdir()) == []


def test_parameters_that_are_not_finite_are_never_released(tmp_path: Path) -> None:
    first, *rest = parameters()
    broken = (Tensor(first.name, first.values * np.float32("nan")), *rest)

    with pytest.raises(ModelParametersError):
        write_release(tmp_path / "release", card(), broken, KEY)


def flip_last_byte(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(bytes(data))


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-4])


@pytest.mark.parametrize("damage", [flip_last_byte, truncate])
@pytest.mark.parametrize("name", ["card.json", "model.safetensors", "release.dsse.json"])
def test_tampered_file_is_refused(folder: Path, name: str, damage: Callable[[Path], None]) -> None:
    damage(folder / name)

    with pytest.raises(ReleaseTamperedError):
        read(folder)


def test_release_signed_by_another_key_is_refused(tmp_path: Path) -> None:
    write_release(tmp_path / "release", card(), parameters(), SigningKey.generate())

    with pytest.raises(ReleaseTamperedError, match="operator"):
        read(tmp_path / "release")


def test_extra_file_is_refused(folder: Path) -> None:
    (folder / "model.py").write_text("import os")

    with pytest.raises(ReleaseFilesError, match="1 other files"):
        read(folder)


@pytest.mark.parametrize("name", ["card.json", "model.safetensors", "release.dsse.json"])
def test_missing_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()

    with pytest.raises(ReleaseFilesError):
        read(folder)


def test_link_in_place_of_a_file_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "card.json").rename(tmp_path / "card.json")
    (folder / "card.json").symlink_to(tmp_path / "card.json")

    with pytest.raises(ReleaseFilesError):
        read(folder)


def test_missing_folder_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ReleaseFilesError, match="no such file"):
        read(tmp_path / "release")


def test_card_of_another_release_beside_the_signature_is_refused(
    folder: Path, tmp_path: Path
) -> None:
    write_release(tmp_path / "other", card(title="Something else"), parameters(), KEY)
    (folder / "card.json").write_bytes((tmp_path / "other" / "card.json").read_bytes())

    with pytest.raises(ReleaseTamperedError):
        read(folder)


def test_release_past_its_retention_is_refused(folder: Path) -> None:
    assert read(folder, NOW + timedelta(days=89)).card.id == "repurchase-1"

    with pytest.raises(ReleaseExpiredError) as refused:
        read(folder, NOW + timedelta(days=90))

    assert refused.value.retention_until == NOW + timedelta(days=90)


def resigned(tmp_path: Path, model: bytes) -> Path:
    """Write a release whose operator signed a model file that is not the card's."""
    folder = tmp_path / "release"
    write_release(folder, card(), parameters(), KEY)
    (folder / "model.safetensors").write_bytes(model)
    entries = tuple(
        FileEntry(
            name=name,
            sha256=hashlib.sha256((folder / name).read_bytes()).hexdigest(),
            size=(folder / name).stat().st_size,
        )
        for name in ("card.json", "model.safetensors")
    )
    envelope = KEY.sign(SignedRelease(card=card(), files=entries))
    (folder / "release.dsse.json").write_bytes(envelope.to_json())
    return folder


def arrays() -> dict[str, np.ndarray]:
    return {tensor.name: tensor.values for tensor in parameters()}


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(safetensors.numpy.save(arrays())[:-4], id="truncated"),
        pytest.param(b"\xff" * 64, id="rubbish"),
        pytest.param(safetensors.numpy.save({}), id="empty"),
        pytest.param(
            safetensors.numpy.save(arrays() | {"extra": np.zeros(1, np.float32)}), id="extra-array"
        ),
        pytest.param(
            safetensors.numpy.save({k: v.astype(np.float64) for k, v in arrays().items()}),
            id="float64",
        ),
        pytest.param(
            safetensors.numpy.save({k: v * np.float32("inf") for k, v in arrays().items()}),
            id="infinite",
        ),
        pytest.param(
            safetensors.numpy.save({k: v.reshape(-1) for k, v in arrays().items()}), id="shapes"
        ),
    ],
)
def test_model_that_is_not_the_cards_is_refused_even_when_signed(
    tmp_path: Path, model: bytes
) -> None:
    with pytest.raises(ReleaseTamperedError):
        read(resigned(tmp_path, model))


def test_card_is_canonical_json_that_people_can_read(folder: Path) -> None:
    read_card = json.loads((folder / "card.json").read_bytes())

    assert read_card["privacy"]["epsilon"] == 1.99991
    assert read_card["privacy"]["delta"] == 1e-6
    assert read_card["privacy"]["unit"] == "person-at-brand"
    assert read_card["privacy"]["neighbours"] == "add-or-remove-one-person"


def test_guarantee_states_both_figures_rounded_up() -> None:
    sentence = guarantee_sentence(PRIVACY)

    assert "(2.000, 1.0e-06)" in sentence
    assert "at most 5 brands" in sentence
    assert "(6.400, 1.0e-06)" in sentence


def test_guarantee_of_a_sum_says_what_it_rests_on() -> None:
    sentence = guarantee_sentence(SHARED_PRIVACY)

    assert "sums that are decoded, each over at least 4 brands" in sentence
    assert "(2.000, 1.0e-06) with the person's data at one brand" in sentence
    assert "(6.400, 1.0e-06) with the person's data at all of at most 5 brands" in sentence
    assert "while at most 1 brand in a sum add no noise or tell theirs" in sentence
    assert "leaves that brand" not in sentence


def test_limits_claim_no_more_than_their_mode_gives() -> None:
    assert not any("each brand's noised contribution" in limit for limit in LOCAL_LIMITS)
    assert any("share of the noise only" in limit for limit in DISTRIBUTED_LIMITS)
    assert any("assumed to collude" in limit for limit in DISTRIBUTED_LIMITS)
    assert set(LIMITS) == set(TrustMode)


def test_release_in_mode_distributed_comes_back_as_released(tmp_path: Path) -> None:
    made = card(privacy=SHARED_PRIVACY, limits=DISTRIBUTED_LIMITS)
    write_release(tmp_path / "release", made, parameters(), KEY)

    assert read(tmp_path / "release").card.privacy.shared_noise == SHARED_PRIVACY.shared_noise


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"mode": TrustMode.LOCAL}, id="shared noise in mode local"),
        pytest.param({"shared_noise": None}, id="mode distributed without shared noise"),
        pytest.param(
            {"shared_noise": {"least_brands": 3, "assumed_colluders": 3, "tolerated_dropouts": 0}},
            id="no honest brand",
        ),
    ],
)
def test_privacy_statement_that_contradicts_itself_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PrivacyStatement.model_validate(SHARED_PRIVACY.model_dump() | changes)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"result": TABLE}, id="a table for a model"),
        pytest.param({"retention_until": NOW}, id="retention over at once"),
        pytest.param({"limits": ()}, id="no limits stated"),
    ],
)
def test_card_that_contradicts_itself_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        card(**changes)


def test_cell_that_is_half_suppressed_is_refused() -> None:
    with pytest.raises(ValidationError, match="together"):
        MeasuredCell(
            labels=("x",),
            count=None,
            share=Interval(estimate=0.5, lower=0.4, upper=0.6, confidence=0.95),
        )


@pytest.mark.parametrize(
    ("recipients", "expected"),
    [(("members",), True), (("aurora",), True), (("operator", "borealis"), False), ((), False)],
)
def test_release_goes_to_those_it_names(recipients: tuple[str, ...], expected: bool) -> None:
    assert is_recipient(BrandId("aurora"), recipients) is expected
