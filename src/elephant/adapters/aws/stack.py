"""A stack as CloudFormation has it: its state, what it was told, and what it made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from elephant.adapters.aws.ec2_instances import whole
from elephant.adapters.aws.errors import code_of, translating
from elephant.ports.errors import Permanent


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedStack:
    """`parameters` and `outputs` by name; `resources` are physical ids, and `kinds` types, by logical name."""

    name: str
    status: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    resources: Mapping[str, str]
    kinds: Mapping[str, str]

    def of_kind(self, kind: str) -> list[str]:
        """The physical ids of all resources of a type."""
        return [self.resources[name] for name, each in self.kinds.items() if each == kind]


def read_stack(client: Any, name: str) -> DeployedStack:  # noqa: ANN401  CloudFormation's
    """The stack of that name. Raises Temporary, and Permanent, also where there is none."""
    resource = f"the stack {name}"
    with translating("cloudformation", resource):
        try:
            answer = client.describe_stacks(StackName=name)
        except ClientError as error:
            # what DescribeStacks answers for a stack that does not exist, or no longer
            if code_of(error) != "ValidationError":
                raise
            raise Permanent(f"{resource} does not exist in this region and account") from error
        pages = list(client.get_paginator("list_stack_resources").paginate(StackName=name))
    with whole("DescribeStacks"):
        stack = answer["Stacks"][0]
        listed = [each for page in pages for each in page["StackResourceSummaries"]]
        made = [each for each in listed if each.get("PhysicalResourceId")]
        return DeployedStack(
            name=name,
            status=stack["StackStatus"],
            parameters={each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])},
            outputs={each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])},
            resources={each["LogicalResourceId"]: each["PhysicalResourceId"] for each in made},
            kinds={each["LogicalResourceId"]: each["ResourceType"] for each in made},
        )
