"""People who come back, and desktops that have to be replaced under them."""

import json
import os
import signal
import time
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Invite, Serve
from tests.support.browser_person import BrowserPerson
from tests.support.desktop_processes import DesktopProcesses
from tests.support.meeting_site import MeetingSite
from tests.support.recording_check import videos_of
from tests.support.server_process import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

LEAVE_SECONDS = 6
OPEN_ANOTHER = """async (machineId) => {
    const script = document.querySelector("script[type=module]").src;
    const { connectDesktop } = await import(script.replace("_page", "_connection"));
    const screen = document.body.appendChild(document.createElement("div"));
    const connected = Promise.withResolvers();
    const closed = Promise.withResolvers();
    const heard = { connected: connected.resolve, firstFrame() {}, clipboard() {}, closed: closed.resolve };
    const connection = connectDesktop(screen, machineId, heard);
    globalThis.another = closed.promise.then(() => connection);
    await connected.promise;
}"""


def test_coming_back_soon_and_late(serve: Serve, invite: Invite) -> None:
    site = serve(leave_seconds=LEAVE_SECONDS, presence_seconds=LEAVE_SECONDS + 3, safety_net_minutes_in_seconds=18)
    booked = site.book()
    people = {role: invite(role) for role in ("teacher", "student")}
    for role, person in people.items():
        person.follow(booked[f"{role}_link"])
    for person in people.values():
        person.wait_inside()
    teacher, student = people.values()
    machine_id = teacher.machine_id
    site.wait_recording(booked["id"], "teacher")
    teacher.type("echo before > before\n")
    begun = _come_back_soon(site, booked["id"], teacher)
    assert begun > 1 or site.seat(booked["id"], "teacher")["session_data"] is None
    teacher.leave()
    eventually(lambda: len(_handed_in(site, booked["id"], "teacher")) == begun, "the teacher's data is handed in")
    teacher.come_back()
    assert teacher.machine_id == machine_id
    assert (site.home(booked["id"], "teacher") / "before").read_text() == "before\n"
    site.wait_recording(booked["id"], "teacher", begun + 1)
    teacher.leave()
    student.leave()
    site.wait_ended(booked["id"], "SUCCESS")
    assert [video.frames > 0 for video in videos_of(site.data_dir, booked["id"], "teacher")] == [True] * (begun + 1)
    assert [video.frames > 0 for video in videos_of(site.data_dir, booked["id"], "student")] == [True]


def _come_back_soon(site: MeetingSite, meeting_id: str, person: BrowserPerson) -> int:
    """Leave and be back before that counts, which goes on with the same recording; how many have begun by then.

    Where this machine was too busy to be back soon, another one begins, and it is tried again.
    """
    for begun in range(1, 5):
        left_at = time.monotonic()
        person.leave()
        person.come_back()
        if time.monotonic() - left_at < LEAVE_SECONDS:
            eventually(lambda: time.monotonic() - left_at > LEAVE_SECONDS + 1, "the time to leave has passed")  # noqa: B023
            assert len(site.segments(meeting_id, person.name)) == begun
            return begun
        site.wait_recording(meeting_id, person.name, begun + 1)
    raise AssertionError("this machine is too busy to come back soon")


def _handed_in(site: MeetingSite, meeting_id: str, role: str) -> list[str]:
    """The recordings that the seat's manifest names."""
    manifest = site.data_dir / "recordings" / meeting_id / role / "manifest.json"
    return [segment["file"] for segment in json.loads(manifest.read_text())["segments"]] if manifest.exists() else []


def _kill(site: MeetingSite, machine_id: str, program: str | None, kind: signal.Signals = signal.SIGKILL) -> None:
    """A signal to a program of the desktop, or to the first process of its sandbox, which is its agent."""
    processes = DesktopProcesses(site.data_dir)
    victim = processes.mains()[machine_id] if program is None else processes.of_machine(machine_id)[program][0]
    os.kill(victim.pid, kind)


def _lose_the_screen_unnoticed(site: MeetingSite, person: BrowserPerson) -> None:
    """Kill the X server while its agent is stopped: nobody is told, and the seat still names the machine."""
    _kill(site, person.machine_id, None, signal.SIGSTOP)
    with person.page.expect_websocket():
        _kill(site, person.machine_id, "Xtigervnc")
    with person.page.expect_websocket():
        person.wait_state("reconnecting")


def _wait_in_another_desktop(person: BrowserPerson, than: str) -> str:
    person.page.wait_for_selector(
        f'body.desktop-body[data-state=connected][data-first-frame]:not([data-machine-id="{than}"])'
    )
    return person.machine_id


def test_people_stay_in_their_desktops_when_the_server_dies(serve: Serve, invite: Invite) -> None:
    site = serve(safety_net_minutes_in_seconds=200, presence_seconds=20)
    booked = site.book()
    teacher, late = invite("teacher"), invite("late")
    teacher.follow(booked["teacher_link"])
    teacher.wait_inside()
    machine_id = teacher.machine_id
    teacher.type("word=kept\n")
    site.wait_recording(booked["id"], "teacher")
    site.server.port = urlsplit(site.server.url).port or 0
    site.server.kill()
    teacher.wait_state("reconnecting")
    teacher.reads("#connection", "The connection was lost. Trying again…")
    teacher.look("reconnecting")
    site.server.start()
    assert site.server.place["taken_over"] == 1
    teacher.wait_state("connected")
    late.follow(booked["student_link"])
    late.wait_inside()
    assert teacher.machine_id == machine_id
    teacher.type("echo $word > word\n")
    kept = site.home(booked["id"], "teacher") / "word"
    eventually(kept.exists, "the shell of before takes what is typed")
    eventually(kept.read_text, "the shell of before takes what is typed")
    assert kept.read_text() == "kept\n"
    late.page.evaluate(OPEN_ANOTHER, late.machine_id)
    site.server.request("POST", f"/meetings/{booked['id']}/cancel", json={})
    for person in (teacher, late):
        person.reads_over("This meeting was cancelled or ended", "The host ended it")
    # Nothing but a hang-up that finds the other end gone; an error on the page would be told at the end of the test.
    late.page.evaluate("another.then((connection) => connection.close())")
    meeting = site.wait_ended(booked["id"], "CANCELLED")
    assert [seat["launches"] for seat in meeting["seats"]] == [1, 1]
    assert all(video.frames > 0 for video in videos_of(site.data_dir, booked["id"], "teacher"))


def test_a_desktop_that_dies_is_replaced_twice(serve: Serve, invite: Invite) -> None:
    site = serve(safety_net_minutes_in_seconds=200)
    booked = site.book()
    teacher = invite("teacher")
    teacher.follow(booked["teacher_link"])
    teacher.wait_inside()
    first = teacher.machine_id
    site.wait_recording(booked["id"], "teacher")
    _kill(site, first, "Xtigervnc")
    second = _wait_in_another_desktop(teacher, than=first)
    teacher.look("second")
    _lose_the_screen_unnoticed(site, teacher)
    _kill(site, second, None)
    third = _wait_in_another_desktop(teacher, than=second)
    # Back to the lobby once for each of the two, and not for as long as the lobby led to the dead one.
    assert teacher.page.evaluate("JSON.parse(sessionStorage['elephant.returns']).length") == 2
    assert len({first, second, third}) == 3
    assert site.seat(booked["id"], "teacher")["launches"] == 3
    teacher.type("echo here > here\n")
    here = site.home(booked["id"], "teacher") / "here"
    eventually(here.exists, "the third desktop takes what is typed")
    _kill(site, third, None)
    teacher.reads_over("The desktops could not be started", "Tell whoever invited you")
    teacher.look("over")
    site.wait_ended(booked["id"], "LAUNCH_FAILED")
    meeting = site.wait_told_gone(booked["id"], 4)
    of_teacher = [entry["what"] for entry in meeting["history"] if entry["role"] == "teacher"]
    assert of_teacher.count("machine launched") == of_teacher.count("machine gone") == 3
    assert [entry["what"] for entry in meeting["history"] if entry["role"] == "student"].count("machine launched") == 1
