"""What each function asks of AWS, as IAM sees it, and what its role in the stack allows.

A test's installation has names of its own, the stack others. What connects them are the settings: wherever a value of
the test's environment shows in a call, the function would have sent what the stack tells it under the same name, or the
setting's default where the stack tells it nothing.

Which actions, resources and condition keys belong to an operation: Service Authorization Reference, "Actions,
resources, and condition keys for Amazon EC2" and the other services'. A call that is not in this list is an error.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from elephant.bootstrap.aws_settings import AwsSettings, variable_of
from tests.support.aws_installation import AwsInstallation
from tests.support.iam import Grant, Request, grants, is_allowed, listed
from tests.support.outside_calls import Call, Invocation
from tests.support.stack import ACCOUNT, FUNCTIONS, REGION, Stack

if TYPE_CHECKING:
    from tests.support.ec2_rules import Ec2Rules

CERTIFICATE_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:certificate-AbCdEf"

Parameters = Mapping[str, Any]
_DEFAULTS = {variable_of(each.name): str(each.default or "") for each in fields(AwsSettings) if each.metadata}


@dataclass
class Rights:
    """The requests of each function, gathered call by call, beside the policies of its role in one stack.

    `environment` is that of the test's functions, `tags` those of its instances by id.
    """

    stack: Stack
    environment: Mapping[str, str]
    requests: dict[str, list[Request]] = field(default_factory=lambda: {name: [] for name in FUNCTIONS})

    def add(self, invocations: Iterable[Invocation], tags: Mapping[str, Mapping[str, str]]) -> None:
        """Every call of these invocations, those of desktops aside."""
        for invocation in invocations:
            for call in invocation.calls:
                if call.function in FUNCTIONS and call.service != "http":
                    for request in self._requests(call, tags):
                        if request not in self.requests[call.function]:
                            self.requests[call.function].append(request)

    def policies(self, function: str) -> list[dict[str, Any]]:
        """The policies of a function's role."""
        return self.stack.policies(f"{FUNCTIONS[function]}Role")

    def denied(self) -> list[str]:
        """What a function asked for and its role does not allow."""
        return [
            f"{function}: {request}"
            for function, requests in self.requests.items()
            for request in denied(requests, self.policies(function))
        ]

    def _requests(self, call: Call, tags: Mapping[str, Mapping[str, str]]) -> list[Request]:
        told = self.stack.environment(call.function)
        names = {
            value: told.get(name, _DEFAULTS[name]) for name, value in self.environment.items() if name in _DEFAULTS
        }
        by_id = {key: _renamed(each, names) for key, each in tags.items()}
        return _OPERATIONS[call.service, call.operation](_renamed(call.parameters, names), self.stack, by_id)


def stack_like(installation: AwsInstallation) -> Stack:
    """A stack with the domain of a test's installation, which is part of its records' names."""
    environment = installation.environment
    parameters = {
        "DomainRoot": environment["DOMAIN_ROOT"],
        "DnsProvider": environment["DNS_PROVIDER"],
        "KeyName": environment.get("KEY_NAME", ""),
        "CertificateSecretArn": CERTIFICATE_SECRET if "CERTIFICATE_SECRET_ARN" in environment else "",
    }
    return Stack(**parameters, **({} if "SECRET_ARN" in environment else {"DnsSecretArn": ""}))


def instance_tags(rules: "Ec2Rules") -> dict[str, dict[str, str]]:
    """The tags of every instance that there ever was, by id."""
    return {each.id: {tag["key"]: tag["value"] for tag in each.get_tags()} for each in rules.instances}


def denied(requests: Iterable[Request], policies: Iterable[Mapping[str, Any]]) -> list[Request]:
    """The requests that these policies do not allow."""
    policies = list(policies)
    return [request for request in requests if not is_allowed(policies, request)]


def unused(requests: Iterable[Request], policies: Iterable[Mapping[str, Any]]) -> list[Grant]:
    """What these policies allow and no request needs, each action on each resource by itself."""
    requests = list(requests)
    return [grant for grant in grants(policies) if not any(grant.covers(each) for each in requests)]


def platform_requests(stack: Stack, function: str) -> list[Request]:
    """What Lambda does with a function's role: write its log, read its stream, hand over what failed."""
    resource = FUNCTIONS[function]
    group = stack.properties(resource)["LoggingConfig"]["LogGroup"]
    log = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:log-stream:2026/11/21/[$LATEST]0123"
    found = [Request(action=f"logs:{action}", resource=log) for action in ("CreateLogStream", "PutLogEvents")]
    configs = [
        each
        for each in stack.of_type("AWS::Lambda::EventInvokeConfig").values()
        if each["FunctionName"] == stack.properties(resource)["FunctionName"]
    ]
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values():
        if mapping["FunctionName"] == stack.properties(resource)["FunctionName"]:
            configs.append(mapping)
            stream = mapping["EventSourceArn"]
            found += [
                Request(action=f"dynamodb:{action}", resource=stream)
                for action in ("DescribeStream", "GetRecords", "GetShardIterator")
            ]
            found.append(Request(action="dynamodb:ListStreams", resource="*"))
    destinations = [each.get("DestinationConfig", {}).get("OnFailure") for each in configs]
    queues = [each["Destination"] for each in destinations if each]
    return found + [Request(action="sqs:SendMessage", resource=queue) for queue in queues]


def _renamed(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401  parameters of any call
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, Mapping):
        return {names.get(key, key): _renamed(each, names) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(each, names) for each in value]
    return value


# --- operations -------------------------------------------------------------------------------------------------------

Tags = Mapping[str, Mapping[str, str]]
_Reader = Callable[[Parameters, Stack, Tags], list[Request]]


def _table(name: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


def _ec2(kind: str, resource_id: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:ec2:{REGION}:{account}:{kind}/{resource_id}"


def _on_table(action: str) -> _Reader:
    return lambda asked, _stack, _tags: [Request(action=f"dynamodb:{action}", resource=_table(asked["TableName"]))]


def _query(asked: Parameters, _stack: Stack, _tags: Tags) -> list[Request]:
    resource = f"{_table(asked['TableName'])}/index/{asked['IndexName']}"
    return [Request(action="dynamodb:Query", resource=resource)]


def _batch_get(asked: Parameters, _stack: Stack, _tags: Tags) -> list[Request]:
    return [Request(action="dynamodb:BatchGetItem", resource=_table(each)) for each in asked["RequestItems"]]


def _transact_write(asked: Parameters, _stack: Stack, _tags: Tags) -> list[Request]:
    """IAM knows no such action, but those of its parts ("Using IAM with DynamoDB transactions", Developer Guide)."""
    actions = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
    return [
        Request(action=f"dynamodb:{actions[kind]}", resource=_table(part["TableName"]))
        for each in asked["TransactItems"]
        for kind, part in each.items()
    ]


def _on_anything(action: str) -> _Reader:
    return lambda _asked, _stack, _tags: [Request(action=action, resource="*")]


def _run_instances(asked: Parameters, stack: Stack, _tags: Tags) -> list[Request]:
    """One for each resource that is made or used; the ids of what is made are not known yet."""
    tagged = {
        each["ResourceType"]: {f"aws:RequestTag/{tag['Key']}": [tag["Value"]] for tag in each["Tags"]}
        for each in asked["TagSpecifications"]
    }
    interfaces = asked.get("NetworkInterfaces", [])
    groups = [*asked.get("SecurityGroupIds", []), *(group for each in interfaces for group in each.get("Groups", []))]
    vpc = {"ec2:Vpc": [f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/{stack.parameters['VpcId']}"]}
    resources: list[tuple[str, Mapping[str, list[str]]]] = [
        (_ec2("image", asked["ImageId"], ""), {}),
        (_ec2("instance", "*"), {**tagged["instance"], "ec2:InstanceType": [asked["InstanceType"]]}),
        (_ec2("volume", "*"), tagged["volume"]),
        (_ec2("network-interface", "*"), vpc),
        *((_ec2("subnet", each["SubnetId"]), vpc) for each in interfaces),
        *((_ec2("security-group", each), vpc) for each in groups),
        *((_ec2("key-pair", each), {}) for each in listed(asked.get("KeyName", [])) if each),
    ]
    found = [Request(action="ec2:RunInstances", resource=arn, context=context) for arn, context in resources]
    found += [
        Request(
            action="ec2:CreateTags",
            resource=_ec2(kind, "*"),
            context={**context, "ec2:CreateAction": ["RunInstances"]},
        )
        for kind, context in tagged.items()
    ]
    if "IamInstanceProfile" in asked:
        (profile,) = asked["IamInstanceProfile"].values()
        assert profile == stack.arn("DesktopProfile")
        found.append(_pass_role(stack.arn("DesktopRole"), "ec2.amazonaws.com"))
    return found


def _terminate_instances(asked: Parameters, _stack: Stack, tags: Tags) -> list[Request]:
    return [
        Request(
            action="ec2:TerminateInstances",
            resource=_ec2("instance", each),
            context={f"aws:ResourceTag/{key}": [value] for key, value in tags.get(each, {}).items()},
        )
        for each in asked["InstanceIds"]
        if each in tags  # EC2 says that it knows no other before it looks at any policy
    ]


def _pass_role(arn: str, service: str) -> Request:
    return Request(action="iam:PassRole", resource=arn, context={"iam:PassedToService": [service]})


def _schedule(action: str) -> _Reader:
    def read(asked: Parameters, _stack: Stack, _tags: Tags) -> list[Request]:
        arn = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/{asked['GroupName']}/{asked['Name']}"
        found = [Request(action=f"scheduler:{action}", resource=arn)]
        if "Target" in asked:
            found.append(_pass_role(asked["Target"]["RoleArn"], "scheduler.amazonaws.com"))
        return found

    return read


def _invoke(asked: Parameters, _stack: Stack, _tags: Tags) -> list[Request]:
    return [Request(action="lambda:InvokeFunction", resource=asked["FunctionName"])]


def _secret(asked: Parameters, _stack: Stack, _tags: Tags) -> list[Request]:
    context = {"secretsmanager:VersionStage": [asked["VersionStage"]]} if "VersionStage" in asked else {}
    return [Request(action="secretsmanager:GetSecretValue", resource=asked["SecretId"], context=context)]


def _object(asked: Parameters, _stack: Stack, _tags: Tags) -> list[Request]:
    return [Request(action="s3:GetObject", resource=f"arn:aws:s3:::{asked['Bucket']}/{asked['Key']}")]


def _quota(asked: Parameters, _stack: Stack, _tags: Tags) -> list[Request]:
    resource = f"arn:aws:servicequotas:{REGION}:{ACCOUNT}:{asked['ServiceCode']}/{asked['QuotaCode']}"
    return [Request(action="servicequotas:GetServiceQuota", resource=resource)]


def _list_records(asked: Parameters, _stack: Stack, _tags: Tags) -> list[Request]:
    resource = f"arn:aws:route53:::hostedzone/{asked['HostedZoneId']}"
    return [Request(action="route53:ListResourceRecordSets", resource=resource)]


def _change_records(asked: Parameters, _stack: Stack, _tags: Tags) -> list[Request]:
    sets = [each["ResourceRecordSet"] for each in asked["ChangeBatch"]["Changes"]]
    prefix = "route53:ChangeResourceRecordSets"
    context = {
        f"{prefix}RecordTypes": sorted({each["Type"] for each in sets}),
        f"{prefix}NormalizedRecordNames": sorted({each["Name"].rstrip(".").lower() for each in sets}),
        f"{prefix}Actions": sorted({each["Action"] for each in asked["ChangeBatch"]["Changes"]}),
    }
    resource = f"arn:aws:route53:::hostedzone/{asked['HostedZoneId']}"
    return [Request(action=prefix, resource=resource, context=context)]


def _on_object(action: str) -> _Reader:
    return lambda asked, _stack, _tags: [
        Request(action=f"s3:{action}", resource=f"arn:aws:s3:::{asked['Bucket']}/{asked['Key']}")
    ]


def _list_uploads(asked: Parameters, _stack: Stack, _tags: Tags) -> list[Request]:
    return [Request(action="s3:ListBucketMultipartUploads", resource=f"arn:aws:s3:::{asked['Bucket']}")]


def _list_bucket(asked: Parameters, _stack: Stack, _tags: Tags) -> list[Request]:
    context = {"s3:prefix": [asked["Prefix"]], "s3:max-keys": [str(asked["MaxKeys"])]}
    return [Request(action="s3:ListBucket", resource=f"arn:aws:s3:::{asked['Bucket']}", context=context)]


_OPERATIONS: Mapping[tuple[str, str], _Reader] = {
    ("dynamodb", "BatchGetItem"): _batch_get,
    ("dynamodb", "GetItem"): _on_table("GetItem"),
    ("dynamodb", "PutItem"): _on_table("PutItem"),
    ("dynamodb", "Query"): _query,
    ("dynamodb", "TransactWriteItems"): _transact_write,
    ("dynamodb", "UpdateItem"): _on_table("UpdateItem"),
    ("ec2", "DescribeImages"): _on_anything("ec2:DescribeImages"),
    ("ec2", "DescribeInstanceTypes"): _on_anything("ec2:DescribeInstanceTypes"),
    ("ec2", "DescribeInstances"): _on_anything("ec2:DescribeInstances"),
    ("ec2", "DescribeSubnets"): _on_anything("ec2:DescribeSubnets"),
    ("ec2", "RunInstances"): _run_instances,
    ("ec2", "TerminateInstances"): _terminate_instances,
    ("lambda", "Invoke"): _invoke,
    ("route53", "ChangeResourceRecordSets"): _change_records,
    ("route53", "ListResourceRecordSets"): _list_records,
    ("s3", "GetObject"): _object,
    ("s3", "CompleteMultipartUpload"): _on_object("PutObject"),
    ("s3", "CreateMultipartUpload"): _on_object("PutObject"),
    ("s3", "ListMultipartUploads"): _list_uploads,
    ("s3", "ListObjectsV2"): _list_bucket,
    ("s3", "ListParts"): _on_object("ListMultipartUploadParts"),
    # by a desktop, with a request that the function has signed: a right of whoever signed it
    ("s3", "UploadPart"): _on_object("PutObject"),
    ("scheduler", "CreateSchedule"): _schedule("CreateSchedule"),
    ("scheduler", "DeleteSchedule"): _schedule("DeleteSchedule"),
    ("scheduler", "UpdateSchedule"): _schedule("UpdateSchedule"),
    ("secretsmanager", "GetSecretValue"): _secret,
    ("service-quotas", "GetServiceQuota"): _quota,
}
