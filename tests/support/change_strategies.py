"""Hypothesis strategies: every change that a meeting can go through."""

from hypothesis import strategies as st

from elephant.domain import changes
from elephant.domain.change import Change, joined
from elephant.domain.meeting import EndReason, Meeting
from tests.support.builders import MEET_TIME, a_meeting, at


@st.composite
def any_change(draw: st.DrawFn, meeting: Meeting) -> Change:
    """A change of a meeting as it is, or as somebody else took it to be."""
    seat = draw(st.sampled_from(meeting.seats))
    machine_id = draw(st.sampled_from([seat.machine_id or "m-x", "m-x"]))
    return draw(
        st.sampled_from(
            [
                changes.seat_launched(seat, machine_id, "due", MEET_TIME),
                changes.launch_failed(seat, "It broke.", MEET_TIME),
                changes.address_written(seat, machine_id, "https://x", MEET_TIME),
                changes.seat_healthy(seat.role, machine_id, MEET_TIME),
                changes.seat_joined(seat, machine_id, MEET_TIME),
                changes.seat_seen(seat.role, machine_id, MEET_TIME),
                changes.seat_waited_for(seat.role, MEET_TIME),
                changes.seat_ended(seat.role, machine_id, "gone", MEET_TIME),
                changes.session_data_recorded(seat.role, "https://x/data", MEET_TIME),
                changes.meeting_over(EndReason.OVERTIME, "long past", MEET_TIME),
                changes.deadline_moved(meeting, at(200), "somebody is there", MEET_TIME),
                changes.safety_net_set(meeting, at(20)),
                changes.meeting_rescheduled(meeting, a_meeting(meet_time=at(99)), MEET_TIME),
                changes.key_reissued(seat, MEET_TIME),
                joined([changes.seat_launched(each, f"m-{each.role}", "due", MEET_TIME) for each in meeting.seats]),
            ]
        )
    )
