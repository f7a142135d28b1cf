"""What counsel concluded of a league, signed: the one word that stands in a consent's place.

Rules: an opinion is of one subject, for brands that it names, and holds no longer than it
says; without the signature of the key that the charter names for counsel it is none.

Source: PIPL Art. 23 asks separate consent where personal information is provided to another
handler; whether a contribution is personal information still is for counsel to say.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from hanse_policies.documents.base import Digest, Identifier, StrictModel, fault_at
from hanse_policies.documents.vocabulary import FlowLabel, OpinionSubject

LONGEST_OPINION_DAYS: Final = 1096
"""Three years, after which counsel looks at it anew."""

SignatureText = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{86}==$")]
"""64 bytes of Ed25519 in base64, as `signatures[0].sig` of a signed document has them."""


class CounselOpinion(StrictModel):
    """Counsel's conclusion that what leaves a brand provides personal information to nobody."""

    kind: Literal["CounselOpinion"]
    id: Identifier
    alliance: Identifier
    brands: tuple[Identifier, ...] = Field(min_length=1, max_length=1000)
    """The brands that it is of."""
    subject: OpinionSubject
    least_protection: FlowLabel
    """It holds for what leaves a brand at least so well protected."""
    report: Digest
    """Of the reasoned text."""
    dated: AwareDatetime
    expires: AwareDatetime
    """From then on it holds no more; at most three years after its date."""

    @model_validator(mode="after")
    def _check_life(self) -> Self:
        life = self.expires - self.dated
        if not timedelta() < life <= timedelta(days=LONGEST_OPINION_DAYS):
            raise fault_at(
                ("expires",),
                f"expected an instant after `dated`, by at most {LONGEST_OPINION_DAYS} days, got "
                f"{self.expires.isoformat(timespec='seconds')}; have counsel look at it anew",
            )
        return self


class SignedOpinion(StrictModel):
    """An opinion as counsel signed it, word for word, with the signature."""

    opinion: CounselOpinion
    signature: SignatureText
    """Over the opinion by the key that the charter names for counsel (DSSE)."""


class JointUse(StrictModel):
    """On what else than separate consent a brand relies where others receive joint results."""

    counsel: SignedOpinion
