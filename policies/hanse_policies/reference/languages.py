"""In which languages a page is written: one, as it is served, or both side by side."""

from __future__ import annotations

from collections.abc import Mapping

from hanse_policies.language import Language

Languages = tuple[Language, ...]

BOTH: Languages = (Language.EN, Language.ZH)
NAMES: Mapping[Language, str] = {Language.EN: "English", Language.ZH: "中文"}


def columns(languages: Languages) -> tuple[str, ...]:
    """Head the columns of a table that stand there once a language."""
    return tuple(NAMES[language] for language in languages)


def told(english: str, chinese: str, languages: Languages) -> tuple[str, ...]:
    """Take of a text that is there in both languages those that are asked for."""
    return tuple({Language.EN: english, Language.ZH: chinese}[one] for one in languages)


def beside(english: str, chinese: str, languages: Languages) -> str:
    """Write a heading or a label, in both languages as `English · 中文`."""
    return " · ".join(told(english, chinese, languages))


def leading(english: str, chinese: str, languages: Languages) -> str:
    """Write a heading or a label in the first of the languages."""
    return told(english, chinese, languages)[0]
