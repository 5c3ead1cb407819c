"""The installation that a command works on, and what every command does about its errors."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from elephant.adapters.embedded.files import require_installation
from elephant.bootstrap.embedded import Embedded, build_embedded
from elephant.bootstrap.embedded_settings import EmbeddedSettings
from elephant.entrypoints.cli.output import fail
from elephant.ports.errors import (
    ElephantError,
    HoursExceeded,
    InvalidField,
    MeetingNotFound,
    MeetingOver,
    TooLate,
    UnknownRole,
)
from elephant.ports.hosts import HostExists, HostNotFound

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
DataDir = Annotated[
    Path | None, typer.Option(help="Where everything is kept; else ELEPHANT_DATA_DIR, else ~/.local/share/elephant.")
]
_FLAGS = {"host", "port", "data_dir", "tls", "certfile", "keyfile"}
_ABOUT_THE_REQUEST = (
    HostExists,
    HostNotFound,
    HoursExceeded,
    InvalidField,
    MeetingNotFound,
    MeetingOver,
    TooLate,
    UnknownRole,
)


def read_settings(**flags: Any) -> EmbeddedSettings:  # noqa: ANN401  flags are as varied as the settings they win over
    """The settings of the environment, and the flags that were given over them."""
    return EmbeddedSettings(**{name: value for name, value in flags.items() if value is not None})


@contextlib.contextmanager
def telling_errors(*, as_json: bool) -> Iterator[None]:
    """Turn every error that is raised on purpose into one line and an exit code."""
    try:
        yield
    except ValidationError as error:
        fail("; ".join(_setting_problem(each) for each in error.errors()), as_json=as_json, usage=True)
    except ElephantError as error:
        fail(str(error), as_json=as_json, usage=isinstance(error, _ABOUT_THE_REQUEST))


def _setting_problem(error: ErrorDetails) -> str:
    """What is wrong with which setting; without its value, which may be a secret."""
    words = error["msg"].removeprefix("Value error, ").replace("Input should", "must")
    if not error["loc"]:
        return words
    name = str(error["loc"][0])
    flag = f" (or --{name.replace('_', '-')})" if name in _FLAGS else ""
    return f"ELEPHANT_{name.upper()}{flag} {words}: {EmbeddedSettings.model_fields[name].description}"


@contextlib.contextmanager
def installation(data_dir: Path | None, *, as_json: bool, makes_one: bool = False) -> Iterator[Embedded]:
    """The installation in a data directory, whether a server runs on it or not; made only for whoever `makes_one`."""
    with telling_errors(as_json=as_json):
        settings = read_settings(data_dir=data_dir)
        if not makes_one:
            require_installation(settings.data_dir)
        yield build_embedded(settings)
