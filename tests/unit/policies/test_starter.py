from __future__ import annotations

from pathlib import Path

import pytest

from hanse_policies.errors import DocumentFileError, UsageError
from hanse_policies.examples.folder import example_files, read_examples, read_folder
from hanse_policies.examples.running import run_examples
from hanse_policies.loading import load_any
from hanse_policies.starter import write_starter
from tests.support.sample_leagues import complete


def test_what_is_written_is_valid_and_passes_its_own_examples(tmp_path: Path) -> None:
    folder = tmp_path / "oak"
    for name in write_starter(folder, "harbour-league", "oak-tea", "DE"):
        load_any(folder / name)
    league = read_folder(folder)
    outcomes = [
        outcome
        for path in example_files(folder)
        for outcome in complete(run_examples(league, read_examples(folder, path)))
    ]
    assert len(outcomes) >= 4
    assert all(outcome.is_passed for outcome in outcomes)


def test_what_is_written_permits_nothing(tmp_path: Path) -> None:
    write_starter(tmp_path, "harbour", "oak", "DE")
    policy = read_folder(tmp_path).policies[0].loaded.document
    assert (policy.permits, policy.budgets) == ((), ())


def test_what_is_commented_out_is_valid_once_it_counts(tmp_path: Path) -> None:
    """So that whoever does as the comments say gets a policy that is accepted."""
    write_starter(tmp_path, "harbour", "oak", "DE")
    path = tmp_path / "policies" / "oak.yaml"
    text = path.read_text(encoding="utf-8")
    for name in ("permits", "budgets"):
        before, after = text.split(f"{name}: []\n#\n# {name}:\n")
        block, rest = after.split("\n\n", 1)
        lines = [line.removeprefix("# ") for line in block.splitlines()]
        text = "\n".join([f"{before}{name}:", *lines, "", rest])
    path.write_text(text, encoding="utf-8")
    policy = read_folder(tmp_path).policies[0].loaded.document
    assert (len(policy.permits), len(policy.budgets)) == (1, 1)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("kept", encoding="utf-8")
    with pytest.raises(UsageError, match="expected a folder that is new or empty"):
        write_starter(tmp_path, "harbour", "oak", "DE")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(DocumentFileError, match="cannot make the folder"):
        write_starter(tmp_path / "file" / "folder", "harbour", "oak", "DE")


@pytest.mark.parametrize("word", ["Oak", "", "../oak", "oak\n", "o" * 41, "оak"])
def test_a_word_that_is_no_identifier_is_refused(tmp_path: Path, word: str) -> None:
    with pytest.raises(UsageError, match="--brand: expected lower-case words"):
        write_starter(tmp_path / "new", "harbour", word, "DE")
    assert not (tmp_path / "new").exists()
