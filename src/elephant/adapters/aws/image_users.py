"""Who would miss an image: machines, stacks, launch templates, other accounts.

EC2 deregisters an image whoever uses it; its machines run on, and nothing can be started from it any more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from elephant.adapters.aws.errors import translating
from elephant.ports.errors import Temporary

_THERE = ["pending", "running", "stopping", "stopped"]


@dataclass(frozen=True, slots=True)
class ImageUsers:
    """In one region of one account; every method may raise Temporary and Permanent."""

    ec2: Any
    cloudformation: Any

    def of(self, image_ids: Sequence[str]) -> dict[str, list[str]]:
        """Who would miss each image, in a few words each; an empty list where nobody would."""
        found: dict[str, list[str]] = {image_id: [] for image_id in image_ids}
        if found:
            uses = (*self._machines(image_ids), *self._stacks(), *self._templates(), *self._accounts(image_ids))
            for texts, user in uses:
                for image_id in image_ids:
                    if image_id in texts and user not in found[image_id]:
                        found[image_id].append(user)
        return found

    def _machines(self, image_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        wanted = [
            {"Name": "image-id", "Values": list(image_ids)},
            {"Name": "instance-state-name", "Values": _THERE},
        ]
        for reservation in self._listed("describe_instances", "Reservations", Filters=wanted):
            for machine in reservation["Instances"]:
                yield machine["ImageId"], f"the machine {machine['InstanceId']}"

    def _stacks(self) -> Iterator[tuple[str, str]]:
        following: dict[str, str] = {}
        while True:
            with translating("cloudformation", "the stacks"):
                page = self.cloudformation.describe_stacks(**following)
            if "Stacks" not in page:
                raise Temporary("CloudFormation: the answer about stacks is not whole")
            for stack in page["Stacks"]:
                for each in stack.get("Parameters", []):
                    told = f"{each.get('ParameterValue', '')} {each.get('ResolvedValue', '')}"
                    yield told, f"the stack {stack['StackName']}"
            if not page.get("NextToken"):
                return
            following = {"NextToken": page["NextToken"]}

    def _templates(self) -> Iterator[tuple[str, str]]:
        for template in self._listed("describe_launch_templates", "LaunchTemplates"):
            versions = self._listed(
                "describe_launch_template_versions",
                "LaunchTemplateVersions",
                LaunchTemplateId=template["LaunchTemplateId"],
            )
            for each in versions:
                told = each.get("LaunchTemplateData", {}).get("ImageId", "")
                yield told, f"the launch template {template['LaunchTemplateName']}"

    def _accounts(self, image_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        for image_id in image_ids:
            with translating("ec2", f"the image {image_id}"):
                answer = self.ec2.describe_image_attribute(ImageId=image_id, Attribute="launchPermission")
            if "LaunchPermissions" not in answer:
                raise Temporary("EC2: the answer about who may use an image is not whole")
            for each in answer["LaunchPermissions"]:
                yield image_id, f"it is shared with {next(iter(each.values()), 'others')}"

    def _listed(self, operation: str, field: str, **request: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401
        following: dict[str, str] = {}
        while True:
            with translating("ec2", f"the users of images ({field})"):
                page = getattr(self.ec2, operation)(**request, **following)
            if field not in page:
                raise Temporary(f"EC2: the answer to {operation} is not whole")
            yield from page[field]
            if not page.get("NextToken"):
                return
            following = {"NextToken": page["NextToken"]}
