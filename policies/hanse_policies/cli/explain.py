"""`hanse policy explain`: what would a brand decide on a study, and why?

It rehearses the decision before anything is signed or connected. What only the
brand's own machine knows is assumed, and the output says so.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import hanse_policies
from hanse_policies.cli.instants import instant
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.exit_codes import ExitCode
from hanse_policies.language import Language

if TYPE_CHECKING:
    from datetime import datetime

    from hanse_policies.decision import Decision
    from hanse_policies.documents import AllianceCharter, BrandPolicy
    from hanse_policies.packs.in_force import PackInForce

ASSUMED = {
    Language.EN: "assumed: all signatures and approvals valid, consent register synced now, "
    "budget unspent",
    Language.ZH: "假设:所有签名与批准有效,同意登记刚刚同步,预算尚未使用",
}


def explain(
    study: Annotated[Path, typer.Argument(help="The study to decide on.")],
    charter: Annotated[Path, typer.Option(help="The alliance's charter.")],
    policy: Annotated[Path, typer.Option(help="The brand's policy.")],
    asset: Annotated[Path, typer.Option(help="The brand's data asset.")],
    now: Annotated[
        str, typer.Option(help="Instant to decide for, as 2026-01-31T08:00:00Z; else now.")
    ] = "",
    pack: Annotated[
        list[str] | None,
        typer.Option(help="A legal pack to judge by, beside those pinned: cn-pipl, or a file."),
    ] = None,
    lang: Annotated[Language, typer.Option(help="Language of the explanation.")] = Language.EN,
    as_json: AsJson = False,
) -> None:
    """Rehearse a brand's decision on a study; exit 1 where it refuses."""
    decision = rehearse(study, charter, policy, asset, instant(now), pack or ())
    if as_json:
        report = json.loads(decision.report(lang).model_dump_json())
        print_json({"assumed": ASSUMED[lang]} | report)
    else:
        typer.echo(ASSUMED[lang])
        typer.echo(decision.explain(lang))
    if not decision.is_permitted:
        raise typer.Exit(int(ExitCode.REFUSED))


def rehearse(
    study: Path,
    charter: Path,
    policy: Path,
    asset: Path,
    now: datetime,
    packs: Sequence[str] = (),
) -> Decision:
    """Decide from files, assuming what only the brand's own machine knows."""
    proposed = hanse_policies.load_study(study)
    rules = hanse_policies.load_charter(charter)
    own = hanse_policies.load_policy(policy)
    data = hanse_policies.load_asset(asset)
    privacy = proposed.document.privacy
    budget = own.document.budget_for(proposed.document.purpose)
    return hanse_policies.decide(
        proposed.document,
        charter=rules.document,
        policy=own.document,
        asset=data.document,
        consent=hanse_policies.ConsentState(
            now, frozenset(data.document.consent.purposes), data.document.consent.told
        ),
        budget=hanse_policies.BudgetState(
            0.0, privacy.epsilon, budget.delta if budget is not None else privacy.delta
        ),
        now=now,
        signature=hanse_policies.SignatureState.unsafe_assumed(rules.document, own.document),
        approvals=hanse_policies.ApprovalState(0, ()),
        packs=_packs(packs, rules.document, own.document),
        sources=hanse_policies.Sources(proposed.source, rules.source, own.source, data.source),
    )


def _packs(
    names: Sequence[str], charter: AllianceCharter, policy: BrandPolicy
) -> tuple[PackInForce, ...]:
    """Read the packs that are named, and those that are pinned and ship; each once."""
    pinned = [pin.name for pin in (*charter.packs, *policy.packs)]
    if not pinned and not names:
        return ()
    from hanse_policies.packs.in_force import PackInForce  # noqa: PLC0415 - start-up stays short
    from hanse_policies.packs.shipped import find_pack, shipped_pack  # noqa: PLC0415

    loaded = [*map(find_pack, names), *filter(None, map(shipped_pack, pinned))]
    packs = [PackInForce.unsigned(one.document) for one in loaded]
    return tuple({pack.digest: pack for pack in packs}.values())
