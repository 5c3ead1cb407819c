import pytest

from elephant.domain.meeting import EndReason
from elephant.ports.errors import MeetingNotFound, UnknownRole
from elephant.usecases.record_session_data import record_session_data
from tests.support.builders import DATA_URL, MEETING_ID, STUDENT, TEACHER, a_meeting, at
from tests.support.memory_world import a_world_with


def test_the_data_of_one_seat_is_written_into_that_seat_and_a_repetition_changes_nothing() -> None:
    world = a_world_with(a_meeting())
    for minute in (30, 31):
        record_session_data(MEETING_ID, TEACHER, DATA_URL, meetings=world.meetings, now=at(minute))
    assert world.seat().session_data == DATA_URL
    assert world.seat(STUDENT).session_data is None
    assert [entry.at for entry in world.meeting().history] == [at(30)]


def test_a_recording_is_accepted_after_the_end_too() -> None:
    world = a_world_with(a_meeting())
    world.end(EndReason.OVERTIME, at(75))
    meeting = record_session_data(MEETING_ID, TEACHER, DATA_URL, meetings=world.meetings, now=at(76))
    assert meeting.seats[0].session_data == DATA_URL
    assert meeting.termination_reason is EndReason.OVERTIME


def test_no_seat_no_data() -> None:
    world = a_world_with(a_meeting())
    with pytest.raises(UnknownRole):
        record_session_data(MEETING_ID, "guest", DATA_URL, meetings=world.meetings, now=at(0))
    with pytest.raises(MeetingNotFound):
        record_session_data("unknown", TEACHER, DATA_URL, meetings=world.meetings, now=at(0))
