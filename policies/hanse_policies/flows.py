"""What label the flows of a study bear, and why.

Rules: a label says the least of what can be said for sure; what is private by itself
is F4, mask or no mask, and what is private only in a sum is F3; F5 is given to
nothing here, since it is a claim that needs evidence, a signature and an expiry.

Source: EDPB Opinion 28/2024 and EDPS TechDispatch 1/2025: updates and models may
hold personal data; PIPL Art. 73: a hash or token de-identifies and makes nothing anonymous.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hanse_policies.documents.vocabulary import FlowLabel, TrustMode
from hanse_policies.language import Language


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow's label, and the reason for it in each language."""

    label: FlowLabel
    en: str
    zh: str

    def reason(self, language: Language) -> str:
        """Return why the flow bears its label."""
        return self.zh if language is Language.ZH else self.en


@dataclass(frozen=True, slots=True)
class StudyFlows:
    """The two flows of a study.

    Attributes:
        leaving: What leaves a brand, to be summed.
        released: What is decoded from the sum and handed to the recipients.
    """

    leaving: Flow
    released: Flow


def flows_of(mode: TrustMode) -> StudyFlows:
    """Return the labels of what leaves a brand and of what is released.

    Args:
        mode: The study's trust mode.
    """
    return _FLOWS[mode]


_FLOWS: Mapping[TrustMode, StudyFlows] = {
    TrustMode.LOCAL: StudyFlows(
        leaving=Flow(
            FlowLabel.DP_AGGREGATE,
            en="A brand's contribution holds all the noise that it needs before it is masked, so "
            "it is (epsilon, delta)-private for a person by itself; the mask is a second wall.",
            zh="品牌的贡献在加掩码之前已加入所需的全部噪声,因此自身即对个人满足 (ε, δ) 差分隐私;"
            "掩码是第二道防线。",
        ),
        released=Flow(
            FlowLabel.DP_AGGREGATE,
            en="Only the sum over at least three legal entities is decoded, and each contribution "
            "in it is (epsilon, delta)-private for a person by itself.",
            zh="只有至少三个法律实体的总和才会被解码,"
            "且其中每份贡献自身即对个人满足 (ε, δ) 差分隐私。",
        ),
    ),
    TrustMode.DISTRIBUTED: StudyFlows(
        leaving=Flow(
            FlowLabel.MASKED_UPDATE,
            en="A brand's contribution holds its share of the noise alone, so the mask is what "
            "hides it until it is summed; without the mask it would be F2.",
            zh="品牌的贡献只含其应承担的一份噪声,在求和之前靠掩码保护;若无掩码,则应定为 F2。",
        ),
        released=Flow(
            FlowLabel.DP_AGGREGATE,
            en="Only the sum over at least three legal entities is decoded, and the honest brands' "
            "shares of noise together make it (epsilon, delta)-private for a person.",
            zh="只有至少三个法律实体的总和才会被解码,诚实品牌各自的噪声合在一起,"
            "使总和对个人满足 (ε, δ) 差分隐私。",
        ),
    ),
}
