"""The images that a stack's desktops start from, with the snapshots that they cost: found, and removed.

An image is ours by its tags, which Image Builder gives it, and by its name or by our mark. Its snapshots are marked
before it goes, so that whoever comes after an interruption still knows them. Sources: the EC2 API reference
(DescribeImages, DeregisterImage, DeleteSnapshot) and "Deregister your AMI".
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from elephant.adapters.aws.errors import code_of, translating
from elephant.ports.errors import Temporary

_MARK = "DesktopImage"
"""A tag of an image that goes, and of its snapshots: the image's id."""
_GONE = ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable")
_NO_SNAPSHOT, _USED_SNAPSHOT = "InvalidSnapshot.NotFound", "InvalidSnapshot.InUse"


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """An image of EC2; `created` is EC2's text, which sorts by time. `is_marked`: with all of its snapshots."""

    id: str
    name: str
    created: str
    snapshot_ids: tuple[str, ...]
    is_marked: bool = False

    def __str__(self) -> str:
        """As people shall read it."""
        return f"{self.id} ({self.name})"


@dataclass(frozen=True, slots=True)
class BuiltImages:
    """Those of one stack; `client` is EC2's. Every method may raise Temporary and Permanent. What is gone is fine."""

    client: Any
    stack: str

    def found(self, outputs: Collection[str] = ()) -> list[BuiltImage]:
        """Every image of ours, the oldest first; `outputs` are others that Image Builder says are of our builds."""
        tagged = [
            each
            for each in self._described(_tagged(self.stack))
            if str(each.get("Name", "")).startswith(f"{self.stack}-desktop-") or _MARK in _tags(each)
        ]
        known = {each["ImageId"] for each in tagged}
        more = sorted(set(outputs) - known)
        untagged = self._described([{"Name": "image-id", "Values": more}]) if more else []
        return sorted((_image(each) for each in [*tagged, *untagged]), key=lambda image: (image.created, image.id))

    def mark(self, image: BuiltImage) -> None:
        """Let it and its snapshots be known as ours, also when it is gone."""
        if image.is_marked:
            return
        tags = {"Project": "Elephant", "Installation": self.stack, _MARK: image.id}
        with translating("ec2", f"the image {image}"):
            self.client.create_tags(
                Resources=[image.id, *image.snapshot_ids],
                Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            )

    def deregister(self, image: BuiltImage) -> None:
        """Nothing can be started from it any more; what runs goes on."""
        with translating("ec2", f"the image {image}"):
            try:
                self.client.deregister_image(ImageId=image.id)
            except ClientError as error:
                if code_of(error) not in _GONE:
                    raise

    def loose_snapshots(self, gone: Collection[str]) -> list[str]:
        """Marked snapshots whose image is gone; `gone` are images that EC2 may still show for a moment."""
        snapshots = {each["SnapshotId"]: _tags(each)[_MARK] for each in self._marked_snapshots()}
        there = {image.id for image in self.found()} - set(gone) if snapshots else set()
        return sorted(name for name, image_id in snapshots.items() if image_id not in there)

    def delete_snapshot(self, snapshot_id: str) -> bool:
        """For good; False where an image uses it, maybe one that went a moment ago."""
        with translating("ec2", f"the snapshot {snapshot_id}"):
            try:
                self.client.delete_snapshot(SnapshotId=snapshot_id)
            except ClientError as error:
                if code_of(error) == _USED_SNAPSHOT:
                    return False
                if code_of(error) != _NO_SNAPSHOT:
                    raise
        return True

    def _described(self, wanted: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        with translating("ec2", f"the images of {self.stack}"):
            answer = self.client.describe_images(
                Owners=["self"], Filters=list(wanted), IncludeDeprecated=True, IncludeDisabled=True
            )
        if "Images" not in answer:
            raise Temporary("EC2: the answer about images is not whole")
        return [each for each in answer["Images"] if each.get("State") != "deregistered"]

    def _marked_snapshots(self) -> Iterator[Mapping[str, Any]]:
        wanted = [*_tagged(self.stack), {"Name": "tag-key", "Values": [_MARK]}]
        following: dict[str, str] = {}
        while True:
            with translating("ec2", f"the snapshots of {self.stack}"):
                page = self.client.describe_snapshots(OwnerIds=["self"], Filters=wanted, **following)
            if "Snapshots" not in page:
                raise Temporary("EC2: the answer about snapshots is not whole")
            yield from page["Snapshots"]
            if not page.get("NextToken"):
                return
            following = {"NextToken": page["NextToken"]}


def _tagged(stack: str) -> list[dict[str, Any]]:
    return [{"Name": "tag:Project", "Values": ["Elephant"]}, {"Name": "tag:Installation", "Values": [stack]}]


def _tags(described: Mapping[str, Any]) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in described.get("Tags", [])}


def _image(described: Mapping[str, Any]) -> BuiltImage:
    disks = (each.get("Ebs", {}).get("SnapshotId", "") for each in described.get("BlockDeviceMappings", []))
    return BuiltImage(
        id=str(described["ImageId"]),
        name=str(described.get("Name", "")),
        created=str(described.get("CreationDate", "")),
        snapshot_ids=tuple(str(each) for each in disks if each),
        is_marked=_MARK in _tags(described),
    )
