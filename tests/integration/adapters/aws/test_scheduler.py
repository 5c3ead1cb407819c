"""Alarms at moto's Scheduler and a stand-in for Lambda: what the contract does not ask about."""

import io
import json
import re
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session
from botocore.session import get_session

from elephant.adapters.aws.scheduler import SchedulerAlarms
from elephant.ports.alarms import AlarmKind
from elephant.ports.errors import Permanent, Temporary
from tests.support.aws_server import CONFIG
from tests.support.lambda_stand_in import LambdaStandIn
from tests.support.watched_schedules import (
    DEAD_LETTER_ARN,
    LAUNCHER_ARN,
    SAFETY_NET_ARN,
    Standing,
    settings_of,
    standing,
)

if TYPE_CHECKING:
    from mypy_boto3_scheduler.client import EventBridgeSchedulerClient

    from tests.support.aws_server import AwsServer

pytestmark = pytest.mark.integration

LAUNCH, SAFETY_NET = AlarmKind.LAUNCH, AlarmKind.SAFETY_NET
MEETING_ID = "abcdefgh12345678"
NOW = datetime(2026, 11, 21, 14, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LAUNCH_STANDS = Standing(f"launch-{MEETING_ID}", NOW + 5 * MINUTE, LAUNCHER_ARN, {"meeting_id": MEETING_ID})
IMPATIENT = Config(connect_timeout=1, read_timeout=0.3, retries={"mode": "standard", "total_max_attempts": 2})


class Raw(io.BytesIO):
    """A body as urllib3 hands it out."""

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


def response(request: Any, status: int, code: str = "") -> AWSResponse:  # noqa: ANN401  botocore's
    headers: Any = {"x-amzn-ErrorType": code} if code else {}
    body = json.dumps({"Message": "as it says"}).encode() if code else b""
    return AWSResponse(request.url, status, headers, Raw(body))


class Wire:
    """What goes over the wire, and what happens to it; an operation is named as in `CreateSchedule`."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401  a client of any service
        self._client = client
        self.calls: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        client.meta.events.register("before-send.scheduler.*", self._note)

    def before(self, operation: str, act: Callable[[Any], object], times: int = 1) -> None:
        """Do something just before each of the next such requests is sent; a response that it returns is the answer."""
        left = iter(range(times))

        def interrupt(request: Any, **_: object) -> AWSResponse | None:  # noqa: ANN401  botocore's
            done = act(request) if next(left, None) is not None else None
            return done if isinstance(done, AWSResponse) else None

        self._client.meta.events.register(f"before-send.scheduler.{operation}", interrupt)

    def answer(self, operation: str, status: int, code: str = "", times: int = 1, *, name: str = "") -> None:
        """The next such requests (about the schedule of that name) get this answer, and are not carried out."""

        def refuse(request: Any) -> AWSResponse | None:  # noqa: ANN401  botocore's
            if name not in request.url:
                return None
            return response(request, status, code)

        self.before(operation, refuse, times)

    def lose_answer(self, operation: str) -> None:
        """The next such request is carried out, and its answer never arrives."""

        def lose(request: Any) -> None:  # noqa: ANN401  botocore's
            session = URLLib3Session()
            session.send(request)
            session.close()
            raise ReadTimeoutError(endpoint_url=request.url)

        self.before(operation, lose)

    def _note(self, request: Any, event_name: str, **_: object) -> None:  # noqa: ANN401  botocore's
        self.calls.append(event_name.rpartition(".")[2].removesuffix("Schedule"))
        body = json.loads(request.body) if request.body else {}
        self.tokens.append(body.pop("ClientToken", None) or parse_qs(urlsplit(request.url).query)["clientToken"][0])
        self.bodies.append(body)


@pytest.fixture
def client(aws_server: "AwsServer") -> "EventBridgeSchedulerClient":
    """A client of its own, because its calls are interrupted."""
    client: EventBridgeSchedulerClient = aws_server.client("scheduler", CONFIG)
    return client


@pytest.fixture
def wire(client: "EventBridgeSchedulerClient") -> Wire:
    return Wire(client)


@pytest.fixture
def alarms(
    client: "EventBridgeSchedulerClient", lambda_stand_in: LambdaStandIn, schedule_group: str, wire: Wire
) -> SchedulerAlarms:
    assert wire.calls == []
    return SchedulerAlarms(client, lambda_stand_in.client(), settings_of(schedule_group))


@pytest.fixture
def left(scheduler: "EventBridgeSchedulerClient", schedule_group: str) -> Callable[[], list[Standing]]:
    """What stands in the group, seen by somebody else."""
    return lambda: standing(scheduler, schedule_group)


Left = Callable[[], list[Standing]]


# --- setting ---------------------------------------------------------------------------------------------------------


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
        client: Any = get_session().create_client(
            "scheduler",
            region_name="eu-central-1",
            endpoint_url=f"http://127.0.0.1:{silent.getsockname()[1]}",
            aws_access_key_id="nobody",
            aws_secret_access_key="nothing",
            config=IMPATIENT,
        )
        alarms = SchedulerAlarms(client, lambda_stand_in.client(), settings_of("default"))
        with pytest.raises(Temporary, match="could not be reached"):
            alarms.set(LAUNCH, MEETING_ID, NOW + 5 * MINUTE, NOW)
        with pytest.raises(Temporary, match="could not be reached"):
            alarms.drop(MEETING_ID)
        client.close()


# --- at once ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "arn"), [(LAUNCH, LAUNCHER_ARN), (SAFETY_NET, SAFETY_NET_ARN)])
def test_what_is_due_is_invoked_at_once_and_nothing_is_scheduled(
    alarms: SchedulerAlarms, wire: Wire, lambda_stand_in: LambdaStandIn, kind: AlarmKind, arn: str
) -> None:
    alarms.set(kind, MEETING_ID, NOW - MINUTE, NOW)
    assert lambda_stand_in.take() == [(arn, {"meeting_id": MEETING_ID})]
    assert wire.calls == []


def test_no_connection_is_left_open_after_a_call(
    client: "EventBridgeSchedulerClient", lambda_stand_in: LambdaStandIn, schedule_group: str
) -> None:
    functions: Any = lambda_stand_in.client()
    bodies: list[Any] = []
    functions.meta.events.register("after-call.lambda.Invoke", lambda parsed, **_: bodies.append(parsed["Payload"]))
    SchedulerAlarms(client, functions, settings_of(schedule_group)).set(LAUNCH, MEETING_ID, NOW, NOW)
    assert [body._raw_stream.closed for body in bodies] == [True]


def test_what_is_nearly_due_is_scheduled_because_its_function_would_do_nothing_yet(
    alarms: SchedulerAlarms, lambda_stand_in: LambdaStandIn, left: Left
) -> None:
    alarms.set(SAFETY_NET, MEETING_ID, NOW + timedelta(seconds=1), NOW)
    assert lambda_stand_in.take() == []
    assert [schedule.at for schedule in left()] == [NOW + MINUTE]


def test_a_schedule_for_later_is_left_when_its_function_is_invoked_at_once(
    alarms: SchedulerAlarms, lambda_stand_in: LambdaStandIn, left: Left
) -> None:
    alarms.set(LAUNCH, MEETING_ID, NOW + 5 * MINUTE, NOW)
    alarms.set(LAUNCH, MEETING_ID, NOW, NOW)
    assert lambda_stand_in.take() == [(LAUNCHER_ARN, {"meeting_id": MEETING_ID})]
    assert left() == [LAUNCH_STANDS]
    alarms.drop(MEETING_ID)
    assert left() == []


def test_a_call_whose_answer_was_lost_is_made_again_and_rings_twice(
    alarms: SchedulerAlarms, lambda_stand_in: LambdaStandIn
) -> None:
    lambda_stand_in.lose_answers()
    alarms.set(LAUNCH, MEETING_ID, NOW, NOW)
    assert lambda_stand_in.take() == [(LAUNCHER_ARN, {"meeting_id": MEETING_ID})] * 2


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ServiceException", "ResourceConflictException"])
def test_a_function_that_cannot_be_called_just_now_is_temporary(
    alarms: SchedulerAlarms, lambda_stand_in: LambdaStandIn, code: str
) -> None:
    lambda_stand_in.refuse(code, times=3)
    with pytest.raises(Temporary, match="LAUNCHER_ARN"):
        alarms.set(LAUNCH, MEETING_ID, NOW, NOW)
    assert lambda_stand_in.take() == []


def test_a_missing_function_names_its_setting(alarms: SchedulerAlarms, lambda_stand_in: LambdaStandIn) -> None:
    lambda_stand_in.missing.add(SAFETY_NET_ARN)
    with pytest.raises(Permanent, match=r"meeting-safety-net \(SAFETY_NET_ARN\) does not exist"):
        alarms.set(SAFETY_NET, MEETING_ID, NOW, NOW)
    assert lambda_stand_in.requests == 1


def test_a_lambda_that_is_silent_is_temporary(
    client: "EventBridgeSchedulerClient", lambda_stand_in: LambdaStandIn, schedule_group: str
) -> None:
    lambda_stand_in.hang(times=2)
    alarms = SchedulerAlarms(client, lambda_stand_in.client(IMPATIENT), settings_of(schedule_group))
    with pytest.raises(Temporary, match="could not be reached"):
        alarms.set(LAUNCH, MEETING_ID, NOW, NOW)
    assert lambda_stand_in.requests == 2


def test_an_answer_that_is_no_acceptance_is_temporary(
    client: "EventBridgeSchedulerClient", lambda_stand_in: LambdaStandIn, schedule_group: str
) -> None:
    functions: Any = lambda_stand_in.client()
    functions.meta.events.register("before-send.lambda.Invoke", lambda request, **_: response(request, 200))
    alarms = SchedulerAlarms(client, functions, settings_of(schedule_group))
    with pytest.raises(Temporary, match="did not say"):
        alarms.set(LAUNCH, MEETING_ID, NOW, NOW)


# --- dropping --------------------------------------------------------------------------------------------------------


def set_both(alarms: SchedulerAlarms, wire: Wire) -> None:
    for kind in AlarmKind:
        alarms.set(kind, MEETING_ID, NOW + 5 * MINUTE, NOW)
    wire.calls.clear()


def test_both_are_deleted_at_the_same_time(alarms: SchedulerAlarms, wire: Wire, left: Left) -> None:
    set_both(alarms, wire)
    together = threading.Barrier(2, timeout=10)
    wire.before("DeleteSchedule", lambda _: together.wait(), times=2)
    alarms.drop(MEETING_ID)
    assert wire.calls == ["Delete", "Delete"]
    assert left() == []


@pytest.mark.parametrize("failing", ["launch", "safety"])
def test_the_error_of_one_does_not_keep_the_other(
    alarms: SchedulerAlarms, wire: Wire, left: Left, failing: str
) -> None:
    set_both(alarms, wire)
    wire.answer("DeleteSchedule", 400, "AccessDeniedException", times=9, name=f"{failing}-{MEETING_ID}")
    with pytest.raises(Permanent, match=f"scheduler:DeleteSchedule on the schedule {failing}-{MEETING_ID}"):
        alarms.drop(MEETING_ID)
    assert [schedule.name for schedule in left()] == [f"{failing}-{MEETING_ID}"]


def test_where_both_fail_the_first_is_raised_and_the_other_logged(
    alarms: SchedulerAlarms, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    set_both(alarms, wire)
    wire.answer("DeleteSchedule", 500, "InternalServerException", times=9)
    with pytest.raises(Temporary, match=f"launch-{MEETING_ID}"):
        alarms.drop(MEETING_ID)
    assert f"safety-{MEETING_ID}" in caplog.text
    assert wire.calls == ["Delete"] * 6


def test_one_that_is_being_changed_is_dropped_later(alarms: SchedulerAlarms, wire: Wire, left: Left) -> None:
    set_both(alarms, wire)
    wire.answer("DeleteSchedule", 409, "ConflictException", times=2)
    with pytest.raises(Temporary, match="being changed just now"):
        alarms.drop(MEETING_ID)
    alarms.drop(MEETING_ID)
    assert left() == []


def test_a_deletion_whose_answer_was_lost_is_fine(alarms: SchedulerAlarms, wire: Wire, left: Left) -> None:
    set_both(alarms, wire)
    wire.lose_answer("DeleteSchedule")
    alarms.drop(MEETING_ID)
    assert wire.calls == ["Delete"] * 3
    assert left() == []


def test_nothing_is_left_of_a_group_that_is_gone(client: "EventBridgeSchedulerClient") -> None:
    functions: Any = None
    SchedulerAlarms(client, functions, settings_of(f"gone-{secrets.token_hex(4)}")).drop(MEETING_ID)
