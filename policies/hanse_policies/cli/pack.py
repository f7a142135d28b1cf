"""`hanse policy pack`: look at legal packs, try their examples, verify who signed one."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import hanse_policies
from hanse_policies.cli.output import AsJson, print_json, print_summary, summarise
from hanse_policies.errors import DocumentFileError
from hanse_policies.exit_codes import ExitCode
from hanse_policies.language import Language

if TYPE_CHECKING:
    from hanse_policies.documents import LegalPack
    from hanse_policies.documents.legal_pack import BilingualText

Pack = Annotated[
    str, typer.Argument(metavar="PACK", help="cn-pipl, cn-pipl@1.0.0, or a YAML file.")
]
UNSIGNED = {
    Language.EN: "not signed by counsel; its words are its authors' reading of the law",
    Language.ZH: "未经法律顾问签名;文字为编写者对法律的理解",
}

app = typer.Typer(
    help="Look at legal packs, try their examples, verify them.", no_args_is_help=True
)


@app.command("list")
def list_packs(as_json: AsJson = False) -> None:
    """List the legal packs that ship, with what a charter writes to pin each."""
    from hanse_policies.packs.shipped import shipped_packs  # noqa: PLC0415 - start-up stays short

    packs = [loaded.document for loaded in shipped_packs()]
    if as_json:
        print_json([_summary(pack) for pack in packs])
        return
    for pack in packs:
        typer.echo(
            f"{pack.name}: {len(pack.checks)} checks, {pack.title.en}, "
            f"digest {hanse_policies.digest(pack)}, not signed by counsel"
        )


@app.command("show")
def show(
    pack: Pack,
    lang: Annotated[Language, typer.Option(help="Language of the texts.")] = Language.EN,
    as_json: AsJson = False,
) -> None:
    """Show what a legal pack tests, and what a charter writes to pin it."""
    from hanse_policies.packs.shipped import find_pack  # noqa: PLC0415

    document = find_pack(pack).document
    if as_json:
        print_json(_summary(document) | {"pack": json.loads(document.model_dump_json())})
        return
    typer.echo(f"{document.name}: {_in(document.title, lang)}")
    typer.echo(f"  {UNSIGNED[lang]}")
    typer.echo(
        f"  pin: {{id: {document.id}, version: {document.version}, "
        f"digest: {hanse_policies.digest(document)}}}"
    )
    for check in document.checks:
        typer.echo(f"  {check.severity:<6} {check.id}: {_in(check.tests, lang)} [{check.articles}]")


@app.command("test")
def try_pack(pack: Pack, as_json: AsJson = False) -> None:
    """Try both examples of each check; exit 1 where one says otherwise than it should."""
    from hanse_policies.packs.examples import try_examples  # noqa: PLC0415
    from hanse_policies.packs.shipped import find_pack  # noqa: PLC0415

    document = find_pack(pack).document
    results = tuple(try_examples(document))
    failures = [result for result in results if not result.is_expected]
    if as_json:
        print_json({"pack": document.name, "examples": [asdict(result) for result in results]})
    else:
        for result in failures:
            typer.echo(f"{document.name}: check {result.check}: example `{result.name}` does not")
        typer.echo(
            f"{document.name}: {len(results) - len(failures)} of {len(results)} examples "
            f"of {len(document.checks)} checks say what they should"
        )
    if failures:
        raise typer.Exit(int(ExitCode.REFUSED))


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="A signed legal pack, DSSE in JSON.")],
    key: Annotated[str, typer.Option(help="Counsel's public key, in hex.")],
    as_json: AsJson = False,
) -> None:
    """Verify that counsel signed a legal pack, and print its digest; exit 4 if not."""
    from hanse_policies.packs.in_force import PackInForce  # noqa: PLC0415

    try:
        envelope = hanse_policies.Envelope.from_json(file.read_bytes())
    except OSError as error:
        reason = (error.strerror or "refused").lower()
        raise DocumentFileError(f"cannot read the file: {reason}", location=str(file)) from error
    pack = PackInForce.opened(envelope, key).pack
    print_summary(summarise(str(file), pack), as_json, signed_by=key)


def _summary(pack: LegalPack) -> dict[str, object]:
    return {
        "id": pack.id,
        "version": pack.version,
        "digest": hanse_policies.digest(pack),
        "jurisdiction": pack.jurisdiction,
        "checks": len(pack.checks),
        "signed_by_counsel": False,
    }


def _in(text: BilingualText, language: Language) -> str:
    return text.zh if language is Language.ZH else text.en
