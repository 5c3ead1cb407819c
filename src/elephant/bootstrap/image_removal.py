"""What `elephant aws image` made goes again: builds that go on, images, their snapshots, and what they were made by.

What somebody would miss stays, with all that tells that it is ours. Each step looks at what is there, so a run that was
interrupted is gone on with: snapshots are marked before their image goes, and Image Builder's record of an image goes
before that image, or the next `elephant aws image` would offer one that is not there.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from elephant.adapters.aws.build_role import BuildRole
from elephant.adapters.aws.built_images import BuiltImage, BuiltImages
from elephant.adapters.aws.image_builder import Build, ImageBuilder
from elephant.adapters.aws.image_builder_removal import KeptParts
from elephant.adapters.aws.image_users import ImageUsers
from elephant.adapters.aws.log_groups import delete_log_group
from elephant.bootstrap.desktop_image import SYSTEMS, component_name, recipe_names
from elephant.bootstrap.engineer_clients import EngineerClients
from elephant.bootstrap.installation_file import Installation
from elephant.ports.errors import Temporary

_EVERY_SECONDS = 5.0
_LOOKS_FOR_BUILDS = 240
"""Twenty minutes."""
_LOOKS_AT_SNAPSHOT = 24


@dataclass(frozen=True, slots=True)
class Made:
    """What is there; `parts` are ARNs of Image Builder's, but for builds: each after what is made of it."""

    images: Sequence[BuiltImage]
    builds: Sequence[Build]
    parts: Sequence[str]
    role: str

    @property
    def lines(self) -> list[str]:
        """In words, one for each thing; nothing where there is nothing."""
        lines = [f"the image {image}, {len(image.snapshot_ids)} snapshot(s)" for image in self.images]
        lines += [f"the build {build.arn}, which goes on" for build in self.builds if build.is_ongoing]
        done = sum(not build.is_ongoing for build in self.builds)
        if self.parts or done:
            lines.append(
                f"{done} build(s) and {len(self.parts)} recipes, components and configurations, which are free"
            )
        return [*lines, f"the role and instance profile {self.role}"] if self.role else lines


@dataclass(frozen=True, slots=True)
class ImageRemoval:
    """`left` names what somebody would miss. Every method may raise Temporary and Permanent."""

    installation: Installation
    clients: EngineerClients
    say: Callable[[str], None]
    pause: Callable[[float], None] = time.sleep
    left: list[str] = field(default_factory=list)

    def made(self) -> Made:
        """What is there of it now."""
        recipes = self._parts.recipes(self._recipe_names)
        builds = [build for recipe in recipes for build in self._builder.builds(recipe)]
        components = self._parts.components([component_name(self.installation.stack, system) for system in SYSTEMS])
        parts = [*recipes, *components, *self._parts.configurations(self._recipe_names)]
        images = self._images.found([build.image_id for build in builds if build.image_id])
        return Made(images, builds, parts, self._role.name if self._role.exists() else "")

    def earlier(self, recipe_name: str, newest_id: str) -> list[BuiltImage]:
        """Images of a recipe that were made before the newest one, but for the one that the file names.

        The newest one is that of a clone: another clone may have made one since, which nobody uses yet.
        """
        found = [each for each in self._images.found() if each.name.startswith(f"{recipe_name} ")]
        made_at = next((each.created for each in found if each.id == newest_id), "")
        kept = {newest_id, self.installation.image_id}
        return [each for each in found if each.created <= made_at and each.id not in kept]

    def prune(self, images: Sequence[BuiltImage]) -> None:
        """Remove these, but for those that somebody would miss."""
        self.remove_images(self._unused(images), self.made().builds)

    def remove(self) -> None:
        """Remove all of it; where an image stays, what it was made by stays too."""
        made = self._end_builds(self.made())
        going = self._unused(made.images)
        self.remove_images(going, made.builds)
        if self.left:
            return
        for build in made.builds:
            if build.image_id not in {image.id for image in going}:
                self._parts.delete(build.arn)
        for name in sorted({_name_of(arn) for arn in made.parts if ":image-recipe/" in arn}):
            delete_log_group(self.clients["logs"], f"/aws/imagebuilder/{name}")
        for arn in made.parts:
            self._parts.delete(arn)
        self._role.remove()
        if made.parts or made.role:
            self.say("removed: what the images were made by")

    def remove_images(self, images: Sequence[BuiltImage], builds: Sequence[Build]) -> None:
        """Remove these images with their snapshots and their records; snapshots of earlier runs too."""
        for image in images:
            self._images.mark(image)
            for build in builds:
                if build.image_id == image.id:
                    self._parts.delete(build.arn)
            self._images.deregister(image)
            self.say(f"removed: the image {image}")
        for snapshot_id in self._images.loose_snapshots({image.id for image in images}):
            self._delete_snapshot(snapshot_id)

    def _unused(self, images: Sequence[BuiltImage]) -> list[BuiltImage]:
        users = self._users.of([image.id for image in images])
        self.left.extend(f"the image {each}: {', '.join(users[each.id])}" for each in images if users[each.id])
        return [image for image in images if not users[image.id]]

    def _delete_snapshot(self, snapshot_id: str) -> None:
        for _ in range(_LOOKS_AT_SNAPSHOT):
            if self._images.delete_snapshot(snapshot_id):
                self.say(f"removed: the snapshot {snapshot_id}")
                return
            self.pause(_EVERY_SECONDS)
        self.left.append(f"the snapshot {snapshot_id}: another image uses it")

    def _end_builds(self, made: Made) -> Made:
        for build in made.builds:
            if build.is_ongoing:
                self._parts.cancel(build)
                self.say(f"cancelled: the build {build.arn}")
        for look in range(_LOOKS_FOR_BUILDS):
            if not any(build.is_ongoing for build in made.builds):
                return made
            self.pause(_EVERY_SECONDS if look else 0.0)
            made = self.made()
        raise Temporary("builds of images do not end; Image Builder goes on with that: run the same command again")

    @property
    def _recipe_names(self) -> list[str]:
        return recipe_names(self.installation.stack)

    @property
    def _builder(self) -> ImageBuilder:
        return ImageBuilder(self.clients["imagebuilder"], self.installation.region)

    @property
    def _parts(self) -> KeptParts:
        return KeptParts(self._builder, self.installation.stack)

    @property
    def _images(self) -> BuiltImages:
        return BuiltImages(self.clients["ec2"], self.installation.stack)

    @property
    def _users(self) -> ImageUsers:
        return ImageUsers(self.clients["ec2"], self.clients["cloudformation"])

    @property
    def _role(self) -> BuildRole:
        return BuildRole(self.clients["iam"], self.installation.stack, self.installation.region)


def _name_of(recipe_arn: str) -> str:
    return recipe_arn.partition(":image-recipe/")[2].partition("/")[0]
