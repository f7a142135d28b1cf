"""The alliance's charter: who belongs to it, with which keys, and its floors and limits."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from hanse_policies.documents.base import (
    BrandId,
    Identifier,
    Jurisdiction,
    PublicKeyText,
    ShortText,
    StrictModel,
    Version,
    fault_at,
)
from hanse_policies.documents.consent import MinorsRule
from hanse_policies.documents.pack_pin import PackPin
from hanse_policies.documents.vocabulary import ComputationKind, Purpose, ResultUse
from hanse_policies.look_alikes import look_alike
from hanse_policies.taxonomy.pins import TaxonomyPin


def folded_name(name: str) -> str:
    """Write a party's name without case, width and spacing: two ways to write one are equal.

    Source: UAX 15 (NFKC).
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


class Member(StrictModel):
    """A brand, the legal entity behind it, and the identity keys pinned for it."""

    brand: Identifier
    legal_entity: ShortText
    signing_key: PublicKeyText
    """Ed25519, checks what the brand signs."""
    agreement_key: PublicKeyText
    """X25519, agrees pairwise masks in secure aggregation."""
    jurisdiction: Jurisdiction | None = None
    """Where it receives and keeps what is released; None counts as abroad."""

    @property
    def entity_key(self) -> str:
        """What tells legal entities apart; one owner who writes its name in two ways is one."""
        return folded_name(self.legal_entity)


class RecipientPlace(StrictModel):
    """Where a recipient stands who is no member."""

    recipient: Identifier
    jurisdiction: Jurisdiction


class Operator(StrictModel):
    """The party that runs the server and proposes studies."""

    name: ShortText
    signing_key: PublicKeyText
    jurisdiction: Jurisdiction | None = None
    """Where its server runs; None counts as abroad."""


RESERVED_NAMES: Final = frozenset({"operator", "members"})
"""What stands for others than one brand among recipients."""

LEAST_LEGAL_ENTITIES: Final = 3
"""Of a sum over two, each could take off its own part and read the other's."""


class Floors(StrictModel):
    """The least that any study must keep; parties may only raise them."""

    minimum_brands: Annotated[int, Field(ge=1, le=1000)] = 3
    minimum_persons: Annotated[int, Field(ge=1, le=10_000_000)] = 50
    tolerated_dropouts: Annotated[int, Field(ge=0, le=999)] = 0
    """Of a study in mode `distributed`; so is the next."""
    assumed_colluders: Annotated[int, Field(ge=0, le=999)] = 1
    approvals: Annotated[int, Field(ge=0, le=10)] = 0
    """Roles that approve a version of a brand's policy which allows more."""


class Limits(StrictModel):
    """The most that any one study may ask; parties may only lower them."""

    epsilon: Annotated[float, Field(ge=0.001, le=100)]
    delta: Annotated[float, Field(ge=1e-15, lt=1e-3)]
    retention_days: Annotated[int, Field(ge=1, le=3650)]


class AllianceCharter(StrictModel):
    """The rules all members signed up to; a new version is signed at each enrolment."""

    kind: Literal["AllianceCharter"]
    id: Identifier
    version: Version
    operator: Operator
    members: tuple[Member, ...] = Field(default=(), max_length=1000)
    purposes: tuple[Purpose, ...] = Field(min_length=1)
    computations: tuple[ComputationKind, ...] = Field(min_length=1)
    recipients: tuple[Identifier, ...] = Field(min_length=1, max_length=50)
    places: tuple[RecipientPlace, ...] = Field(default=(), max_length=50)
    """Of recipients who are no members; one without a place counts as abroad."""
    floors: Floors = Floors()
    limits: Limits
    max_brands_per_person: Annotated[int, Field(ge=1, le=1000)]
    taxonomies: tuple[TaxonomyPin, ...] = Field(default=(), max_length=10)
    """The versions that the words of all members are meant in; none leaves it to the brands."""
    packs: tuple[PackPin, ...] = Field(default=(), max_length=20)
    """The legal packs that every study of the alliance is judged by."""
    minors: MinorsRule | None = None
    """The least that a policy asks of persons' age; None leaves it to the brands."""
    uses: tuple[ResultUse, ...] | None = Field(default=None, min_length=1)
    """What results may be used for; None asks no study to say it."""
    assessment_required: bool = False
    """Whether a policy states an impact assessment from before it takes effect."""
    counsel_key: PublicKeyText | None = None
    """Ed25519, checks what counsel signs; without it no pack counts as signed by counsel."""

    @model_validator(mode="after")
    def _check_members(self) -> Self:
        for what, values in (
            ("brand", [member.brand for member in self.members]),
            ("signing_key", [member.signing_key for member in self.members]),
            ("agreement_key", [member.agreement_key for member in self.members]),
        ):
            if len(set(values)) != len(values):
                raise ValueError(f"two members share one {what}")
        return self

    @model_validator(mode="after")
    def _check_places(self) -> Self:
        placed = [place.recipient for place in self.places]
        if len(set(placed)) != len(placed):
            raise fault_at(("places",), "expected one place for a recipient, got two")
        return self

    @model_validator(mode="after")
    def _check_reserved(self) -> Self:
        for index, member in enumerate(self.members):
            if member.brand in RESERVED_NAMES:
                raise fault_at(
                    ("members", index, "brand"),
                    f"expected a brand's own name, got `{member.brand}`, which stands for others "
                    "among recipients; give it another name",
                )
        return self

    @model_validator(mode="after")
    def _check_look_alikes(self) -> Self:
        brands = look_alike([member.brand for member in self.members], str)
        if brands is not None:
            first, second = brands
            raise fault_at(
                ("members", second, "brand"),
                "expected brands that a reader can tell apart, got one that looks like "
                f"`{self.members[first].brand}`; give it another name",
            )
        parties = [self.operator.name, *(member.legal_entity for member in self.members)]
        found = look_alike(parties, folded_name)
        if found is not None:
            first, second = found
            other = f"members[{first - 1}].legal_entity" if first else "operator.name"
            raise fault_at(
                ("members", second - 1, "legal_entity"),
                f"expected names that a reader can tell apart, got one that looks like `{other}` "
                "in other letters; write one owner in one way, or add a word that tells two apart",
            )
        return self

    def member(self, brand: BrandId) -> Member | None:
        """Find a member by its brand, or None."""
        return self._by_brand.get(brand)

    @cached_property
    def member_places(self) -> frozenset[str | None]:
        """Where the members stand, each place once; None where one does not say."""
        return frozenset(member.jurisdiction for member in self.members)

    @cached_property
    def all_places(self) -> tuple[str | None, ...]:
        """Where operator and members stand, each place once."""
        return tuple({self.operator.jurisdiction, *self.member_places})

    @cached_property
    def party_keys(self) -> frozenset[str]:
        """The keys by which operator and members sign, derived once."""
        return frozenset(self._party_by_key)

    def party_of(self, key: str) -> str | None:
        """Say whose signing key one is: a member's brand, or `operator`; None for nobody's."""
        return self._party_by_key.get(key)

    @cached_property
    def _party_by_key(self) -> Mapping[str, str]:
        members = {member.signing_key: str(member.brand) for member in self.members}
        return members | {self.operator.signing_key: "operator"}

    def place_of(self, recipient: str) -> str | None:
        """Say where a recipient stands who is no member; None where that is not known."""
        return self._place_by_recipient.get(recipient)

    @cached_property
    def _place_by_recipient(self) -> Mapping[str, str]:
        return {place.recipient: place.jurisdiction for place in self.places}

    @cached_property
    def _by_brand(self) -> Mapping[str, Member]:
        return {member.brand: member for member in self.members}
