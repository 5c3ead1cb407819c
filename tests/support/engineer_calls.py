"""What an engineer's commands ask of AWS, as IAM sees it: each call that they make in a test, and what it takes.

Where the name of an operation is not that of its action, or it takes further ones, that is from the Service
Authorization Reference ("API operations defined by ..."); for Image Builder from the permissions that its own resource
types in CloudFormation name for their handlers, those of features aside that are not used here (containers, workflows,
keys of one's own), and from AWS's policy AWSImageBuilderFullAccess. `sts:GetCallerIdentity` takes no right.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from botocore.client import BaseClient

from tests.support.iam import Request
from tests.support.service_authorization import kinds_of_resource
from tests.support.stack import ACCOUNT, REGION

Parameters = Mapping[str, Any]
Tags = Callable[[str], Mapping[str, str]]
_SERVICES = {"service-quotas": "servicequotas"}
_NO_RIGHT = {("sts", "GetCallerIdentity")}
_ACTIONS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("cloudformation", "CreateChangeSet"): ("CreateChangeSet", "TagResource"),
    ("iam", "CreateInstanceProfile"): ("CreateInstanceProfile", "TagInstanceProfile"),
    ("iam", "CreateRole"): ("CreateRole", "TagRole"),
    ("imagebuilder", "CreateComponent"): ("CreateComponent", "GetComponent", "TagResource"),
    ("imagebuilder", "CreateDistributionConfiguration"): (
        *("CreateDistributionConfiguration", "GetDistributionConfiguration", "TagResource"),
    ),
    ("imagebuilder", "CreateImage"): ("CreateImage", "TagResource"),
    ("imagebuilder", "CreateImageRecipe"): ("CreateImageRecipe", "GetImageRecipe", "TagResource"),
    ("imagebuilder", "CreateInfrastructureConfiguration"): (
        *("CreateInfrastructureConfiguration", "GetInfrastructureConfiguration", "TagResource"),
    ),
    ("s3", "HeadBucket"): ("ListBucket",),
    ("s3", "HeadObject"): ("GetObject",),
    ("s3", "ListObjectVersions"): ("ListBucketVersions",),
    ("s3", "ListObjectsV2"): ("ListBucket",),
    ("s3", "PutBucketEncryption"): ("PutEncryptionConfiguration",),
    ("s3", "PutBucketLifecycleConfiguration"): ("PutLifecycleConfiguration",),
    ("s3", "PutPublicAccessBlock"): ("PutBucketPublicAccessBlock",),
    ("secretsmanager", "CreateSecret"): ("CreateSecret", "TagResource"),
}
_SERVERLESS = f"arn:aws:cloudformation:{REGION}:aws:transform/Serverless-2016-10-31"
_SERVICE_ROLE = "role/aws-service-role/imagebuilder.amazonaws.com/AWSServiceRoleForImageBuilder"
_IMAGE_PARTS = {
    "component": "component",
    "distributionConfiguration": "distribution-configuration",
    "imageRecipe": "image-recipe",
    "infrastructureConfiguration": "infrastructure-configuration",
}


@contextlib.contextmanager
def asking(tags_of: Tags) -> Iterator[list[Request]]:
    """All that is asked of AWS within the block, but for what stand-ins ask in threads of their own.

    `tags_of` knows the tags of a resource of EC2 by its id, as they are at the time of the call.
    """
    found: list[Request] = []
    api_call: Any = getattr(BaseClient, "_make_api_call")  # noqa: B009  the stubs have no such name

    def note(client: BaseClient, name: str, parameters: Parameters) -> Any:  # noqa: ANN401  any answer
        if "process_request_thread" not in threading.current_thread().name:
            service = client.meta.service_model.service_name
            found.extend(each for each in requests_of(service, name, parameters, tags_of) if each not in found)
        return api_call(client, name, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", note)
        yield found


def requests_of(service: str, operation: str, asked: Parameters, tags_of: Tags) -> list[Request]:
    """What one call takes; KeyError for an action that there is not, and for a call that this module cannot read."""
    if (service, operation) in _NO_RIGHT:
        return []
    prefix = _SERVICES.get(service, service)
    if operation in {"BatchGetItem", "DeleteObjects", "CreateTags"}:
        return _several(operation, asked, tags_of)
    actions = _ACTIONS.get((service, operation), (operation,))
    found = []
    for action in (f"{prefix}:{each}" for each in actions):
        arn = _RESOURCES[service](operation, asked) if kinds_of_resource(action) else "*"
        found.append(Request(action=action, resource=arn, context=_tags_as_context(arn, tags_of)))
    return [*found, *_more(operation, asked)]


def _several(operation: str, asked: Parameters, tags_of: Tags) -> list[Request]:
    """Of one call on several resources."""
    if operation == "BatchGetItem":
        return [Request(action="dynamodb:BatchGetItem", resource=_table(each)) for each in asked["RequestItems"]]
    if operation == "CreateTags":
        arns = [_ec2(each) for each in asked["Resources"]]
        return [Request(action="ec2:CreateTags", resource=arn, context=_tags_as_context(arn, tags_of)) for arn in arns]
    actions = {True: "s3:DeleteObjectVersion", False: "s3:DeleteObject"}
    return [
        Request(action=actions["VersionId" in each], resource=f"arn:aws:s3:::{asked['Bucket']}/{each['Key']}")
        for each in asked["Delete"]["Objects"]
    ]


def _more(operation: str, asked: Parameters) -> list[Request]:
    """What a call takes on other resources than its own."""
    if operation == "CreateChangeSet":
        bucket, _, key = asked["TemplateURL"].removeprefix("https://").partition("/")
        template = f"arn:aws:s3:::{bucket.partition('.')[0]}/{key}"
        return [
            Request(action="cloudformation:CreateChangeSet", resource=_SERVERLESS),
            Request(action="s3:GetObject", resource=template),
        ]
    if operation == "AddRoleToInstanceProfile":
        return [_pass_role(asked["RoleName"])]
    if operation in {"CreateInfrastructureConfiguration", "UpdateInfrastructureConfiguration"}:
        profile = asked["instanceProfileName"]
        return [
            # our role and its profile have one name
            _pass_role(profile),
            Request(action="iam:GetRole", resource=_iam("role", profile)),
            Request(action="iam:GetInstanceProfile", resource=_iam("instance-profile", profile)),
        ]
    if operation == "CreateImageRecipe":
        used = [each["componentArn"] for each in asked["components"]]
        return [
            Request(action="ec2:DescribeImages", resource="*"),
            *(Request(action="imagebuilder:GetComponent", resource=each) for each in used),
        ]
    if operation == "CreateImage":
        service_role = {"iam:AWSServiceName": ["imagebuilder.amazonaws.com"]}
        return [
            Request(action="imagebuilder:GetImageRecipe", resource=asked["imageRecipeArn"]),
            Request(
                action="imagebuilder:GetInfrastructureConfiguration", resource=asked["infrastructureConfigurationArn"]
            ),
            Request(action="imagebuilder:GetDistributionConfiguration", resource=asked["distributionConfigurationArn"]),
            Request(
                action="iam:CreateServiceLinkedRole",
                resource=f"arn:aws:iam::{ACCOUNT}:{_SERVICE_ROLE}",
                context=service_role,
            ),
        ]
    return []


def _pass_role(name: str) -> Request:
    return Request(
        action="iam:PassRole", resource=_iam("role", name), context={"iam:PassedToService": ["ec2.amazonaws.com"]}
    )


def _tags_as_context(arn: str, tags_of: Tags) -> Mapping[str, list[str]]:
    if not arn.startswith("arn:aws:ec2:"):
        return {}
    return {f"aws:ResourceTag/{key}": [value] for key, value in tags_of(arn.rpartition("/")[2]).items()}


# --- resources --------------------------------------------------------------------------------------------------------


def _arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


def _table(name: str) -> str:
    return _arn("dynamodb", f"table/{name}")


def _iam(kind: str, name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def _ec2(resource_id: str) -> str:
    """Images and snapshots are named without an account."""
    kinds = {"ami": "image", "i": "instance", "snap": "snapshot"}
    kind = kinds[resource_id.partition("-")[0]]
    return f"arn:aws:ec2:{REGION}:{ACCOUNT if kind == 'instance' else ''}:{kind}/{resource_id}"


def _of_ec2(_operation: str, asked: Parameters) -> str:
    ids = asked.get("InstanceIds", [asked.get("ImageId") or asked.get("SnapshotId")])
    (only,) = ids
    return _ec2(str(only))


def _of_stack(_operation: str, asked: Parameters) -> str:
    """A stack by its name or its ARN; every one of the account where none is named."""
    name = asked.get("StackName", "")
    if not name:
        return "*"
    return name if name.startswith("arn:") else _arn("cloudformation", f"stack/{name}/1-2-3-4-5")


def _of_iam(operation: str, asked: Parameters) -> str:
    if "InstanceProfile" in operation:
        return _iam("instance-profile", asked["InstanceProfileName"])
    return _iam("role", asked["RoleName"])


def _of_image_builder(operation: str, asked: Parameters) -> str:
    if operation == "CreateImage":
        return str(asked["imageRecipeArn"]).replace(":image-recipe/", ":image/") + "/1"
    if operation == "ListWorkflowStepExecutions":
        return _arn("imagebuilder", f"workflow-execution/{asked['workflowExecutionId']}")
    if operation.startswith("Create"):
        part = operation.removeprefix("Create")
        return _arn("imagebuilder", f"{_IMAGE_PARTS[part[0].lower() + part[1:]]}/{asked['name']}")
    if operation.startswith("Update"):
        part = operation.removeprefix("Update")
        return str(asked[f"{part[0].lower()}{part[1:]}Arn"])
    (arn,) = [value for key, value in asked.items() if key.endswith("Arn")]
    return str(arn)


def _of_secret(_operation: str, asked: Parameters) -> str:
    name = asked.get("SecretId") or asked["Name"]
    return str(name) if name.startswith("arn:") else _arn("secretsmanager", f"secret:{name}-AbCdEf")


def _of_zone(operation: str, asked: Parameters) -> str:
    """Ids come with what they are ids of before them, or without."""
    kind = "change" if operation == "GetChange" else "hostedzone"
    found = asked.get("HostedZoneId") or asked["Id"]
    return f"arn:aws:route53:::{kind}/{found.rpartition('/')[2]}"


_RESOURCES: Mapping[str, Callable[[str, Parameters], str]] = {
    "cloudformation": _of_stack,
    "cloudfront": lambda _, asked: f"arn:aws:cloudfront::{ACCOUNT}:distribution/{asked['DistributionId']}",
    "cloudwatch": lambda _, asked: _arn("cloudwatch", f"alarm:{asked['AlarmNames'][0]}"),
    "dynamodb": lambda _, asked: (
        _table(asked["TableName"]) + (f"/index/{asked['IndexName']}" if "IndexName" in asked else "")
    ),
    "ec2": _of_ec2,
    "iam": _of_iam,
    "imagebuilder": _of_image_builder,
    "lambda": lambda _, asked: _arn("lambda", f"function:{asked['FunctionName']}"),
    "logs": lambda _, asked: _arn("logs", f"log-group:{asked['logGroupName']}"),
    "route53": _of_zone,
    "s3": lambda _, asked: f"arn:aws:s3:::{asked['Bucket']}" + (f"/{asked['Key']}" if "Key" in asked else ""),
    "scheduler": lambda _, asked: _arn("scheduler", f"schedule/{asked['GroupName']}/{asked['Name']}"),
    "secretsmanager": _of_secret,
    "service-quotas": lambda _, asked: _arn("servicequotas", f"{asked['ServiceCode']}/{asked['QuotaCode']}"),
    "sqs": lambda _, asked: _arn("sqs", asked["QueueUrl"].rpartition("/")[2]),
}
