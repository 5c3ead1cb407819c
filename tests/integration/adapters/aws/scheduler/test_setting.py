"""Setting an alarm at Scheduler: what the contract does not ask about."""

import re
import socket
from typing import TYPE_CHECKING, Any

import pytest

from elephant.adapters.aws.scheduler import SchedulerAlarms
from elephant.ports.errors import Permanent, Temporary
from tests.integration.adapters.aws.scheduler.examples import (
    IMPATIENT,
    LAUNCH,
    LAUNCH_STANDS,
    MEETING_ID,
    MINUTE,
    NOW,
    Left,
)
from tests.integration.adapters.aws.scheduler.wire import Wire
from tests.support.aws_clients import client_at
from tests.support.lambda_stand_in import LambdaStandIn
from tests.support.watched_schedules import DEAD_LETTER_ARN, settings_of

if TYPE_CHECKING:
    from mypy_boto3_scheduler.client import EventBridgeSchedulerClient

pytestmark = pytest.mark.integration


def test_a_schedule_is_made_in_one_call_and_says_all_that_counts(
    alarms: SchedulerAlarms, wire: Wire, left: Left, scheduler: "EventBridgeSchedulerClient", schedule_group: str
) -> None:
    alarms.set(LAUNCH, MEETING_ID, NOW + 5 * MINUTE, NOW)
    assert wire.calls == ["Create"]
    assert left() == [LAUNCH_STANDS]
    made = scheduler.get_schedule(GroupName=schedule_group, Name=LAUNCH_STANDS.name)
    assert made["ActionAfterCompletion"] == "DELETE"
    assert made["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert made["State"] == "ENABLED"
    assert made["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 900, "MaximumRetryAttempts": 10}
    assert made["Target"]["DeadLetterConfig"] == {"Arn": DEAD_LETTER_ARN}


def test_an_update_repeats_every_field_because_it_sets_back_what_it_leaves_out(
    alarms: SchedulerAlarms, wire: Wire, left: Left
) -> None:
    alarms.set(LAUNCH, MEETING_ID, NOW + 9 * MINUTE, NOW)
    alarms.set(LAUNCH, MEETING_ID, NOW + 5 * MINUTE, NOW)
    assert wire.calls == ["Create", "Create", "Update"]
    assert wire.bodies[2] == wire.bodies[1] == {**wire.bodies[0], "ScheduleExpression": "at(2026-11-21T14:05:00)"}
    assert left() == [LAUNCH_STANDS]


def test_each_call_has_a_legal_token_of_its_own_even_for_a_time_that_it_had_before(
    alarms: SchedulerAlarms, wire: Wire
) -> None:
    """With a token that follows from the time alone the last would repeat the first, and might change nothing."""
    for minutes in (5, 9, 5):
        alarms.set(LAUNCH, MEETING_ID, NOW + minutes * MINUTE, NOW)
    alarms.drop(MEETING_ID)
    assert wire.calls == ["Create", "Create", "Update", "Create", "Update", "Delete", "Delete"]
    assert len(set(wire.tokens)) == len(wire.tokens)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", token) for token in wire.tokens)


def test_a_repeated_attempt_has_the_token_of_the_first(alarms: SchedulerAlarms, wire: Wire, left: Left) -> None:
    wire.answer("CreateSchedule", 500, "InternalServerException")
    alarms.set(LAUNCH, MEETING_ID, NOW + 5 * MINUTE, NOW)
    assert wire.calls == ["Create", "Create"]
    assert wire.tokens[0] == wire.tokens[1]
    assert left() == [LAUNCH_STANDS]


def test_a_schedule_made_by_an_attempt_whose_answer_was_lost_is_fine(
    alarms: SchedulerAlarms, wire: Wire, left: Left
) -> None:
    wire.lose_answer("CreateSchedule")
    alarms.set(LAUNCH, MEETING_ID, NOW + 5 * MINUTE, NOW)
    assert wire.calls == ["Create", "Create", "Update"]
    assert left() == [LAUNCH_STANDS]


def test_an_update_whose_answer_was_lost_is_made_again(alarms: SchedulerAlarms, wire: Wire, left: Left) -> None:
    alarms.set(LAUNCH, MEETING_ID, NOW + 9 * MINUTE, NOW)
    wire.lose_answer("UpdateSchedule")
    alarms.set(LAUNCH, MEETING_ID, NOW + 5 * MINUTE, NOW)
    assert wire.calls == ["Create", "Create", "Update", "Update"]
    assert left() == [LAUNCH_STANDS]


def test_whoever_dies_after_setting_sets_it_again(
    alarms: SchedulerAlarms, client: "EventBridgeSchedulerClient", lambda_stand_in: LambdaStandIn, left: Left
) -> None:
    group_name = alarms._settings.group_name
    for process in (alarms, SchedulerAlarms(client, lambda_stand_in.client(), settings_of(group_name))):
        process.set(LAUNCH, MEETING_ID, NOW + 5 * MINUTE, NOW)
    assert left() == [LAUNCH_STANDS]


def test_one_that_rings_between_the_two_calls_is_made_anew(
    alarms: SchedulerAlarms, wire: Wire, left: Left, scheduler: "EventBridgeSchedulerClient", schedule_group: str
) -> None:
    alarms.set(LAUNCH, MEETING_ID, NOW + 2 * MINUTE, NOW)
    wire.before(
        "UpdateSchedule",
        lambda _: scheduler.delete_schedule(GroupName=schedule_group, Name=LAUNCH_STANDS.name),
    )
    alarms.set(LAUNCH, MEETING_ID, NOW + 5 * MINUTE, NOW)
    assert wire.calls == ["Create", "Create", "Update", "Create"]
    assert left() == [LAUNCH_STANDS]


def test_one_that_comes_and_goes_is_given_up_after_three_rounds(alarms: SchedulerAlarms, wire: Wire) -> None:
    wire.answer("CreateSchedule", 409, "ConflictException", times=9)
    wire.answer("UpdateSchedule", 404, "ResourceNotFoundException", times=9)
    with pytest.raises(Temporary, match=f"launch-{MEETING_ID}.*comes and goes"):
        alarms.set(LAUNCH, MEETING_ID, NOW + 5 * MINUTE, NOW)
    assert wire.calls == ["Create", "Update"] * 3


def test_a_missing_group_names_its_setting(client: "EventBridgeSchedulerClient", wire: Wire) -> None:
    functions: Any = None
    alarms = SchedulerAlarms(client, functions, settings_of("nowhere"))
    # moto breaks down instead of saying so
    wire.answer("CreateSchedule", 404, "ResourceNotFoundException")
    with pytest.raises(Permanent, match=r"there is no schedule group nowhere \(SCHEDULE_GROUP\)"):
        alarms.set(LAUNCH, MEETING_ID, NOW + 5 * MINUTE, NOW)
    assert wire.calls == ["Create"]


@pytest.mark.parametrize(("operation", "before"), [("CreateSchedule", ()), ("UpdateSchedule", (9,))])
@pytest.mark.parametrize(
    ("status", "code"), [(429, "ThrottlingException"), (500, "InternalServerException"), (503, "ServiceUnavailable")]
)
def test_throttled_or_broken_there_is_temporary(
    alarms: SchedulerAlarms, wire: Wire, left: Left, operation: str, before: tuple[int, ...], status: int, code: str
) -> None:
    for minutes in before:
        alarms.set(LAUNCH, MEETING_ID, NOW + minutes * MINUTE, NOW)
    wire.answer(operation, status, code, times=3)
    with pytest.raises(Temporary):
        alarms.set(LAUNCH, MEETING_ID, NOW + 5 * MINUTE, NOW)
    alarms.set(LAUNCH, MEETING_ID, NOW + 5 * MINUTE, NOW)
    assert left() == [LAUNCH_STANDS]


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException"])
def test_what_somebody_has_to_mend_is_permanent(alarms: SchedulerAlarms, wire: Wire, code: str) -> None:
    wire.answer("CreateSchedule", 400, code)
    with pytest.raises(Permanent, match=f"scheduler:CreateSchedule on the schedule launch-{MEETING_ID}.*as it says"):
        alarms.set(LAUNCH, MEETING_ID, NOW + 5 * MINUTE, NOW)
    assert wire.calls == ["Create"]


def test_one_that_somebody_else_is_changing_is_temporary(alarms: SchedulerAlarms, wire: Wire) -> None:
    alarms.set(LAUNCH, MEETING_ID, NOW + 9 * MINUTE, NOW)
    wire.answer("UpdateSchedule", 409, "ConflictException")
    with pytest.raises(Temporary, match="being changed just now"):
        alarms.set(LAUNCH, MEETING_ID, NOW + 5 * MINUTE, NOW)


@pytest.mark.parametrize(("operation", "before"), [("CreateSchedule", ()), ("UpdateSchedule", (9,))])
def test_an_answer_that_was_cut_off_counts_as_none(
    alarms: SchedulerAlarms, wire: Wire, operation: str, before: tuple[int, ...]
) -> None:
    for minutes in before:
        alarms.set(LAUNCH, MEETING_ID, NOW + minutes * MINUTE, NOW)
    wire.answer(operation, 200)
    with pytest.raises(Temporary, match="not whole"):
        alarms.set(LAUNCH, MEETING_ID, NOW + 5 * MINUTE, NOW)


@pytest.mark.parametrize("meeting_id", ["", "a b", "a" * 58])
def test_an_id_that_makes_no_name_is_refused_before_any_call(
    alarms: SchedulerAlarms, wire: Wire, lambda_stand_in: LambdaStandIn, meeting_id: str
) -> None:
    for at in (NOW, NOW + 5 * MINUTE):
        with pytest.raises(Permanent, match="no alarm can be named"):
            alarms.set(LAUNCH, meeting_id, at, NOW)
    alarms.drop(meeting_id)
    assert wire.calls == []
    assert lambda_stand_in.requests == 0


def test_a_scheduler_that_is_silent_is_temporary(lambda_stand_in: LambdaStandIn) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = client_at(f"http://127.0.0.1:{silent.getsockname()[1]}", "scheduler", IMPATIENT)
        alarms = SchedulerAlarms(client, lambda_stand_in.client(), settings_of("default"))
        with pytest.raises(Temporary, match="could not be reached"):
            alarms.set(LAUNCH, MEETING_ID, NOW + 5 * MINUTE, NOW)
        with pytest.raises(Temporary, match="could not be reached"):
            alarms.drop(MEETING_ID)
        client.close()
