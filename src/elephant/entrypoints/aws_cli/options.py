"""What the commands about an installation on AWS have in common: its file, and how they talk."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from elephant.adapters.aws.account import account_of
from elephant.adapters.aws.stack_changes import Event
from elephant.bootstrap.engineer_clients import EngineerClients
from elephant.bootstrap.installation_file import FILE_NAME, Installation
from elephant.entrypoints.cli.output import console
from elephant.ports.errors import Permanent

FileOption = Annotated[Path, typer.Option("--file", help="What is decided about the installation.")]
DEFAULT_FILE = Path(FILE_NAME)


def say(line: str, style: str = "") -> None:
    """One line, as it is: nothing in it is markup."""
    console().print(Text(line, style=style), soft_wrap=True)


def show_event(event: Event) -> None:
    """One thing that happens to a stack; a failure in red, with its reason."""
    line = f"  {event.at:%H:%M:%S}  {event.status:<28} {event.logical_id}"
    say(f"{line}: {event.reason}" if event.is_failure else line, "red" if event.is_failure else "")


def clients_of(installation: Installation) -> EngineerClients:
    """Clients in the installation's region; raises Permanent where the credentials are another account's."""
    clients = EngineerClients(installation.region)
    account, who = account_of(clients["sts"])
    if installation.account and account != installation.account:
        raise Permanent(
            f"account: the installation is in {installation.account}, and your credentials are of {account} ({who});"
            " choose others (AWS_PROFILE), or another --file"
        )
    return clients


def require(installation: Installation, file: Path, *names: str) -> None:
    """Raises Permanent that names every key that is missing."""
    missing = [name for name in names if not getattr(installation, name)]
    if missing:
        hint = "; `elephant aws image` makes an image" if "image_id" in missing else ""
        raise Permanent(f"{file} lacks {', '.join(missing)}: run `elephant aws init`{hint}")
