"""From a clone to an image on AWS: what has to be there first, the build, and watching it.

Every step looks at what is there first, so a run that was interrupted anywhere is made good by the next one, and a
second one beside it watches the same build.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from elephant.adapters.aws.build_role import BuildRole
from elephant.adapters.aws.errors import translating
from elephant.adapters.aws.image_builder import Build, ImageBuilder
from elephant.bootstrap.aws_deployment import artifact_bucket
from elephant.bootstrap.desktop_image import PREFIX, DesktopImage
from elephant.bootstrap.engineer_clients import EngineerClients
from elephant.bootstrap.installation_file import Installation
from elephant.ports.errors import Permanent, Temporary

_EVERY_SECONDS = 15.0
_STILL_SECONDS = 300.0
_PATIENCE_SECONDS = 4 * 3600.0
_TROUBLE_IN_A_ROW = 20
_PROFILE_TRIES, _PROFILE_PAUSE_SECONDS = 12, 5.0


@dataclass(frozen=True, slots=True)
class ImageBuild:
    """Every method may raise Temporary and Permanent; `say` is told in words what goes on."""

    image: DesktopImage
    installation: Installation
    clients: EngineerClients
    say: Callable[[str], None]
    pause: Callable[[float], None] = time.sleep
    now_seconds: Callable[[], float] = time.monotonic

    @property
    def builder(self) -> ImageBuilder:
        """Image Builder in the installation's region."""
        return ImageBuilder(self.clients["imagebuilder"], self.installation.region)

    @property
    def role(self) -> BuildRole:
        """The role that the build's machines have."""
        return BuildRole(self.clients["iam"], self.installation.stack, self.installation.region)

    def begin(self, *, again: bool) -> Build:
        """The build of this very image: the one that goes on or is done, or a new one.

        One that failed, or any where `again` is wanted, is begun anew.
        """
        bucket = artifact_bucket(self.installation, self.clients)
        bucket.make(self.installation.region)
        was_put = bucket.put_once(self.image.bundle_key, self.image.bundle)
        self.say(f"{'uploaded' if was_put else 'is there already'}: the bundle, {self.image.bundle_key}")
        is_new = self.role.ensure(bucket.name, PREFIX)
        component = self.builder.component(self.image.component())
        recipe = self.builder.recipe(self.image.recipe(component, bucket.name))
        infrastructure = self._infrastructure(is_new=is_new)
        distribution = self.builder.distribution(self.image.distribution())
        self.say(f"recipe: {recipe}")
        newest = self.builder.newest_build(recipe)
        if newest is not None and (newest.is_ongoing or (newest.is_there and not again)):
            return newest
        # the same for whoever tries the same again, and another after each build
        token = hashlib.sha256(f"{recipe} after {newest.arn if newest else 'none'}".encode()).hexdigest()
        return Build(self.builder.start(recipe, infrastructure, distribution, token), "PENDING")

    def watch(self, build: Build) -> Build:
        """Wait until it is there.

        Raises Permanent where it failed, with where and why, and Temporary where it takes too long or cannot be looked
        at; the build goes on by itself then.
        """
        began = said_at = self.now_seconds()
        said, trouble = "", 0
        while True:
            try:
                found = self.builder.look(build.arn)
                step = self.builder.step(build.arn) if found.is_ongoing else ""
            except Temporary as error:
                trouble += 1
                if trouble > _TROUBLE_IN_A_ROW:
                    raise
                self.say(f"cannot look just now: {error}")
                self.pause(_EVERY_SECONDS)
                continue
            trouble, now = 0, self.now_seconds()
            words = f"{found.status.lower()}{f', {step}' if step else ''}"
            if words != said or now - said_at >= _STILL_SECONDS:
                self.say(f"{_minutes(now - began)}  {words}")
                said, said_at = words, now
            if not found.is_ongoing:
                return self._end_of(found)
            if now - began > _PATIENCE_SECONDS:
                raise Temporary(f"{build.arn} is still {found.status}; the same command watches it again")
            self.pause(_EVERY_SECONDS)

    def _end_of(self, build: Build) -> Build:
        if build.is_there:
            return build
        if build.status == "AVAILABLE":
            raise Permanent(f"{build.arn} is there, but not in {self.installation.region}")
        group, stream = build.log
        raise Permanent(
            f"the image is {build.status}: {build.failure or 'Image Builder does not say why'}. The log: `aws logs tail"
            f" {group} --log-stream-names {stream} --region {self.installation.region}`"
        )

    def _infrastructure(self, *, is_new: bool) -> str:
        request = self.image.infrastructure(self.role.name)
        for _ in range(_PROFILE_TRIES if is_new else 0):
            try:
                return self.builder.infrastructure(request)
            except Permanent as error:
                if "rofile" not in str(error):
                    raise
                self.say("the instance profile is new, and Image Builder does not see it yet")
                self.pause(_PROFILE_PAUSE_SECONDS)
        return self.builder.infrastructure(request)


def in_subnet(image: DesktopImage, clients: EngineerClients, subnet_id: str) -> DesktopImage:
    """The image, built in this subnet and its VPC's default security group: all the way out, no way in."""
    with translating("ec2", f"the subnet {subnet_id}"):
        subnets = clients["ec2"].describe_subnets(SubnetIds=[subnet_id]).get("Subnets", [])
        vpc_id = next((each["VpcId"] for each in subnets), "")
        named = [{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": "group-name", "Values": ["default"]}]
        groups = clients["ec2"].describe_security_groups(Filters=named).get("SecurityGroups", []) if vpc_id else []
    if not groups:
        raise Temporary(f"the subnet {subnet_id}: the answer about its VPC is not whole")
    return replace(image, subnet_id=subnet_id, security_group_ids=tuple(each["GroupId"] for each in groups))


def _minutes(seconds: float) -> str:
    return f"{seconds // 60:4.0f}:{seconds % 60:02.0f}"
