"""The pages of the reference by their path within a language, written when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint

from hanse_policies.language import Language
from hanse_policies.lint import LINTS
from hanse_policies.reference import (
    commands,
    documents,
    errors,
    examples,
    lints,
    packs,
    rules,
    vocabulary,
)
from hanse_policies.reference.languages import Languages, leading

POLICY = EntryPoint("policy", "hanse_policies.cli.app:app", "hanse.commands")
ERRORS_OF: Mapping[str, str] = {"hanse_policies": "hanse policy"}

Writer = Callable[[Languages], str]

TOP: Mapping[str, tuple[tuple[str, str], Writer]] = {
    "lints": (lints.TITLE, lints.page),
    "rules": (rules.TITLE, rules.page),
    "packs": (packs.TITLE, packs.page),
    "vocabulary": (vocabulary.TITLE, vocabulary.page),
    "documents": (documents.TITLE, lambda languages: documents.pages(languages)["documents.md"]),
    "examples": (examples.TITLE, examples.page),
    "errors": (
        errors.TITLE,
        lambda languages: errors.page(ERRORS_OF, errors.COMMAND_CODES, languages),
    ),
    "commands": (commands.TITLE, lambda languages: commands.page({"policy": POLICY}, languages)),
}
IN_CHINESE = frozenset({"lints", "rules", "packs"})
"""Pages that say everything in Chinese, too; of the others the introduction does."""
FOLDER = "reference/"
SCHEMAS = "reference/documents/"


class ReferenceTable:
    """What the reference holds."""

    def contents(self, language: Language) -> Iterator[tuple[str, str]]:
        """List the pages that the index leads to, with their titles."""
        for name, (title, _) in TOP.items():
            yield f"{FOLDER}{name}", leading(*title, (language,))

    def has(self, path: str) -> bool:
        """Tell whether there is a page or a schema of this path."""
        return _name(path) is not None or self.schema(path) is not None

    def is_chinese(self, path: str) -> bool:
        """Tell whether a page is wholly there in Chinese."""
        return path.removeprefix(FOLDER).partition("/")[0] in IN_CHINESE

    def markdown(self, path: str, language: Language) -> tuple[str, str] | None:
        """Write a page: its title and its Markdown; None where there is none."""
        name = _name(path)
        if name is None:
            return None
        text = _written(name, language)
        title = next(line for line in text.splitlines() if line.startswith("# "))
        return title.removeprefix("# ").replace("`", ""), text

    def schema(self, path: str) -> str | None:
        """Return the JSON Schema of a kind of document; None where there is none."""
        name = path.removeprefix("reference/")
        return _schemas().get(name) if path.startswith(SCHEMAS) else None


def _name(path: str) -> str | None:
    name = path.removeprefix(FOLDER)
    is_known = name in TOP or name in {f"lints/{lint}" for lint in LINTS}
    return name if path.startswith(FOLDER) and is_known else None


@lru_cache(maxsize=256)
def _written(name: str, language: Language) -> str:
    if name in TOP:
        return TOP[name][1]((language,))
    return lints.lint_page(name.removeprefix("lints/"), (language,))


@lru_cache(maxsize=1)
def _schemas() -> Mapping[str, str]:
    pages = documents.pages()
    return {name: text for name, text in pages.items() if name.endswith(".json")}
