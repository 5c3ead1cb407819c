"""The meetings as one host may see and change them: their own, within their hours."""

from collections.abc import Sequence
from datetime import datetime

from elephant.domain.change import Change, applied
from elephant.domain.hours import Allowance, Host, counted_minutes, month_of, used_minutes
from elephant.domain.meeting import Meeting
from elephant.domain.meeting_item import from_item, to_item
from elephant.domain.timetable import Policy
from elephant.ports.errors import HoursExceeded, MeetingNotFound, MeetingsDamaged
from elephant.ports.ledger import HostLedger, Judge
from elephant.ports.meetings import Meetings, Place, as_far_as_readable


class HostMeetings:
    """See Meetings; made anew for each request. Somebody else's meeting is not there at all.

    Whatever makes a meeting longer, or moves it to another month, is written only while the host's hours last; raises
    HoursExceeded where they do not. What is given to a meeting that has begun is always allowed, because somebody may
    be in it, and it counts. A host without a limit costs no call more. Others who move a host's meeting to another
    month are not held up by hours, but the meeting counts there.
    """

    def __init__(self, meetings: Meetings, ledger: HostLedger, host: Host, policy: Policy, now: datetime) -> None:
        self._meetings = meetings
        self._ledger = ledger
        self.host = host
        self._policy = policy
        self._now = now
        self._read: dict[str, Meeting] = {}

    def create(self, meeting: Meeting) -> None:
        """See Meetings.create; raises HoursExceeded."""
        if self.host.minutes_per_month is None or meeting.host != self.host.name:
            self._meetings.create(meeting)
        else:
            self._ledger.create(meeting, self._judge(meeting))

    def get(self, meeting_id: str) -> Meeting:
        """See Meetings.get."""
        meeting = self._meetings.get(meeting_id)
        if not self.host.sees(meeting):
            raise MeetingNotFound(meeting_id)
        self._read[meeting_id] = meeting
        return meeting

    def update(self, meeting_id: str, change: Change) -> Meeting:
        """See Meetings.update; raises HoursExceeded. Reads the meeting where nobody did before."""
        before = self._read.get(meeting_id) or self.get(meeting_id)
        item = applied(change, to_item(before))
        # Where the change does not fit the meeting as it was read, the store says what stands in its way.
        after = before if item is None else from_item(item)
        judge = self._judge_of(before, after)
        if judge is None:
            return self._meetings.update(meeting_id, change)
        return self._ledger.update(after, change, judge)

    def open_meetings(self) -> Sequence[Meeting]:
        """See Meetings.open_meetings."""
        found, damaged = as_far_as_readable(self._meetings.open_meetings)
        if damaged and self.host.sees_all:
            raise MeetingsDamaged(damaged, found)
        # Nobody can tell whose a damaged one is, so others are not told of it here.
        return [meeting for meeting in found if self.host.sees(meeting)]

    def page(
        self, *, is_open: bool | None, before: Place | None, limit: int, host: str | None = None
    ) -> Sequence[Meeting]:
        """See Meetings.page; without `host`, of all whom the host may see."""
        if self.host.sees_all:
            return self._meetings.page(is_open=is_open, before=before, limit=limit, host=host)
        if host not in {None, self.host.name}:
            return []
        return self._meetings.page(is_open=is_open, before=before, limit=limit, host=self.host.name)

    def allowance(self, at: datetime) -> Allowance | None:
        """What the host has in the month of that moment; None for one without a limit."""
        if self.host.minutes_per_month is None:
            return None
        month = month_of(at)
        return self._allowance(month, self._ledger.counted(self.host.name, month))

    def _judge_of(self, before: Meeting, after: Meeting) -> Judge | None:
        """None where the change takes no more of any month, or is for nobody to judge."""
        moves = month_of(after.meet_time) != month_of(before.meet_time)
        if after.host != self.host.name:
            return _let_pass if moves and after.host else None
        if self.host.minutes_per_month is None:
            return None
        longer = counted_minutes(after, self._policy) > counted_minutes(before, self._policy)
        begun = after.meet_time == before.meet_time and self._now >= before.meet_time
        return self._judge(after) if moves or (longer and not begun) else None

    def _judge(self, meeting: Meeting) -> Judge:
        def judge(others: Sequence[Meeting]) -> None:
            allowance = self._allowance(month_of(meeting.meet_time), others)
            if not allowance.covers(counted_minutes(meeting, self._policy)):
                raise HoursExceeded(allowance)

        return judge

    def _allowance(self, month: str, meetings: Sequence[Meeting]) -> Allowance:
        return Allowance(
            month=month, minutes=self.host.minutes_per_month or 0.0, used=used_minutes(meetings, self._policy)
        )


def _let_pass(_others: Sequence[Meeting]) -> None:
    """Only so that the ledger knows the meeting."""
