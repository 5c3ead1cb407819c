"""What the documentation says about settings and routes is what the code has."""

import importlib
import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fastapi.routing import APIRoute

from elephant.adapters.embedded.recordings import Recordings
from elephant.adapters.memory.uploads import MemoryUploads
from elephant.bootstrap.aws_parts import Part, wanted_by
from elephant.bootstrap.aws_settings import AwsSettings, variable_of
from elephant.bootstrap.embedded_settings import EmbeddedSettings
from elephant.entrypoints.aws_cli.certs import app as certs
from elephant.entrypoints.lambdas import starting
from elephant.entrypoints.web.certificate_routes import certificate_routes
from elephant.entrypoints.web.dcv_auth_routes import dcv_auth_routes
from elephant.entrypoints.web.recording_routes import recording_routes
from elephant.entrypoints.web.upload_routes import upload_routes
from elephant.wire import host_views, http, upload_bodies
from tests.support.builders import STUDENT, TEACHER
from tests.support.web_site import Site

if TYPE_CHECKING:
    from pydantic import BaseModel

DOCS = Path(__file__).resolve().parents[2] / "docs"


def rows(text: str) -> list[list[str]]:
    """The cells of every table row."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| `")
    ]


def shown(name: str, default: object) -> str:
    """A default as the table shows it."""
    if name == "data_dir":
        return "`~/.local/share/elephant`"
    if default in (None, "", ()):
        return "none"
    return f"`{str(default).lower()}`" if isinstance(default, bool) else f"`{default}`"


def test_every_setting_is_in_the_table_with_its_unit_default_and_meaning() -> None:
    one_machine, _, _ = (DOCS / "settings.md").read_text().partition("## On AWS")
    table = {cells[0].strip("`"): cells[1:] for cells in rows(one_machine)}
    assert set(table) == {f"ELEPHANT_{name.upper()}" for name in EmbeddedSettings.model_fields}
    for name, field in EmbeddedSettings.model_fields.items():
        unit, default, meaning = table[f"ELEPHANT_{name.upper()}"]
        assert default == shown(name, field.default), name
        assert meaning == field.description, name
        if name.endswith(("_minutes", "_seconds")):
            assert unit == name.rpartition("_")[2]


def test_every_setting_on_aws_is_in_its_table() -> None:
    _, _, on_aws = (DOCS / "settings.md").read_text().partition("## On AWS")
    table = {cells[0].strip("`"): cells[2:] for cells in rows(on_aws)}
    described = [each for each in fields(AwsSettings) if each.metadata]
    assert set(table) == {variable_of(each.name) for each in described}
    for each in described:
        assert table[variable_of(each.name)] == [shown(each.name, each.default), each.metadata["description"]], (
            each.name
        )


def test_what_each_function_cannot_do_without_is_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, on_aws = (DOCS / "settings.md").read_text().partition("| function | cannot do without |")
    text = {line.split("|")[1].strip(): line.split("|")[2] for line in on_aws.splitlines() if line.count("|") == 3}
    modules = {"ElephantDNSWatchdog": "dns_watchdog"}
    for function in [
        "schedule-meeting",
        "dcv-url",
        "agent",
        "launch-ec2",
        "ElephantDNSWatchdog",
        "meeting-safety-net",
        "terminator",
    ]:
        parts: list[Part] = []
        monkeypatch.setattr(starting, "prepare", lambda *wanted, parts=parts: parts.extend(wanted))
        name = f"elephant.entrypoints.lambdas.{modules.get(function, function.replace('-', '_'))}"
        importlib.reload(importlib.import_module(name))
        wanted = {variable_of(field) for part in parts for field in wanted_by(part, "route53")}
        assert set(re.findall(r"`(\w+)`", text[function])) == wanted, function


def test_every_route_is_in_the_table() -> None:
    site = Site()
    document = site.client.get("/openapi.json").json()
    routes = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
    more = [
        *recording_routes(site.service, Recordings(Path("/nowhere"))).routes,
        *dcv_auth_routes(site.service, "console", "elephant").routes,
        *certificate_routes(site.service, lambda: None).routes,
        *upload_routes(site.service, MemoryUploads()).routes,
    ]
    routes |= {
        f"{method} {route.path}" for route in more if isinstance(route, APIRoute) for method in route.methods or ()
    }
    listed = {cells[0].strip("`") for cells in rows((DOCS / "http-api.md").read_text())}
    assert listed == routes


def test_the_table_names_every_field() -> None:
    text = (DOCS / "http-api.md").read_text()
    models: list[type[BaseModel]] = [
        http.booking_model((TEACHER, STUDENT)),
        http.booked_model((TEACHER, STUDENT)),
        http.Extension,
        http.Move,
        http.HealthReport,
        http.SessionData,
        http.Warming,
        http.Entry,
        http.HealthHeard,
        http.CertificateRequest,
        http.MachineCertificate,
        upload_bodies.UploadBegin,
        upload_bodies.UploadBegun,
        upload_bodies.UploadPart,
        upload_bodies.UploadParts,
        upload_bodies.PartToPut,
        upload_bodies.UploadComplete,
        upload_bodies.Uploaded,
        host_views.NewLink,
    ]
    for model in models:
        for name in model.model_fields:
            assert re.search(rf"`{name}`", text), f"{model.__name__}.{name}"


def test_the_page_on_certificates_has_every_command_and_no_other() -> None:
    text = (DOCS / "certificates.md").read_text()
    commands = {command.name for command in certs.registered_commands if command.name} | {
        command.callback.__name__ for command in certs.registered_commands if command.callback and not command.name
    }
    assert set(re.findall(r"elephant certs ([a-z]+)", text)) == commands
    for setting in re.findall(r"`([A-Z0-9]+_[A-Z0-9_]+)`", text):
        known = {variable_of(each.name) for each in fields(AwsSettings)} | {"REQUESTS_CA_BUNDLE"}
        assert setting in known, setting
