"""The pages of a folder's documents: complete, honest about signatures, and safe to look at."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_policies.canonical import digest
from hanse_policies.documents import AllianceCharter, BrandPolicy, DataAsset, LegalPack, Study
from hanse_policies.documents.base import StrictModel
from hanse_policies.language import Language
from hanse_policies.loading import load_any, load_charter, load_policy
from hanse_policies.rehearsal import ASSUMED
from hanse_policies.signing import SigningKey
from hanse_policies.site.html import element, escaped
from hanse_policies.site.labels import CHINESE_LABELS
from hanse_policies.site.words import CHINESE, ENGLISH, Word
from tests.support.local_site import Seen, ask, seen, served

SAMPLES = Path(__file__).parents[4] / "policies" / "samples"
LEAGUE = SAMPLES / "fmcg-cn"
SCRIPT = "<script>alert(1)</script>"


def page_of(folder: Path, name: str, language: str = "en", keys: tuple[str, ...] = ()) -> Seen:
    """Find a file's page as a person does: by its name on the first page."""
    with served(folder, keys) as server:
        index = seen(ask(server, f"/{language}/").text)
        rows = [one["href"] for one in index.tags("a") if one["href"].startswith("documents/")]
        for link in dict.fromkeys(link.partition("#")[0] for link in rows):
            page = seen(ask(server, f"/{language}/{link}").text)
            if f"({name})" in page.text:
                return page
    raise AssertionError(name)


def copied(tmp_path: Path, *names: str) -> Path:
    """Copy documents of the tutorial into a folder of their own."""
    for name in names or ("charter", "policy", "asset", "study-audience", "study-refused"):
        shutil.copy(SAMPLES / f"{name}.yaml", tmp_path)
    return tmp_path


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_policys_page_tells_every_permit_whole(language: str) -> None:
    text = page_of(LEAGUE, "policies/qinghe-dairy.yaml", language).text
    policy = load_policy(LEAGUE / "policies" / "qinghe-dairy.yaml").document
    for permit in policy.permits:
        assert permit.purpose.value in text
        assert str(permit.minimum_persons) in text
        assert str(permit.retention_days) in text
        for column in permit.columns:
            assert column.name in text
            assert column.necessity in text
        for recipient in permit.recipients:
            assert recipient in text


@pytest.mark.parametrize("language", list(Language))
def test_decisions_are_told_with_rule_fix_place_and_what_is_assumed(
    language: Language, tmp_path: Path
) -> None:
    text = page_of(copied(tmp_path), "study-refused.yaml", language).text
    assert ASSUMED[language] in text
    assert {Language.EN: "refuses", Language.ZH: "拒绝"}[language] in text
    assert "columns.permit" in text
    assert "policy.yaml:" in text
    assert "GDPR Art. 5(1)(c)" in text


def test_a_study_without_its_charter_is_not_decided(tmp_path: Path) -> None:
    text = page_of(
        copied(tmp_path, "policy", "asset", "study-audience"), "study-audience.yaml"
    ).text
    assert "not decided; the folder holds no charter of alliance harbour-league" in text


def test_a_study_without_an_asset_is_not_decided(tmp_path: Path) -> None:
    folder = copied(tmp_path, "policy", "charter", "study-audience")
    text = page_of(folder, "study-audience.yaml").text
    assert "not decided; the folder holds no data asset of brand lantern" in text


def test_a_documents_findings_are_on_its_page(tmp_path: Path) -> None:
    text = page_of(copied(tmp_path), "policy.yaml").text
    assert "a consent register up to 48 hours old counts, more than 24" in text


def test_a_packs_page_tells_each_check_and_tries_its_examples(tmp_path: Path) -> None:
    packs = SAMPLES.parent / "hanse_policies" / "packs" / "data"
    shutil.copy(packs / "eu-gdpr-1.0.0.yaml", tmp_path)
    text = page_of(tmp_path, "eu-gdpr-1.0.0.yaml").text
    pack = load_any(tmp_path / "eu-gdpr-1.0.0.yaml").document
    assert isinstance(pack, LegalPack)
    assert all(check.tests.en in text and check.articles in text for check in pack.checks)
    assert text.count("say what they should") == len(pack.checks)
    assert "Not signed by counsel" in text


def test_a_pin_that_is_not_at_hand_is_said(tmp_path: Path) -> None:
    folder = copied(tmp_path, "charter")
    pins = "packs:\n  - {id: eu-gdpr, version: 1.0.0, digest: '" + "a" * 64 + "'}\n"
    pins += "  - {id: ours, version: 1.0.0, digest: '" + "b" * 64 + "'}\n"
    with (folder / "charter.yaml").open("a", encoding="utf-8") as file:
        file.write(pins)
    text = page_of(folder, "charter.yaml").text
    assert "is at hand with another digest: every study is refused" in text
    assert "is not at hand: every study is refused until it is" in text


def test_hostile_text_is_read_and_not_run(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    policy = folder / "policy.yaml"
    hostile = f"necessity: '{SCRIPT} [x](javascript:alert(1)) & \"><img src=x onerror=alert(1)>'"
    text = policy.read_text(encoding="utf-8")
    line = next(one for one in text.split("necessity: ")[1:])
    policy.write_text(
        text.replace(f"necessity: {line.split('}')[0].splitlines()[0]}", hostile, 1),
        encoding="utf-8",
    )
    assert load_policy(policy).document.permits[0].columns
    page = page_of(folder, "policy.yaml")
    assert f"{SCRIPT} [x](javascript:alert(1))" in page.text
    assert not page.tags("script") + page.tags("img")


def test_a_broken_document_shows_what_the_loader_says_and_runs_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text(f"kind: '{SCRIPT}'\n", encoding="utf-8")
    page = page_of(tmp_path, "broken.yaml")
    assert "Refused: it is no valid document" in page.text
    assert "document-kind: broken.yaml:1:7: field `kind`: expected one of" in page.text
    assert SCRIPT in page.text
    assert not page.tags("script")


def test_a_files_name_is_text_too(tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>\u202etxt\n.yaml"
    (tmp_path / name).write_text("kind: Study\n", encoding="utf-8")
    with served(tmp_path) as server:
        index = seen(ask(server, "/en/").text)
    assert "<img src=x onerror=alert(1)>\\u202etxt" in index.text
    assert not index.tags("img")


@given(st.text())
def test_any_text_comes_back_as_the_text_of_one_element(text: str) -> None:
    page = seen(element("p", text, title=text).text)
    assert [tag for tag, _ in page.elements] == ["p"]
    assert page.tags("p")[0].keys() == {"title"}
    assert seen(f"<p>{escaped(text).text}</p>").text == page.text
    assert (page.mismatched, page.unclosed) == ([], [])


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\u2066", "\ufeff", "\x1b", "\u3164"])
def test_what_no_reader_sees_is_spelled_out(hidden: str) -> None:
    assert escaped(f"a{hidden}b").text == f"a\\u{ord(hidden):04x}b"


def signed(folder: Path, name: str) -> tuple[str, Path]:
    """Sign a document beside itself; return the public key and the envelope."""
    key = SigningKey.generate()
    envelope = folder / f"{name}.dsse.json"
    envelope.write_bytes(key.sign(load_any(folder / f"{name}.yaml").document).to_json())
    return key.public_hex, envelope


def test_of_a_signed_file_that_no_named_key_verifies_nothing_is_shown(tmp_path: Path) -> None:
    folder = copied(tmp_path, "policy")
    signed(folder, "policy")
    (folder / "policy.yaml").unlink()
    other = SigningKey.generate().public_hex
    for keys in ((), (other,)):
        text = page_of(folder, "policy.dsse.json", keys=keys).text
        assert "Not verified: signed by whom is not known" in text
        assert "verified with key" not in text
        assert "lantern-policy" not in text
        assert "BrandPolicy" not in text
        assert "audience-analytics" not in text


def test_a_verified_file_names_the_key_and_its_draft_names_the_file(tmp_path: Path) -> None:
    folder = copied(tmp_path, "policy")
    key, _ = signed(folder, "policy")
    text = page_of(folder, "policy.dsse.json", keys=(key,)).text
    assert f"Signed, and verified with key {key}, which you named." in text
    assert "lantern-policy" in text
    draft = page_of(folder, "policy.yaml", keys=(key,)).text
    assert "A draft whose content is signed in policy.dsse.json" in draft


def test_a_draft_that_differs_from_what_was_signed_is_a_draft(tmp_path: Path) -> None:
    folder = copied(tmp_path, "policy")
    key, _ = signed(folder, "policy")
    policy = folder / "policy.yaml"
    changed = policy.read_text(encoding="utf-8").replace("max_age_hours: 48", "max_age_hours: 24")
    policy.write_text(changed, encoding="utf-8")
    text = page_of(folder, "policy.yaml", keys=(key,)).text
    assert "A draft: not signed." in text
    assert "whose content is signed" not in text


def test_an_altered_envelope_is_not_verified(tmp_path: Path) -> None:
    folder = copied(tmp_path, "policy")
    key, envelope = signed(folder, "policy")
    data = bytearray(envelope.read_bytes())
    at = data.index(b'"payload"') + 40
    data[at] = ord("A") if data[at] != ord("A") else ord("B")
    envelope.write_bytes(bytes(data))
    text = page_of(folder, "policy.dsse.json", keys=(key,)).text
    assert "verified with key" not in text
    assert "Not verified" in text or "Refused" in text


def test_a_changed_document_is_read_anew(tmp_path: Path) -> None:
    folder = copied(tmp_path, "policy")
    with served(folder) as server:
        link = next(a for a in seen(ask(server, "/en/").text).links if a.startswith("documents/"))
        assert "48" in ask(server, f"/en/{link}").text
        policy = folder / "policy.yaml"
        text = policy.read_text(encoding="utf-8").replace("max_age_hours: 48", "max_age_hours: 31")
        policy.write_text(text, encoding="utf-8")
        assert "up to 31 hours old" in ask(server, f"/en/{link}").text
        policy.unlink()
        assert ask(server, f"/en/{link}").status == 404


def test_links_pipes_and_hidden_files_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("kind: secret-word\n", encoding="utf-8")
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "link.yaml").symlink_to(secret)
    (folder / "folder").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.yaml")
    (folder / ".hidden.yaml").write_text("kind: secret-word\n", encoding="utf-8")
    (folder / "key.pem").write_text("secret-word", encoding="utf-8")
    with served(folder) as server:
        text = ask(server, "/en/").text
    assert "The folder holds no document" in text
    assert "secret-word" not in text


def test_more_files_than_are_shown_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hanse_policies.site.folder.MAXIMUM_FILES", 2)
    with served(copied(tmp_path)) as server:
        assert "3 more files are not shown" in ask(server, "/en/").text


@pytest.mark.parametrize("model", [AllianceCharter, BrandPolicy, DataAsset, LegalPack, Study])
def test_every_field_has_a_chinese_name(model: type[StrictModel]) -> None:
    parts = [model.model_json_schema()]
    names: set[str] = set()
    while parts:
        part = parts.pop()
        names |= set(part.get("properties", ()))
        parts += [inner for inner in part.values() if isinstance(inner, dict)]
    assert names - CHINESE_LABELS.keys() == set()


def test_every_word_is_there_in_both_languages() -> None:
    assert set(ENGLISH) == set(CHINESE) == set(Word)


def test_the_digest_on_a_page_is_the_documents(tmp_path: Path) -> None:
    folder = copied(tmp_path, "charter")
    expected = digest(load_charter(folder / "charter.yaml").document)
    assert expected in page_of(folder, "charter.yaml").text
