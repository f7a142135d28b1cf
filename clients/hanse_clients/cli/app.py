"""The `hanse brand` group."""

from __future__ import annotations

import typer

from hanse_clients.cli.approve import approve_command, refuse_command
from hanse_clients.cli.charter import accept_charter_command, charter_command
from hanse_clients.cli.check import check_command
from hanse_clients.cli.egress import egress_command
from hanse_clients.cli.import_consent import import_consent_command
from hanse_clients.cli.init import init_command
from hanse_clients.cli.join import join_command
from hanse_clients.cli.leave import exit_command
from hanse_clients.cli.ledger import ledger_command
from hanse_clients.cli.open_commitment import open_commitment_command
from hanse_clients.cli.preflight import preflight_command
from hanse_clients.cli.release import fetch_command, score_command
from hanse_clients.cli.replay import replay_command
from hanse_clients.cli.run import run_command
from hanse_clients.cli.sign import sign_command
from hanse_clients.cli.studies import studies_command
from hanse_clients.cli.withdrawals import withdrawals_command

app = typer.Typer(
    help="Run a brand's side: data, consent, approval, answers, scores.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("init")(init_command)
app.command("join")(join_command)
app.command("sign")(sign_command)
app.command("import-consent")(import_consent_command)
app.command("run")(run_command)
app.command("studies")(studies_command)
app.command("preflight")(preflight_command)
app.command("check")(check_command)
app.command("replay")(replay_command)
app.command("approve")(approve_command)
app.command("refuse")(refuse_command)
app.command("charter")(charter_command)
app.command("accept-charter")(accept_charter_command)
app.command("ledger")(ledger_command)
app.command("egress")(egress_command)
app.command("open-commitment")(open_commitment_command)
app.command("fetch")(fetch_command)
app.command("score")(score_command)
app.command("withdrawals")(withdrawals_command)
app.command("exit")(exit_command)
