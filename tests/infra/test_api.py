"""The stack's API: the routes of the apps, and who may ask."""

import re
from typing import Any

import pytest

from elephant.bootstrap.aws_settings import read_aws_settings
from elephant.entrypoints.lambdas import agent, dcv_url, schedule_meeting
from tests.support.stack import Stack


def api_routes() -> dict[tuple[str, str], dict[str, Any]]:
    paths = Stack().properties("Api")["Body"]["paths"]
    return {(method.upper(), path): each for path, item in paths.items() for method, each in item.items()}


def app_routes(module: Any) -> set[tuple[str, str]]:  # noqa: ANN401  a module
    """The routes of the app that a handler serves."""
    from elephant.bootstrap.aws import build_aws  # noqa: PLC0415  with the settings of this test

    installation = build_aws(read_aws_settings(Stack().environment("schedule-meeting")))
    app = module._app(installation)
    while not hasattr(app, "openapi"):
        app = app.app
    return {(method.upper(), path) for path, item in app.openapi()["paths"].items() for method in item}


def test_the_api_has_the_routes_of_the_apps_and_those_of_browsers_that_ask_first() -> None:
    apps = {
        "ScheduleMeeting": app_routes(schedule_meeting),
        "DcvUrl": app_routes(dcv_url),
        "Agent": app_routes(agent),
    }
    assert all(apps.values())
    expected = {route: function for function, routes in apps.items() for route in routes}
    expected["OPTIONS", "/{proxy+}"] = "ScheduleMeeting"
    routes = api_routes()
    assert {key: _function_of(each) for key, each in routes.items()} == expected


def _function_of(route: dict[str, Any]) -> str:
    uri = route["x-amazon-apigateway-integration"]["uri"]
    match = re.search(r"functions/elephant-north-(\w+)Aliaslive/", uri)
    assert match, f"{uri} leads to no published version, so not to a snapshot"
    return match[1]


def test_hosts_need_a_token_and_guests_desktops_and_browsers_that_ask_first_need_none() -> None:
    open_to_all = {("OPTIONS", "/{proxy+}"), *app_routes(dcv_url), *app_routes(agent)}
    for key, route in api_routes().items():
        assert [list(each) for each in route["security"]] == [["NONE"] if key in open_to_all else ["Hosts"]], key


@pytest.mark.parametrize(
    ("parameters", "issuer", "audience"),
    [
        (
            {},
            "https://cognito-idp.eu-central-1.amazonaws.com/elephant-north-Hosts",
            ["elephant-north-HostsClient"],
        ),
        (
            {"OidcIssuer": "https://login.example.test", "OidcAudience": "one,two"},
            "https://login.example.test",
            ["one", "two"],
        ),
    ],
)
def test_hosts_are_those_of_any_issuer_or_of_a_pool_of_the_stack(
    parameters: dict[str, str], issuer: str, audience: list[str]
) -> None:
    stack = Stack(**parameters)
    schemes = stack.properties("Api")["Body"]["components"]["securitySchemes"]
    assert schemes["Hosts"]["x-amazon-apigateway-authorizer"]["jwtConfiguration"] == {
        "issuer": issuer,
        "audience": audience,
    }
    assert ("Hosts" in stack.resources) is (not parameters)
    if not parameters:
        assert stack.properties("Hosts")["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True


def test_every_route_is_throttled() -> None:
    (stage,) = Stack().of_type("AWS::ApiGatewayV2::Stage").values()
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
    assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] > 0
    assert "RouteSettings" not in stage
    assert not re.search(r"\$context\.(path|authorizer\.claims)|queryString", stage["AccessLogSettings"]["Format"])
