"""What a machine is told at its start."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from elephant.adapters.signing import SignedPasses
from elephant.bootstrap.aws_settings import AwsSettings
from elephant.bootstrap.aws_user_data import UserData
from elephant.domain.timetable import Policy
from elephant.ports.errors import Temporary
from elephant.ports.machines import LaunchOrder
from elephant.ports.passes import Pass, Passes, Purpose
from tests.support.builders import TEACHER

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
SECRET = "a secret of more than thirty-two characters"
SETTINGS = AwsSettings(api_url="https://api.example")
ORDER = LaunchOrder(meeting_id="m", role=TEACHER, attempt=1, deadline=NOW, jitsi_url="https://meet.example/m")
MOST_BYTES = 16 * 1024


def user_data(settings: AwsSettings = SETTINGS) -> str:
    """What a new process writes."""
    return UserData(settings, lambda: SignedPasses(SECRET))(ORDER)


def test_a_machine_is_told_the_same_for_the_same_order_by_whichever_process() -> None:
    assert user_data() == user_data()
    assert len(user_data().encode()) < MOST_BYTES


def test_a_machine_is_told_its_seat_and_how_to_serve_it() -> None:
    told = json.loads(user_data())
    assert told.pop("token")
    assert told == {
        "meeting_id": "m",
        "role": TEACHER,
        "deadline": "2026-11-21T14:00:00.000000Z",
        "jitsi_url": "https://meet.example/m",
        "api_url": "https://api.example",
        "dcv_session_id": "console",
        "margin_seconds": 300.0,
        "heartbeat_seconds": 10.0,
        "record": True,
    }


def test_a_machine_is_told_what_is_set() -> None:
    policy = Policy(margin=timedelta(minutes=1))
    told = json.loads(user_data(replace(SETTINGS, dcv_session_id="desk", record=False, policy=policy)))
    assert (told["dcv_session_id"], told["record"], told["margin_seconds"]) == ("desk", False, 60.0)


def test_its_pass_is_for_its_seat_and_for_nothing_else() -> None:
    passes, token = SignedPasses(SECRET), json.loads(user_data())["token"]
    held = passes.read(Purpose.MACHINE, token, NOW)
    assert isinstance(held, Pass)
    assert (held.meeting_id, held.role, held.machine_id) == ("m", TEACHER, "")
    for purpose in set(Purpose) - {Purpose.MACHINE}:
        assert passes.read(purpose, token, NOW) is None


def test_its_pass_outlives_any_deadline_that_the_meeting_can_have_and_not_by_much() -> None:
    passes, token = SignedPasses(SECRET), json.loads(user_data())["token"]
    longest = Policy().maximum + Policy().margin
    assert passes.read(Purpose.MACHINE, token, NOW + longest - timedelta(seconds=1)) is not None
    assert passes.read(Purpose.MACHINE, token, NOW + longest) is None


def test_without_an_api_there_is_no_pass_and_no_secret_is_read() -> None:
    def refuse() -> Passes:
        raise AssertionError

    told = json.loads(UserData(AwsSettings(), refuse)(ORDER))
    assert (told["api_url"], told["token"]) == ("", "")


def test_a_pass_that_cannot_be_signed_is_an_error_and_no_machine_without_one() -> None:
    def refuse() -> Passes:
        raise Temporary("throttled")

    with pytest.raises(Temporary):
        UserData(SETTINGS, refuse)(ORDER)
