"""Commands that need the libraries of AWS, which the embedded mode comes without."""

from importlib import import_module
from typing import Any

import typer

from elephant.entrypoints.cli.output import fail

PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def certs(context: typer.Context) -> None:
    """The certificate of the machines on AWS: issue, renew, status."""
    _pass_on(context, "certs", "certs")


def aws(context: typer.Context) -> None:
    """An installation on AWS: init, image, deploy, destroy."""
    _pass_on(context, "app", "aws")


def doctor_of_aws(region: str, stack: str, *, as_json: bool) -> None:
    """`elephant doctor --aws`."""
    _module("doctor", as_json=as_json).doctor(region, stack, as_json=as_json)


def _pass_on(context: typer.Context, name: str, command: str) -> None:
    module = _module(name, as_json="--json" in context.args)
    module.app(args=context.args, prog_name=f"elephant {command}")


def _module(name: str, *, as_json: bool) -> Any:  # noqa: ANN401  any module
    """A module of commands for AWS; says what to install where a library is missing, and leaves."""
    try:
        return import_module(f"elephant.entrypoints.aws_cli.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("elephant"):
            raise
        fail(f"{error.name} is missing here: `make aws`, or install project-elephant[aws]", as_json=as_json)
