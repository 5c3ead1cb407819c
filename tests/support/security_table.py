"""The tables of docs/security.md, out of the stack's template: what each role may do, and on what."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.iam import listed
from tests.support.stack import ACCOUNT, FUNCTIONS, REGION, Stack

BEGIN, END = "<!-- roles: begin -->", "<!-- roles: end -->"
_PLATFORM = {"logs", "sqs"}
_READS_THE_STREAM = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
}


def tables() -> str:
    """All of what stands between the two marks."""
    usual = {"ImageId": "ami-IMAGE", "VpcId": "vpc-VPC", "DomainRoot": "DOMAIN.ROOT", "ZoneId": "ZONE"}
    stacks = {
        "": Stack("STACK", **usual, DnsProvider="rfc2136", DnsSecretArn=""),
        "a key pair": Stack("STACK", **usual, DnsSecretArn="", KeyName="KEY"),
        "a secret of the zone": Stack(
            "STACK", **usual, DnsSecretArn=f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:ZONE"
        ),
        "a certificate's secret": Stack(
            "STACK",
            **usual,
            DnsSecretArn="",
            CertificateSecretArn=f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:CERTIFICATE",
        ),
        "Route 53": Stack("STACK", **usual, DnsSecretArn="", DnsProvider="route53"),
        "images of the field": Stack("STACK", **usual, DnsSecretArn="", FieldImages="true"),
    }
    roles = {name: f"{resource}Role" for name, resource in FUNCTIONS.items()}
    lines = ["| role | may | on | if |", "|---|---|---|---|"]
    for name, role in [*roles.items(), ("EventBridge Scheduler", "SchedulerRole"), ("a desktop", "DesktopRole")]:
        always = _statements(stacks[""], role)
        rows = [
            row
            for when, stack in stacks.items()
            for row in rows_of([each for each in _statements(stack, role) if not when or each not in always], when)
        ]
        lines += [f"| {name} | {row}" for row in rows or ["nothing | | |"]]
    return "\n".join(lines)


def document(text: str) -> str:
    """The document with its tables as they should be."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"


def _statements(stack: Stack, role: str) -> list[dict[str, Any]]:
    """Those of what the function itself does: what Lambda does with every role is said once, in words."""
    return [
        each
        for policy in stack.policies(role)
        for each in policy["Statement"]
        if role in {"SchedulerRole", "DesktopRole"} or not _is_platforms(listed(each["Action"]))
    ]


def _is_platforms(actions: list[str]) -> bool:
    return all(each.partition(":")[0] in _PLATFORM or each in _READS_THE_STREAM for each in actions)


def rows_of(statements: list[dict[str, Any]], when: str = "") -> Iterator[str]:
    """What statements allow, on what and under which conditions: the end of a row for each, without what it is of."""
    for statement in statements:
        actions = ", ".join(f"`{each}`" for each in listed(statement["Action"]))
        resources = ", ".join(f"`{_short(each)}`" for each in listed(statement["Resource"]))
        conditions = "; ".join([*([f"with {when}"] if when else []), *_conditions(statement.get("Condition", {}))])
        yield f"{actions} | {resources} | {conditions} |"


def _short(arn: str) -> str:
    """An ARN without account and region, which are the stack's own."""
    return (
        arn
        if arn == "*"
        else arn.split(":", 5)[5].replace("-AbCdEf", "").replace("sg-0123456789abcdef0", "STACK-DesktopSecurityGroup")
    )


def _conditions(conditions: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for operator, keys in conditions.items():
        for key, value in keys.items():
            if operator == "Null":
                yield f"`{key}` is there"
            else:
                yield f"`{key}` is {' or '.join(f'`{_value(each)}`' for each in listed(value))}"


def _value(value: str) -> str:
    return _short(value) if value.startswith("arn:") else value
