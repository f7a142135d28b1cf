"""The `hanse policy` group."""

from __future__ import annotations

import typer

from hanse_policies.cli import (
    approve,
    check,
    clocks,
    diff,
    explain,
    init,
    keygen,
    lint,
    pack,
    schema,
    serve_docs,
    sign,
    simulate,
    test,
    verify,
)

app = typer.Typer(
    help="Check, explain, test, compare, sign and verify documents; needs no data and no server.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("init")(init.init)
app.command("check")(check.check)
app.command("explain")(explain.explain)
app.command("diff")(diff.diff)
app.command("lint")(lint.lint)
app.command("simulate")(simulate.simulate)
app.command("test")(test.check_examples)
app.command("sign")(sign.sign)
app.command("approve")(approve.approve)
app.command("verify")(verify.verify)
app.command("keygen")(keygen.keygen)
app.command("clocks")(clocks.clocks)
app.command("schema")(schema.schema)
app.command("serve-docs")(serve_docs.serve_docs)
app.add_typer(pack.app, name="pack")
