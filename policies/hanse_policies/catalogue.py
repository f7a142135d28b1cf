"""What each rule is called, says and serves: codes, sentences and law articles.

One entry a rule: the sentence for a permit, the sentence for a refusal, and the
smallest change that would turn the refusal into a permit, in each language.
Names in braces are filled with the details of a finding. The articles name the
duty that a rule serves; they are no legal advice, and no text here says that
anything is lawful.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hanse_policies.documents.vocabulary import Verdict
from hanse_policies.language import Language
from hanse_policies.wording import Wording
from hanse_policies.wording_en import ENGLISH
from hanse_policies.wording_zh import CHINESE


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule's law articles and its wording in each language."""

    article: str
    en: Wording
    zh: Wording

    def message(self, verdict: Verdict, language: Language, details: Mapping[str, str]) -> str:
        """Write the sentence of a verdict."""
        wording = self._wording(language)
        text = wording.permit if verdict is Verdict.PERMIT else wording.deny
        return text.format_map(details)

    def fix(self, language: Language, details: Mapping[str, str]) -> str:
        """Write the smallest change that turns a refusal into a permit."""
        return self._wording(language).fix.format_map(details)

    def _wording(self, language: Language) -> Wording:
        return self.zh if language is Language.ZH else self.en


PURPOSE = "GDPR Art. 5(1)(b); PIPL Art. 6"
MINIMUM = "GDPR Art. 5(1)(c); PIPL Art. 6"
SENSITIVE = "GDPR Art. 9; PIPL Art. 28, 29"
MINORS = "GDPR Art. 8; PIPL Art. 28, 31"
USES = "GDPR Art. 5(1)(b), 22; PIPL Art. 6, 24"
ASSESSMENT = "GDPR Art. 35; PIPL Art. 55, 56"
ACCURACY = "GDPR Art. 5(1)(a), 5(1)(d); PIPL Art. 7, 8"
CONSENT = "GDPR Art. 6(1)(a), 7; PIPL Art. 13, 14, 15"
RECIPIENTS = "GDPR Art. 13(1)(e); PIPL Art. 23"
DESIGN = "GDPR Art. 25; PIPL Art. 51"
JOINT_USE = "GDPR Art. 13(1)(e), 26; PIPL Art. 23"
CROSS_BORDER = "GDPR Art. 44, 46; PIPL Art. 38, 40"
ANONYMITY = "GDPR Recital 26; PIPL Art. 73(4)"
RETENTION = "GDPR Art. 5(1)(e); PIPL Art. 19"
ACCOUNTABILITY = "GDPR Art. 5(2), 24; PIPL Art. 9, 51"
SECURITY = "GDPR Art. 5(1)(f), 32; PIPL Art. 51"
ACCOUNTABLE = "GDPR Art. 5(2), 24; PIPL Art. 9, 51"
"""Of a legal pack's check a finding names the check's own articles instead."""
PARTIES = "GDPR Art. 26; PIPL Art. 20"

ARTICLES: Mapping[str, str] = {
    "permit.none": PURPOSE,
    "purpose.charter": PURPOSE,
    "purpose.permit": PURPOSE,
    "computation.charter": DESIGN,
    "computation.permit": DESIGN,
    "asset.match": MINIMUM,
    "asset.permit": MINIMUM,
    "columns.asset": MINIMUM,
    "columns.permit": MINIMUM,
    "columns.person": MINIMUM,
    "columns.type": MINIMUM,
    "columns.category": MINIMUM,
    "columns.sensitive": SENSITIVE,
    "taxonomies.charter": PURPOSE,
    "minors.charter": MINORS,
    "minors.known": MINORS,
    "uses.charter": USES,
    "uses.permit": USES,
    "thresholds.figure": ACCURACY,
    "flow.permit": DESIGN,
    "release-form.permit": DESIGN,
    "consent.register": CONSENT,
    "consent.purpose": CONSENT,
    "consent.fields": CONSENT,
    "consent.clock": CONSENT,
    "consent.age": CONSENT,
    "recipients.charter": RECIPIENTS,
    "recipients.permit": RECIPIENTS,
    "joint-use.opinion": JOINT_USE,
    "joint-use.consent": JOINT_USE,
    "joint-use.recipients": JOINT_USE,
    "cross-border.mechanism": CROSS_BORDER,
    "cross-border.persons": CROSS_BORDER,
    "minimum-persons.charter": ANONYMITY,
    "minimum-persons.permit": ANONYMITY,
    "minimum-brands.charter": ANONYMITY,
    "trust-mode.dropouts": DESIGN,
    "trust-mode.colluders": DESIGN,
    "trust-mode.honest": DESIGN,
    "trust-mode.members": DESIGN,
    "trust-mode.entities": ANONYMITY,
    "budget.epsilon-charter": DESIGN,
    "budget.delta-charter": DESIGN,
    "budget.purpose": DESIGN,
    "budget.period": DESIGN,
    "budget.delta": DESIGN,
    "budget.known": DESIGN,
    "budget.epsilon": DESIGN,
    "budget.exhausted": DESIGN,
    "retention.charter": RETENTION,
    "retention.permit": RETENTION,
    "expiry.study": PURPOSE,
    "expiry.policy": PURPOSE,
    "expiry.clock": PURPOSE,
    "signature.charter": SECURITY,
    "charter.accepted": ACCOUNTABILITY,
    "signature.policy": SECURITY,
    "signature.asset": SECURITY,
    "assessment.charter": ASSESSMENT,
    "approvals.charter": ACCOUNTABILITY,
    "approvals.keys": ACCOUNTABILITY,
    "approvals.policy": ACCOUNTABILITY,
    "approvals.asset": ACCOUNTABILITY,
    "approvals.asset-rules": ACCOUNTABILITY,
    "signature.study": SECURITY,
    "pack.pinned": ACCOUNTABLE,
    "pack.counsel": ACCOUNTABLE,
    "pack.check": ACCOUNTABLE,
    "pack.advice": ACCOUNTABLE,
    "identity.alliance": PARTIES,
    "identity.brand": PARTIES,
    "identity.member": PARTIES,
}

RULE_TEXTS: Mapping[str, RuleText] = {
    rule: RuleText(article, ENGLISH[rule], CHINESE[rule]) for rule, article in ARTICLES.items()
}
