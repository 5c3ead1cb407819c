"""`elephant aws destroy`: nothing of an installation is left, but for its recordings and its desktops' images."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from elephant.adapters.aws.cloudformation import Stacks
from elephant.bootstrap.aws_deployment import refuse_foreign
from elephant.bootstrap.aws_removal import Removal
from elephant.bootstrap.image_removal import ImageRemoval
from elephant.bootstrap.installation_file import Installation, read_installation, write_installation
from elephant.bootstrap.service import utc_now
from elephant.bootstrap.stack_watch import StackWatch
from elephant.entrypoints.aws_cli.options import DEFAULT_FILE, FileOption, clients_of, require, say, show_event
from elephant.entrypoints.cli.installation import telling_errors
from elephant.entrypoints.cli.output import fail
from elephant.ports.errors import ElephantError

_WANTED = ("region", "account", "stack", "domain_root", "dns_provider", "zone_id")


def destroy(
    file: FileOption = DEFAULT_FILE,
    recordings: Annotated[bool, typer.Option("--recordings", help="Delete the recordings too, for good.")] = False,
    images: Annotated[bool, typer.Option("--images", help="Delete what `elephant aws image` made too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """End every meeting, machine and record, then delete the stack and what init made. Safe to run again."""
    with telling_errors(as_json=False):
        installation = read_installation(file)
        require(installation, file, *_WANTED)
        clients = clients_of(installation)
        stacks = Stacks(clients["cloudformation"], installation.stack)
        refuse_foreign(stacks.state(), installation.stack)
        found = stacks.resources().get("Recordings", "")
        if found and found != installation.recordings_bucket:
            # before it goes: a stack that is deleted no longer tells the name of what it left
            installation = replace(installation, recordings_bucket=found)
            write_installation(file, installation)
        removal = Removal(installation, clients, StackWatch(stacks, show_event), os.environ, say, utc_now)
        image_removal = ImageRemoval(installation, clients, say)
        made = _images_made(image_removal, is_needed=images)
        _ask(installation, removal, made, with_recordings=recordings, with_images=images, is_sure=yes)
        try:
            _remove(removal, with_recordings=recordings)
            if images:
                image_removal.remove()
        except ElephantError as error:
            removal.left.append(str(error))
        removal.left.extend(image_removal.left)
    _tell(installation, removal, [] if images else made, with_recordings=recordings)


def _images_made(removal: ImageRemoval, *, is_needed: bool) -> Sequence[str]:
    """In words; where they shall stay, not to know them is no reason to stop."""
    try:
        return removal.made().lines
    except ElephantError as error:
        if is_needed:
            raise
        return [f"whatever there is: it could not be looked at ({error})"]


def _ask(
    installation: Installation,
    removal: Removal,
    made: Sequence[str],
    *,
    with_recordings: bool,
    with_images: bool,
    is_sure: bool,
) -> None:
    say(f"the stack {installation.stack} in {installation.region}, account {installation.account}, with all meetings")
    say(f"machines that run now: {removal.machine_count()}")
    bucket = installation.recordings_bucket
    say(f"the recordings ({bucket or 'none yet'}) {'are DELETED' if with_recordings else 'stay'}")
    if made:
        say(f"what `elephant aws image` made {'is DELETED' if with_images else 'stays'}:")
        for line in made:
            say(f"  {line}")
    if is_sure:
        return
    if typer.prompt(f"Type {installation.stack} to remove it") != installation.stack:
        fail("nothing was changed", as_json=False)


def _remove(removal: Removal, *, with_recordings: bool) -> None:
    removal.stop_new_meetings()
    removal.end_meetings()
    removal.end_machines()
    removal.remove_records()
    removal.drop_alarms()
    removal.empty_pages()
    removal.delete_stack()
    removal.remove_the_rest()
    if with_recordings:
        removal.remove_recordings()


def _tell(installation: Installation, removal: Removal, images_left: Sequence[str], *, with_recordings: bool) -> None:
    if installation.recordings_bucket and not with_recordings:
        say(f"the recordings stay in the bucket {installation.recordings_bucket}; `elephant aws destroy --recordings`")
    if images_left:
        say("what `elephant aws image` made stays, and `elephant aws destroy --images` removes it:")
        for line in images_left:
            say(f"  {line}")
    if removal.left:
        fail(f"what stays: {'; '.join(removal.left)}. Mend that and run the same command again", as_json=False)
    say("nothing else is left; the file stays, and `elephant aws init`, `image` and `deploy` make it all anew")
