from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hanse_policies.command import run

SAMPLES = Path(__file__).parents[4] / "policies" / "samples"
GROUPS = {"policy": EntryPoint("policy", "hanse_policies.cli.app:app", "hanse.commands")}

Hanse = Callable[..., tuple[int, str, str]]


@pytest.fixture
def hanse(capsys: pytest.CaptureFixture[str]) -> Hanse:
    """Run `hanse policy ...` and return exit code, output and error output."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run(["policy", *map(str, arguments)], GROUPS)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def explain(hanse: Hanse, study: str, *more: str) -> tuple[int, str, str]:
    documents = [f"--{kind}={SAMPLES / kind}.yaml" for kind in ("charter", "policy", "asset")]
    return hanse(
        "explain", SAMPLES / f"study-{study}.yaml", *documents, "--now=2026-06-15T12:00:00Z", *more
    )


def test_check_tells_what_each_document_is(hanse: Hanse) -> None:
    code, out, _ = hanse("check", *sorted(SAMPLES.glob("*.yaml")))
    assert code == 0
    assert len(out.splitlines()) == len(list(SAMPLES.glob("*.yaml")))
    assert "policy.yaml: BrandPolicy lantern-policy version 1.0.0, digest " in out


def test_check_goes_on_after_a_bad_document_and_ends_with_3(hanse: Hanse, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("kind: Study\nkind: Study\n")
    code, out, err = hanse("check", bad, SAMPLES / "asset.yaml")
    assert code == 3
    assert "DataAsset customers" in out
    assert err == (
        f"document-syntax: {bad}:2:1: expected each key once, got `kind` again (first on line 1)\n"
    )


def test_check_prints_json_with_errors_in_place(hanse: Hanse, tmp_path: Path) -> None:
    code, out, _ = hanse("check", "--json", tmp_path / "none.yaml", SAMPLES / "asset.yaml")
    first, second = json.loads(out)
    assert code == 3
    assert first["error"] == "document-file"
    assert (second["kind"], second["id"], second["version"]) == ("DataAsset", "customers", "1.0.0")


@pytest.mark.parametrize("study", ["propensity", "audience"])
def test_explain_permits_the_sample_studies(hanse: Hanse, study: str) -> None:
    code, out, _ = explain(hanse, study)
    assert code == 0
    assert out.splitlines()[0].startswith("assumed: all signatures and approvals valid")
    assert "no rule is violated" in out


def test_explain_refuses_the_sample_study_with_lines_and_changes(hanse: Hanse) -> None:
    code, out, _ = explain(hanse, "refused")
    assert code == 1
    assert "columns age_years (study-refused.yaml:13) [policy.yaml:28;" in out
    assert "to permit it: lower retention_days to 365" in out


def test_explain_speaks_chinese(hanse: Hanse) -> None:
    code, out, _ = explain(hanse, "refused", "--lang=zh")
    assert code == 1
    assert out.startswith("假设:")
    assert "品牌 lantern 拒绝研究 age-profile" in out


def test_explain_prints_json(hanse: Hanse) -> None:
    code, out, _ = explain(hanse, "refused", "--json")
    report = json.loads(out)
    assert code == 1
    assert report["verdict"] == "deny"
    assert report["assumed"].startswith("assumed:")
    assert report["denied_by"] == [
        "recipients.charter",
        "cross-border.mechanism",
        "cross-border.persons",
        "retention.charter",
        "columns.permit",
        "recipients.permit",
        "retention.permit",
    ]


@pytest.mark.parametrize("now", ["yesterday", "2026-06-15T12:00:00"])
def test_explain_refuses_a_time_that_is_not_an_instant(hanse: Hanse, now: str) -> None:
    code, _, err = explain(hanse, "audience", f"--now={now}")
    assert code == 2
    assert err.startswith("usage: --now: expected an instant")


def test_what_is_signed_can_be_verified(hanse: Hanse, tmp_path: Path) -> None:
    key, envelope = tmp_path / "key.pem", tmp_path / "policy.dsse.json"
    _, out, _ = hanse("keygen", "--out", key, "--json")
    public = json.loads(out)["public_key"]
    assert hanse("sign", SAMPLES / "policy.yaml", "--key", key, "--out", envelope)[0] == 0
    code, out, _ = hanse("verify", envelope, "--key", public, "--json")
    assert code == 0
    summary = json.loads(out)
    assert (summary["kind"], summary["signed_by"]) == ("BrandPolicy", public)
    assert summary["digest"] in hanse("check", SAMPLES / "policy.yaml")[1]


def test_verify_refuses_another_key(hanse: Hanse, tmp_path: Path) -> None:
    key, envelope = tmp_path / "key.pem", tmp_path / "policy.dsse.json"
    hanse("keygen", "--out", key)
    hanse("sign", SAMPLES / "policy.yaml", "--key", key, "--out", envelope)
    code, _, err = hanse("verify", envelope, "--key", "1" * 64)
    assert code == 4
    assert err.count("\n") == 1
    assert err.split(":")[0] in {"signature-invalid", "public-key-invalid"}


def test_sign_refuses_a_key_that_others_may_read(hanse: Hanse, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    hanse("keygen", "--out", key)
    key.chmod(0o644)
    code, _, err = hanse(
        "sign", SAMPLES / "policy.yaml", "--key", key, "--out", tmp_path / "out.json"
    )
    assert code == 4
    assert err.startswith("key-permission: ")
    assert not (tmp_path / "out.json").exists()


def test_sign_does_not_overwrite(hanse: Hanse, tmp_path: Path) -> None:
    key, out = tmp_path / "key.pem", tmp_path / "out.json"
    hanse("keygen", "--out", key)
    out.write_text("mine")
    assert hanse("sign", SAMPLES / "policy.yaml", "--key", key, "--out", out)[0] == 3
    assert out.read_text() == "mine"


def test_keygen_does_not_overwrite(hanse: Hanse, tmp_path: Path) -> None:
    hanse("keygen", "--out", tmp_path / "key.pem")
    code, _, err = hanse("keygen", "--out", tmp_path / "key.pem")
    assert code == 4
    assert err.startswith("key-file-exists: ")


def test_schema_is_a_json_schema(hanse: Hanse) -> None:
    code, out, _ = hanse("schema", "Study")
    schema = json.loads(out)
    assert code == 0
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["additionalProperties"] is False


def test_schema_of_an_unknown_kind_is_refused(hanse: Hanse) -> None:
    code, _, err = hanse("schema", "Waiver")
    assert code == 3
    assert "expected one of AllianceCharter" in err
