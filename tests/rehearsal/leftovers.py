"""Everything that costs money or leads somewhere, looked for where it would be."""

from pathlib import Path
from typing import TYPE_CHECKING

from tests.rehearsal.functions import Functions
from tests.rehearsal.installation import Installation
from tests.rehearsal.machines import Machines
from tests.support.aws_server import AwsServer
from tests.support.bind_server import BindServer
from tests.support.recording_check import probe
from tests.support.watched_schedules import standing

if TYPE_CHECKING:
    from tests.rehearsal.region import Region
    from tests.support.ec2_rules import Ec2Rules


def leftovers(
    server: AwsServer,
    rules: "Ec2Rules",
    name_server: BindServer,
    functions: Functions,
    region: "Region",
    machines: Machines,
    installation: Installation,
) -> dict[str, list[str]]:
    """What is left of each kind; all empty when nothing is."""
    scheduler = server.client("scheduler")
    return {
        "machines": [each.id for each in rules.instances if each.state != "terminated"],
        "DNS records": sorted(f"{name} {kind}" for name, kind, _ in name_server.content()),
        "schedules": [each.name for each in standing(scheduler, installation.schedule_group)],
        "dead letters": [f"{name} {event}" for name, event in functions.dead_letters],
        "stream records given up": [each["dynamodb"]["SequenceNumber"] for each in region.stream.abandoned],
        "unfinished uploads": _unfinished_uploads(server, installation),
        "agents": machines.alive(),
    }


def recordings(server: AwsServer, installation: Installation, folder: Path) -> list[str]:
    """What is in the bucket of the recordings; every segment is fetched and decoded from its beginning to its end."""
    s3 = server.client("s3")
    told = []
    for each in s3.list_objects_v2(Bucket=installation.recordings_bucket).get("Contents", []):
        what = f"{each['Key']}, {each['Size']} bytes"
        if each["Key"].endswith(".mkv"):
            segment = folder / "segment.mkv"
            s3.download_file(installation.recordings_bucket, each["Key"], str(segment))
            video = probe(segment)
            what += f": {video.frames} frames of {video.width}x{video.height}"
        told.append(what)
    return told


def _unfinished_uploads(server: AwsServer, installation: Installation) -> list[str]:
    listed = server.client("s3").list_multipart_uploads(Bucket=installation.recordings_bucket)
    return [each["Key"] for each in listed.get("Uploads", [])]
