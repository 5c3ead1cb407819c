"""Hypothesis strategies: meetings in every state, and whole worlds of them with their machines and records."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import strategies as st

from elephant.domain.machine import Machine, MachineState, Record
from elephant.domain.meeting import EndReason, HistoryEntry, Meeting, Role, Seat, SeatPhase
from tests.support.builders import DATA_URL, STUDENT, TEACHER, a_meeting, at, minutes

names = st.sampled_from(["Ann", "Zoë O'Brien", "李小龍", "<b>Ben</b>", "👩‍🏫 :"])
moments = st.integers(-90 * 60, 300 * 60).map(lambda seconds: at(seconds / 60))
"""From well before to well after everything that can happen to a meeting at MEET_TIME."""

past_moments = st.integers(0, 1200).map(lambda seconds: timedelta(seconds=seconds))


@st.composite
def seats_of(draw: st.DrawFn, role: Role, now: datetime) -> Seat:
    """A seat as one may be found at `now`."""
    phase = draw(st.sampled_from(SeatPhase))
    has_machine = phase is not SeatPhase.PENDING
    has_link = phase in {SeatPhase.DNS_WRITTEN, SeatPhase.HEALTHY, SeatPhase.IN_PROGRESS} and draw(
        st.integers(0, 4).map(bool)
    )
    machine_id = f"m-{role}-{draw(st.integers(0, 9999))}" if has_machine else None

    def sometime() -> datetime | None:
        return now - draw(past_moments) if draw(st.booleans()) else None

    return Seat(
        role=role,
        name=draw(names),
        phase=phase,
        machine_id=machine_id,
        link=f"https://{machine_id}.example.test:8443" if has_link else None,
        session_data=draw(st.sampled_from([None, None, DATA_URL])),
        joined_at=sometime() if phase is not SeatPhase.IN_PROGRESS else now - draw(past_moments),
        seen_at=sometime() if has_machine else None,
        waiting_at=sometime(),
        launches=draw(st.sampled_from([1, 1, 1, 2, 3])) if has_machine else 0,
        key_issue=draw(st.integers(0, 3)),
        problem=draw(st.one_of(st.none(), names)),
    )


histories = st.lists(
    st.builds(HistoryEntry, at=moments, what=names, why=names, role=st.sampled_from([None, TEACHER, STUDENT])),
    max_size=2,
).map(tuple)


@st.composite
def any_meeting(
    draw: st.DrawFn, *, is_open: bool | None = None, now: datetime | None = None, meeting_id: str = "meeting0"
) -> Meeting:
    """A meeting as one may be found at `now`: booked, running, long past, open or over."""
    now = draw(moments) if now is None else now
    meet_time = now - draw(st.integers(-30 * 60, 260 * 60).map(lambda seconds: timedelta(seconds=seconds)))
    meeting = a_meeting(
        draw(seats_of(TEACHER, now)),
        draw(seats_of(STUDENT, now)),
        id=meeting_id,
        meet_time=meet_time,
        duration_minutes=float(draw(st.integers(1, 240))),
        jitsi_url=draw(st.sampled_from(["", "https://call.example.test/room"])),
        teacher_email=draw(st.sampled_from([None, "ann@example.test"])),
        host=draw(st.sampled_from(["", "ann@example.test"])),
        history=draw(histories),
    )
    meeting = replace(meeting, safety_net_at=meeting.safety_net_at + minutes(5 * draw(st.integers(0, 20))))
    over = draw(st.booleans()) if is_open is None else not is_open
    if not over:
        return meeting
    return replace(meeting, ended_at=now - draw(past_moments), termination_reason=draw(st.sampled_from(EndReason)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything that a sweep can see at one moment."""

    now: datetime
    meetings: tuple[Meeting, ...]
    machines: tuple[Machine, ...]
    records: tuple[Record, ...]


@st.composite
def _machines_of(draw: st.DrawFn, meeting: Meeting, now: datetime) -> list[Machine]:
    found = []
    for seat in meeting.seats:
        # The seat's own, where the platform still shows it, and up to two that it knows nothing of.
        ids = [seat.machine_id] if seat.machine_id is not None and draw(st.integers(0, 3)) else []
        ids += [f"m-double-{seat.role}-{count}" for count in range(draw(st.sampled_from([0, 0, 0, 1, 2])))]
        found += [draw(_a_machine(f"{meeting.id}-{name}", meeting.id, seat.role, now)) for name in ids]
    if draw(st.integers(0, 9)) == 0:
        found.append(draw(_a_machine(f"{meeting.id}-m-guest", meeting.id, Role("guest"), now)))
    return found


@st.composite
def _a_machine(draw: st.DrawFn, machine_id: str, meeting_id: str, role: Role, now: datetime) -> Machine:
    states = [MachineState.RUNNING, MachineState.RUNNING, MachineState.RUNNING, *MachineState]
    return Machine(
        id=machine_id,
        meeting_id=meeting_id,
        role=role,
        state=draw(st.sampled_from(states)),
        launched_at=now - draw(past_moments),
        ip_address="192.0.2.1",
    )


def _with_own_ids(meeting: Meeting) -> Meeting:
    """No two meetings share a machine."""

    def renamed(seat: Seat) -> Seat:
        return seat if seat.machine_id is None else replace(seat, machine_id=f"{meeting.id}-{seat.machine_id}")

    return replace(meeting, seats=tuple(renamed(seat) for seat in meeting.seats))


@st.composite
def snapshots(draw: st.DrawFn, max_meetings: int = 3) -> Snapshot:
    """A world in disorder: meetings in every phase, machines in every state, doubles, strays, records of anybody's."""
    now = draw(moments)
    drawn = [
        draw(any_meeting(now=now, meeting_id=f"meeting{count}")) for count in range(draw(st.integers(0, max_meetings)))
    ]
    machines = [machine for meeting in drawn for machine in draw(_machines_of(meeting, now))]
    machines += [
        draw(_a_machine(f"m-stray-{count}", f"unknown{count}", TEACHER, now))
        for count in range(draw(st.integers(0, 2)))
    ]
    pointed_at = [machine.id for machine in machines if draw(st.booleans())]
    pointed_at += [f"m-long-gone-{count}" for count in range(draw(st.integers(0, 2)))]
    records = [Record(name=f"{each}.example.test", machine_id=each, ours=True) for each in pointed_at]
    records += [
        Record(name=f"theirs-{count}.example.test", machine_id=f"m-theirs-{count}", ours=False)
        for count in range(draw(st.integers(0, 2)))
    ]
    return Snapshot(
        now=now,
        meetings=tuple(_with_own_ids(meeting) for meeting in drawn),
        machines=tuple(machines),
        records=tuple(records),
    )
