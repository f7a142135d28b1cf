"""`hanse policy diff` and `approve`, as a compliance officer uses them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from hanse_policies.command import main
from hanse_policies.keyfiles import write_private
from hanse_policies.signing import SigningKey

SAMPLES = Path(__file__).parents[4] / "policies" / "samples"


@dataclass
class Desk:
    """A folder with a policy in effect, and the command."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str) -> tuple[int, str]:
        self.monkeypatch.setattr("sys.argv", ["hanse", "policy", *arguments])
        code = main()
        shown = self.capsys.readouterr()
        return code, shown.out + shown.err

    def digest(self, file: str) -> str:
        _, out = self.run("check", file, "--json")
        return str(json.loads(out)[0]["digest"])


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk(monkeypatch, capsys)


def policy(name: str, *edits: tuple[str, str]) -> None:
    text = (SAMPLES / "policy.yaml").read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    Path(name).write_text(text, encoding="utf-8")


def approvers(*names: str) -> tuple[str, str]:
    """Make a key for each approver; return the edit that names them in the policy."""
    lines = []
    for name in names:
        key = SigningKey.generate()
        write_private(Path(f"{name}.pem"), key.to_pem())
        lines.append(f'  - {{id: {name}, role: {name}-role, key: "{key.public_hex}"}}')
    listed = "\n".join(("approvers:", *lines, f"approvals: {{loosen: {len(names)}}}"))
    return "approvals: {loosen: 0}", listed


def test_each_change_is_shown_with_its_line_and_a_request(desk: Desk) -> None:
    policy("old.yaml")
    policy(
        "new.yaml",
        ("version: 1.0.0", f"version: 1.1.0\nsupersedes: {desk.digest('old.yaml')}"),
        ("minimum_persons: 100", "minimum_persons: 150"),
    )
    code, out = desk.run("diff", "old.yaml", "new.yaml")
    assert code == 0
    assert out.splitlines()[0] == "BrandPolicy lantern-policy 1.0.0 -> 1.1.0: tightens"
    assert "  tightens permits[1].minimum_persons: 100 -> 150 [new.yaml:35]" in out
    assert "newly refused: audience-histogram for audience-analytics over visits_90d" in out


def test_a_loosening_that_hides_behind_a_minor_version_may_not_take_effect(desk: Desk) -> None:
    policy("old.yaml")
    policy(
        "new.yaml",
        ("version: 1.0.0", f"version: 1.1.0\nsupersedes: {desk.digest('old.yaml')}"),
        ("max_age_hours: 48", "max_age_hours: 72"),
    )
    code, out = desk.run("diff", "old.yaml", "new.yaml", "--json")
    shown = json.loads(out)
    assert code == 1
    assert (shown["direction"], shown["expected_version"]) == ("loosens", "2.0.0")
    assert [change["field"] for change in shown["changes"]] == ["consent.max_age_hours"]
    assert [example["newly"] for example in shown["examples"]] == ["allowed"]
    assert len(shown["faults"]) == 1


def test_a_loosening_waits_for_its_approvers(desk: Desk) -> None:
    named = approvers("wei", "anna")
    policy("old.yaml", named)
    policy(
        "new.yaml",
        named,
        ("version: 1.0.0", f"version: 2.0.0\nsupersedes: {desk.digest('old.yaml')}"),
        ("max_age_hours: 48", "max_age_hours: 72"),
    )
    code, out = desk.run("diff", "old.yaml", "new.yaml")
    assert (code, "not yet: expected approvals by 2 roles, got none" in out) == (1, True)
    for name in ("wei", "anna"):
        code, out = desk.run(
            *("approve", "new.yaml", "--old", "old.yaml", "--as", name, "--key", f"{name}.pem"),
            *("--reason", "the register is synced weekly", "--out", f"{name}.dsse.json"),
        )
        assert (code, out) == (
            0,
            f"{name}.dsse.json: permit by {name} ({name}-role) of lantern-policy 2.0.0\n",
        )
    code, out = desk.run(
        *("diff", "old.yaml", "new.yaml"),
        *("--approval", "wei.dsse.json", "--approval", "anna.dsse.json"),
    )
    assert (code, "approvals: 2 of 2 roles (anna-role, wei-role)" in out) == (0, True)


@pytest.mark.parametrize(
    ("name", "key", "message"),
    [
        ("wei", "anna.pem", "with their own key"),
        ("stranger", "wei.pem", "expected one of the approvers wei, anna"),
        ("privacy-engineer", "wei.pem", "expected one of the approvers"),
    ],
)
def test_only_an_approver_with_their_own_key_may_approve(
    desk: Desk, name: str, key: str, message: str
) -> None:
    policy("old.yaml", approvers("wei", "anna"))
    code, out = desk.run(
        *("approve", "old.yaml", "--as", name, "--key", key),
        *("--reason", "fine", "--out", "approval.dsse.json"),
    )
    assert code == 4
    assert message in out
    assert not Path("approval.dsse.json").exists()


def test_the_author_may_not_approve(desk: Desk) -> None:
    named = approvers("wei")
    policy("old.yaml", named, ("author: privacy-engineer", "author: wei"))
    code, out = desk.run(
        *("approve", "old.yaml", "--as", "wei", "--key", "wei.pem"),
        *("--reason", "fine", "--out", "approval.dsse.json"),
    )
    assert (code, "did not write the version" in out) == (4, True)


def test_the_same_document_says_the_same(desk: Desk) -> None:
    policy("old.yaml")
    code, out = desk.run("diff", "old.yaml", "old.yaml")
    assert (code, out) == (0, "BrandPolicy lantern-policy 1.0.0 -> 1.0.0: says the same\n")


def test_charters_and_assets_compare_and_studies_do_not(desk: Desk) -> None:
    study = str(SAMPLES / "study-audience.yaml")
    assert desk.run("diff", study, study)[0] == 3
    charter = changed_charter("charter.yaml", ("epsilon: 4.0", "epsilon: 8.0"))
    code, out = desk.run("diff", charter, "charter.yaml")
    assert (code, "loosens  limits.epsilon: 4.0 -> 8.0" in out) == (1, True)
    assert "newly allowed" in out


def changed_charter(name: str, *edits: tuple[str, str]) -> str:
    """Write a charter of version 2 beside the one that ships, and return the latter's place."""
    charter = SAMPLES / "charter.yaml"
    text = charter.read_text(encoding="utf-8")
    for old, new in (("version: 1", "version: 2"), *edits):
        assert old in text
        text = text.replace(old, new, 1)
    Path(name).write_text(text, encoding="utf-8")
    return str(charter)


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        pytest.param(
            ("minimum_persons: 50", "minimum_persons: 1"), "floors.minimum_persons", id="a floor"
        ),
        pytest.param(
            ("max_brands_per_person: 3", "max_brands_per_person: 2"),
            "max_brands_per_person",
            id="noise",
        ),
    ],
)
def test_a_charter_that_may_allow_more_fails_until_each_brand_accepts_it(
    desk: Desk, edit: tuple[str, str], named: str
) -> None:
    charter = changed_charter("charter.yaml", edit)
    code, out = desk.run("diff", charter, "charter.yaml")
    assert code == 1
    assert "  not yet: expected a charter that changes members alone, or only tightens" in out
    assert f"got one that may allow more by {named}; each brand" in out


def test_a_charter_that_changes_members_or_tightens_passes(desk: Desk) -> None:
    charter = changed_charter(
        "charter.yaml", ("epsilon: 4.0", "epsilon: 2.0"), ("legal_entity: ", "legal_entity: New ")
    )
    code, out = desk.run("diff", charter, "charter.yaml")
    assert (code, "not yet" in out) == (0, False)


@pytest.mark.parametrize("version", [1, 2])
def test_a_charter_whose_version_does_not_rise_fails(desk: Desk, version: int) -> None:
    charter = changed_charter("newer.yaml", ("version: 2", f"version: {version}"))
    edited = Path("newer.yaml").read_text(encoding="utf-8").replace("epsilon: 4.0", "epsilon: 2.0")
    Path("newer.yaml").write_text(edited, encoding="utf-8")
    changed_charter("older.yaml")
    older = charter if version == 1 else "older.yaml"
    code, out = desk.run("diff", older, "newer.yaml")
    fault = f"expected a version above {version}, since brands follow the highest, got {version}"
    assert (code, fault in out) == (1, True)


def test_past_studies_are_decided_under_both_versions(desk: Desk) -> None:
    policy("old.yaml")
    policy(
        "new.yaml",
        ("version: 1.0.0", f"version: 1.1.0\nsupersedes: {desk.digest('old.yaml')}"),
        ("minimum_persons: 200", "minimum_persons: 250"),
        ("      - {name: loyalty_member, necessity: members behave differently}\n", ""),
        ("    epsilon: 6.0", "    epsilon: 4.0"),
    )
    studies = [str(SAMPLES / f"study-{name}.yaml") for name in ("propensity", "audience")]
    documents = [
        part
        for name in ("charter", "asset")
        for part in (f"--{name}", str(SAMPLES / f"{name}.yaml"))
    ]
    replays = [part for study in studies for part in ("--replay", study)]
    arguments = ("diff", "old.yaml", "new.yaml", *replays, *documents, "--now", "2026-06-15T12:00Z")
    code, out = desk.run(*arguments)
    assert code == 0
    assert (
        "  study propensity: permit -> deny; refused by columns.permit, minimum-persons.permit; "
        "no longer covers loyalty_member; epsilon 6 -> 4" in out
    )
    assert "  study visits-by-region: permit as before" in out
    code, out = desk.run(*arguments, "--json")
    first, second = json.loads(out)["replayed"]
    assert (first["before"], first["after"], second["after"]) == ("permit", "deny", "permit")
    assert first["lost_columns"] == ["loyalty_member"]


def test_a_replay_needs_charter_and_asset(desk: Desk) -> None:
    policy("old.yaml")
    study = str(SAMPLES / "study-audience.yaml")
    code, out = desk.run("diff", "old.yaml", "old.yaml", "--replay", study)
    assert (code, "--charter and --asset" in out) == (2, True)


def test_a_class_that_hangs_on_documents_not_given_says_so(desk: Desk) -> None:
    policy("old.yaml")
    policy(
        "new.yaml",
        ("version: 1.0.0", f"version: 1.1.0\nsupersedes: {desk.digest('old.yaml')}"),
        ("max_age_hours: 48", "max_age_hours: 24"),
    )
    code, out = desk.run("diff", "old.yaml", "new.yaml")
    assert code == 0
    assert "assumed: that the documents not given pin no legal pack" in out
    assert "consent.max_age_hours" in out
    code, out = desk.run("diff", "old.yaml", "new.yaml", "--charter", str(SAMPLES / "charter.yaml"))
    assert (code, "assumed" in out) == (0, False)


def test_a_tightening_that_meets_a_pinned_check_is_mixed_and_names_the_check(desk: Desk) -> None:
    text = (SAMPLES / "charter.yaml").read_text(encoding="utf-8")
    _, listed = desk.run("pack", "list", "--json")
    pack = next(one for one in json.loads(listed) if one["id"] == "cn-pipl")
    pin = f'packs: [{{id: cn-pipl, version: {pack["version"]}, digest: "{pack["digest"]}"}}]\n'
    Path("charter.yaml").write_text(text + pin, encoding="utf-8")
    asking = ("approvals: {loosen: 0}", "approvals: {loosen: 0}\npack_rules: {advice: true}")
    policy("old.yaml", asking)
    policy(
        "new.yaml",
        asking,
        ("version: 1.0.0", f"version: 1.1.0\nsupersedes: {desk.digest('old.yaml')}"),
        ("max_age_hours: 48", "max_age_hours: 24"),
    )
    code, out = desk.run("diff", "old.yaml", "new.yaml", "--charter", "charter.yaml")
    assert code == 1
    assert "1.0.0 -> 1.1.0: mixed" in out
    assert "read by cn-pipl@1.0.0:" in out


def test_a_charter_beside_two_charters_is_refused(desk: Desk) -> None:
    charter = str(SAMPLES / "charter.yaml")
    code, out = desk.run("diff", charter, charter, "--charter", charter)
    assert code == 2
    assert "expected no other beside two versions of AllianceCharter" in out
