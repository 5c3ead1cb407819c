"""Commands that need the libraries of AWS, which the embedded mode comes without."""

from importlib import import_module

import typer

from elephant.entrypoints.cli.output import fail

PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def certs(context: typer.Context) -> None:
    """The certificate of the machines on AWS: issue, renew, status."""
    _pass_on(context, "certs", "certs")


def aws(context: typer.Context) -> None:
    """An installation on AWS: init, deploy, destroy."""
    _pass_on(context, "app", "aws")


def _pass_on(context: typer.Context, module_name: str, command: str) -> None:
    try:
        module = import_module(f"elephant.entrypoints.aws_cli.{module_name}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("elephant"):
            raise
        fail(f"{error.name} is missing here: install project-elephant[aws]", as_json="--json" in context.args)
    module.app(args=context.args, prog_name=f"elephant {command}")
