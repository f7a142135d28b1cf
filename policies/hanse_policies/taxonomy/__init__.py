"""Words for purposes, legal bases and data categories, as public standards publish them.

A document pins the version it means, and a word means what it meant there, for
good: the data of every version that ever shipped keeps shipping. Importing this
package reads none of it; the first use of a version reads that one.
"""

from hanse_policies.taxonomy.coverage import covers, is_within
from hanse_policies.taxonomy.pins import TaxonomyPin
from hanse_policies.taxonomy.taxonomy import Taxonomy
from hanse_policies.taxonomy.terms import Provenance, Relation, Term, TermKind

__all__ = [
    "Provenance",
    "Relation",
    "Taxonomy",
    "TaxonomyPin",
    "Term",
    "TermKind",
    "covers",
    "is_within",
]
