"""The explanations that are kept word for word in `tests/vectors/explanations`.

`chosen.txt` names the decisions, a line each: league, file of examples, example. After a change
that is meant to change explanations (a rule's wording, a sample document, the choice), write them
anew and read what changed:

    python -m tests.support.explanations
    git diff tests/vectors/explanations
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hanse_policies.examples.running import ExampleOutcome
from hanse_policies.language import Language
from tests.support.sample_leagues import sample_leagues

FOLDER = Path(__file__).parents[1] / "vectors" / "explanations"
CHOSEN = FOLDER / "chosen.txt"


def key_of(league: str, outcome: ExampleOutcome) -> str:
    """Name an example as `chosen.txt` does."""
    return f"{league} / {Path(outcome.file).stem} / {outcome.name}"


def chosen() -> tuple[str, ...]:
    """Read which decisions are kept."""
    return tuple(CHOSEN.read_text(encoding="utf-8").splitlines())


def explanations() -> Mapping[str, str]:
    """Write the text of each file of explanations: refusals alone, a permit in full."""
    by_key = {
        key_of(league.name, outcome): outcome
        for league in sample_leagues()
        for outcome in league.outcomes
    }
    return {
        f"{language}.txt": "\n".join(_entry(key, by_key[key], language) for key in chosen())
        for language in Language
    }


def _entry(key: str, outcome: ExampleOutcome, language: Language) -> str:
    decision = outcome.decision
    told = decision.explain(language, refusals_only=not decision.is_permitted)
    return f"== {key}\n{told}\n"


def main() -> None:
    """Write the files of explanations."""
    for name, text in explanations().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
