import pytest

from elephant.domain.meeting import Seat, SeatPhase, Status
from tests.support.builders import STUDENT, TEACHER, a_meeting, a_seat, a_serving_seat, at


def test_phases_are_in_the_order_of_a_machines_life() -> None:
    assert [phase.name for phase in sorted(SeatPhase, key=lambda phase: phase.rank)] == [
        "PENDING",
        "LAUNCHED",
        "DNS_WRITTEN",
        "HEALTHY",
        "IN_PROGRESS",
        "ENDED",
    ]
    assert SeatPhase.DNS_WRITTEN.before() == (SeatPhase.PENDING, SeatPhase.LAUNCHED)


@pytest.mark.parametrize(
    ("phases", "status"),
    [
        (("PENDING", "PENDING"), Status.SCHEDULED),
        (("LAUNCHED", "PENDING"), Status.SCHEDULED),
        (("DNS_WRITTEN", "LAUNCHED"), Status.LAUNCHED),
        (("HEALTHY", "DNS_WRITTEN"), Status.DNS_WRITTEN),
        (("HEALTHY", "HEALTHY"), Status.HEALTHY),
        (("ENDED", "HEALTHY"), Status.HEALTHY),
        (("ENDED", "ENDED"), Status.LAUNCHED),
    ],
)
def test_the_status_is_the_least_advanced_seats_phase(phases: tuple[str, str], status: Status) -> None:
    meeting = a_meeting(
        *(a_seat(role, phase=SeatPhase(phase)) for role, phase in zip((TEACHER, STUDENT), phases, strict=True))
    )
    assert meeting.status is status


def test_the_status_is_in_progress_from_the_first_arrival_and_terminated_from_the_end() -> None:
    arrived = a_meeting(a_seat(joined_at=at(0)), a_seat(STUDENT))
    assert arrived.status is Status.IN_PROGRESS
    over = a_meeting(a_seat(joined_at=at(0)), a_seat(STUDENT), ended_at=at(1))
    assert over.status is Status.TERMINATED


@pytest.mark.parametrize("phase", list(SeatPhase))
def test_i5_a_seat_is_ready_only_while_healthy_and_reachable(phase: SeatPhase) -> None:
    ready = phase in {SeatPhase.HEALTHY, SeatPhase.IN_PROGRESS}
    seat = Seat(role=TEACHER, name="Ann", phase=phase, machine_id="m", link="https://m")
    assert seat.is_ready == ready
    assert not Seat(role=TEACHER, name="Ann", phase=phase, machine_id="m").is_ready
    assert not Seat(role=TEACHER, name="Ann", phase=phase, link="https://m").is_ready


def test_a_meeting_has_a_seat_for_each_of_its_roles_and_no_other() -> None:
    meeting = a_meeting(a_serving_seat(TEACHER), a_seat(STUDENT))
    assert meeting.roles == (TEACHER, STUDENT)
    assert meeting.seat("student") is meeting.seats[1]
    assert meeting.seat("guest") is None
