import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.adapters.aws.dynamodb_changes import checked_assignments, is_made, status_after
from elephant.adapters.aws.dynamodb_expressions import (
    TRIM_ABOVE,
    WHY_BYTES,
    Expressions,
    change_expressions,
    kept_entry,
    mend_expressions,
    trim_expressions,
)
from elephant.adapters.aws.dynamodb_items import is_taken_over, meeting_of, shard_of, stored_item
from elephant.adapters.aws.dynamodb_values import from_attributes, to_attributes
from elephant.domain import changes
from elephant.domain.change import HISTORY_LENGTH, Absent, Change, Condition, Equals, OneOf, applied
from elephant.domain.meeting import EndReason, HistoryEntry, Meeting, SeatPhase, Status
from elephant.domain.meeting_item import to_item
from elephant.ports.errors import Permanent
from tests.support.builders import (
    MEET_TIME,
    MEETING_ID,
    POLICY,
    STUDENT,
    TEACHER,
    a_meeting,
    a_seat,
    a_serving_seat,
    at,
)
from tests.support.change_strategies import any_change
from tests.support.strategies import any_meeting

SHARD = shard_of(MEETING_ID)


def of(change: Change, status: Status | None = None) -> Expressions:
    return change_expressions(MEETING_ID, change, checked_assignments(change), status)


def spelled(text: str, expressions: Expressions) -> str:
    """An expression with its placeholders filled in."""
    values = from_attributes(expressions.get("ExpressionAttributeValues", {}))
    text = re.sub(r"#\d+", lambda name: expressions["ExpressionAttributeNames"][name.group()], text)
    return re.sub(r":\d+", lambda value: repr(values[value.group()]), text)


def update(expressions: Expressions) -> str:
    return spelled(expressions["UpdateExpression"], expressions)


def condition(expressions: Expressions) -> str:
    return spelled(expressions["ConditionExpression"], expressions)


def keep_all_placeholders(expressions: Expressions) -> None:
    """DynamoDB refuses placeholders that are not used, names that are not placed and an empty set of values."""
    text = f"{expressions['UpdateExpression']} {expressions['ConditionExpression']}"
    assert set(re.findall(r"#\d+", text)) == set(expressions["ExpressionAttributeNames"])
    assert set(re.findall(r":\d+", text)) == set(expressions.get("ExpressionAttributeValues", {}))
    assert expressions.get("ExpressionAttributeValues") != {}
    assert max(len(expressions["UpdateExpression"]), len(expressions["ConditionExpression"])) < 4096


def test_a_change_is_spelled_out() -> None:
    change = changes.seat_launched(a_seat(), "i-1", "the launch was due", MEET_TIME)
    found = of(change, Status.LAUNCHED)
    line = {"at": "2026-03-02T14:00:00.000000Z", "what": "machine launched", "why": "the launch was due"}
    assert update(found) == (
        "SET teacher_ec2_id = 'i-1', teacher_phase = 'LAUNCHED', teacher_launches = 1, status = 'LAUNCHED', "
        f"history = list_append(if_not_exists(history, []), {[{**line, 'role': 'teacher'}]}) "
        "REMOVE teacher_ec2_link, teacher_problem"
    )
    assert condition(found) == (
        "attribute_exists(id) AND attribute_exists(by_meet_time) AND attribute_not_exists(ended_at) "
        "AND attribute_not_exists(teacher_ec2_id) AND teacher_launches = 0"
    )


@pytest.mark.parametrize(
    ("requirement", "text"),
    [
        (Absent("a"), "attribute_not_exists(a)"),
        (Equals("a", None), "attribute_not_exists(a)"),
        (Equals("a", ""), "a = ''"),
        (Equals("a", 2.5), "a = 2.5"),
        (OneOf("a", ()), "attribute_not_exists(a)"),
        (OneOf("a", ("x", "y")), "(attribute_not_exists(a) OR a IN ('x', 'y'))"),
    ],
)
def test_each_requirement_is_spelled_out(requirement: Condition, text: str) -> None:
    found = of(Change(assign={"jitsi_url": "x"}, require=(requirement,)))
    assert condition(found) == f"attribute_exists(id) AND attribute_exists(by_meet_time) AND {text}"
    keep_all_placeholders(found)


def test_the_end_leaves_the_open_index_and_enters_the_other_in_the_same_update() -> None:
    change = changes.meeting_over(EndReason.SUCCESS, "all is handed in", MEET_TIME)
    found = of(change, status_after(change, None))
    assert f"ended_shard = {SHARD}" in update(found)
    assert "status = 'TERMINATED'" in update(found)
    assert update(found).endswith("REMOVE open_shard")


def test_another_time_moves_it_in_the_index() -> None:
    moved = a_meeting(meet_time=at(30))
    found = of(changes.meeting_rescheduled(a_meeting(), moved, MEET_TIME))
    assert f"by_meet_time = '2026-03-02T14:30:00.000000Z#{MEETING_ID}'" in update(found)


def test_a_change_of_nothing_says_something_that_changes_nothing() -> None:
    found = of(Change(assign={}, require=(Absent("ended_at"),)))
    assert update(found) == "SET history = if_not_exists(history, [])"
    keep_all_placeholders(found)


def test_nothing_but_removals_has_no_values() -> None:
    found = of(Change(assign={"teacher_problem": None}, require=(Absent("ended_at"),)))
    assert update(found) == "REMOVE teacher_problem"
    keep_all_placeholders(found)


@given(st.data(), any_meeting())
def test_every_change_uses_what_it_declares_and_assigns_what_the_domain_does(
    data: st.DataObject, meeting: Meeting
) -> None:
    change = data.draw(any_change(meeting))
    keep_all_placeholders(of(change, status_after(change, meeting)))
    after = applied(change, to_item(meeting))
    assign = checked_assignments(change)
    assert assign.keys() == change.assign.keys()
    if after is not None:
        assert {name: after.get(name) for name in assign} == assign
        assert is_made(change, assign, after)


@given(st.data(), any_meeting())
def test_the_status_told_for_the_meeting_as_it_is_is_the_one_that_follows(
    data: st.DataObject, meeting: Meeting
) -> None:
    change = data.draw(any_change(meeting))
    after = applied(change, to_item(meeting))
    told = status_after(change, meeting)
    if after is not None and told is not None:
        assert told == after["status"]


@given(st.data(), any_meeting(), any_meeting())
def test_i4_a_meeting_that_is_over_is_never_told_another_status(
    data: st.DataObject, meeting: Meeting, seen: Meeting
) -> None:
    change = data.draw(any_change(seen))
    item = {**to_item(meeting), "ended_at": "2026-03-02T15:00:00.000000Z"}
    if applied(change, item) is not None:
        assert status_after(change, seen) in {None, Status.TERMINATED}


def test_assignments_get_the_shape_that_a_meeting_writes() -> None:
    change = Change(assign={"meet_time": "2026-12-24T19:00:00+01:00", "duration_minutes": 60, "x": "y"}, require=())
    assert checked_assignments(change) == {
        "meet_time": "2026-12-24T18:00:00.000000Z",
        "duration_minutes": 60.0,
        "x": "y",
    }


@pytest.mark.parametrize(
    "assign",
    [
        {"teacher_phase": "ASLEEP"},
        {"an_odd_role_phase": "ASLEEP"},
        {"deadline": "soon"},
        {"meet_time": None},
        {"termination_reason": "WHY_NOT"},
        {"duration_minutes": "long"},
    ],
    ids=str,
)
def test_assignments_that_no_meeting_could_have_are_errors(assign: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError)):
        checked_assignments(Change(assign=assign, require=()))


def test_an_overlong_reason_is_cut_between_characters() -> None:
    entry = HistoryEntry(at=MEET_TIME, what="launch failed", why="ü" * 5000)
    kept = kept_entry(entry)["why"]
    assert len(kept.encode()) <= WHY_BYTES + 3
    assert kept.rstrip("…") == "ü" * (WHY_BYTES // 2)
    whole = HistoryEntry(at=MEET_TIME, what="x", why="ü" * (WHY_BYTES // 2))
    assert kept_entry(whole)["why"] == whole.why


def test_the_largest_item_that_changes_can_build_is_below_400_kilobytes() -> None:
    """Two hundred and fifty lines of the longest reason, with the longest names, links and messages that there are."""
    entry = kept_entry(HistoryEntry(at=MEET_TIME, what="w" * 100, why="ü" * 5000, role=TEACHER))
    long = "ü" * 200
    seats = [
        a_serving_seat(role, name=long, link="l" * 300, session_data="d" * 2000, problem="p" * 2000)
        for role in (TEACHER, STUDENT)
    ]
    item = {**stored_item(a_meeting(*seats)), "history": [entry] * TRIM_ABOVE}
    # DynamoDB counts names and UTF-8, and one byte and three for each value in a list or map: JSON is longer.
    assert len(str(to_attributes(item)).encode()) < 400 * 1024


def with_history(length: int) -> dict[str, Any]:
    return {"id": MEETING_ID, "history": [{"at": "x", "what": str(number), "why": ""} for number in range(length)]}


def test_a_history_is_trimmed_now_and_then_and_only_while_enough_remains() -> None:
    assert trim_expressions({"id": MEETING_ID}) is None
    assert trim_expressions(with_history(TRIM_ABOVE)) is None
    found = trim_expressions(with_history(TRIM_ABOVE + 1))
    assert found is not None
    keep_all_placeholders(found)
    removed = [int(index) for index in re.findall(r"\[(\d+)\]", found["UpdateExpression"])]
    assert removed == list(range(TRIM_ABOVE + 1 - HISTORY_LENGTH))
    assert condition(found) == f"attribute_exists(id) AND size(history) >= {TRIM_ABOVE + 1}"


@given(st.integers(TRIM_ABOVE + 1, 600))
def test_no_trim_leaves_less_than_the_history_that_counts(length: int) -> None:
    found = trim_expressions(with_history(length))
    assert found is not None
    keep_all_placeholders(found)
    removed = found["UpdateExpression"].count("[")
    (at_least,) = from_attributes(found["ExpressionAttributeValues"]).values()
    assert at_least - removed == HISTORY_LENGTH


def test_of_a_long_history_the_newest_lines_are_read() -> None:
    lines = [HistoryEntry(at=MEET_TIME, what=str(number), why="") for number in range(TRIM_ABOVE)]
    read = meeting_of(stored_item(a_meeting(history=tuple(lines))), POLICY)
    assert list(read.history) == lines[-HISTORY_LENGTH:]


@given(any_meeting())
def test_a_meeting_as_we_write_it_needs_no_mending(meeting: Meeting) -> None:
    item = from_attributes(to_attributes(stored_item(meeting)))
    assert is_taken_over(item)
    assert mend_expressions(item, POLICY) is None


def test_a_status_that_a_desktop_wrote_is_put_right_and_nothing_else_is_touched() -> None:
    meeting = a_meeting(a_serving_seat(TEACHER, joined_at=at(0)), a_serving_seat(STUDENT, SeatPhase.DNS_WRITTEN))
    item = {**stored_item(meeting), "status": "HEALTHY", "instance_id": "student-1"}
    found = mend_expressions(item, POLICY)
    assert found is not None
    assert update(found) == "SET status = 'IN_PROGRESS'"
    for clause in (
        "teacher_phase = 'HEALTHY'",
        "student_phase = 'DNS_WRITTEN'",
        "attribute_not_exists(ended_at)",
        "instance_id = 'student-1'",
    ):
        assert f" AND {clause}" in condition(found)
    assert " status " not in condition(found)
    keep_all_placeholders(found)


def test_a_row_from_before_gets_all_that_it_lacks_and_loses_what_is_empty() -> None:
    row = {
        "id": MEETING_ID,
        "teacher_name": "Ann",
        "student_name": "Ben",
        "meet_time": "2026-03-02T14:00:00Z",
        "created_at": "2026-03-02T13:00:00",
        "status": "LAUNCHED",
        "teacher_ec2_id": "i-1",
        "student_session_data": None,
    }
    found = mend_expressions(row, POLICY)
    assert found is not None
    keep_all_placeholders(found)
    text = update(found)
    for part in (
        "teacher_phase = 'LAUNCHED'",
        "teacher_launches = 1",
        "student_launches = 0",
        "roles = ['teacher', 'student']",
        "meet_time = '2026-03-02T14:00:00.000000Z'",
        f"open_shard = {SHARD}",
        "status = 'SCHEDULED'",
    ):
        assert part in text
    assert "teacher_name" not in text
    assert text.endswith("REMOVE student_session_data")
    assert "status = 'LAUNCHED'" in condition(found)


@pytest.mark.parametrize("row", [{"id": "x"}, {"id": "x", "created_at": 5}, {"id": "x", "created_at": "soon"}])
def test_i8_a_row_that_is_no_meeting_is_an_error_that_names_it(row: dict[str, Any]) -> None:
    with pytest.raises(Permanent, match="meeting x is damaged"):
        mend_expressions(row, POLICY)
