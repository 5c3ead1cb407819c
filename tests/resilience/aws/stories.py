"""Faults that are no mishap of one call: whole courses of events, some in every order or at every moment."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends

from elephant.domain.meeting import EndReason
from tests.resilience.aws.mishaps import places
from tests.resilience.aws.scenarios import GOOD, Event, Stage, data_is_in
from tests.support import sent_events
from tests.support.builders import STUDENT, TEACHER
from tests.support.ec2_rules import REGION

CANCELLED = frozenset({EndReason.CANCELLED})
IN_ORDER_OR_NOT = tuple(itertools.permutations(range(4)))
ROLES = (TEACHER, STUDENT)


@dataclass(frozen=True)
class Story:
    """`act` plays one variant on a stage with nothing booked, and asserts what must hold; the end is played by others.

    `variants` may also be a function that finds out how many there are, on a stage of its own.
    """

    name: str
    invariant: str
    case: str
    happens: str
    act: Callable[[Stage, Any], None]
    variants: Sequence[Any] | Callable[[Stage], Sequence[Any]] = (None,)
    ends: frozenset[EndReason] = GOOD


def _caught_events(stage: Stage, until_minute: float, states: Sequence[str]) -> list[Event]:
    """Both machines' events of these states, which do not arrive; the teacher's first."""
    found: list[Event] = []

    def catch(function: str, event: Event) -> list[Event]:
        if function == "ElephantDNSWatchdog" and event["detail"]["state"] in states:
            found.append(event)
            return []
        return [event]

    stage.driver.deliver = catch
    stage.play(until_minute)
    stage.driver.deliver = lambda _function, event: [event]
    return found


def _starting_in_any_order(stage: Stage, order: Sequence[int]) -> None:
    stage.book()
    stage.driver.sweeps = False
    running = _caught_events(stage, -1.5, ["running"])
    assert len(running) == 2
    ids = [event["detail"]["instance-id"] for event in running]
    stage.desktops.warm.update(ids)

    def warm(machine_id: str) -> None:
        stage.driver.field_write(stage.meeting.id, status="HEALTHY", instance_id=machine_id)
        stage.driver.settle()

    acts: list[Callable[[], object]] = [
        lambda: stage.driver.invoke("ElephantDNSWatchdog", running[0]),
        lambda: stage.driver.invoke("ElephantDNSWatchdog", running[1]),
        lambda: warm(ids[0]),
        lambda: warm(ids[1]),
    ]
    for index in order:
        acts[index]()
    stage.driver.settle()
    assert {seat.machine_id for seat in stage.driver.meeting(stage.meeting).seats if seat.is_ready} == set(ids)
    stage.driver.sweeps = True


def _going_in_any_order(stage: Stage, order: Sequence[int]) -> None:
    stage.book()
    stage.people.come = False
    stage.driver.sweeps = False
    running = _caught_events(stage, -1.5, ["running"])
    stage.driver.cancel(stage.meeting)
    going = [
        sent_events.state_change(event["detail"]["instance-id"], "terminated", stage.driver.now) for event in running
    ]
    stage.play(-1)
    for index in order:
        stage.driver.invoke("ElephantDNSWatchdog", [*running, *going][index])
    assert stage.driver.installation.records() == set()
    stage.driver.sweeps = True


def _deaf_or_doubled(stage: Stage, how: str) -> None:
    def deliver(function: str, event: Event) -> list[Event]:
        if how == "twice":
            return [event, event]
        return [event] if function == "sweep" else []

    stage.driver.sweeps = how != "no sweep"
    if how != "no sweep":
        stage.driver.deliver = deliver
    stage.book()


def _no_capacity(stage: Stage, types: Sequence[str]) -> None:
    subnets = [None, *(each["SubnetId"] for each in stage.driver.installation.ec2.describe_subnets()["Subnets"])]
    stage.driver.rules.refused = {
        (kind, subnet): "InsufficientInstanceCapacity" for kind in types for subnet in subnets
    }
    stage.book()
    stage.play(-1.5)
    assert len(stage.driver.rules.live()) == (0 if len(types) == 2 else 2)
    stage.driver.rules.refused = {}


def _no_capacity_ever(stage: Stage, _variant: None) -> None:
    subnets = [None, *(each["SubnetId"] for each in stage.driver.installation.ec2.describe_subnets()["Subnets"])]
    stage.driver.rules.refused = {
        (kind, subnet): "InsufficientInstanceCapacity" for kind in ("m5.large", "m5a.large") for subnet in subnets
    }
    stage.people.come = False
    stage.book()
    stage.play(2)
    assert {function for function, _, _ in stage.driver.dead_letters} == {"launch-ec2"}
    stage.driver.dead_letters.clear()


def _no_address(stage: Stage, _variant: None) -> None:
    stage.book()
    stage.driver.sweeps = False
    running = _caught_events(stage, -1.5, ["running"])
    instances = {each.id: each for each in stage.driver.rules.live()}
    held = {}
    for event in running:
        instance = instances[event["detail"]["instance-id"]]
        held[instance.id], instance.nics = dict(instance.nics), {}
        stage.driver.invoke_later("ElephantDNSWatchdog", event)
    assert stage.driver.installation.records() == set()
    assert not any(seat.link for seat in stage.driver.meeting(stage.meeting).seats)
    for machine_id, nics in held.items():
        instances[machine_id].nics = nics
    stage.driver.sweeps = True


def _one_unknown(stage: Stage, role: str) -> None:
    stage.book()
    stage.people.come = False
    stage.play(-1)
    forgotten = stage.driver.machine_id(stage.meeting, role)
    for key, reservation in list(ec2_backends[DEFAULT_ACCOUNT_ID][REGION].reservations.items()):
        if any(each.id == forgotten for each in reservation.instances):
            del ec2_backends[DEFAULT_ACCOUNT_ID][REGION].reservations[key]
    assert len(stage.driver.rules.live()) == 1
    assert stage.driver.cancel(stage.meeting)[0] == 200
    assert not stage.driver.rules.live()


def _poison(stage: Stage, _variant: None) -> None:
    good = data_is_in(stage)["Records"]
    stage.driver.field_write("poison0000000000", created_at="not a time")
    written = stage.driver.stream.new_records()
    # moto tells of an UpdateItem that makes an item twice
    *_, poison = [each for each in written if each["dynamodb"]["Keys"]["id"] == {"S": "poison0000000000"}]
    answer = stage.driver.invoke("terminator", {"Records": [poison, *good]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": poison["dynamodb"]["SequenceNumber"]}]}
    assert stage.driver.meeting(stage.meeting).is_over
    stage.driver.installation.dynamodb.delete_item(
        TableName=stage.driver.installation.table_name, Key={"id": {"S": "poison0000000000"}}
    )
    stage.driver.sweeps = True


def _late_warm(stage: Stage, role: str) -> None:
    stage.book()
    stage.people.come = False
    stage.play(-1)
    machine_id = stage.driver.machine_id(stage.meeting, role)
    stage.driver.cancel(stage.meeting)
    stage.driver.field_write(stage.meeting.id, status="HEALTHY", instance_id=machine_id)
    stage.driver.settle()
    assert stage.driver.row(stage.meeting)["status"] == {"S": "TERMINATED"}
    assert stage.driver.join(stage.meeting, role)[0] == 410


def _late_launch(stage: Stage, minute: float) -> Event:
    stage.book()
    stage.people.come = False
    stage.driver.sweeps = False
    return stage.caught("launch-ec2", minute)


def _moments_of_a_launch(stage: Stage) -> Sequence[Any]:
    """Before it, before each of its calls, after it."""
    event = _late_launch(stage, -1)
    before = len(stage.driver.calls.invocations)
    stage.driver.invoke("launch-ec2", event)
    return range(len(places(stage.driver.calls.invocations[before].calls)) + 2)


def _in_the_middle(stage: Stage, event: Event, moment: int, act: Callable[[], object]) -> None:
    """The launch, and something else at that moment of it."""
    calls, left = stage.driver.calls, [moment]

    def count(call: Any) -> None:  # noqa: ANN401  a Call
        if call.function == "launch-ec2":
            left[0] -= 1
            if left[0] == 0:
                calls.before_call = None
                act()

    if moment == 0:
        act()
    calls.before_call = count if moment else None
    stage.driver.invoke("launch-ec2", event)
    calls.before_call = None
    if left[0] > 0:
        act()
    stage.driver.settle()
    stage.driver.sweeps = True


def _net_and_launch(stage: Stage, moment: int) -> None:
    event = _late_launch(stage, 2.9)
    net = {"meeting_id": stage.meeting.id}

    def fall() -> None:
        stage.driver.now = max(stage.driver.now, stage.driver.meeting(stage.meeting).safety_net_at)
        stage.driver.invoke("meeting-safety-net", net)

    _in_the_middle(stage, event, moment, fall)
    assert stage.driver.meeting(stage.meeting).is_over


def _cancel_and_launch(stage: Stage, moment: int) -> None:
    event = _late_launch(stage, -1)
    _in_the_middle(stage, event, moment, lambda: stage.driver.cancel(stage.meeting))
    assert not stage.driver.rules.live()


def _secret_missing(stage: Stage, _variant: None) -> None:
    environment = stage.driver.installation.environment
    secrets = stage.driver.installation.secrets
    text = secrets.get_secret_value(SecretId=environment["SECRET_ARN"])["SecretString"]
    secrets.delete_secret(SecretId=environment["SECRET_ARN"])
    stage.driver.cold_start()
    stage.book()
    stage.driver.sweeps = False
    stage.play(-1)
    assert not any(seat.link for seat in stage.driver.meeting(stage.meeting).seats)
    secrets.restore_secret(SecretId=environment["SECRET_ARN"])
    assert secrets.get_secret_value(SecretId=environment["SECRET_ARN"])["SecretString"] == text
    stage.driver.sweeps = True


STORIES: tuple[Story, ...] = (
    Story(
        "starting",
        "I7",
        "Starting",
        "`running` and `HEALTHY` of both seats arrive in every order",
        _starting_in_any_order,
        IN_ORDER_OR_NOT,
    ),
    Story(
        "ending",
        "I3",
        "Ending",
        "`running` and `terminated` of both machines arrive after the end, in every order",
        _going_in_any_order,
        IN_ORDER_OR_NOT,
        CANCELLED,
    ),
    Story(
        "events",
        "I7",
        "A whole meeting",
        "every event is lost but the sweep's; every event comes twice; there is no sweep",
        _deaf_or_doubled,
        ("lost", "twice", "no sweep"),
    ),
    Story(
        "capacity",
        "I2",
        "No capacity",
        "for the first instance type; for any at the launch's time",
        _no_capacity,
        (("m5.large",), ("m5.large", "m5a.large")),
    ),
    Story(
        "no-capacity-ever",
        "I1",
        "No capacity",
        "for any type, ever",
        _no_capacity_ever,
        ends=frozenset({EndReason.LAUNCH_FAILED}),
    ),
    Story("no-address", "I5", "No public address", "a machine runs before it has one", _no_address),
    Story(
        "one-unknown",
        "I1",
        "`TerminateInstances`",
        "one of two ids is unknown, the first or the second",
        _one_unknown,
        ROLES,
        CANCELLED,
    ),
    Story(
        "poison",
        "I7",
        "Poison in the stream",
        "an item that can never be read is written between those of a meeting",
        _poison,
    ),
    Story(
        "late-healthy",
        "I4",
        "Late `HEALTHY`",
        "a desktop in the field writes it over the end",
        _late_warm,
        ROLES,
        CANCELLED,
    ),
    Story(
        "net-and-launch",
        "I1",
        "The net and the launch",
        "the net falls before, after and before each call of a late launch",
        _net_and_launch,
        _moments_of_a_launch,
        frozenset({EndReason.NO_SHOW_TIMEOUT, EndReason.LAUNCH_FAILED}),
    ),
    Story(
        "cancel-and-launch",
        "I1",
        "A cancellation and the launch",
        "a host cancels before, after and before each call of the launch",
        _cancel_and_launch,
        _moments_of_a_launch,
        CANCELLED,
    ),
    Story("secret", "I5", "The provider's secret", "it is missing while the machines start", _secret_missing),
)
