from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.domain.change import HISTORY_LENGTH, Absent, Change, Condition, Equals, OneOf, applied, joined
from elephant.domain.meeting import EndReason, HistoryEntry, Meeting
from elephant.domain.meeting_item import from_item, to_item
from tests.support.builders import MEETING_ID, TEACHER, a_meeting, at
from tests.support.strategies import any_meeting

foreign_attributes = st.dictionaries(
    st.sampled_from(["instance_id", "teacher_note", "x"]), st.one_of(st.text(), st.integers(), st.booleans())
)


@given(any_meeting(), foreign_attributes)
def test_attributes_that_we_do_not_know_are_kept(meeting: Meeting, foreign: dict[str, Any]) -> None:
    item = {**to_item(meeting), **foreign}
    changed = applied(Change(assign={"jitsi_url": "https://other"}, require=()), item)
    assert changed == {**item, "jitsi_url": "https://other"}


@given(any_meeting(), st.sampled_from(["HEALTHY", "LAUNCHED", "anything"]))
def test_i4_the_status_is_derived_anew_whatever_somebody_wrote_over_it(meeting: Meeting, written: str) -> None:
    changed = applied(Change(assign={}, require=()), {**to_item(meeting), "status": written})
    assert changed is not None
    assert changed["status"] == meeting.status.value


@given(any_meeting())
def test_a_change_is_made_whole_or_not_at_all(meeting: Meeting) -> None:
    item = to_item(meeting)
    before = dict(item)
    both = (Equals("id", item["id"]), Equals("id", "another"))
    assert applied(Change(assign={"jitsi_url": "x"}, require=both), item) is None
    assert item == before


@given(st.integers(0, HISTORY_LENGTH), st.integers(0, 3))
def test_the_history_keeps_the_last_things_in_order(old_count: int, new_count: int) -> None:
    entries = [
        HistoryEntry(at=at(number), what=f"thing {number}", why="it happened", role=TEACHER)
        for number in range(old_count + new_count)
    ]
    item = to_item(a_meeting(history=tuple(entries[:old_count])))
    for entry in entries[old_count:]:
        item = applied(Change(assign={}, require=(), entries=(entry,)), item) or {}
    assert list(from_item(item).history) == entries[-HISTORY_LENGTH:]


def test_assigning_nothing_removes_an_attribute() -> None:
    item = to_item(a_meeting(teacher_email="ann@example.test"))
    changed = applied(Change(assign={"teacher_email": None}, require=()), item)
    assert changed is not None
    assert "teacher_email" not in changed


def a_step(name: str, *require: Condition) -> Change:
    entry = HistoryEntry(at=at(0), what=name, why="it happened")
    return Change(assign={name: "x"}, require=require, entries=(entry,))


def test_changes_joined_are_all_made_with_their_lines_in_order() -> None:
    item = to_item(a_meeting())
    steps = [
        a_step("teacher_email", Absent("ended_at")),
        a_step("jitsi_url", Absent("ended_at"), Equals("id", MEETING_ID)),
    ]
    together = joined(steps)
    assert together.require == (Absent("ended_at"), Equals("id", MEETING_ID))
    one_by_one = item
    for step in steps:
        one_by_one = applied(step, one_by_one) or {}
    assert applied(together, item) == one_by_one != item


@pytest.mark.parametrize("failing", [0, 1])
def test_changes_joined_are_not_made_where_one_of_them_cannot_be(failing: int) -> None:
    requirements: list[tuple[Condition, ...]] = [(), ()]
    requirements[failing] = (Equals("id", "another"),)
    steps = [a_step(name, *require) for name, require in zip(("teacher_email", "jitsi_url"), requirements, strict=True)]
    assert applied(joined(steps), to_item(a_meeting())) is None


def test_changes_of_the_same_attribute_are_not_joined() -> None:
    with pytest.raises(ValueError, match="same attribute"):
        joined([a_step("jitsi_url"), a_step("jitsi_url")])


def test_what_the_conditions_mean() -> None:
    assert Absent("a").holds({})
    assert not Absent("a").holds({"a": 1})
    assert Equals("a", None).holds({})
    assert not Equals("a", None).holds({"a": 1})
    assert Equals("a", 1).holds({"a": 1})
    assert not Equals("a", 1).holds({})
    assert OneOf("a", ("x",)).holds({})
    assert OneOf("a", ("x",)).holds({"a": "x"})
    assert not OneOf("a", ("x",)).holds({"a": "y"})


def test_a_change_does_not_touch_the_item_that_it_was_made_from() -> None:
    item = to_item(a_meeting(ended_at=None))
    entry = HistoryEntry(at=at(0), what="ended", why="a test asked")
    reason = EndReason.CANCELLED.value
    applied(Change(assign={"termination_reason": reason}, require=(), entries=(entry,)), item)
    assert item == to_item(a_meeting())
