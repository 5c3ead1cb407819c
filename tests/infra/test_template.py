"""The stack's template: that it fits the code and the documentation."""

import importlib
import json
import re
from dataclasses import fields
from typing import Any

import pytest

from elephant.adapters.aws.ec2_requests import INSTALLATION_TAG
from elephant.adapters.aws.table import table_definition
from elephant.bootstrap.aws_parts import Part
from elephant.bootstrap.aws_settings import AwsSettings, read_aws_settings, variable_of
from elephant.bootstrap.policy_numbers import POLICY_NUMBERS, PREFIX
from elephant.domain.machine import MachineState
from elephant.domain.sweep_actions import Plan, Seen
from elephant.entrypoints.lambdas import dns_watchdog, starting, sweep_metrics
from elephant.usecases.sweep import SweepReport
from tests.support.aws_driver import ASYNC_RETRIES_AFTER, MODULES
from tests.support.stack import FUNCTIONS, TEMPLATE, Stack, template
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
