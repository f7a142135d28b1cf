"""`hanse policy diff`: what changed between two versions, which way, and may it take effect?"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import hanse_policies
from hanse_policies.cli.beside import Beside
from hanse_policies.cli.compared import Shown, roles_text
from hanse_policies.cli.instants import instant
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.cli.reading import read_envelope
from hanse_policies.errors import ComparisonError, UsageError
from hanse_policies.exit_codes import ExitCode

if TYPE_CHECKING:
    from hanse_policies.approvals import Approved
    from hanse_policies.compare.comparison import Comparable, Comparison
    from hanse_policies.compare.direction import Direction
    from hanse_policies.compare.replay import ReplayedStudy
    from hanse_policies.documents import AllianceCharter
    from hanse_policies.facts import ApprovalState
    from hanse_policies.loading import Loaded


Approvals = Annotated[
    list[Path] | None, typer.Option(help="A signed approval of the new version; repeatable.")
]
Replayed = Annotated[
    list[Path] | None, typer.Option(help="A past study to decide under both versions; repeatable.")
]
Charter = Annotated[
    Path | None,
    typer.Option(help="The charter: for the legal packs that it pins, and for --replay."),
]
Policy = Annotated[
    Path | None, typer.Option(help="The brand's policy, beside a charter or an asset.")
]
Packs = Annotated[
    list[str] | None,
    typer.Option(help="The words of a pinned legal pack that does not ship; a file."),
]


def diff(  # noqa: PLR0913, PLR0917 - each option is an argument
    old: Annotated[Path, typer.Argument(help="The version in effect.")],
    new: Annotated[Path, typer.Argument(help="The version that is to replace it.")],
    approval: Approvals = None,
    replay: Replayed = None,
    charter: Charter = None,
    policy: Policy = None,
    pack: Packs = None,
    asset: Annotated[Path | None, typer.Option(help="The data asset, for --replay.")] = None,
    now: Annotated[str, typer.Option(help="Instant to replay for; else now.")] = "",
    as_json: AsJson = False,
) -> None:
    """Compare two versions field by field; exit 1 where the newer may not take effect."""
    before, after = load_comparable(old), load_comparable(new)
    beside = Beside.read(before.document, charter, policy, pack or [])
    comparison = hanse_policies.compare_versions(
        before.document, after.document, beside.packs(before.document, after.document)
    )
    approvals = approvals_of(comparison, approval or [])
    replayed = replayed_studies(
        comparison, replay or [], beside.charter, asset, instant(now), pack or []
    )
    shown = Shown(
        comparison,
        approvals,
        hanse_policies.find_witnesses(comparison),
        replayed,
        faults_of(comparison, approvals),
        beside.assumed(comparison),
        before.source,
        after.source,
    )
    if as_json:
        print_json(shown.record())
    else:
        typer.echo(shown.text())
    if shown.faults:
        raise typer.Exit(int(ExitCode.REFUSED))


def load_comparable(path: Path) -> Loaded[Comparable]:
    """Read a charter, a policy or an asset.

    Raises:
        DocumentError: The file is no valid document.
        ComparisonError: It is a document of another kind.
    """
    loaded = hanse_policies.load_any(path)
    document = loaded.document
    if isinstance(
        document,
        hanse_policies.AllianceCharter | hanse_policies.BrandPolicy | hanse_policies.DataAsset,
    ):
        return hanse_policies.Loaded(document, loaded.source)
    raise ComparisonError(
        f"expected an AllianceCharter, BrandPolicy or DataAsset in {path}, got a "
        f"{getattr(document, 'kind', 'document')}, which has no versions that tighten or loosen"
    )


def approvals_of(comparison: Comparison, files: list[Path]) -> ApprovalState | None:
    """Verify and count approvals; None for a charter, which each brand accepts by itself."""
    before, after = comparison.before, comparison.after
    if isinstance(before, hanse_policies.BrandPolicy) and isinstance(
        after, hanse_policies.BrandPolicy
    ):
        return _state(before, after, files, comparison.direction)
    if isinstance(before, hanse_policies.DataAsset) and isinstance(after, hanse_policies.DataAsset):
        return _state(before, after, files, comparison.direction)
    return None


def _state(
    before: Approved, after: Approved, files: list[Path], direction: Direction
) -> ApprovalState:
    named = hanse_policies.approvers_of(before, after)
    opened = [hanse_policies.open_approval(read_envelope(file), named) for file in files]
    return hanse_policies.approval_state(before, after, opened, direction)


def faults_of(comparison: Comparison, approvals: ApprovalState | None) -> list[str]:
    """Say what keeps the newer version from taking effect."""
    if comparison.is_same:
        return []
    faults = []
    if not comparison.is_version_right:
        faults.append(_version_fault(comparison))
    if not comparison.names_predecessor:
        faults.append(
            f"expected supersedes to be {hanse_policies.digest(comparison.before)}, got "
            f"{getattr(comparison.after, 'supersedes', None) or 'none'}"
        )
    if approvals is not None and not approvals.is_enough:
        got = ", ".join(approvals.roles) or "none"
        refused = f", refused by {', '.join(approvals.refused_by)}" if approvals.refused_by else ""
        faults.append(f"expected approvals by {roles_text(approvals.needed)}, got {got}{refused}")
    return [*faults, *_acceptance_faults(comparison)]


def _version_fault(comparison: Comparison) -> str:
    before, after = comparison.before, comparison.after
    if comparison.expected_version is None:
        return (
            f"expected a version above {before.version}, since brands follow the highest, got "
            f"{after.version}"
        )
    return (
        f"expected version {comparison.expected_version}, since the change is called "
        f"{comparison.direction}, got {after.version}"
    )


def _acceptance_faults(comparison: Comparison) -> list[str]:
    """Say what of a charter waits for a person at each brand."""
    before, after = comparison.before, comparison.after
    if not isinstance(before, hanse_policies.AllianceCharter) or not isinstance(
        after, hanse_policies.AllianceCharter
    ):
        return []
    changes = hanse_policies.changes_to_accept(before, after)
    if not changes:
        return []
    names = ", ".join(dict.fromkeys(change.name for change in changes))
    fault = (
        "expected a charter that changes members alone, or only tightens, got one that may allow "
        f"more by {names}; each brand lets no study run until a person there accepts it, with "
        "hanse brand accept-charter"
    )
    return [fault]


def replayed_studies(
    comparison: Comparison,
    studies: list[Path],
    charter: AllianceCharter | None,
    asset: Path | None,
    now: datetime,
    names: list[str],
) -> tuple[ReplayedStudy, ...]:
    """Decide on past studies under both versions of a policy.

    Raises:
        UsageError: Something that this takes is missing.
    """
    before, after = comparison.before, comparison.after
    if not studies:
        return ()
    if not isinstance(before, hanse_policies.BrandPolicy) or not isinstance(
        after, hanse_policies.BrandPolicy
    ):
        raise UsageError(f"--replay: expected two versions of a BrandPolicy, got a {before.kind}")
    if charter is None or asset is None:
        raise UsageError("--replay: expected --charter and --asset beside it, got one or none")
    pins = (*charter.packs, *before.packs, *after.packs)
    packs = hanse_policies.unsigned_packs(names, pins)
    data = hanse_policies.load_asset(asset).document
    return tuple(
        hanse_policies.replay(
            hanse_policies.load_study(study).document,
            before,
            after,
            charter=charter,
            asset=data,
            now=now,
            packs=packs,
        )
        for study in studies
    )
