import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from tests.support.builders import STUDENT, TEACHER
from tests.support.web_site import Site


@pytest.fixture
def document(site: Site) -> dict[str, Any]:
    answer = site.client.get("/openapi.json")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from references(each)


def test_it_names_every_route_of_the_api(site: Site, document: dict[str, Any]) -> None:
    wanted = {
        (method, route.path)
        for route in site.app.routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in route.methods or ()
    }
    assert {(method, path) for method, path, _ in operations(document)} >= wanted
    assert {(method, path) for method, path, _ in operations(document)} == {
        ("POST", "/schedule"),
        ("GET", "/hosts/me"),
        ("GET", "/meetings"),
        ("GET", "/meetings/{meeting_id}"),
        ("PATCH", "/meetings/{meeting_id}"),
        ("POST", "/meetings/{meeting_id}/cancel"),
        ("POST", "/meetings/{meeting_id}/extend"),
        ("POST", "/meetings/{meeting_id}/links/{role}"),
        ("GET", "/join/{meeting_id}/{role}"),
        ("POST", "/agent/health"),
        ("POST", "/agent/session-data"),
        ("GET", "/healthz"),
        ("GET", "/metrics"),
    }


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.")
    found = set(references(document))
    assert found
    for reference in found:
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        assert place


def test_every_operation_says_what_comes_back(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for method, path, operation in operations(document):
        answers = operation["responses"]
        assert "422" not in answers, path
        if path == "/metrics":
            assert list(answers["200"]["content"]) == ["text/plain"]
            continue
        for kind in ("4XX", "5XX"):
            assert answers[kind]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert answers["200"]["content"]["application/json"]["schema"], (method, path)


def test_every_parameter_of_a_path_is_described(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        named = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))


def test_a_booking_is_described(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["ScheduleRequest"]
    names = {f"{role}_name" for role in (TEACHER, STUDENT)}
    assert set(schema["properties"]) == {
        "meet_time", "duration_minutes", "teacher_email", "frontend_base_url", "request_id", *names
    }  # fmt: skip
    assert set(schema["required"]) == {"meet_time", *names}
    assert schema["properties"]["meet_time"]["type"] == "string"


def test_everything_but_the_service_s_own_needs_a_credential(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        kind = {"join": "seat", "agent": "machine", "healthz": None, "metrics": None}.get(path.split("/")[1], "host")
        assert operation.get("security") == ([{kind: []}] if kind else None), path
    assert set(document["components"]["securitySchemes"]) == {"host", "machine", "seat"}
