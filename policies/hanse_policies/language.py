"""The languages that decisions are explained in."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """English or simplified Chinese."""

    EN = "en"
    ZH = "zh"
