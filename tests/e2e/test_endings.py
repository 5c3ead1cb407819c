"""Meetings that do not go as planned, and how each of them ends."""

import time
from datetime import UTC, datetime

import pytest

from tests.e2e.conftest import Invite, Serve
from tests.support.leftovers import leftovers
from tests.support.meeting_site import XTERM
from tests.support.recording_check import videos_of
from tests.support.server_process import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

ROLES = ("teacher", "student")
NET_SECONDS = 8.0


def test_nobody_comes(serve: Serve, invite: Invite) -> None:
    site = serve(safety_net_minutes_in_seconds=12)
    booked = site.book()
    site.wait_ended(booked["id"], "NO_SHOW_TIMEOUT")
    meeting = site.wait_told_gone(booked["id"], 2)
    happened = [entry["what"] for entry in meeting["history"]]
    assert happened.count("machine launched") == happened.count("desktop ready") == happened.count("machine gone") == 2
    assert not any(what in happened for what in ("joined", "recording handed in"))
    assert all(seat["session_data"] is None for seat in meeting["seats"])
    assert site.segments(booked["id"], "teacher") == site.segments(booked["id"], "student") == []
    late = invite("late")
    late.follow(booked["teacher_link"])
    late.reads_over("This meeting is over", "Nobody came")


def test_only_one_comes(serve: Serve, invite: Invite) -> None:
    site = serve(safety_net_minutes_in_seconds=20)
    teacher = invite("teacher")
    booked = site.book()
    teacher.follow(booked["teacher_link"])
    teacher.wait_inside()
    site.wait_recording(booked["id"], "teacher")
    teacher.leave()
    teacher.reads("#panel-title", "You have left the meeting")
    meeting = site.wait_ended(booked["id"], "PARTIAL_NO_SHOW_TIMEOUT")
    teacher.reads_over("This meeting is over", "Not everybody came")
    assert {seat["role"]: bool(seat["session_data"]) for seat in meeting["seats"]} == {
        "teacher": True,
        "student": False,
    }
    assert [video.frames > 0 for video in videos_of(site.data_dir, booked["id"], "teacher")] == [True]
    assert ("student", "joined") not in site.happened(booked["id"])


def test_somebody_stays_until_the_longest_time_is_over(serve: Serve, invite: Invite) -> None:
    """The deadline, 22 s after the start, moves on to 30 s and to the cap of 34 s, which is final."""
    site = serve(
        safety_net_minutes_in_seconds=12,
        rearm_minutes_in_seconds=2,
        grace_minutes_in_seconds=8,
        max_minutes_in_seconds=34,
        presence_seconds=8,
    )
    teacher = invite("teacher")
    booked = site.book(duration_minutes=14 / 60)
    first_deadline = site.server.meeting(booked["id"])["deadline"]
    teacher.follow(booked["teacher_link"])
    teacher.wait_inside()
    moved = site.wait_for(booked["id"], lambda it: it["deadline"] > first_deadline, "the deadline moves on")
    assert moved["ended_at"] is None
    teacher.reads("#notice", "This meeting now ends at")
    teacher.look("moved")
    teacher.reads_over("This meeting is over", "Its time was up")
    teacher.look("over")
    meeting = site.wait_ended(booked["id"], "OVERTIME")
    lasted = datetime.fromisoformat(meeting["ended_at"]) - datetime.fromisoformat(meeting["meet_time"])
    assert 33 <= lasted.total_seconds() <= 60
    whys = [entry["why"] for entry in meeting["history"] if entry["what"].startswith("deadline moved")]
    assert whys.count("somebody is at a desktop") == len(whys) >= 2
    assert all(video.frames > 0 for video in videos_of(site.data_dir, booked["id"], "teacher"))


def test_cancelled_while_its_desktops_start(serve: Serve, invite: Invite) -> None:
    site = serve(safety_net_minutes_in_seconds=60)
    waiting = invite("teacher")
    booked = []
    for seconds in (0.0, 0.2, 0.6, 1.2):
        booked.append(site.book())
        if seconds == 0.6:
            waiting.follow(booked[-1]["teacher_link"])
        time.sleep(seconds)  # the scenario itself: at no moment of a launch may a cancellation get lost
        assert site.server.request("POST", f"/meetings/{booked[-1]['id']}/cancel", json={}).status_code == 200
    for each in booked:
        site.wait_ended(each["id"], "CANCELLED")
    waiting.reads_over("This meeting was cancelled or ended", "The host ended it")
    # A launch that was under way at the cancellation must not bring anything into being afterwards.
    until = time.monotonic() + 3
    while time.monotonic() < until:
        assert leftovers(site.data_dir, site.meeting_ids) == []
    assert [site.server.meeting(each["id"])["termination_reason"] for each in booked] == ["CANCELLED"] * len(booked)


def test_whom_we_keep_waiting_is_no_no_show(serve: Serve, invite: Invite) -> None:
    """The net falls while both are waiting; until then no desktop's app shows anything."""
    app = f"sh -c 'until [ -e shows ]; do sleep 0.2; done; exec {XTERM}'"
    site = serve(safety_net_minutes_in_seconds=NET_SECONDS, presence_seconds=10, app=app)
    people = {role: invite(role) for role in ROLES}
    booked = site.book()
    for role, person in people.items():
        person.follow(booked[f"{role}_link"])
        person.reads("#title", "Getting your desktop ready")
    site.wait_for(booked["id"], lambda it: all(seat["machine_id"] for seat in it["seats"]), "both have a machine")
    start = datetime.fromisoformat(site.server.meeting(booked["id"])["meet_time"])
    eventually(lambda: (datetime.now(UTC) - start).total_seconds() > NET_SECONDS + 2, "the safety net has fallen")
    for role in ROLES:
        (site.home(booked["id"], role) / "shows").touch()
    for person in people.values():
        person.wait_inside()
    # whoever leaves before their desktop has looked who is there was never there, and hands nothing in
    site.wait_for(booked["id"], lambda it: all(seat["seen_at"] for seat in it["seats"]), "both are seen")
    for person in people.values():
        person.leave()
    meeting = site.wait_ended(booked["id"], "SUCCESS")
    joined = [datetime.fromisoformat(entry["at"]) for entry in meeting["history"] if entry["what"] == "joined"]
    assert len(joined) == 2
    assert all((at - start).total_seconds() > NET_SECONDS for at in joined)
