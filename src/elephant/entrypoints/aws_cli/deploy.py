"""`elephant aws deploy`: the stack, the pages, and what to do next."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from elephant.adapters.aws.cloudformation import Stacks, StackState
from elephant.adapters.aws.stack_changes import Change
from elephant.bootstrap.aws_deployment import Deployment, Plan
from elephant.bootstrap.deployable import Deployable, find_checkout, read_deployable
from elephant.bootstrap.installation_file import Installation, read_installation
from elephant.bootstrap.service import utc_now
from elephant.bootstrap.stack_watch import StackWatch
from elephant.entrypoints.aws_cli.options import DEFAULT_FILE, FileOption, clients_of, require, say, show_event
from elephant.entrypoints.aws_cli.page_files import page_files
from elephant.entrypoints.aws_cli.prices import price_parameters
from elephant.entrypoints.cli.installation import telling_errors
from elephant.entrypoints.cli.output import console
from elephant.ports.errors import Permanent

_WANTED = ("region", "account", "stack", "domain_root", "dns_provider", "zone_id", "vpc_id", "subnet_ids", "image_id")
_WORDS = {"Add": "made", "Modify": "changed", "Remove": "removed"}


def deploy(
    file: FileOption = DEFAULT_FILE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Also replace or remove what holds data.")] = False,
    checkout: Annotated[Path | None, typer.Option(help="The clone to deploy from.")] = None,
) -> None:
    """Bring the stack to what the clone and the file say, and the pages up. Safe to run again after anything."""
    with telling_errors(as_json=False):
        installation = read_installation(file)
        require(installation, file, *_WANTED)
        deployable = read_deployable(find_checkout(checkout))
        clients = clients_of(installation)
        watch = StackWatch(Stacks(clients["cloudformation"], installation.stack), show_event)
        _deploy(Deployment(installation, clients, watch, say), deployable, is_dry=dry_run, may_lose=yes)


def _deploy(deployment: Deployment, deployable: Deployable, *, is_dry: bool, may_lose: bool) -> None:
    state = deployment.ready(is_dry=is_dry)
    more = price_parameters(deployment.installation, deployment.clients, deployable.parameters, utc_now())
    plan = deployment.plan(deployable, more, state, utc_now())
    if plan.change_set is None:
        say("no changes: the stack is as it should be")
    else:
        _show(plan.change_set.changes)
    if is_dry:
        deployment.drop(plan)
        say("nothing was changed (--dry-run); the packages are in the bucket already, where they cost next to nothing")
        return
    if plan.change_set is not None:
        _refuse_losses(deployment, plan, may_lose=may_lose)
        say(f"{'makes' if plan.makes_stack else 'changes'} the stack {deployment.installation.stack}")
        state = deployment.carry_out(plan)
    if state is None:
        raise Permanent("the stack is gone; run the same command again")
    deployment.let_functions_run()
    _publish(deployment, state)
    _show_result(deployment.installation, state)


def _refuse_losses(deployment: Deployment, plan: Plan, *, may_lose: bool) -> None:
    losses = [change.logical_id for change in plan.change_set.changes if change.is_loss] if plan.change_set else []
    if losses and not may_lose:
        deployment.drop(plan)
        raise Permanent(
            f"what {', '.join(losses)} hold would be lost: nothing was changed; if that is meant, deploy with --yes"
        )


def _show(changes: Sequence[Change]) -> None:
    table = Table(box=None, header_style="bold")
    for heading in ("what becomes of it", "resource", "type"):
        table.add_column(heading, overflow="fold")
    for change in sorted(changes, key=lambda each: (not each.is_loss, each.action, each.logical_id)):
        words = _WORDS.get(change.action, change.action.lower())
        if change.action == "Modify" and change.replacement != "False":
            words = "replaced" if change.replacement == "True" else "changed, maybe replaced"
        if change.is_loss:
            words += ", and what it holds is lost"
        table.add_row(words, change.logical_id, change.resource_type, style="red" if change.is_loss else None)
    console().print(table)


def _publish(deployment: Deployment, state: StackState) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = page_files(Path(folder), deployment.installation, state.outputs)
        bucket, distribution = state.outputs["PagesBucketName"], state.outputs["PagesDistributionId"]
        count = deployment.publish(files, bucket, distribution, utc_now())
    say(f"uploaded {count} files of the pages; everywhere in a minute or two")


def _show_result(installation: Installation, state: StackState) -> None:
    shown = [
        ("host page", state.outputs.get("PagesUrl")),
        ("API", state.outputs.get("ApiUrl")),
        ("sign-in", state.outputs.get("HostsSignInUrl") or installation.oidc_issuer),
        ("dashboard", state.outputs.get("DashboardUrl")),
    ]
    say("")
    for name, url in shown:
        say(f"{name + ':':<11} {url}")
    say("\nnext:")
    say("  elephant certs issue    the desktops' certificate; again whenever `elephant certs status` says so")
    if pool := state.outputs.get("HostsUserPoolId"):
        options = f"--region {installation.region} --user-pool-id {pool}"
        address = "YOU@EXAMPLE"
        verified = f"--user-attributes Name=email,Value={address} Name=email_verified,Value=true"
        say(f"  aws cognito-idp admin-create-user {options} --username {address} {verified}")
        say("                          makes a host, who gets a first password by mail")
