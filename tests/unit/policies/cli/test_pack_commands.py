from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hanse_policies.command import run
from hanse_policies.signing import SigningKey

ROOT = Path(__file__).parents[4] / "policies"
SHIPPED = ROOT / "hanse_policies" / "packs" / "data"
GROUPS = {"policy": EntryPoint("policy", "hanse_policies.cli.app:app", "hanse.commands")}

Hanse = Callable[..., tuple[int, str, str]]


@pytest.fixture
def hanse(capsys: pytest.CaptureFixture[str]) -> Hanse:
    """Run `hanse policy pack ...` and return exit code, output and error output."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run(["policy", *map(str, arguments)], GROUPS)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def test_list_names_each_pack_and_says_that_counsel_did_not_sign(hanse: Hanse) -> None:
    code, out, _ = hanse("pack", "list")
    assert code == 0
    names = [line.split(":")[0] for line in out.splitlines()]
    assert names == ["cn-pipl@1.0.0", "eu-gdpr@1.0.0", "us-ca@1.0.0"]
    assert all(line.endswith("not signed by counsel") for line in out.splitlines())


def test_list_prints_what_a_charter_pins(hanse: Hanse) -> None:
    _, out, _ = hanse("pack", "list", "--json")
    for found in json.loads(out):
        assert len(found["digest"]) == 64
        assert found["signed_by_counsel"] is False


def test_show_prints_the_pin_and_every_check_in_the_language_asked_for(hanse: Hanse) -> None:
    code, out, _ = hanse("pack", "show", "cn-pipl@1.0.0", "--lang=zh")
    assert code == 0
    assert "pin: {id: cn-pipl, version: 1.0.0, digest: " in out
    assert "未经法律顾问签名" in out
    assert out.count("[PIPL Art.") == 25


def test_test_tries_both_examples_of_each_check(hanse: Hanse) -> None:
    code, out, _ = hanse("pack", "test", "us-ca")
    assert (code, out) == (0, "us-ca@1.0.0: 20 of 20 examples of 10 checks say what they should\n")


def test_test_ends_with_1_where_an_example_says_otherwise(hanse: Hanse, tmp_path: Path) -> None:
    text = (SHIPPED / "us-ca-1.0.0.yaml").read_text(encoding="utf-8")
    file = tmp_path / "pack.yaml"
    file.write_text(text.replace("value: 200}", "value: 180}"), encoding="utf-8")
    code, out, _ = hanse("pack", "test", file)
    assert code == 1
    assert "check retention: example `fails` does not" in out


def test_a_pack_that_is_not_there_ends_with_3(hanse: Hanse) -> None:
    code, _, err = hanse("pack", "show", "cn-none")
    assert code == 3
    assert "a pack that ships (cn-pipl@1.0.0" in err


def test_verify_takes_counsels_key_and_no_other(hanse: Hanse, tmp_path: Path) -> None:
    key, envelope = tmp_path / "counsel.pem", tmp_path / "pack.dsse.json"
    hanse("keygen", "--out", key)
    hanse("sign", SHIPPED / "cn-pipl-1.0.0.yaml", "--key", key, "--out", envelope)
    counsel = SigningKey.from_pem(key.read_bytes()).public_hex
    code, out, _ = hanse("pack", "verify", envelope, "--key", counsel)
    assert code == 0
    assert "LegalPack cn-pipl version 1.0.0" in out
    assert hanse("pack", "verify", envelope, "--key", SigningKey.generate().public_hex)[0] == 4


def test_explain_judges_by_the_packs_that_are_named(hanse: Hanse) -> None:
    samples = ROOT / "samples"
    documents = [f"--{kind}={samples / kind}.yaml" for kind in ("charter", "policy", "asset")]
    code, out, _ = hanse(
        "explain",
        samples / "study-propensity.yaml",
        *documents,
        "--now=2026-06-15T12:00:00Z",
        "--pack=cn-pipl",
        "--lang=zh",
    )
    assert code == 1
    assert "cn-pipl@1.0.0 的规则 notice-purpose 无法证明已满足" in out
    assert "规则包未经法律顾问签名" in out


def test_explain_takes_a_pack_that_the_charter_pins_from_what_ships(
    hanse: Hanse, tmp_path: Path
) -> None:
    samples = ROOT / "samples"
    _, listed, _ = hanse("pack", "list", "--json")
    first = json.loads(listed)[0]
    pin = {key: first[key] for key in ("id", "version", "digest")}
    charter = tmp_path / "charter.yaml"
    text = (samples / "charter.yaml").read_text(encoding="utf-8")
    charter.write_text(f"{text}packs: {json.dumps([pin])}\n", encoding="utf-8")
    documents = [f"--{kind}={samples / kind}.yaml" for kind in ("policy", "asset")]
    _, out, _ = hanse(
        "explain",
        samples / "study-propensity.yaml",
        f"--charter={charter}",
        *documents,
        "--now=2026-06-15T12:00:00Z",
    )
    assert "permit pack.pinned: legal pack cn-pipl@1.0.0 is the one that is pinned" in out
    assert "deny   pack.check" in out
