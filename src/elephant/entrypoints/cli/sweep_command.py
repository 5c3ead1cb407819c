"""`elephant sweep`: compare what should be with what is, and mend it."""

from typing import Annotated

import typer

from elephant.entrypoints.cli.installation import DataDir, JsonFlag, installation
from elephant.entrypoints.cli.output import console, print_json
from elephant.entrypoints.sweep_report import action_content, report_content
from elephant.usecases.sweep import SweepReport, plan, sweep


def sweep_now(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    force: Annotated[bool, typer.Option("--force", help="End more machines at once than is usually allowed.")] = False,
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Compare what should be with what is, and mend the difference.

    Leaves with 1 where anything was refused or failed.
    """
    with installation(data_dir, as_json=as_json) as embedded:
        service = embedded.service
        if dry_run:
            report = SweepReport(plan=plan(service.world, policy=service.policy, now=service.now(), force=force))
        else:
            report = sweep(service.world, policy=service.policy, now=service.now(), force=force)
            embedded.machines.reap(service.now())
    _print(report, dry_run=dry_run, as_json=as_json)
    if report.plan.refused or report.failures:
        raise typer.Exit(1)


def _print(report: SweepReport, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        print_json({"dry_run": dry_run, **report_content(report)})
        return
    for action in report.plan.actions:
        fields = ", ".join(f"{name}={value}" for name, value in action_content(action).items() if name != "action")
        console().print(f"{'would ' if dry_run else ''}{type(action).__name__}: {fields}", markup=False, soft_wrap=True)
    for action, problem in report.failures:
        console().print(f"failed: {type(action).__name__}: {problem}", markup=False, soft_wrap=True)
    if report.plan.refused:
        console().print(report.plan.refused, markup=False, soft_wrap=True)
    elif not report.plan.actions:
        console().print("nothing to do: what is, is what should be")
