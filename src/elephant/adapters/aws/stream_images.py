"""What others wrote into the table, folded into the meeting: desktops of the field, and the seeds' functions.

A desktop of the field says that it is warm by writing `status` and `instance_id` over whatever is there, after the end
too (facts.md); see docs/decisions/0012. The truth is in the seats, so its word becomes its own seat's phase, and the
status follows from the seats again. Our own writes come back through the stream and find nothing left to fold in.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from elephant.adapters.aws.dynamodb import DynamoMeetings
from elephant.adapters.aws.dynamodb_expressions import STATUS
from elephant.adapters.aws.dynamodb_items import is_taken_over, meeting_of
from elephant.adapters.aws.dynamodb_values import from_attributes
from elephant.adapters.aws.table import KEY
from elephant.domain import changes
from elephant.domain.foreign_item import INSTANCE_ATTRIBUTE
from elephant.domain.meeting import Meeting, Role, SeatPhase
from elephant.domain.meeting_item import Item, attribute
from elephant.domain.timetable import Policy
from elephant.ports.errors import ConditionFailed, MeetingNotFound

logger = logging.getLogger(__name__)


class StreamImages:
    """Images of the stream of the table that `meetings` keeps."""

    def __init__(self, meetings: DynamoMeetings, policy: Policy) -> None:
        self._meetings = meetings
        self._policy = policy

    def fold_in(self, image: Mapping[str, Any], now: datetime) -> Meeting | None:
        """The meeting of an image, with what others wrote in it made ours; None where it was deleted since.

        Costs no call where there is nothing to fold in. The image may be old: each write holds only while what it
        follows from is still so. Raises Temporary, Permanent for a damaged row, and ValueError for what is no image.
        """
        item = from_attributes(image)
        if not isinstance(item.get(KEY), str):
            raise ValueError("the image has no key")  # noqa: TRY004  about an event's content
        try:
            return self._folded_in(item, now)
        except MeetingNotFound:
            logger.info("meeting %s was deleted since", item[KEY])
            return None

    def _folded_in(self, item: Item, now: datetime) -> Meeting:
        if not is_taken_over(item):
            return self._meetings.get(item[KEY])
        meeting = meeting_of(item, self._policy)
        role = _newly_warm(item, meeting)
        if role is not None and not meeting.is_over:
            try:
                return self._meetings.update(meeting.id, changes.seat_healthy(role, item[INSTANCE_ATTRIBUTE], now))
            except ConditionFailed as failed:
                return failed.current
        # The status of an image may lag behind a write of our own as well; whoever wrote that is putting it right.
        return meeting if item.get(STATUS) == meeting.status else self._meetings.settle(item)


def _newly_warm(item: Item, meeting: Meeting) -> Role | None:
    """The role of the seat whose machine said that it is warm, as long as the phase of its seat does not say so."""
    for seat in meeting.seats:
        if seat.machine_id is not None and seat.machine_id == item.get(INSTANCE_ATTRIBUTE):
            written = item.get(attribute(seat.role, "phase")) or SeatPhase.PENDING
            return seat.role if written in SeatPhase.HEALTHY.before() else None
    return None
