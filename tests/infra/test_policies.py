"""The policies of the stack, as they are written; that they fit the calls is shown in tests/integration/aws."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import security_table
from tests.support.iam import Request, grants, is_allowed, listed
from tests.support.service_authorization import avoidable_wildcards, kinds_of_resource
from tests.support.stack import ACCOUNT, FUNCTIONS, REGION, TEMPLATE, Stack

STACKS = {
    "cloudflare": Stack(KeyName="engineers"),
    "route53": Stack(DnsProvider="route53", DnsSecretArn="", FieldImages="true"),
}
INSTANCE = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0123456789abcdef0"


def roles() -> Iterator[Any]:
    for name, stack in STACKS.items():
        for role, properties in stack.of_type("AWS::IAM::Role").items():
            yield pytest.param(properties, id=f"{name}-{role}")


def functions_allowed(action: str) -> set[str]:
    return {
        name
        for name, resource in FUNCTIONS.items()
        if any(grant.action == action for grant in grants(STACKS["cloudflare"].policies(f"{resource}Role")))
    }


@pytest.mark.parametrize("role", list(roles()))
def test_every_action_is_written_out_and_exists(role: dict[str, Any]) -> None:
    for policy in role["Policies"]:
        for grant in grants([policy["PolicyDocument"]]):
            assert "*" not in grant.action
            kinds_of_resource(grant.action)


@pytest.mark.parametrize("role", list(roles()))
def test_no_action_is_allowed_on_everything_that_could_be_allowed_on_something(role: dict[str, Any]) -> None:
    assert avoidable_wildcards(each["PolicyDocument"] for each in role["Policies"]) == []


def test_the_wildcards_that_are_left_are_those_without_another_choice() -> None:
    left = {
        grant.action
        for stack in STACKS.values()
        for properties in stack.of_type("AWS::IAM::Role").values()
        for grant in grants(each["PolicyDocument"] for each in properties["Policies"])
        if grant.resource == "*"
    }
    assert left == {
        "dynamodb:ListStreams",
        "ec2:DescribeImages",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeInstances",
        "ec2:DescribeSubnets",
    }


@pytest.mark.parametrize("role", list(roles()))
def test_each_role_is_one_services_and_has_no_policy_of_somebody_elses(role: dict[str, Any]) -> None:
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    (service,) = listed(statement["Principal"]["Service"])
    assert re.fullmatch(r"(lambda|ec2|scheduler)\.amazonaws\.com", service)
    assert "ManagedPolicyArns" not in role
    assert "RoleName" not in role, "a role's name is the whole account's, and stacks of two regions may have one name"


def test_each_function_has_a_role_of_its_own() -> None:
    stack = STACKS["cloudflare"]
    used = [stack.properties(each)["Role"] for each in FUNCTIONS.values()]
    assert used == [stack.arn(f"{each}Role") for each in FUNCTIONS.values()]


@pytest.mark.parametrize("function", sorted(functions_allowed("ec2:TerminateInstances")))
def test_a_function_ends_machines_of_its_own_installation_alone(function: str) -> None:
    stack = STACKS["cloudflare"]
    policies = stack.policies(f"{FUNCTIONS[function]}Role")

    def may_end(**tags: str) -> bool:
        context = {f"aws:ResourceTag/{key}": [value] for key, value in tags.items()}
        return is_allowed(policies, Request(action="ec2:TerminateInstances", resource=INSTANCE, context=context))

    assert may_end(Project="Elephant", Installation=stack.name, MeetingID="m33t1ng000000000")
    assert not may_end(Project="Elephant", Installation="another", MeetingID="m33t1ng000000000")
    assert not may_end(Project="Elephant", MeetingID="m33t1ng000000000")
    assert not may_end(Project="Giraffe", Installation=stack.name, MeetingID="m33t1ng000000000")
    assert not may_end(Project="Elephant", Installation=stack.name)
    assert not may_end()


def test_two_functions_alone_start_machines_and_they_tag_them_at_the_launch_alone() -> None:
    assert functions_allowed("ec2:RunInstances") == functions_allowed("ec2:CreateTags") == {"launch-ec2", "sweep"}
    for function in ("launch-ec2", "sweep"):
        policies = STACKS["cloudflare"].policies(f"{FUNCTIONS[function]}Role")

        def may_tag(policies: list[dict[str, Any]] = policies, **context: str) -> bool:
            values = {key.replace("_", ":"): [value] for key, value in context.items()}
            return is_allowed(policies, Request(action="ec2:CreateTags", resource=INSTANCE, context=values))

        assert may_tag(ec2_CreateAction="RunInstances")
        assert not may_tag(ec2_CreateAction="CreateVolume")
        assert not may_tag()


def test_a_role_is_passed_to_one_service_and_no_other() -> None:
    stack = STACKS["cloudflare"]
    passed = {
        (grant.resource, grant.conditions["StringEquals"]["iam:PassedToService"])
        for resource in FUNCTIONS.values()
        for grant in grants(stack.policies(f"{resource}Role"))
        if grant.action == "iam:PassRole"
    }
    assert passed == {
        (stack.arn("DesktopRole"), "ec2.amazonaws.com"),
        (stack.arn("SchedulerRole"), "scheduler.amazonaws.com"),
    }


def test_a_desktop_may_look_for_dcvs_licence_and_no_more_unless_its_image_is_one_of_the_field() -> None:
    allowed = {(grant.action, grant.resource) for grant in grants(STACKS["cloudflare"].policies("DesktopRole"))}
    assert allowed == {("s3:GetObject", f"arn:aws:s3:::dcv-license.{REGION}/*")}
    actions = {grant.action for grant in grants(STACKS["route53"].policies("DesktopRole"))}
    assert actions == {"dynamodb:Scan", "dynamodb:UpdateItem", "s3:GetObject", "s3:PutObject"}


def test_the_scheduler_may_ring_the_two_functions_and_tell_of_what_it_could_not() -> None:
    stack = STACKS["cloudflare"]
    allowed = {(grant.action, grant.resource) for grant in grants(stack.policies("SchedulerRole"))}
    assert allowed == {
        ("lambda:InvokeFunction", stack.environment("schedule-meeting")["LAUNCHER_ARN"]),
        ("lambda:InvokeFunction", stack.environment("schedule-meeting")["SAFETY_NET_ARN"]),
        ("sqs:SendMessage", stack.environment("schedule-meeting")["DEAD_LETTER_ARN"]),
    }
    assert stack.arn("LaunchEc2") == stack.environment("schedule-meeting")["LAUNCHER_ARN"]
    assert stack.arn("MeetingSafetyNet") == stack.environment("sweep")["SAFETY_NET_ARN"]


def test_the_table_in_the_documentation_is_the_one_that_follows_from_the_template() -> None:
    text = (TEMPLATE.parents[1] / "docs/security.md").read_text()
    assert text == security_table.document(text), "make docs"
