import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.adapters.aws.schedules import SOONEST, expression_of, payload_of, schedule_name, schedule_request
from elephant.ports.alarms import AlarmKind
from elephant.ports.errors import Permanent
from elephant.usecases import schedule_meeting
from tests.support.service_model import problems_of_request
from tests.support.watched_schedules import (
    DEAD_LETTER_ARN,
    LAUNCHER_ARN,
    ROLE_ARN,
    SAFETY_NET_ARN,
    settings_of,
    time_of,
)

NOW = datetime(2026, 11, 21, 14, 0, 0, tzinfo=UTC)
MEETING_ID = "abcdefgh12345678"
SETTINGS = settings_of("elephant")

moments = st.datetimes(
    min_value=datetime(2020, 1, 1),
    max_value=datetime(2040, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(-timedelta(hours=9, minutes=30))]),
)


@given(moments, moments)
def test_a_schedule_is_never_early_and_less_than_a_second_late(at: datetime, now: datetime) -> None:
    rings_at = time_of(expression_of(at, now))
    wanted = max(at, now + SOONEST)
    assert wanted <= rings_at < wanted + timedelta(seconds=1)


def test_a_whole_second_stays_as_it_is() -> None:
    assert expression_of(NOW + timedelta(hours=1), NOW) == "at(2026-11-21T15:00:00)"
    assert expression_of(NOW + timedelta(hours=1, microseconds=1), NOW) == "at(2026-11-21T15:00:01)"


def test_rounding_up_crosses_the_year() -> None:
    last = datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert expression_of(last, NOW) == "at(2027-01-01T00:00:00)"


def test_a_schedule_is_further_ahead_than_all_attempts_of_a_call_can_take() -> None:
    # connecting 2 s and reading 10 s, three times, and two pauses of at most 1 and 2 s
    assert timedelta(seconds=3 * (2 + 10) + 1 + 2) < SOONEST
    assert expression_of(NOW + timedelta(seconds=5), NOW) == "at(2026-11-21T14:01:00)"


@given(
    st.sampled_from(AlarmKind),
    st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=57),
    moments,
    st.sampled_from(["", DEAD_LETTER_ARN]),
)
def test_every_request_is_one_that_scheduler_takes(
    kind: AlarmKind, meeting_id: str, at: datetime, dead_letter_arn: str
) -> None:
    request = schedule_request(kind, meeting_id, at, NOW, settings_of("elephant", dead_letter_arn))
    assert problems_of_request("scheduler", "CreateSchedule", request) == []
    assert problems_of_request("scheduler", "UpdateSchedule", request) == []


def test_a_request_says_everything_that_counts() -> None:
    request = schedule_request(AlarmKind.SAFETY_NET, MEETING_ID, NOW + timedelta(hours=1), NOW, SETTINGS)
    target = request["Target"]
    assert request == {
        "Name": f"safety-{MEETING_ID}",
        "GroupName": "elephant",
        "ScheduleExpression": "at(2026-11-21T15:00:00)",
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": target,
    }
    assert target == {
        "Arn": SAFETY_NET_ARN,
        "RoleArn": ROLE_ARN,
        "Input": '{"meeting_id": "abcdefgh12345678"}',
        "RetryPolicy": {"MaximumEventAgeInSeconds": 900, "MaximumRetryAttempts": 10},
        "DeadLetterConfig": {"Arn": DEAD_LETTER_ARN},
    }


def test_each_kind_calls_its_own_function() -> None:
    arns = [
        schedule_request(kind, MEETING_ID, NOW, NOW, SETTINGS)["Target"]["Arn"]
        for kind in (AlarmKind.LAUNCH, AlarmKind.SAFETY_NET)
    ]
    assert arns == [LAUNCHER_ARN, SAFETY_NET_ARN]


def test_no_dead_letter_queue_is_named_where_there_is_none() -> None:
    request = schedule_request(AlarmKind.LAUNCH, MEETING_ID, NOW, NOW, settings_of("elephant", ""))
    assert "DeadLetterConfig" not in request["Target"]


def test_ids_of_ours_and_of_rows_from_before_make_names() -> None:
    assert schedule_name(AlarmKind.LAUNCH, MEETING_ID) == f"launch-{MEETING_ID}"
    ours = schedule_meeting._ID_ALPHABET
    assert schedule_name(AlarmKind.SAFETY_NET, ours) == f"safety-{ours}"
    assert schedule_name(AlarmKind.LAUNCH, "6f1c9d1e-0b1f-4a52-9d6a-9a1c1f6f5a0e") is not None


@pytest.mark.parametrize("meeting_id", ["", "a b", "a/b", "ä", "a\n", "a" * 58, "../other"])
def test_an_id_that_makes_no_name_is_refused(meeting_id: str) -> None:
    for kind in AlarmKind:
        assert schedule_name(kind, meeting_id) is None
        with pytest.raises(Permanent, match="no alarm can be named after the meeting id"):
            schedule_request(kind, meeting_id, NOW, NOW, SETTINGS)


@given(st.text())
def test_the_payload_is_json_that_brings_the_id_back(meeting_id: str) -> None:
    assert json.loads(payload_of(meeting_id)) == {"meeting_id": meeting_id}
