"""The versions of taxonomies that ship; a document that pins another one is refused."""

from __future__ import annotations

from enum import StrEnum


class TaxonomyPin(StrEnum):
    """The version of a taxonomy that the words of a document are meant in.

    A version that shipped once is never taken out: consents go on meaning it.
    """

    DPV_2_0 = "dpv-2.0"
    DPV_2_1 = "dpv-2.1"
    DPV_2_2 = "dpv-2.2"
    DPV_2_3 = "dpv-2.3"
    FIDESLANG_3_1_4 = "fideslang-3.1.4"
