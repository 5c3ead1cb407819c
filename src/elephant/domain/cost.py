"""What a meeting costs, roughly: its machines by the hour, and nothing else that a cloud writes on a bill."""

from datetime import timedelta
from decimal import Decimal

from elephant.domain.hours import counted_minutes
from elephant.domain.meeting import Meeting
from elephant.domain.timetable import Policy, launch_at

_HOUR = timedelta(hours=1)
_PLACES = Decimal("0.0001")


def machine_hours(meeting: Meeting, policy: Policy) -> Decimal:
    """How many hours its machines run, all seats together: from their launch to its end, or to where it should end.

    Of a meeting that is over only seats count that had a machine; one more after another died counts as the same.
    """
    seats = [seat for seat in meeting.seats if seat.launches > 0 or not meeting.is_over]
    end = meeting.ended_at or meeting.meet_time + timedelta(minutes=counted_minutes(meeting, policy))
    start = max(launch_at(meeting.meet_time, policy), meeting.created_at)
    seconds = max((end - start).total_seconds(), 0.0)
    return Decimal(len(seats)) * Decimal(str(seconds)) / Decimal(int(_HOUR.total_seconds()))


def estimated_cost(meeting: Meeting, price_per_hour: Decimal, policy: Policy) -> Decimal:
    """The machines' hours at that price, to a hundredth of a cent."""
    return (machine_hours(meeting, policy) * price_per_hour).quantize(_PLACES)
