"""The `elephant` command."""

import typer

from elephant.entrypoints.cli.aws_commands import PASSED_ON, aws, certs
from elephant.entrypoints.cli.doctor import doctor
from elephant.entrypoints.cli.host_commands import hosts
from elephant.entrypoints.cli.meeting_commands import cancel, extend, meetings, schedule, show
from elephant.entrypoints.cli.sweep_command import sweep_now
from elephant.entrypoints.cli.up_command import agent, up

app = typer.Typer(
    name="elephant",
    help="Meetings of two people, each in a fresh remote desktop; nothing is left behind.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for _command in (up, schedule, meetings, show, cancel, extend, doctor):
    app.command()(_command)
app.add_typer(hosts, name="hosts")
app.command("sweep")(sweep_now)
app.command("agent", hidden=True)(agent)
app.command("certs", context_settings=PASSED_ON)(certs)
app.command("aws", context_settings=PASSED_ON)(aws)


def main() -> None:
    """Run the command line."""
    app()
