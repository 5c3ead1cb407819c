"""What must hold of the world around the functions: seen from AWS's side, not through the code under test."""

import hashlib
from collections import Counter
from collections.abc import Container
from types import FunctionType
from typing import TYPE_CHECKING, Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from elephant.adapters.aws.dynamodb_items import meeting_of
from elephant.adapters.aws.dynamodb_values import from_attributes
from elephant.bootstrap.aws import aws
from elephant.domain.meeting import Meeting
from elephant.domain.timetable import launch_at
from tests.support.aws_driver import AwsDriver
from tests.support.aws_installation import DOMAIN_ROOT
from tests.support.ec2_rules import REGION

if TYPE_CHECKING:
    from tests.resilience.aws.scenarios import Stage

TOLD = ("history", "_problem")
"""What a row tells people of its past, and nothing reads."""
GOING = {"shutting-down", "terminated"}


def rows_of(driver: AwsDriver) -> list[dict[str, Any]]:
    """The table, with DynamoDB's types, looked at inside of moto: as an answer of moto's it takes much longer."""
    table = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[driver.installation.table_name]
    return [item.to_json()["Attributes"] for item in table.all_items()]


def meetings(driver: AwsDriver) -> list[Meeting]:
    """Every meeting of the table, as booked."""
    found = [meeting_of(from_attributes(row), aws().service.policy) for row in rows_of(driver)]
    return sorted(found, key=lambda each: (each.created_at, each.id))


def broken_after_a_sweep(driver: AwsDriver) -> list[str]:
    """What does not hold of I1, I2, I3 and I5 now that a sweep has done its work."""
    by_id = {meeting.id: meeting for meeting in meetings(driver)}
    there = [each for each in driver.rules.instances if each.state not in GOING]
    found: list[str] = []
    for instance in there:
        meeting_id, role = seat_of(instance)
        meeting = by_id.get(meeting_id)
        if meeting is None or meeting.is_over or driver.now >= meeting.deadline:
            found.append("I1: a machine whose meeting is missing, over or past its deadline")
        elif driver.now < launch_at(meeting.meet_time, aws().service.policy):
            found.append("I1: a machine before its launch time")
        elif (seat := meeting.seat(role)) is None or seat.machine_id != instance.id:
            found.append("I2: a machine that its seat does not know")
    live_ids = {each.id for each in there}
    # what this very sweep has ended keeps its record until it says so itself, or until the next one
    known_ids = {each.id for each in driver.rules.instances if each.state != "terminated"}
    found += [f"I2: {count} machines at one seat" for count in Counter(map(seat_of, there)).values() if count > 1]
    found += [
        "I3: a record without a machine" for name in driver.installation.records() if _id_of(name) not in known_ids
    ]
    found += [
        "I5: a seat that offers a machine that is gone"
        for meeting in by_id.values()
        for seat in meeting.seats
        if seat.is_ready and not meeting.is_over and seat.machine_id not in live_ids
    ]
    return found


def broken_in_the_end(driver: AwsDriver) -> list[str]:
    """What is left when every meeting should be over."""
    found = [f"I1: a meeting is not over at {driver.now:%H:%M}" for each in meetings(driver) if not each.is_over]
    return found + [f"I1: left are {len(left)} {kind}" for kind, left in driver.leftovers().items() if left]


def ends_of(driver: AwsDriver) -> dict[str, tuple[object, object]]:
    """When and why those of the meetings ended that are over: whatever comes, this stays as it is (I4)."""
    return {each.id: (each.ended_at, each.termination_reason) for each in meetings(driver) if each.is_over}


def picture(driver: AwsDriver) -> list[str]:
    """What a function has brought about, without ids: the same after two runs that did the same."""
    lines = [
        f"{meeting.status} {meeting.termination_reason} net {meeting.safety_net_at - meeting.meet_time} "
        + " ".join(f"{seat.role} {seat.phase} {seat.launches} {seat.joined_at is not None}" for seat in meeting.seats)
        for meeting in meetings(driver)
    ]
    lines += sorted(" ".join((seat_of(each)[1], str(each.state))) for each in driver.rules.instances)
    lines += [f"{len(driver.installation.records())} records"]
    return lines + sorted(f"{each.name.partition('-')[0]} {each.at:%H:%M}" for each in driver.schedules())


def world_of(stage: "Stage") -> str:
    """Everything that the rest of the play depends on, ids and all; only what a meeting tells of itself is left out.

    What is to happen later is told by its time, its code and what that holds, so two worlds that are the same in this
    are the same, and some that are the same are not seen to be. A row's attributes have no order, and a record's id is
    drawn anew each time and known to the zone alone.
    """
    driver = stage.driver
    rows = [sorted((name, value) for name, value in row.items() if not name.endswith(TOLD)) for row in rows_of(driver)]
    records = driver.installation.cloudflare.zones[driver.installation.zone_id][1].values()
    parts = [
        driver.now,
        sorted(map(repr, rows)),
        [(each.id, each.state, each.launch_time) for each in driver.rules.instances],
        sorted(repr({**record, "id": ""}) for record in records),
        driver.schedules(),
        sorted((when, _code_of(act)) for when, _, act in driver._agenda),
        driver.stream,
        max(driver.now, driver._stream_waits_until),
        driver.dead_letters,
        (driver.sweeps, _code_of(driver.deliver), driver.rules.refused),
        stage.people,
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _code_of(held: object) -> str:
    """What a function is and holds, functions that it holds likewise; of anything else its representation."""
    if not isinstance(held, FunctionType):
        return repr(held)
    return f"{held.__qualname__} {[_code_of(cell.cell_contents) for cell in held.__closure__ or ()]}"


def way_in_is_right(driver: AwsDriver, url: str, seat: tuple[str, str], warm: Container[str]) -> bool:
    """I5: a link leads to a machine that runs, is this seat's, has reported that it is ready, and has its address."""
    instance = next((each for each in driver.rules.instances if each.id in url), None)
    return (
        instance is not None
        and instance.state == "running"
        and seat_of(instance) == seat
        and instance.id in warm
        and f"{instance.id}.{DOMAIN_ROOT}" in driver.installation.records()
    )


def seat_of(instance: Any) -> tuple[str, str]:  # noqa: ANN401  moto's
    """The meeting and the role of a machine, from its tags."""
    tags = {tag["key"]: tag["value"] for tag in instance.get_tags()}
    return tags["MeetingID"], tags["Role"]


def _id_of(name: str) -> str:
    return name.partition(".")[0]
