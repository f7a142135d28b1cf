"""`hanse policy diff`: what changed between two versions, which way, and may it take effect?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import hanse_policies
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.cli.reading import read_envelope
from hanse_policies.errors import ComparisonError
from hanse_policies.exit_codes import ExitCode

if TYPE_CHECKING:
    from hanse_policies.compare.comparison import Comparable, Comparison
    from hanse_policies.compare.direction import FieldChange
    from hanse_policies.compare.witness import Witness
    from hanse_policies.facts import ApprovalState
    from hanse_policies.loading import Loaded


def diff(
    old: Annotated[Path, typer.Argument(help="The version in effect.")],
    new: Annotated[Path, typer.Argument(help="The version that is to replace it.")],
    approval: Annotated[
        list[Path] | None, typer.Option(help="A signed approval of the new version; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare two versions field by field; exit 1 where the newer may not take effect."""
    before, after = load_comparable(old), load_comparable(new)
    comparison = hanse_policies.compare_versions(before.document, after.document)
    approvals = approvals_of(comparison, approval or [])
    witnesses = hanse_policies.find_witnesses(comparison)
    faults = faults_of(comparison, approvals)
    if as_json:
        print_json(_record(comparison, approvals, witnesses, faults, before, after))
    else:
        _print(comparison, approvals, witnesses, faults, before, after)
    if faults:
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
    """Verify and count approvals; None for what is not a policy."""
    before, after = comparison.before, comparison.after
    if not isinstance(before, hanse_policies.BrandPolicy) or not isinstance(
        after, hanse_policies.BrandPolicy
    ):
        return None
    opened = [hanse_policies.open_approval(read_envelope(file), before.approvers) for file in files]
    return hanse_policies.approval_state(before, after, opened)


def faults_of(comparison: Comparison, approvals: ApprovalState | None) -> list[str]:
    """Say what keeps the newer version from taking effect."""
    if comparison.is_same:
        return []
    faults = []
    if not comparison.is_version_right:
        faults.append(
            f"expected version {comparison.expected_version}, since the change is called "
            f"{comparison.direction}, got {comparison.after.version}"
        )
    if not comparison.names_predecessor:
        faults.append(
            f"expected supersedes to be {hanse_policies.digest(comparison.before)}, got "
            f"{getattr(comparison.after, 'supersedes', None) or 'none'}"
        )
    if approvals is not None and not approvals.is_enough:
        got = ", ".join(approvals.roles) or "none"
        refused = f", refused by {', '.join(approvals.refused_by)}" if approvals.refused_by else ""
        faults.append(f"expected approvals by {_roles(approvals.needed)}, got {got}{refused}")
    return faults


def _print(
    comparison: Comparison,
    approvals: ApprovalState | None,
    witnesses: tuple[Witness, ...],
    faults: list[str],
    before: Loaded[Comparable],
    after: Loaded[Comparable],
) -> None:
    document = comparison.before
    heading = "says the same" if comparison.is_same else comparison.direction.value
    typer.echo(
        f"{document.kind} {document.id} {document.version} -> {comparison.after.version}: {heading}"
    )
    for change in comparison.changes:
        typer.echo(
            f"  {change.direction:<8} {change.name}: {change.before} -> {change.after} "
            f"[{_place(change, before, after)}]"
        )
    for witness in witnesses:
        what = "newly allowed" if witness.is_newly_allowed else "newly refused"
        typer.echo(f"  {what}: {witness.describe()}")
    if approvals is not None and approvals.needed:
        typer.echo(
            f"  approvals: {len(approvals.roles)} of {_roles(approvals.needed)}"
            + (f" ({', '.join(approvals.roles)})" if approvals.roles else "")
        )
    for fault in faults:
        typer.echo(f"  not yet: {fault}")


def _record(
    comparison: Comparison,
    approvals: ApprovalState | None,
    witnesses: tuple[Witness, ...],
    faults: list[str],
    before: Loaded[Comparable],
    after: Loaded[Comparable],
) -> dict[str, object]:
    expected = comparison.expected_version
    return {
        "kind": comparison.before.kind,
        "id": comparison.before.id,
        "before": hanse_policies.digest(comparison.before),
        "after": hanse_policies.digest(comparison.after),
        "direction": comparison.direction.value,
        "expected_version": None if expected is None else str(expected),
        "version": comparison.after.version,
        "changes": [
            {
                "field": change.name,
                "direction": change.direction.value,
                "before": change.before,
                "after": change.after,
                "source": _place(change, before, after),
            }
            for change in comparison.changes
        ],
        "examples": [
            {
                "newly": "allowed" if witness.is_newly_allowed else "refused",
                "request": witness.describe(),
            }
            for witness in witnesses
        ],
        "approvals": None
        if approvals is None
        else {
            "needed": approvals.needed,
            "roles": approvals.roles,
            "refused_by": approvals.refused_by,
        },
        "faults": faults,
    }


def _roles(count: int) -> str:
    return f"{count} role" if count == 1 else f"{count} roles"


def _place(change: FieldChange, before: Loaded[Comparable], after: Loaded[Comparable]) -> str:
    source = before.source if change.is_gone else after.source
    return source.line_of(*change.path)
