"""`elephant aws`: an installation on AWS from an engineer's machine."""

import typer

from elephant.entrypoints.aws_cli.deploy import deploy
from elephant.entrypoints.aws_cli.destroy import destroy
from elephant.entrypoints.aws_cli.image import image
from elephant.entrypoints.aws_cli.init import init

app = typer.Typer(
    name="aws",
    help="An installation on AWS: what is decided about it is in elephant-aws.toml, see docs/deploy.md.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for _command in (init, image, deploy, destroy):
    app.command()(_command)
