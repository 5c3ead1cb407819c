"""The agent and the API that it is made for: user data, certificate, health, recording, and the end."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from elephant.domain import changes
from elephant.domain.meeting import EndReason, SeatPhase
from elephant.wire.recording_manifest import parse_manifest
from tests.integration.agent.ec2.machine_world import MachineWorld, eventually
from tests.integration.agent.ec2.real_api import SiteOnEc2
from tests.support.builders import TEACHER, a_certificate
from tests.support.certificate_pairs import a_pair
from tests.support.upload_worlds import S3World, strict

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer

pytestmark = pytest.mark.integration

LARGER_THAN_A_PART = 8 * 1024**2 + 5


def test_from_user_data_to_a_recording_in_the_bucket(machine: MachineWorld, aws_server: "AwsServer") -> None:
    site = SiteOnEc2()
    certificate, key = a_pair("*.desktops.example")
    kept = a_certificate(days_left=60, now=site.now)
    site.certificate = replace(kept, certificate=certificate, private_key=key)
    machine.file("recorder.bytes").write_text(str(LARGER_THAN_A_PART))
    with strict():
        store = S3World(aws_server)
        with site.serving(store.uploads) as url:
            assert site.seat.machine_id is not None
            machine.metadata.instance_id = site.seat.machine_id
            machine.metadata.user_data = site.user_data(url).encode()
            machine.start_again()
            eventually(lambda: site.seat.phase is SeatPhase.HEALTHY, "the seat is healthy", machine.log)
            assert (machine.here / "certificate" / "dcv.key").read_text() == key
            assert f"{url}/dcv/auth/{site.seat.machine_id}" in (machine.here / "dcv.conf").read_text()
            machine.connect(1)
            eventually(lambda: site.seat.seen_at, "somebody is seen", machine.log)
            segment = machine.await_recording()
            eventually(lambda: segment.stat().st_size > LARGER_THAN_A_PART, "the segment is long", machine.log)
            machine.connect(0)
            address = eventually(lambda: site.seat.session_data, "the recording is handed in", machine.log)
            folder = f"{site.meeting_id}/{TEACHER}/{site.seat.machine_id}"
            files = store.files()
            assert address == f"https://{store.bucket}.s3.eu-central-1.amazonaws.com/{folder}/manifest.json"
            assert files[f"{folder}/segment-0001.mkv"] == segment.read_bytes()
            listed = parse_manifest(site.meeting_id, TEACHER, files[f"{folder}/manifest.json"])["segments"]
            assert [(each["file"], each["size_bytes"]) for each in listed] == [(segment.name, segment.stat().st_size)]
            assert "url" in json.loads(files[f"{folder}/manifest.json"])["segments"][0]
            site.meetings.update(site.meeting_id, changes.meeting_over(EndReason.CANCELLED, "a test", site.now))
            machine.connect(1)  # news are reported at once, and what is not new every ten seconds
            machine.await_shutdown()
            assert machine.end() == 0
            assert key not in machine.log()
