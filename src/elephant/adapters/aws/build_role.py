"""What the machines that Image Builder builds with may do: its own rights, and to read our files.

The two policies are AWS's own for this ("Image Builder prerequisites", IAM); the third lets the build fetch its bundle.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from elephant.adapters.aws.errors import code_of, translating
from elephant.ports.errors import Permanent, Temporary

AWS_POLICIES = ("EC2InstanceProfileForImageBuilder", "AmazonSSMManagedInstanceCore")
_LONGEST_NAME = 64
_EXISTS, _MISSING = "EntityAlreadyExists", "NoSuchEntity"
_MARK = "Installation"


@dataclass(frozen=True, slots=True)
class BuildRole:
    """A role and the instance profile of the same name, for one stack in one region.

    Every method may raise Temporary and Permanent; `client` is IAM's.
    """

    client: Any
    stack: str
    region: str
    partition: str = "aws"

    @property
    def name(self) -> str:
        """The role's, and the profile's."""
        return f"{self.stack}-image-{self.region}"

    def ensure(self, bucket: str, prefix: str) -> bool:
        """Have both as they should be; True where the profile is new, which other services see only in a while.

        Raises Permanent where somebody else has a role of that name.
        """
        if len(self.name) > _LONGEST_NAME:
            raise Permanent(f"{self.name} is longer than the {_LONGEST_NAME} characters of a role's name")
        with translating("iam", f"the role {self.name}"):
            if not self._make(self._create_role):
                self._refuse_foreign()
            for policy in AWS_POLICIES:
                arn = f"arn:{self.partition}:iam::aws:policy/{policy}"
                self.client.attach_role_policy(RoleName=self.name, PolicyArn=arn)
            document = json.dumps(_reads(self.partition, bucket, prefix), sort_keys=True)
            self.client.put_role_policy(RoleName=self.name, PolicyName="bundle", PolicyDocument=document)
        with translating("iam", f"the instance profile {self.name}"):
            is_new = self._make(
                lambda: self.client.create_instance_profile(InstanceProfileName=self.name, Tags=self._tags)
            )
            profile = self.client.get_instance_profile(InstanceProfileName=self.name)["InstanceProfile"]
            if self.name not in [role["RoleName"] for role in profile.get("Roles", [])]:
                self.client.add_role_to_instance_profile(InstanceProfileName=self.name, RoleName=self.name)
        return is_new

    def exists(self) -> bool:
        """Whether the role or the profile of it is there, and ours."""
        return self._is_ours("role") or self._is_ours("instance profile")

    def remove(self) -> None:
        """Remove the profile and the role, if they are there; somebody else's of that name stays."""
        with translating("iam", f"the instance profile {self.name}"):
            if self._is_ours("instance profile"):
                profile = self.client.get_instance_profile(InstanceProfileName=self.name)["InstanceProfile"]
                for role in profile.get("Roles", []):
                    self.client.remove_role_from_instance_profile(
                        InstanceProfileName=self.name, RoleName=role["RoleName"]
                    )
                self.client.delete_instance_profile(InstanceProfileName=self.name)
        with translating("iam", f"the role {self.name}"):
            if self._is_ours("role"):
                attached = self.client.list_attached_role_policies(RoleName=self.name)["AttachedPolicies"]
                for policy in attached:
                    self.client.detach_role_policy(RoleName=self.name, PolicyArn=policy["PolicyArn"])
                for name in self.client.list_role_policies(RoleName=self.name)["PolicyNames"]:
                    self.client.delete_role_policy(RoleName=self.name, PolicyName=name)
                self.client.delete_role(RoleName=self.name)

    def _is_ours(self, kind: str) -> bool:
        with translating("iam", f"the {kind} {self.name}"):
            try:
                if kind == "role":
                    answer, part = self.client.get_role(RoleName=self.name), "Role"
                else:
                    answer, part = self.client.get_instance_profile(InstanceProfileName=self.name), "InstanceProfile"
            except ClientError as error:
                if code_of(error) != _MISSING:
                    raise
                return False
        if part not in answer:
            raise Temporary(f"the {kind} {self.name}: the answer is not whole")
        return {"Key": _MARK, "Value": self.stack} in answer[part].get("Tags", [])

    def _create_role(self) -> None:
        self.client.create_role(
            RoleName=self.name,
            AssumeRolePolicyDocument=json.dumps(_TRUST, sort_keys=True),
            Description="EC2 Image Builder builds and tests Elephant's desktops with it.",
            Tags=self._tags,
        )

    def _make(self, create: Callable[[], object]) -> bool:
        try:
            create()
        except ClientError as error:
            if code_of(error) != _EXISTS:
                raise
            return False
        return True

    def _refuse_foreign(self) -> None:
        role: Mapping[str, Any] = self.client.get_role(RoleName=self.name)["Role"]
        if {"Key": _MARK, "Value": self.stack} not in role.get("Tags", []):
            raise Permanent(
                f"there is a role {self.name} that is none of ours (it lacks the tag {_MARK}={self.stack}): rename it,"
                " or tag it so if it shall be used"
            )

    @property
    def _tags(self) -> list[dict[str, str]]:
        return [{"Key": "Project", "Value": "Elephant"}, {"Key": _MARK, "Value": self.stack}]


_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


def _reads(partition: str, bucket: str, prefix: str) -> Mapping[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": f"arn:{partition}:s3:::{bucket}/{prefix}*",
            }
        ],
    }
