"""Changes to the ordinary meeting."""

from elephant.domain import changes
from elephant.domain.change import Change
from elephant.domain.meeting import HistoryEntry
from tests.support.builders import MEET_TIME, a_meeting


def launched(seat_index: int = 0, machine_id: str = "i-1") -> Change:
    return changes.seat_launched(a_meeting().seats[seat_index], machine_id, "the launch was due", MEET_TIME)


def noted(what: str) -> Change:
    return Change(assign={}, require=(), entries=(HistoryEntry(at=MEET_TIME, what=what, why="it happened"),))


def lines(count: int) -> tuple[HistoryEntry, ...]:
    return tuple(HistoryEntry(at=MEET_TIME, what=f"old {number}", why="") for number in range(count))
