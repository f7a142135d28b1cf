"""What each lint is called, says, serves and fixes, in English and Chinese.

A lint's id is stable: it stands in reports, in the reference and in the samples. The
articles name the duty that a lint serves; they are no legal advice, and a set of
documents without findings breaks no rule that is looked at here, which is all it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hanse_policies.catalogue import ANONYMITY as ANONYMOUS
from hanse_policies.catalogue import (
    CONSENT,
    DESIGN,
    MINIMUM,
    PARTIES,
    PURPOSE,
    RECIPIENTS,
    RETENTION,
    SECURITY,
)
from hanse_policies.catalogue import SENSITIVE as SPECIAL
from hanse_policies.language import Language
from hanse_policies.lint.finding import Finding, Severity
from hanse_policies.lint.findings_en import ENGLISH_FINDINGS
from hanse_policies.lint.findings_zh import CHINESE_FINDINGS
from hanse_policies.lint.lints_en import ENGLISH_LINTS
from hanse_policies.lint.lints_zh import CHINESE_LINTS
from hanse_policies.lint.wording import FindingWords, LintWords

EXPORTS = "PIPL Art. 38, 39, 40; GDPR Art. 44, 46"
ASSESSMENTS = "PIPL Art. 55, 56; GDPR Art. 35"
PRICES = "PIPL Art. 24"

ARTICLES: Mapping[str, str] = {
    "L00": SECURITY,
    "L01": SECURITY,
    "L02": MINIMUM,
    "L03": PURPOSE,
    "L04": "GDPR Art. 13(1)(c); PIPL Art. 14, 17",
    "L05": SPECIAL,
    "L06": "GDPR Art. 8; PIPL Art. 31",
    "L07": MINIMUM,
    "L08": "GDPR Art. 4(5), 32; PIPL Art. 51, 73(3)",
    "L09": MINIMUM,
    "L10": MINIMUM,
    "L11": MINIMUM,
    "L12": MINIMUM,
    "L13": RETENTION,
    "L14": RECIPIENTS,
    "L15": EXPORTS,
    "L16": ASSESSMENTS,
    "L17": "PIPL Art. 13",
    "L18": "GDPR Art. 21; PIPL Art. 15, 24",
    "L19": PRICES,
    "L20": DESIGN,
    "L21": DESIGN,
    "L22": DESIGN,
    "L23": DESIGN,
    "L24": ANONYMOUS,
    "L25": ANONYMOUS,
    "L26": DESIGN,
    "L27": "GDPR Art. 5(1)(d); PIPL Art. 8",
    "L28": ANONYMOUS,
    "L29": ANONYMOUS,
    "L30": PARTIES,
    "L31": CONSENT,
    "L32": "GDPR Art. 5(2); PIPL Art. 9, 51",
    "L33": DESIGN,
    "L34": DESIGN,
    "L35": DESIGN,
}

SEVERITIES: Mapping[str, Severity] = {
    "L02.broad": Severity.WARNING,
    "L07.name": Severity.WARNING,
    "L08.unstated": Severity.WARNING,
    "L09.unused": Severity.WARNING,
    "L13.source": Severity.WARNING,
    "L15.place": Severity.WARNING,
    "L16.unknown": Severity.NOTE,
    "L19.unstated": Severity.WARNING,
    "L21.unknown": Severity.NOTE,
    "L22.renewal": Severity.WARNING,
    "L22.unknown": Severity.WARNING,
    "L31.hours": Severity.WARNING,
    "L35.unattested": Severity.WARNING,
}
"""Of the findings that are no errors."""

FIXES: frozenset[str] = frozenset(
    {
        "L03.unpinned",
        "L09.unused",
        "L13.charter",
        "L25.brands",
        "L25.persons",
        "L29.brands",
        "L31.hours",
        "L34.members",
    }
)
"""The findings that `--fix` puts right."""

REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class LintText:
    """A lint's law articles and its words in each language."""

    article: str
    en: LintWords
    zh: LintWords

    def words(self, language: Language) -> LintWords:
        """Return the words of a language."""
        return self.zh if language is Language.ZH else self.en


LINTS: Mapping[str, LintText] = {
    lint: LintText(article, ENGLISH_LINTS[lint], CHINESE_LINTS[lint])
    for lint, article in ARTICLES.items()
}


def severity_of(code: str) -> Severity:
    """Return how bad a finding of a code is."""
    return SEVERITIES.get(code, Severity.ERROR)


def finding_words(code: str, language: Language) -> FindingWords:
    """Return a finding's sentences; what the loader refuses has one for all lints."""
    words = CHINESE_FINDINGS if language is Language.ZH else ENGLISH_FINDINGS
    lint, _, what = code.partition(".")
    return words[what if what == REFUSED else f"{lint}.{what}"]


def message_of(finding: Finding, language: Language) -> str:
    """Write what was found."""
    text = finding_words(finding.code, language).message
    title = LINTS[finding.lint].words(language).title
    return text.format_map({"title": title} | dict(finding.details))


def fix_of(finding: Finding, language: Language) -> str:
    """Write what would put it right."""
    return finding_words(finding.code, language).fix.format_map(dict(finding.details))
