"""What `elephant aws image` leaves in an account, without a build: in moto, and in the stand-in for Image Builder."""

from typing import Any

from elephant.bootstrap.desktop_image import component_name, recipe_name
from tests.support.deployment_world import ACCOUNT, REGION, DeploymentWorld
from tests.support.image_builder_stand_in import WAY

ARN = f"arn:aws:imagebuilder:{REGION}:{ACCOUNT}"
ROLE_TRUST = '{"Version": "2012-10-17", "Statement": []}'
READS = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'


class LeftImages:
    """Of the installation of a world."""

    def __init__(self, world: DeploymentWorld) -> None:
        self.world, self.builder = world, world.image_builder
        self.ec2, self.iam, self.logs = (world.client(name) for name in ("ec2", "iam", "logs"))

    @property
    def name(self) -> str:
        return recipe_name(self.world.stack, "ubuntu", "arm64")

    @property
    def role(self) -> str:
        return f"{self.world.stack}-image-{REGION}"

    def build(self, number: int, *, looks: int = len(WAY), **tags: str) -> str:
        """An image of its own recipe and component; the id of EC2's, "" for one that is not done after these looks."""
        ours = {"Project": "Elephant", "Installation": self.world.stack, **tags}
        version = f"1.0.{number}"
        component = f"{ARN}:component/{component_name(self.world.stack, 'ubuntu')}/{version}/1"
        named = {"name": component_name(self.world.stack, "ubuntu"), "version": version, "tags": ours}
        self.builder.components[component] = named
        used = [{"componentArn": component}]
        recipe = {"name": self.name, "components": used, "tags": ours}
        self.builder.recipes[f"{ARN}:image-recipe/{self.name}/{version}"] = recipe
        for kind, known in (
            ("infrastructure", self.builder.infrastructures),
            ("distribution", self.builder.distributions),
        ):
            known[f"{ARN}:{kind}-configuration/{self.name}"] = {"name": self.name, "tags": ours}
        arn = f"{ARN}:image/{self.name}/{version}/1"
        self.builder.images[arn] = {"arn": arn, "version": version, "looks": looks}
        if looks < len(WAY):
            return ""
        ami = self.register(f"{self.name} 2026-11-0{number}", **ours)
        self.builder.images[arn]["ami"] = ami
        return ami

    def register(self, name: str, **tags: str) -> str:
        """An image of EC2 with a snapshot."""
        ami: str = self.ec2.register_image(Name=name)["ImageId"]
        self.ec2.create_tags(Resources=[ami], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
        return ami

    def make_role(self, installation: str = "") -> None:
        """The role with its profile and policies, and the log of the builds."""
        tags = [{"Key": "Installation", "Value": installation or self.world.stack}]
        self.iam.create_role(RoleName=self.role, AssumeRolePolicyDocument=ROLE_TRUST, Tags=tags)
        self.iam.put_role_policy(RoleName=self.role, PolicyName="bundle", PolicyDocument=READS)
        policy = self.iam.create_policy(PolicyName=self.role, PolicyDocument=READS)["Policy"]["Arn"]
        self.iam.attach_role_policy(RoleName=self.role, PolicyArn=policy)
        self.iam.create_instance_profile(InstanceProfileName=self.role, Tags=tags)
        self.iam.add_role_to_instance_profile(InstanceProfileName=self.role, RoleName=self.role)
        self.logs.create_log_group(logGroupName=f"/aws/imagebuilder/{self.name}")

    def snapshots_of(self, ami: str) -> list[str]:
        (image,) = self.ec2.describe_images(ImageIds=[ami])["Images"]
        return [each["Ebs"]["SnapshotId"] for each in image["BlockDeviceMappings"]]

    def are_there(self, *images: str) -> list[str]:
        found = self.ec2.describe_images(Filters=[{"Name": "image-id", "Values": list(images)}])["Images"]
        return [each for each in images if each in {image["ImageId"] for image in found}]

    def snapshots_there(self, *snapshots: str) -> list[str]:
        found = {each["SnapshotId"] for each in self.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}
        return [each for each in snapshots if each in found]

    def rest(self) -> dict[str, Any]:
        """How many there are of everything else."""
        profiles = self.iam.list_instance_profiles()["InstanceProfiles"]
        groups = self.logs.describe_log_groups(logGroupNamePrefix=f"/aws/imagebuilder/{self.world.stack}")
        has = self.builder
        parts = (has.images, has.recipes, has.components, has.infrastructures, has.distributions)
        return {
            "parts": [sum(f"/{self.world.stack}-desktop-" in arn for arn in kind) for kind in parts],
            "role": self.role in [each["RoleName"] for each in self.iam.list_roles()["Roles"]],
            "profile": self.role in [each["InstanceProfileName"] for each in profiles],
            "logs": len(groups["logGroups"]),
        }


NOTHING = {"parts": [0] * 5, "role": False, "profile": False, "logs": 0}
