"""Documents, signatures and decisions of Hanse: the part that a compliance officer runs.

Names are loaded when they are first used (PEP 562), so that `hanse --help` and
a process that needs one of them pay for no other.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanse_policies.approvals import approval_state, approvers_of, open_approval
    from hanse_policies.canonical import canonical_json, digest
    from hanse_policies.compare.charters import changes_to_accept
    from hanse_policies.compare.comparison import Comparison, compare_versions
    from hanse_policies.compare.direction import Direction
    from hanse_policies.compare.pack_effects import PacksInPlay
    from hanse_policies.compare.replay import replay
    from hanse_policies.compare.witness import Witness, find_witnesses
    from hanse_policies.decision import Decision, DecisionReport, EffectiveTerms, RuleFinding
    from hanse_policies.documents import (
        AllianceCharter,
        Approval,
        BrandExit,
        BrandPolicy,
        BreachRecord,
        CharterAcceptance,
        ConsentState,
        DataAsset,
        DecisionExamples,
        PackPin,
        Study,
        StudyVerdict,
        Verdict,
        Withdrawal,
    )
    from hanse_policies.engine import decide
    from hanse_policies.errors import (
        ApprovalError,
        CanonicalFormError,
        ComparisonError,
        DocumentError,
        HanseError,
        KeyFileError,
        KeyPermissionError,
        MissingExtraError,
        SignatureError,
        UsageError,
    )
    from hanse_policies.examples.coverage import RuleCoverage, coverage_of
    from hanse_policies.examples.folder import (
        LeagueFolder,
        example_files,
        read_examples,
        read_folder,
    )
    from hanse_policies.examples.running import ExampleOutcome, ExampleRun, run_examples
    from hanse_policies.exit_codes import ExitCode
    from hanse_policies.facts import ApprovalState, BudgetState, SignatureState
    from hanse_policies.incident_clocks import ClockStanding, ClockState, clock_standings
    from hanse_policies.keyfiles import read_private, write_private
    from hanse_policies.kinds import document_class
    from hanse_policies.language import Language
    from hanse_policies.lint import (
        LintReport,
        fix_texts,
        lint_texts,
        text_difference,
    )
    from hanse_policies.loading import (
        Loaded,
        load_any,
        load_asset,
        load_charter,
        load_document,
        load_policy,
        load_study,
        load_text,
        read_text,
    )
    from hanse_policies.packs.at_hand import unsigned_packs
    from hanse_policies.rehearsal import ASSUMED, LeagueRehearsal, rehearse, rehearse_league
    from hanse_policies.signing import Envelope, SigningKey, open_envelope, payload_type
    from hanse_policies.source import Source, Sources
    from hanse_policies.starter import write_starter
    from hanse_policies.taxonomy import Taxonomy, TaxonomyPin, covers

__all__ = [
    "ASSUMED",
    "AllianceCharter",
    "Approval",
    "ApprovalError",
    "ApprovalState",
    "BrandExit",
    "BrandPolicy",
    "BreachRecord",
    "BudgetState",
    "CanonicalFormError",
    "CharterAcceptance",
    "ClockStanding",
    "ClockState",
    "Comparison",
    "ComparisonError",
    "ConsentState",
    "DataAsset",
    "Decision",
    "DecisionExamples",
    "DecisionReport",
    "Direction",
    "DocumentError",
    "EffectiveTerms",
    "Envelope",
    "ExampleOutcome",
    "ExampleRun",
    "ExitCode",
    "HanseError",
    "KeyFileError",
    "KeyPermissionError",
    "Language",
    "LeagueFolder",
    "LeagueRehearsal",
    "LintReport",
    "Loaded",
    "MissingExtraError",
    "PackPin",
    "PacksInPlay",
    "RuleCoverage",
    "RuleFinding",
    "SignatureError",
    "SignatureState",
    "SigningKey",
    "Source",
    "Sources",
    "Study",
    "StudyVerdict",
    "Taxonomy",
    "TaxonomyPin",
    "UsageError",
    "Verdict",
    "Withdrawal",
    "Witness",
    "approval_state",
    "approvers_of",
    "canonical_json",
    "changes_to_accept",
    "clock_standings",
    "compare_versions",
    "coverage_of",
    "covers",
    "decide",
    "digest",
    "document_class",
    "example_files",
    "find_witnesses",
    "fix_texts",
    "lint_texts",
    "load_any",
    "load_asset",
    "load_charter",
    "load_document",
    "load_policy",
    "load_study",
    "load_text",
    "open_approval",
    "open_envelope",
    "payload_type",
    "read_examples",
    "read_folder",
    "read_private",
    "read_text",
    "rehearse",
    "rehearse_league",
    "replay",
    "run_examples",
    "text_difference",
    "unsigned_packs",
    "write_private",
    "write_starter",
]

_HOMES = {
    "ASSUMED": "rehearsal",
    "AllianceCharter": "documents",
    "Approval": "documents",
    "ApprovalError": "errors",
    "ApprovalState": "facts",
    "BrandExit": "documents",
    "BrandPolicy": "documents",
    "BreachRecord": "documents",
    "CharterAcceptance": "documents",
    "BudgetState": "facts",
    "CanonicalFormError": "errors",
    "ClockStanding": "incident_clocks",
    "ClockState": "incident_clocks",
    "Comparison": "compare.comparison",
    "ComparisonError": "errors",
    "ConsentState": "documents",
    "DataAsset": "documents",
    "Decision": "decision",
    "DecisionExamples": "documents",
    "DecisionReport": "decision",
    "Direction": "compare.direction",
    "DocumentError": "errors",
    "EffectiveTerms": "decision",
    "Envelope": "signing",
    "ExampleOutcome": "examples.running",
    "ExampleRun": "examples.running",
    "ExitCode": "exit_codes",
    "HanseError": "errors",
    "KeyFileError": "errors",
    "KeyPermissionError": "errors",
    "Language": "language",
    "LeagueFolder": "examples.folder",
    "LeagueRehearsal": "rehearsal",
    "LintReport": "lint",
    "Loaded": "loading",
    "MissingExtraError": "errors",
    "PackPin": "documents",
    "PacksInPlay": "compare.pack_effects",
    "RuleCoverage": "examples.coverage",
    "RuleFinding": "decision",
    "SignatureError": "errors",
    "SignatureState": "facts",
    "SigningKey": "signing",
    "Source": "source",
    "Sources": "source",
    "Study": "documents",
    "StudyVerdict": "documents",
    "Taxonomy": "taxonomy",
    "TaxonomyPin": "taxonomy",
    "UsageError": "errors",
    "Verdict": "documents",
    "Withdrawal": "documents",
    "Witness": "compare.witness",
    "approval_state": "approvals",
    "approvers_of": "approvals",
    "canonical_json": "canonical",
    "changes_to_accept": "compare.charters",
    "clock_standings": "incident_clocks",
    "compare_versions": "compare.comparison",
    "coverage_of": "examples.coverage",
    "covers": "taxonomy",
    "decide": "engine",
    "digest": "canonical",
    "document_class": "kinds",
    "example_files": "examples.folder",
    "find_witnesses": "compare.witness",
    "fix_texts": "lint",
    "lint_texts": "lint",
    "load_any": "loading",
    "load_asset": "loading",
    "load_charter": "loading",
    "load_document": "loading",
    "load_policy": "loading",
    "load_study": "loading",
    "load_text": "loading",
    "open_approval": "approvals",
    "open_envelope": "signing",
    "payload_type": "signing",
    "read_examples": "examples.folder",
    "read_folder": "examples.folder",
    "read_private": "keyfiles",
    "read_text": "loading",
    "rehearse": "rehearsal",
    "rehearse_league": "rehearsal",
    "replay": "compare.replay",
    "run_examples": "examples.running",
    "text_difference": "lint",
    "unsigned_packs": "packs.at_hand",
    "write_private": "keyfiles",
    "write_starter": "starter",
}


def __getattr__(name: str) -> object:
    """Load a public name from the module that holds it."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
