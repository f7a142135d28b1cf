"""Each trap is refused at its place, and what the refusal asks for is valid."""

from __future__ import annotations

from pathlib import Path

import pytest

from hanse_policies.documents import Study
from hanse_policies.documents.base import StrictModel
from hanse_policies.errors import DocumentError
from hanse_policies.kinds import DOCUMENT_KINDS
from hanse_policies.loading import load_any
from tests.support.yaml_traps import SAMPLES, TRAPS, Trap, title


def load(folder: Path, trap: Trap, new: str) -> StrictModel:
    text = (SAMPLES / trap.sample).read_text()
    assert text.count(trap.old) >= 1
    path = folder / "document.yaml"
    path.write_bytes(text.replace(trap.old, new, 1).encode())
    return load_any(path).document


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
def test_a_trap_is_refused_at_its_place_with_what_to_write(tmp_path: Path, trap: Trap) -> None:
    with pytest.raises(DocumentError) as caught:
        load(tmp_path, trap, trap.bad)
    assert f"document.yaml:{trap.place}: " in str(caught.value)
    assert trap.says in str(caught.value)
    assert caught.value.location.endswith(trap.place)


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
def test_the_writing_that_a_refusal_asks_for_is_valid(tmp_path: Path, trap: Trap) -> None:
    document = load(tmp_path, trap, trap.good)
    assert isinstance(document, tuple(DOCUMENT_KINDS.values()))


@pytest.mark.parametrize(
    "text",
    [
        "\u4e0a\u6d77\u7075\u72d0\u5496\u5561\uff08\u96c6\u56e2\uff09\u6709\u9650\u516c\u53f8",
        "\u8c01\u53ef\u80fd\u4e0b\u6708\u8d2d\u4e70\uff1f30\u5929\u5185\uff0cVIP\u5ba2\u6237\u7b49",
        "T\u6064\u5236\u9020\u5382",
        "\u682a\u5f0f\u4f1a\u793e\u30bd\u30cb\u30fc",
        "\uc0bc\uc131 Samsung",
        "\u041e\u041e\u041e Lantern",
        "\u039f\u03bc\u03ac\u03c2 S.A.",
        "Caf\u00e9 M\u00fcller & S\u00f8n",
        "\u03b1-test, \u20ac 5 \u2013 10 \u2026",
        "\U00020bb7\u91ce\u5bb6",
        "\U00032000",
    ],
)
def test_the_ordinary_text_of_a_language_is_allowed(tmp_path: Path, text: str) -> None:
    trap = title("", "", "", "")
    document = load(tmp_path, trap, f"title: {text}")
    assert isinstance(document, Study)
    assert document.title == text


def test_windows_line_ends_move_no_position(tmp_path: Path) -> None:
    path = tmp_path / "document.yaml"
    text = (SAMPLES / "study-propensity.yaml").read_text().replace("rounds: 8", "rounds: NO")
    path.write_bytes(text.replace("\n", "\r\n").encode())
    with pytest.raises(DocumentError, match=r"document\.yaml:19:11: expected text in quotes"):
        load_any(path)
