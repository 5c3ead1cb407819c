"""`elephant aws image`: the image that desktops on EC2 are started from."""

from enum import StrEnum
from typing import Annotated

import typer

from elephant.bootstrap.aws_deployment import artifact_bucket
from elephant.bootstrap.deployable import find_checkout
from elephant.bootstrap.desktop_image import DesktopImage, default_machine, read_image
from elephant.bootstrap.engineer_clients import EngineerClients
from elephant.bootstrap.image_build import ImageBuild, in_subnet
from elephant.bootstrap.image_removal import ImageRemoval
from elephant.bootstrap.installation_file import Installation, read_installation
from elephant.entrypoints.aws_cli.options import DEFAULT_FILE, FileOption, clients_of, require, say
from elephant.entrypoints.cli.installation import telling_errors
from elephant.entrypoints.cli.output import console
from elephant.ports.errors import ElephantError

_TYPES = {"arm64": "m7g.large", "x86_64": "m7i.large"}


class System(StrEnum):
    """What the image is of."""

    ubuntu = "ubuntu"
    windows = "windows"


class Machine(StrEnum):
    """What it runs on; the words are those of EC2."""

    arm64 = "arm64"
    x86_64 = "x86_64"


def image(  # noqa: PLR0913, PLR0917  its options
    file: FileOption = DEFAULT_FILE,
    system: Annotated[System, typer.Option("--os", help="Ubuntu 24.04 or Windows Server 2025.")] = System.ubuntu,
    arch: Annotated[Machine | None, typer.Option(help="Of instance_types in the file, else x86_64.")] = None,
    parent: Annotated[str, typer.Option(help="Another image to begin with: ami-..., ssm:... or its ARN.")] = "",
    subnet: Annotated[str, typer.Option(help="Where to build, with a way out; else the default VPC.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be asked for.")] = False,
    wait: Annotated[bool, typer.Option(help="Watch until the image is there, half an hour or more.")] = True,
    again: Annotated[bool, typer.Option("--again", help="Build although there is one of this very content.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Then remove earlier ones that nobody uses.")] = False,
) -> None:
    """Build the desktops' image with EC2 Image Builder. Safe to run again after anything: it goes on where it was."""
    with telling_errors(as_json=False):
        installation = read_installation(file)
        require(installation, file, "region", "account", "stack")
        machine = arch.value if arch else default_machine(system.value, installation)
        read = read_image(find_checkout(), installation, system.value, machine, parent)
        if dry_run:
            _show(read, installation)
            return
        clients = clients_of(installation)
        if subnet:
            read = in_subnet(read, clients, subnet)
        build = ImageBuild(read, installation, clients, say)
        begun = build.begin(again=again)
        say(f"image: {begun.arn}")
        if not wait and not begun.is_there:
            say("it goes on by itself; the same command watches it")
            return
        done = begun if begun.is_there else build.watch(begun)
        say(f"\nthe image is {done.image_id}. In {file}:")
        say(f'image_id = "{done.image_id}"')
        say(f'instance_types = ["{_TYPES[machine]}"]   # or any others with {machine}')
        say("then `elephant aws deploy`\n")
        _earlier(ImageRemoval(installation, clients, say), read.name, done.image_id, is_pruned=prune)


def _earlier(removal: ImageRemoval, name: str, newest_id: str, *, is_pruned: bool) -> None:
    """Tell of earlier images, which cost something, or remove those that nobody uses."""
    try:
        images = removal.earlier(name, newest_id)
    except ElephantError as error:
        if is_pruned:
            raise
        say(f"whether there are earlier images could not be looked at: {error}")
        return
    if is_pruned:
        removal.prune(images)
        for each in removal.left:
            say(f"stays: {each}")
    elif images:
        say(
            f"earlier images, whose snapshots cost $0.05 a month for each GB: {', '.join(str(each) for each in images)}"
        )
        say("`elephant aws image --prune` removes those that nobody uses")


def _show(read: DesktopImage, installation: Installation) -> None:
    """The document, what is in the bundle, and the requests; asks AWS nothing."""
    bucket = artifact_bucket(installation, EngineerClients(installation.region))
    say(read.document)
    say(f"the bundle: {len(read.bundle) / 1e6:.1f} MB, sha256 {read.bundle_sha256}")
    console().print_json(data=read.shown(bucket.name, f"{installation.stack}-image-{installation.region}"))
    say("nothing was asked of AWS (--dry-run)")
