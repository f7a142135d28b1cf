"""What a word gives: the term itself and what stood below it when the word was written.

Rules: the version that the consent or the document pins decides, and no other
is looked at, so that nothing a standard adds or moves later is ever given;
what is not known there, as a word, a version or a kind, gives nothing.

Source: GDPR Art. 6(1)(a), 7 and Recital 32, PIPL Art. 14: consent is for the
purposes that the person was told of, and another purpose needs another consent.
"""

from __future__ import annotations

from hanse_policies.taxonomy.pins import TaxonomyPin
from hanse_policies.taxonomy.taxonomy import Taxonomy
from hanse_policies.taxonomy.terms import TermKind

_PINS = frozenset(map(str, TaxonomyPin))


def covers(granted: str, asked: str, pinned: str) -> bool:
    """Tell whether consent to one purpose covers another.

    It does where `asked` is `granted`, or already stood below it in the version that the
    consent was given in. Any other text gives False.

    Args:
        granted: Word of the purpose that was consented to.
        asked: Word of the purpose that data is asked for.
        pinned: The taxonomy that the consent pins, as `dpv-2.2`.

    Returns:
        Whether it is covered; False for whatever is not known.

    Raises:
        TaxonomyDataError: The installation is damaged.
    """
    return _is_within(asked, granted, pinned, TermKind.PURPOSE)


def is_within(category: str, ancestor: str, pinned: str) -> bool:
    """Tell whether one category of data is another, or stands below it.

    Args:
        category: Word of the category, as `user.contact.email`.
        ancestor: Word of the category it may stand below, as `user.contact`.
        pinned: The taxonomy that the document pins, as `fideslang-3.1.4`.

    Returns:
        Whether it is; False for whatever is not known.

    Raises:
        TaxonomyDataError: The installation is damaged.
    """
    return _is_within(category, ancestor, pinned, TermKind.DATA_CATEGORY)


def _is_within(inner: str, outer: str, pinned: str, kind: TermKind) -> bool:
    if pinned not in _PINS:
        return False
    taxonomy = Taxonomy.load(pinned)
    below, above = taxonomy.find(inner, kind), taxonomy.find(outer, kind)
    return below is not None and above is not None and taxonomy.is_within(below, above)
