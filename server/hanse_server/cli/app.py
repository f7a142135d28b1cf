"""The `hanse operator` group."""

from __future__ import annotations

import typer

from hanse_server.cli.enrol import enrol_command
from hanse_server.cli.init import init_command
from hanse_server.cli.members import members_command
from hanse_server.cli.propose import propose_command
from hanse_server.cli.revoke import revoke_command
from hanse_server.cli.run import run_command
from hanse_server.cli.serve import serve_command
from hanse_server.cli.status import status_command

app = typer.Typer(
    help="Run the alliance's server: enrol brands, propose and run studies.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("init")(init_command)
app.command("enrol")(enrol_command)
app.command("revoke")(revoke_command)
app.command("members")(members_command)
app.command("serve")(serve_command)
app.command("propose")(propose_command)
app.command("run")(run_command)
app.command("status")(status_command)
