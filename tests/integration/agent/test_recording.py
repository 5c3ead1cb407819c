"""A desktop's recording: real screens, real people on the socket, files that really play."""

import os
import signal
import subprocess
import time
from datetime import datetime
from itertools import pairwise

import pytest

from tests.integration.agent.agent_world import PATIENCE_SECONDS, URL, AgentWorld, eventually, in_seconds, plays

pytestmark = pytest.mark.integration


def handed_in(desk: AgentWorld, times: int = 1) -> bool:
    return len(desk.api.urls) >= times


def test_a_stay_is_recorded_and_handed_in_once(desk: AgentWorld) -> None:
    desk.start_healthy()
    assert desk.segments() == []
    with desk.connect_and_record():
        eventually(lambda: (True, 1) in desk.api.health(), "presence is reported")
        desk.wait_recorded(2)
        assert desk.api.urls == []
        left_at = time.monotonic()
    eventually(lambda: handed_in(desk), "the recording is handed in")
    assert time.monotonic() - left_at >= 1, "not before leave_seconds"
    assert desk.api.health()[-1] == (True, 0)
    manifest = desk.manifest()
    (segment,) = manifest.pop("segments")
    assert manifest == {"meeting_id": "abcdefgh12345678", "role": "guest"}
    size_bytes = (desk.recordings / "segment-0001.mkv").stat().st_size
    assert segment["file"] == "segment-0001.mkv"
    assert segment["url"] == f"{URL}/segment-0001.mkv"
    assert segment["size_bytes"] == size_bytes
    assert datetime.fromisoformat(segment["started_at"]) < datetime.fromisoformat(segment["ended_at"])
    assert plays(desk.recordings / "segment-0001.mkv") > 1
    time.sleep(2.5)
    assert desk.api.urls == [f"{URL}/manifest.json"], "once for each stay"
    assert desk.pids("ffmpeg") == []


def test_coming_back_soon_goes_on_with_the_segment_and_later_opens_another(desk: AgentWorld) -> None:
    desk.start_healthy(leave_seconds=4)
    desk.connect_and_record().leave()
    time.sleep(0.5)
    desk.connect().leave()
    eventually(lambda: handed_in(desk), "the recording is handed in")
    assert desk.segments() == ["segment-0001.mkv"]
    desk.connect_and_record().leave()
    eventually(lambda: handed_in(desk, 2), "the second stay is handed in")
    segments = desk.manifest()["segments"]
    assert [each["file"] for each in segments] == ["segment-0001.mkv", "segment-0002.mkv"]
    times = [datetime.fromisoformat(each[name]) for each in segments for name in ("started_at", "ended_at")]
    assert all(one <= other for one, other in pairwise(times))
    assert all(plays(desk.recordings / name) > 0.5 for name in desk.segments())


def test_another_size_opens_another_segment(desk: AgentWorld) -> None:
    desk.start_healthy()
    with desk.connect_and_record() as person:
        person.resize(801, 599)
        eventually(
            lambda: desk.segments() == ["segment-0001.mkv", "segment-0002.mkv"], "two segments", told_by=desk.log
        )
        desk.wait_recorded(1)
    eventually(lambda: handed_in(desk), "the recording is handed in")
    assert all(plays(desk.recordings / name) > 0.5 for name in desk.segments())
    assert len(desk.api.urls) == 1


def test_a_killed_recorder_is_followed_by_another_and_its_segment_plays(desk: AgentWorld) -> None:
    desk.start_healthy()
    with desk.connect_and_record():
        desk.wait_recorded(2)
        desk.kill("ffmpeg")
        eventually(
            lambda: desk.segments() == ["segment-0001.mkv", "segment-0002.mkv"], "two segments", told_by=desk.log
        )
        desk.wait_recorded(1)
    eventually(lambda: handed_in(desk), "the recording is handed in")
    assert plays(desk.recordings / "segment-0001.mkv") > 1
    assert plays(desk.recordings / "segment-0002.mkv") > 0.5
    manifest = desk.manifest()
    assert "ended by itself" in manifest["problem"]
    assert [each["file"] for each in manifest["segments"]] == ["segment-0001.mkv", "segment-0002.mkv"]
    assert all(each["ended_at"] for each in manifest["segments"])


def test_a_hung_recorder_is_killed_and_its_segment_plays(desk: AgentWorld) -> None:
    desk.start_healthy()
    with desk.connect_and_record():
        (recorder,) = desk.pids("ffmpeg")
        os.kill(recorder, signal.SIGSTOP)
        assert desk.end() == 0
    assert desk.api.urls == [f"{URL}/manifest.json"]
    assert "killed" in desk.manifest()["problem"]
    assert plays(desk.recordings / "segment-0001.mkv") > 0.5
    desk.wait_nothing_left()


def test_what_happens_while_a_segment_closes_is_not_lost(desk: AgentWorld) -> None:
    """Waiting for the recorder reaps whatever else ends meanwhile: the app's end must still be heard of."""
    desk.start_healthy()
    person = desk.connect_and_record()
    (recorder,) = desk.pids("ffmpeg")
    os.kill(recorder, signal.SIGSTOP)
    person.leave()
    eventually(lambda: desk.api.health()[-1] == (True, 0), "the leaving is noticed")
    time.sleep(1.3)  # the agent waits for its recorder now
    first = desk.kill("xterm")
    eventually(lambda: desk.pids("xterm") not in ([], [first]), "the app is started again")


def test_the_deadline_closes_the_recording_before_it(desk: AgentWorld) -> None:
    desk.start_healthy(margin_seconds=2, leave_seconds=5)
    with desk.connect_and_record():
        deadline_at = time.monotonic() + 9
        desk.api.deadline = in_seconds(9)
        eventually(lambda: handed_in(desk), "the recording is handed in")
        (handed_in_at,) = [each.at for each in desk.api.of("/agent/session-data")]
        assert handed_in_at < deadline_at
        assert desk.agent.wait(PATIENCE_SECONDS) == 0
        assert time.monotonic() >= deadline_at + 2, "the margin is granted"
    assert plays(desk.recordings / "segment-0001.mkv") > 0.5
    assert len(desk.api.urls) == 1
    desk.wait_nothing_left()


def test_a_deadline_that_moves_after_the_closing_opens_a_segment_that_is_handed_in(desk: AgentWorld) -> None:
    desk.start_healthy(leave_seconds=2)
    with desk.connect_and_record():
        desk.api.deadline = in_seconds(5)
        eventually(lambda: handed_in(desk), "closed before the deadline")
        desk.api.deadline = in_seconds(600)
        eventually(lambda: len(desk.segments()) == 2, "the recording goes on")
        desk.wait_recorded(1)
    eventually(lambda: handed_in(desk, 2), "the second segment is handed in")
    assert len(desk.manifest()["segments"]) == 2


def test_another_machine_of_the_seat_goes_on_counting(desk: AgentWorld) -> None:
    (desk.recordings / "segment-0007.mkv").write_bytes(b"what a killed desktop left")
    (desk.recordings / "manifest.json").write_text("{")
    desk.start_healthy()
    desk.connect_and_record().leave()
    eventually(lambda: handed_in(desk), "the recording is handed in")
    manifest = desk.manifest()
    assert [each["file"] for each in manifest["segments"]] == ["segment-0007.mkv", "segment-0008.mkv"]
    assert "damaged" in manifest["problem"]


def test_a_full_disk_takes_no_desktop_down_and_is_told(desk: AgentWorld, bubblewrap: list[str]) -> None:
    wrapper = [*bubblewrap, "--proc", "/proc", "--as-pid-1", "--size", "1000000", "--tmpfs", str(desk.recordings)]
    noise = ["-e", "sh", "-c", "while :; do head -c 3000 /dev/urandom | base64; done"]
    desk.start_healthy(wrapper=wrapper, app=[*desk.settings["app"], *noise])
    (inside,) = eventually(lambda: desk.pids("Xtigervnc"), "the screen is up")
    desk.recordings_seen_by = inside
    with desk.connect():
        eventually(lambda: "the recorder ended by itself" in desk.log(), "the disk is full")
        assert desk.api.is_healthy
    eventually(lambda: handed_in(desk), "the recording is handed in")
    manifest = desk.manifest()
    assert "ended by itself" in manifest["problem"]
    assert plays(desk.recordings_dir / manifest["segments"][0]["file"]) > 0
    assert desk.end() == 0
    desk.wait_nothing_left()


def test_a_segment_without_a_picture_is_none(desk: AgentWorld) -> None:
    """What ffmpeg closes before its first frame cannot be played."""
    recorder = desk.directory / "ffmpeg"
    no_frame = "ffmpeg -loglevel error -y -f lavfi -i color=s=64x48 -t 0 -c:v libx264 -f matroska"
    recorder.write_text(f'#!/bin/sh\nfor name; do :; done\n/usr/bin/{no_frame} "$name"\ncp "$name" "$name.kept"\n')
    recorder.chmod(0o755)
    desk.start_healthy(environment={"PATH": f"{desk.directory}:/usr/bin:/bin"})
    with desk.connect():
        eventually(lambda: "ended before its first picture" in desk.log(), "the recorder has ended")
    eventually(lambda: handed_in(desk), "the seat's data is handed in")
    assert desk.manifest()["segments"] == []
    assert desk.segments() == []
    with pytest.raises(subprocess.CalledProcessError):
        plays(desk.recordings / "segment-0001.mkv.kept")


def test_without_a_recorder_the_desktop_works_and_its_manifest_says_why(desk: AgentWorld) -> None:
    desk.recordings.rmdir()
    desk.start_healthy()
    with desk.connect():
        eventually(lambda: "cannot be started" in desk.log(), "the recorder fails")
        assert desk.api.is_healthy
    eventually(lambda: handed_in(desk), "the seat's data is handed in")


def test_recording_can_be_switched_off(desk: AgentWorld) -> None:
    desk.start_healthy(record=False)
    with desk.connect():
        eventually(lambda: (True, 1) in desk.api.health(), "presence is reported")
        time.sleep(1.5)  # longer than a recorder would wait
    eventually(lambda: handed_in(desk), "the seat's data is handed in")
    assert desk.manifest()["segments"] == []
