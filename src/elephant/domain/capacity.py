"""Whether there is room for what is booked: how many desktops run at once, and what they need then."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from elephant.domain.meeting import Meeting, SeatPhase
from elephant.domain.timetable import Policy, launch_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Something that all desktops share, and that may not be enough for them.

    A desktop takes `each` of it, counted in `unit`, a plural such as vCPUs. `room` is what there is: in all, or where
    `is_left` beside what our desktops took when it was read. Either is None where it is not known, and `problem` says
    why. `holder` completes "and … 16", `advice` says what to do about it.
    """

    unit: str
    each: float | None
    room: float | None
    holder: str
    advice: str
    is_left: bool = False
    problem: str = ""

    @property
    def is_known(self) -> bool:
        """True where a demand can be compared with it; what is not known is not without limit."""
        return self.each is not None and self.room is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `begins` on, and no longer at `ends`, this many desktops are wanted; `running` of them run already."""

    begins: datetime
    ends: datetime
    desktops: int
    running: int = 0


@dataclass(frozen=True, slots=True)
class Peak:
    """The most desktops at the same time, and when that is so for the first time."""

    desktops: int
    at: datetime


def window_of(meeting: Meeting, policy: Policy) -> Window:
    """When the desktops of a meeting are wanted: from their launch to the deadline as it is now."""
    return Window(
        begins=launch_at(meeting.meet_time, policy),
        ends=meeting.deadline,
        desktops=len(meeting.seats),
        running=sum(seat.machine_id is not None and seat.phase is not SeatPhase.ENDED for seat in meeting.seats),
    )


def peak_within(window: Window, others: Sequence[Window]) -> Peak:
    """The most desktops while those of `window` are wanted, these included."""
    steps = sorted(step for other in others for step in ((other.begins, other.desktops), (other.ends, -other.desktops)))
    before = sum(count for at, count in steps if at <= window.begins)
    desktops, peak = window.desktops + before, Peak(window.desktops + before, window.begins)
    # where one ends as another begins the end is counted first, because it sorts first
    for at, count in steps:
        if window.begins < at < window.ends:
            desktops += count
            if desktops > peak.desktops:
                peak = Peak(desktops, at)
    return peak


def capacity_warnings(window: Window, others: Sequence[Window], limits: Sequence[Limit]) -> tuple[str, ...]:
    """A sentence for each limit that would be passed while the desktops of `window` run, or that is not known."""
    running = window.running + sum(other.running for other in others)
    return tuple(_warnings(peak_within(window, others), running, limits))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is booked, by meeting, and what there is, as both were read; a sentence for each thing that could not be."""

    windows: Mapping[str, Window] = field(default_factory=dict)
    limits: Sequence[Limit] = ()
    problems: Sequence[str] = ()

    def warnings(self, meeting: Meeting, since: datetime, policy: Policy) -> tuple[str, ...]:
        """What may be lacking for a meeting from then on, a sentence each; it counts once, read or not."""
        wanted = window_of(meeting, policy)
        others = [window for meeting_id, window in self.windows.items() if meeting_id != meeting.id]
        window = replace(wanted, begins=max(wanted.begins, since))
        return (*capacity_warnings(window, others, self.limits), *self.problems)


def peaks_over(windows: Sequence[Window]) -> Peak | None:
    """The greatest peak of all of them, None where there are none."""
    peaks = (peak_within(window, [*windows[:number], *windows[number + 1 :]]) for number, window in enumerate(windows))
    return max(peaks, key=lambda peak: (peak.desktops, -peak.at.timestamp()), default=None)


def _warnings(peak: Peak, running: int, limits: Sequence[Limit]) -> Iterator[str]:
    for limit in limits:
        if limit.each is None or limit.room is None:
            yield f"capacity could not be checked: how many {limit.unit} there are is not known just now"
        elif passed(peak, running, limit):
            yield f"capacity at risk: {demand(peak, limit.each, limit.unit)} and {has(running, limit)}; {limit.advice}"


def passed(peak: Peak, running: int, limit: Limit) -> bool:
    """True where so many desktops, of which others run already, find no room; raises ValueError for one not known."""
    room = _room(running, limit)
    if limit.each is None or room is None:
        raise ValueError(f"{limit.unit} are not known: {limit.problem}")
    return peak.desktops * limit.each > room


def has(running: int, limit: Limit) -> str:
    """What there is, in words: the quota is 16."""
    return f"{limit.holder} {_room(running, limit):.10g}"


def demand(peak: Peak, each: float, unit: str) -> str:
    """What they need, in words: 14 desktops would need 28 vCPUs at 15:00 UTC."""
    who = "1 desktop" if peak.desktops == 1 else f"{peak.desktops} desktops"
    return f"{who} would need {peak.desktops * each:.10g} {unit} at {peak.at.astimezone(UTC):%H:%M} UTC"


def _room(running: int, limit: Limit) -> float | None:
    """What there is for all desktops: those that run took theirs before what is left was read."""
    if limit.room is None or limit.each is None:
        return None
    return limit.room + (running * limit.each if limit.is_left else 0)
