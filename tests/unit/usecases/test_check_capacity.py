"""The room for a meeting that is booked, moved or extended: never an error, and never silence on what is unknown."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from elephant.adapters.memory.limits import MemoryLimits
from elephant.adapters.memory.meetings import MemoryMeetings
from elephant.domain.capacity import Limit
from elephant.domain.meeting import Meeting
from elephant.ports.errors import ElephantError, MeetingDamaged, MeetingsDamaged, Permanent, Temporary
from elephant.ports.meetings import Meetings
from elephant.usecases.check_capacity import look_at_capacity
from tests.support.builders import POLICY, a_meeting, at

QUOTA = Limit(unit="vCPUs", each=2, room=8, holder="the quota is", advice="ask AWS for more")
NEW = a_meeting()


class Failing(MemoryMeetings):
    """Answers a listing with an error."""

    def __init__(self, error: ElephantError) -> None:
        super().__init__()
        self.error = error

    def open_meetings(self) -> Sequence[Meeting]:
        raise self.error


def others(*ids: str) -> list[Meeting]:
    return [replace(NEW, id=each) for each in ids]


def warnings_of(meetings: Meetings, *limits: Limit) -> tuple[str, ...]:
    outlook = look_at_capacity(meetings=meetings, limits=MemoryLimits(*limits), policy=POLICY, now=at(-60))
    return outlook.warnings(NEW, at(-60), POLICY)


def warnings_with(*stored: Meeting, limits: Sequence[Limit] = (QUOTA,)) -> tuple[str, ...]:
    meetings = MemoryMeetings()
    for meeting in stored:
        meetings.create(meeting)
    return warnings_of(meetings, *limits)


def test_meetings_at_the_same_time_are_counted_and_the_new_one_once() -> None:
    assert warnings_with(*others("one")) == ()
    assert warnings_with(*others("one"), NEW) == ()
    (said,) = warnings_with(*others("one", "two"), NEW)
    assert said.startswith("capacity at risk: 6 desktops would need 12 vCPUs at 13:50 UTC and the quota is 8;")


def test_where_no_limit_is_known_of_nothing_is_said() -> None:
    assert warnings_with(*others("one", "two"), limits=()) == ()


@pytest.mark.parametrize("error", [Temporary("slow down"), Permanent("not allowed")])
def test_a_store_that_does_not_answer_is_said_to_be_unread(
    error: ElephantError, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        said = warnings_of(Failing(error), QUOTA)
    assert said == ("capacity could not be checked: the other meetings could not be read just now",)
    assert str(error) in caplog.text


def test_damaged_meetings_are_not_passed_over_in_silence() -> None:
    damaged = MeetingsDamaged([MeetingDamaged("odd", "no time")], others("one", "two"))
    said = warnings_of(Failing(damaged), QUOTA)
    assert [each.partition(":")[0] for each in said] == [
        "capacity at risk",
        "capacity was checked without 1 stored meeting(s) that cannot be read",
    ]


def test_limits_and_meetings_are_read_at_the_same_time() -> None:
    together: list[int] = []

    def overlap(calls: Sequence[Callable[[], object]]) -> list[object]:
        together.append(len(calls))
        return [call() for call in calls]

    look_at_capacity(
        meetings=MemoryMeetings(),
        limits=MemoryLimits(),
        policy=POLICY,
        now=at(-60),
        overlap=overlap,  # type: ignore[arg-type]
    )
    assert together == [2]
