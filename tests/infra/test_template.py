"""The stack's template: what the tools say of it, and that it fits the code and the documentation."""

import importlib
import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from elephant.adapters.aws.ec2_requests import INSTALLATION_TAG
from elephant.adapters.aws.table import table_definition
from elephant.bootstrap.aws_parts import Part
from elephant.bootstrap.aws_settings import AwsSettings, read_aws_settings, variable_of
from elephant.bootstrap.policy_numbers import POLICY_NUMBERS, PREFIX
from elephant.domain.machine import MachineState
from elephant.domain.sweep_actions import Plan, Seen
from elephant.domain.timetable import Policy
from elephant.entrypoints.lambdas import agent, dcv_url, dns_watchdog, schedule_meeting, starting, sweep_metrics
from elephant.entrypoints.web.rendering import PAGE_HEADERS
from elephant.entrypoints.web.static_site import Site, content_security_policy
from elephant.usecases.sweep import SweepReport
from tests.support.aws_driver import ASYNC_RETRIES_AFTER, MODULES
from tests.support.pages_on_aws import policy_headers
from tests.support.stack import FUNCTIONS, REGION, TEMPLATE, Stack, template, translated
from tests.support.table_stream import TableStream

ROOT = TEMPLATE.parents[1]
PROVIDERS = {
    "cloudflare": {},
    "route53": {"DnsProvider": "route53", "DnsSecretArn": ""},
    "rfc2136": {"DnsProvider": "rfc2136", "Rfc2136Server": "ns.example.test"},
}
DELIBERATELY_NOT_SET = {
    "ELEPHANT_HOST_TOKEN": "the API's authorizer says who is a host",
    "ACME_DIRECTORY_URL": "for certificates, which an engineer's machine asks for",
    "ACME_EMAIL": "likewise",
    "CLOUDFLARE_API_URL": "for tests against a stand-in",
    "ELEPHANT_SAFETY_NET_MINUTES": "the seeds' rule, and what the guide tells people",
    "ELEPHANT_REARM_MINUTES": "a detail of that rule",
    "ELEPHANT_LEAVE_SECONDS": "a detail of presence",
    "ELEPHANT_PRESENCE_SECONDS": "a detail of presence",
    "ELEPHANT_SWEEP_SECONDS": "the sweep's own rule says every minute",
    "ELEPHANT_MARGIN_MINUTES": "the desktops' own last resort",
}
OVER_HTTP = ("schedule-meeting", "dcv-url", "agent")
CSP = "Content-Security-Policy"
FUNCTION = pytest.mark.parametrize("function", FUNCTIONS)


def wanted_parts(function: str, monkeypatch: pytest.MonkeyPatch) -> list[Part]:
    """The parts that a handler's module names when it is imported."""
    parts: list[Part] = []
    monkeypatch.setattr(starting, "prepare", lambda *wanted: parts.extend(wanted))
    importlib.reload(importlib.import_module(f"elephant.entrypoints.lambdas.{MODULES[function]}"))
    return parts


def every_setting() -> set[str]:
    return {variable_of(each.name) for each in fields(AwsSettings) if each.metadata} | {
        f"{PREFIX}{name.upper()}" for name in POLICY_NUMBERS
    }


# --- what the tools say -----------------------------------------------------------------------------------------------


def lint(directory: Path, text: str) -> str:
    """What cfn-lint prints about a template."""
    # The packages are made by `make package`; that they are there is not the template's business.
    for bundle in ("events", "http"):
        (directory / f"{bundle}-arm64.zip").touch()
    file = directory / "template.yaml"
    file.write_text(text.replace("../build/lambdas/", "./"))
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--regions", REGION, "--", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_cfn_lint_has_nothing_to_say_about_the_template(tmp_path: Path) -> None:
    assert lint(tmp_path, TEMPLATE.read_text()) == ""


def test_cfn_lint_has_nothing_to_say_about_what_sam_makes_of_it(tmp_path: Path) -> None:
    assert lint(tmp_path, json.dumps(translated())) == ""


def test_cfn_lint_would_say_something(tmp_path: Path) -> None:
    assert "PAY_PER_WISH" in lint(tmp_path, TEMPLATE.read_text().replace("PAY_PER_REQUEST", "PAY_PER_WISH"))


def test_every_check_of_checkov_that_is_left_out_has_its_reason_above_it() -> None:
    lines = (ROOT / "infra/checkov.yaml").read_text().partition("skip-check:\n")[2].splitlines()
    assert lines
    reason = ""
    for line in lines:
        if line.lstrip().startswith("# "):
            reason = line
        else:
            assert re.fullmatch(r"  - CKV2?_AWS_\d+", line), line
            assert reason, f"{line} has no reason"
    assert not re.search(r"ignore_checks|checkov:skip|checkov:\n", TEMPLATE.read_text()), "suppressions have one place"


# --- the table, the handlers, the settings ----------------------------------------------------------------------------


def test_the_table_is_the_one_that_the_code_knows() -> None:
    properties = Stack().properties("Meetings")
    definition: Any = table_definition(properties["TableName"])
    for key in ("BillingMode", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes"):
        assert properties[key] == definition[key], key
    stream = definition["StreamSpecification"]
    assert stream["StreamEnabled"]
    assert properties["StreamSpecification"] == {"StreamViewType": stream["StreamViewType"]}
    assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True


@FUNCTION
def test_each_function_runs_its_own_handler_out_of_a_package_that_has_it(function: str) -> None:
    source = template()["Resources"][FUNCTIONS[function]]["Properties"]
    assert source["Handler"] == f"elephant.entrypoints.lambdas.{MODULES[function]}.handler"
    module, _, name = source["Handler"].rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))
    bundle = "http" if function in OVER_HTTP else "events"
    assert source["CodeUri"] == f"../build/lambdas/{bundle}-arm64.zip"
    properties = Stack("elephant-north").properties(FUNCTIONS[function])
    assert properties["FunctionName"] == f"elephant-north-{function}"
    assert (properties["Runtime"], properties["Architectures"]) == ("python3.13", ["arm64"])


@FUNCTION
@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_function_is_told_all_that_it_cannot_do_without(
    function: str, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = Stack(**PROVIDERS[provider]).environment(function)
    settings = read_aws_settings(environment, wanted_parts(function, monkeypatch))
    assert settings.installation == "elephant-north"


def test_every_setting_is_set_somewhere_or_left_out_on_purpose() -> None:
    told = {name for function in FUNCTIONS for name in Stack().environment(function)}
    assert told | DELIBERATELY_NOT_SET.keys() == every_setting()
    assert told & DELIBERATELY_NOT_SET.keys() == set()


def test_every_setting_that_is_set_is_documented() -> None:
    documented = set(re.findall(r"^\| `([A-Z0-9_]+)` \|", (ROOT / "docs/settings.md").read_text(), re.MULTILINE))
    assert every_setting() <= documented


def test_functions_that_are_told_the_same_setting_are_told_the_same() -> None:
    told: dict[str, set[str]] = {}
    for function in FUNCTIONS:
        for name, value in Stack().environment(function).items():
            told.setdefault(name, set()).add(value)
    assert {name for name, values in told.items() if len(values) > 1} == set()


def test_the_timetable_is_that_of_the_code_unless_somebody_changes_it() -> None:
    assert read_aws_settings(Stack().environment("sweep")).policy == AwsSettings().policy
    assert read_aws_settings(Stack(LaunchLeadMinutes="25").environment("sweep")).policy != AwsSettings().policy


# --- the API ----------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("function", OVER_HTTP)
def test_the_functions_that_somebody_waits_for_start_from_a_snapshot(function: str) -> None:
    stack = Stack()
    assert stack.properties(FUNCTIONS[function])["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert template()["Resources"][FUNCTIONS[function]]["Properties"]["AutoPublishAliasAllProperties"] is True


# --- what calls the functions -----------------------------------------------------------------------------------------


def test_the_rule_asks_for_no_tags_and_for_every_state_that_the_watchdog_deals_with() -> None:
    rules = Stack().of_type("AWS::Events::Rule").values()
    (rule,) = (each for each in rules if "EventPattern" in each)
    assert rule["EventPattern"] == {
        "source": ["aws.ec2"],
        "detail-type": ["EC2 Instance State-change Notification"],
        "detail": {"state": rule["EventPattern"]["detail"]["state"]},
    }
    assert set(rule["EventPattern"]["detail"]["state"]) == {MachineState.RUNNING, *dns_watchdog._GOING}


def test_the_sweep_comes_every_minute() -> None:
    rules = Stack().of_type("AWS::Events::Rule").values()
    (rule,) = (each for each in rules if "ScheduleExpression" in each)
    assert rule["ScheduleExpression"] == "rate(1 minute)"


def test_what_fails_is_tried_again_as_often_as_the_driver_plays_it() -> None:
    stack = Stack()
    (mapping,) = stack.of_type("AWS::Lambda::EventSourceMapping").values()
    assert mapping["BatchSize"] == TableStream.batch_size
    assert mapping["MaximumRetryAttempts"] == TableStream.most_attempts - 1
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"] == stack.arn("StreamFailures")
    for resource in ("LaunchEc2", "MeetingSafetyNet", "DnsWatchdog"):
        config = stack.properties(f"{resource}EventInvokeConfig")
        assert config["MaximumRetryAttempts"] == len(ASYNC_RETRIES_AFTER)
        assert config["DestinationConfig"]["OnFailure"]["Destination"] == stack.arn("DeadLetters")


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_two_stacks_share_no_name() -> None:
    names = r"^(TableName|FunctionName|LogGroupName|QueueName|TopicName|AlarmName|DashboardName|Name|UserPoolName)$"

    def of(stack: Stack) -> set[tuple[str, str]]:
        return {
            (kind, value)
            for each in stack.resources.values()
            if each["Type"] != "AWS::Lambda::Alias"  # named within its function
            for kind, value in [
                (each["Type"], value) for key, value in each["Properties"].items() if re.match(names, key)
            ]
        }

    north, south = of(Stack("north")), of(Stack("south"))
    assert len(north) == len(south) > len(FUNCTIONS) * 3
    assert north & south == set()
    assert Stack("north").environment("sweep")["INSTALLATION"] == "north"
    assert INSTALLATION_TAG == "Installation"


def test_desktops_can_be_reached_by_dcv_alone() -> None:
    rules = Stack().properties("DesktopSecurityGroup")["SecurityGroupIngress"]
    assert {(each["IpProtocol"], each["FromPort"], each["ToPort"]) for each in rules} == {
        ("tcp", 8443, 8443),
        ("udp", 8443, 8443),
    }


@pytest.mark.parametrize("bucket", ["Recordings", "PagesBucket"])
def test_buckets_are_private_and_encrypted(bucket: str) -> None:
    stack = Stack()
    properties = stack.properties(bucket)
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["BucketEncryption"]
    assert "BucketName" not in properties, "a name that is kept would stand in the next stack's way"
    policies = stack.of_type("AWS::S3::BucketPolicy").values()
    (policy,) = (each["PolicyDocument"] for each in policies if each["Bucket"] == f"elephant-north-{bucket}".lower())
    assert any(each["Effect"] == "Deny" and "aws:SecureTransport" in str(each) for each in policy["Statement"])


def directives(policy: str) -> dict[str, str]:
    return dict(part.strip().partition(" ")[::2] for part in policy.split(";"))


def test_the_pages_have_the_headers_of_the_embedded_ones_and_more() -> None:
    headers = policy_headers(Stack())
    ours, theirs = (directives(each["Content-Security-Policy"]) for each in (headers, PAGE_HEADERS))
    assert ours.keys() == theirs.keys()
    assert {name for name in ours if ours[name] != theirs[name]} == {"connect-src", "form-action"}
    assert (ours["connect-src"], ours["form-action"]) == ("https:", "'none'")
    assert headers["X-Content-Type-Options"] == PAGE_HEADERS["X-Content-Type-Options"]
    assert (headers["Referrer-Policy"], headers["X-Frame-Options"]) == ("no-referrer", "DENY")
    assert headers["Strict-Transport-Security"] == "max-age=31536000"


def test_what_a_page_says_itself_differs_in_whom_it_talks_to_alone() -> None:
    site = Site(api_url="https://a.example", issuer="https://i.example/p", client_id="c", policy=Policy())
    own, header = directives(content_security_policy(site)), directives(policy_headers(Stack())[CSP])
    assert own["connect-src"] == "https://a.example https://i.example"
    assert header.keys() - own.keys() == {"frame-ancestors"}, "which a meta element cannot say"
    assert all(own[name] == header[name] for name in own if name != "connect-src")


def test_the_user_pool_lets_the_pages_sign_in_as_they_do() -> None:
    stack = Stack()
    client = stack.properties("HostsClient")
    script = (ROOT / "src/elephant/entrypoints/web/static/host_session.js").read_text()
    # where there is Cognito's own sign-in, and elsewhere
    ((scope, other),) = re.findall(r'^const SCOPE = site\?\.sign_in_url \? "(.+)" : "(.+)";', script, re.MULTILINE)
    # beside another scope the token would leave out what that does not name: a host's hours
    assert scope.split() == client["AllowedOAuthScopes"] == ["openid"]
    assert set(scope.split()) < set(other.split())
    assert {"email", "email_verified", "custom:hours_per_month"} <= set(client["ReadAttributes"])
    # whoever could write these could be somebody else, or have more hours
    assert client["WriteAttributes"] == ["name"]
    assert (client["AllowedOAuthFlows"], client["GenerateSecret"]) == (["code"], False)
    (page,) = {*client["CallbackURLs"], *client["LogoutURLs"]}
    assert page == stack.environment("schedule-meeting")["FRONTEND_BASE_URLS"].removesuffix("meeting")


def test_recordings_outlive_the_stack_and_expire() -> None:
    resource = template()["Resources"]["Recordings"]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
    rules = Stack(RecordingDays="90").properties("Recordings")["LifecycleConfiguration"]["Rules"]
    assert {each.get("ExpirationInDays") for each in rules} == {"90", None}


def test_every_alarm_tells_somebody_and_is_on_the_dashboard() -> None:
    stack = Stack()
    alarms = stack.of_type("AWS::CloudWatch::Alarm")
    dashboard = json.loads(stack.properties("Dashboard")["DashboardBody"])
    shown = dashboard["widgets"][0]["properties"]["alarms"]
    assert sorted(shown) == sorted(stack.arn(name) for name in alarms)
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == ["elephant-north-AlarmTopic"]


def test_every_figure_of_our_own_that_is_watched_or_shown_is_one_that_the_sweep_writes() -> None:
    stack = Stack()
    written = set(sweep_metrics.figures(SweepReport(plan=Plan((), None, Seen(machines=0, past_deadline=0, records=0)))))
    watched = set()
    for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
        metrics = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each] or [alarm]
        for metric in metrics:
            if metric["Namespace"] == sweep_metrics.NAMESPACE:
                assert metric["Dimensions"] == [{"Name": sweep_metrics.DIMENSION, "Value": stack.name}]
                watched.add(metric["MetricName"])
    assert watched == written - {"Machines"}
    widgets = json.loads(stack.properties("Dashboard")["DashboardBody"])["widgets"]
    shown = [metric for each in widgets for metric in each["properties"].get("metrics", [])]
    ours = {name for space, name, *_ in shown if space == sweep_metrics.NAMESPACE}
    assert ours == written
    assert stack.environment("sweep")["INSTALLATION"] == stack.name
