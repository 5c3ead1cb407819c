"""The stack as CloudFormation would make it: `infra/template.yaml`, translated by SAM, for one name and its parameters.

Of CloudFormation's functions those are carried out that the template uses; any other is an error. What only AWS could
tell, such as the id of a security group, is made up here, in the shape that it has.
"""

import copy
import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from samtranslator.translator.transform import transform  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

TEMPLATE = Path(__file__).resolve().parents[2] / "infra/template.yaml"
REGION, ACCOUNT = "eu-central-1", "123456789012"
FUNCTIONS = {
    "schedule-meeting": "ScheduleMeeting",
    "dcv-url": "DcvUrl",
    "agent": "Agent",
    "launch-ec2": "LaunchEc2",
    "ElephantDNSWatchdog": "DnsWatchdog",
    "meeting-safety-net": "MeetingSafetyNet",
    "terminator": "Terminator",
    "sweep": "Sweep",
}
"""Each deployed function's name, and that of its resource."""
NEEDED = {
    "VpcId": "vpc-0123456789abcdef0",
    "SubnetIds": "subnet-0123456789abcdef0",
    "ImageId": "ami-0123456789abcdef0",
    "DomainRoot": "desks.example.test",
    "ZoneId": "zone",
    "DnsSecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:zone-AbCdEf",
}
"""The parameters that have no default."""

_NAMES = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::Rule": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Scheduler::ScheduleGroup": "Name",
    "AWS::SQS::Queue": "QueueName",
}
_ARNS = {
    "AWS::CloudWatch::Alarm": "arn:aws:cloudwatch:{region}:{account}:alarm:{id}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{id}",
    "AWS::Events::Rule": "arn:aws:events:{region}:{account}:rule/{id}",
    "AWS::IAM::InstanceProfile": "arn:aws:iam::{account}:instance-profile/{id}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{id}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{id}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{id}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{id}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{id}",
    "AWS::Scheduler::ScheduleGroup": "arn:aws:scheduler:{region}:{account}:schedule-group/{id}",
}
_NOTHING = object()


@functools.cache
def template() -> dict[str, Any]:
    """The template as it is written, with every function in its long form."""
    content: dict[str, Any] = yaml_parse(TEMPLATE.read_text())
    return content


@functools.cache
def translated() -> dict[str, Any]:
    """What SAM makes of it, once its packages lie in a bucket."""
    source = copy.deepcopy(template())
    for resource in source["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://packages/package.zip"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        content: dict[str, Any] = transform(source, {}, dict)
    return content


class Stack:
    """One stack: `resources` are the translated ones that its conditions let be, by their logical names."""

    def __init__(self, name: str = "elephant-north", **parameters: str) -> None:
        self.name = name
        source = translated()
        texts = {key: each.get("Default") for key, each in source["Parameters"].items()} | NEEDED | parameters
        self.parameters = {
            key: str(texts[key]).split(",") if "List" in each["Type"] else str(texts[key])
            for key, each in source["Parameters"].items()
        } | {
            "AWS::StackName": name,
            "AWS::Region": REGION,
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/1-2-3-4-5",
            "AWS::NoValue": _NOTHING,
        }
        self._conditions: Mapping[str, Any] = source["Conditions"]
        self._source: Mapping[str, Any] = source["Resources"]
        self.resources: dict[str, dict[str, Any]] = {
            key: self._resolved(each)
            for key, each in source["Resources"].items()
            if "Condition" not in each or self._holds(each["Condition"])
        }

    def properties(self, resource: str) -> dict[str, Any]:
        """The properties of a resource."""
        found: dict[str, Any] = self.resources[resource]["Properties"]
        return found

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of every resource of a type, by logical name."""
        return {key: each["Properties"] for key, each in self.resources.items() if each["Type"] == kind}

    def environment(self, function: str) -> dict[str, str]:
        """What a function is told; `function` is its deployed name."""
        found: dict[str, str] = self.properties(FUNCTIONS[function])["Environment"]["Variables"]
        return found

    def policies(self, role: str) -> list[dict[str, Any]]:
        """The policy documents of a role."""
        return [each["PolicyDocument"] for each in self.properties(role)["Policies"]]

    def arn(self, resource: str) -> str:
        """The ARN of a resource."""
        return str(self._attribute(resource, "Arn"))

    def _holds(self, condition: Any) -> bool:  # noqa: ANN401  a name, or a function
        if isinstance(condition, str):
            return self._holds(self._conditions[condition])
        ((function, argument),) = condition.items()
        if function == "Fn::Not":
            return not self._holds(argument[0])
        assert function == "Fn::Equals", function
        first, second = self._resolved(argument)
        return bool(first == second)

    def _resolved(self, value: Any) -> Any:  # noqa: ANN401  anything in JSON
        if isinstance(value, list):
            return [each for each in map(self._resolved, value) if each is not _NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((key, argument),) = value.items()
            if key == "Ref":
                return self._ref(argument)
            if key.startswith("Fn::"):
                return self._function(key, argument)
        resolved = {key: self._resolved(each) for key, each in value.items()}
        return {key: each for key, each in resolved.items() if each is not _NOTHING}

    def _function(self, name: str, argument: Any) -> Any:  # noqa: ANN401  anything in JSON
        match name:
            case "Fn::GetAtt":
                return self._attribute(*(argument if isinstance(argument, list) else argument.split(".", 1)))
            case "Fn::If":
                condition, then, otherwise = argument
                return self._resolved(then if self._holds(condition) else otherwise)
            case "Fn::Join":
                separator, parts = self._resolved(argument)
                return separator.join(parts)
            case "Fn::Select":
                index, parts = self._resolved(argument)
                return parts[int(index)]
            case "Fn::Split":
                separator, text = self._resolved(argument)
                return text.split(separator)
            case "Fn::Sub":
                return self._substituted(*(argument if isinstance(argument, list) else (argument, {})))
            case _:
                raise NotImplementedError(name)

    def _substituted(self, text: str, variables: Mapping[str, Any]) -> str:
        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in variables:
                return str(self._resolved(variables[name]))
            return str(self._attribute(*name.split(".", 1)) if "." in name else self._ref(name))

        return re.sub(r"\$\{([\w.:]+)\}", value, text)

    def _ref(self, name: str) -> Any:  # noqa: ANN401  a text, a list or nothing
        if name in self.parameters:
            return self.parameters[name]
        kind, properties = self._source[name]["Type"], self._source[name].get("Properties", {})
        if kind in _NAMES:
            return self._resolved(properties[_NAMES[kind]])
        if kind == "AWS::SecretsManager::Secret":
            return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{self.name}-{name}-AbCdEf"
        if kind == "AWS::S3::Bucket":
            return f"{self.name}-{name}".lower()
        if kind == "AWS::EC2::SecurityGroup":
            return "sg-0123456789abcdef0"
        if kind.startswith("AWS::ApiGatewayV2::"):
            return name.lower()
        return f"{self.name}-{name}"

    def _attribute(self, resource: str, attribute: str) -> str:
        kind, own_id = self._source[resource]["Type"], self._ref(resource)
        if attribute == "Arn":
            return _ARNS[kind].format(region=REGION, account=ACCOUNT, id=own_id)
        if attribute == "StreamArn":
            return f"{self._attribute(resource, 'Arn')}/stream/2026-11-01T00:00:00.000"
        return str(own_id) if attribute == "QueueName" else f"{resource}.{attribute}.example.test".lower()
