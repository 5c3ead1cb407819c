"""Meetings, seats and machines in few words; every value that a test does not name is an ordinary one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from elephant.domain.certificate import Certificate
from elephant.domain.machine import Machine, MachineState
from elephant.domain.meeting import DEFAULT_ROLES, Meeting, Role, Seat, SeatPhase
from elephant.domain.timetable import Policy, first_deadline, safety_net_at

TEACHER, STUDENT = DEFAULT_ROLES
MEET_TIME = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
POLICY = Policy()
MEETING_ID = "abcdefgh12345678"
DATA_URL = "https://recordings.example.test/manifest.json"


def minutes(count: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=count)


def at(count: float) -> datetime:
    """So many minutes after the ordinary meeting's start; negative ones are before it."""
    return MEET_TIME + minutes(count)


def a_seat(role: Role = TEACHER, **values: Any) -> Seat:  # noqa: ANN401  any field
    """A seat that nothing has happened to."""
    return replace(Seat(role=role, name=f"The {role}"), **values)


def a_serving_seat(role: Role = TEACHER, phase: SeatPhase = SeatPhase.HEALTHY, **values: Any) -> Seat:  # noqa: ANN401  any field
    """A seat whose first machine is `{role}-1`, ready unless told otherwise."""
    link = f"https://{role}-1.example.test:8443" if phase.rank >= SeatPhase.DNS_WRITTEN.rank else None
    return a_seat(role, **{"phase": phase, "machine_id": f"{role}-1", "link": link, "launches": 1, **values})


def a_meeting(*seats: Seat, **values: Any) -> Meeting:  # noqa: ANN401  any field
    """An hour's meeting at MEET_TIME, booked an hour ahead; its deadline and its net follow from its time."""
    meet_time = values.get("meet_time", MEET_TIME)
    duration_minutes = values.get("duration_minutes", 60.0)
    meeting = Meeting(
        id=MEETING_ID,
        seats=seats or (a_seat(TEACHER), a_seat(STUDENT)),
        meet_time=meet_time,
        duration_minutes=duration_minutes,
        created_at=meet_time - minutes(60),
        deadline=first_deadline(meet_time, duration_minutes, POLICY),
        safety_net_at=safety_net_at(meet_time, POLICY),
    )
    return replace(meeting, **values)


def a_machine(machine_id: str = "teacher-1", **values: Any) -> Machine:  # noqa: ANN401  any field
    """A running machine of the ordinary meeting's teacher, launched when it was due."""
    machine = Machine(
        id=machine_id,
        meeting_id=MEETING_ID,
        role=TEACHER,
        state=MachineState.RUNNING,
        launched_at=at(-10),
        ip_address="192.0.2.1",
    )
    return replace(machine, **values)


def a_certificate(*, days_left: float, now: datetime, **values: Any) -> Certificate:  # noqa: ANN401  any field
    """A certificate of 90 days that is no real one."""
    not_after = now + timedelta(days=days_left)
    held = Certificate(
        private_key="the key",
        certificate="the certificate",
        chain="",
        authority="the authority",
        issuer="CN=The authority",
        names=("desks.example", "*.desks.example"),
        not_before=not_after - timedelta(days=90),
        not_after=not_after,
    )
    return replace(held, **values)
