"""Seeds and tokens for whoever edits documents at random, by hypothesis or by a fuzzer."""

from __future__ import annotations

import json

from hanse_policies.canonical import canonical_json
from tests.support.documents import a_shared_training_study
from tests.support.every_kind import EVERY_KIND, SAMPLES
from tests.support.yaml_oracle import as_yaml

NASTY_TOKENS = (
    "NO", "y", "Null", "~", "010", "0x1F", "1_0", "1:30", ".5", "5.", "+1", "-0", "1e-8", "1e400",
    ".inf", ".nan", "9007199254740993", "2026-01-31", "2026-01-31T08:00:00Z", "2026-01-31 08:00:00",
    "&a ", "*a", "!!str ", "! ", "!t ", "<<", "=", "? ", ": ", ":", " #", "#", "- ", "-", ",", "[",
    "]", "{", "}", "|", ">", "|+\n", ">-\n  ", "'", '"', "\\", "\\\n", '"\\u202e"', "\\x00", "%",
    "%YAML 1.1\n---\n", "---\n", "...\n", "\n", "\n\n", "\r", "\r\n", "\t", "  ", "\x00", "\x07",
    "\x85", "\u2028", "\u202e", "\u200b", "\ufeff", "\u00a0", "\u3000", "e\u0301", "\u043e",
    "\uff4f", "\ue000", "\U000e0041", "\ud800", "\u5496", "kind: ", "kind: Study\n", "version: 2\n",
    "Version: 2\n", '"a": ', "{a: 1}", "[a: 1]", "@", "`", "null", "true", "''", '""', "@a: b",
)  # fmt: skip
"""Pieces of text that some reader takes for something else."""

SEEDS = (
    *(path.read_text() for path in sorted(SAMPLES.glob("*.yaml"))),
    *(as_yaml(json.loads(canonical_json(document))) for document in EVERY_KIND.values()),
    canonical_json(a_shared_training_study()).decode(),
    "kind: Study\ntitle: >-\n  a\n  b\nx: |\n  c\nw: 'd''e'\nz: \"f\\u0041\"\n",
)
"""Texts to begin from: the samples, a document of every kind in quotes, one as JSON, and last a
text of every style, which is no document."""
