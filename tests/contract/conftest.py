"""Every store of a kind, for one and the same suite."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from elephant.adapters.embedded.sqlite import SqliteDatabase
from elephant.adapters.embedded.sqlite_alarms import SqliteAlarms
from elephant.adapters.embedded.sqlite_ledger import SqliteLedger
from elephant.adapters.embedded.sqlite_meetings import SqliteMeetings
from elephant.adapters.memory.alarms import MemoryAlarms
from elephant.adapters.memory.ledger import MemoryLedger
from elephant.adapters.memory.meetings import MemoryMeetings
from elephant.domain.timetable import Policy
from elephant.ports.alarms import AlarmClock
from elephant.ports.meetings import Meetings
from tests.contract.examples import NOW, Books
from tests.support.aws_fixtures import aws_server, dynamodb, lambda_stand_in, schedule_group, scheduler, table_name
from tests.support.watched_alarms import WatchedAlarms, WatchedClock

__all__ = ["aws_server", "dynamodb", "lambda_stand_in", "schedule_group", "scheduler", "table_name"]

MEETINGS: dict[str, Callable[[Path], Meetings]] = {
    "memory": lambda _: MemoryMeetings(),
    "sqlite": lambda folder: SqliteMeetings(SqliteDatabase(folder)),
}
ALARMS: dict[str, Callable[[Path], AlarmClock]] = {
    "memory": lambda _: MemoryAlarms(),
    "sqlite": lambda folder: SqliteAlarms(SqliteDatabase(folder)),
}


@pytest.fixture(params=[*MEETINGS, pytest.param("dynamodb", marks=pytest.mark.integration)])
def meetings(request: pytest.FixtureRequest, tmp_path: Path) -> Meetings:
    if request.param == "dynamodb":
        from elephant.adapters.aws.dynamodb import DynamoMeetings  # noqa: PLC0415  as late as what it needs

        client = request.getfixturevalue("dynamodb")
        return DynamoMeetings(client, request.getfixturevalue("table_name"), policy=Policy())
    return MEETINGS[request.param](tmp_path)


@pytest.fixture
def books(request: pytest.FixtureRequest, meetings: Meetings) -> Books:
    """Each store of meetings with the ledger that belongs to it."""
    match meetings:
        case MemoryMeetings():
            return Books(meetings, MemoryLedger(meetings))
        case SqliteMeetings():
            return Books(meetings, SqliteLedger(meetings._database))
        case _:
            from elephant.adapters.aws.dynamodb_ledger import DynamoLedger  # noqa: PLC0415  as late as what it needs

            client = request.getfixturevalue("dynamodb")
            table = request.getfixturevalue("table_name")
            return Books(meetings, DynamoLedger(client, table, meetings, policy=Policy()))


@pytest.fixture
def damage(request: pytest.FixtureRequest, meetings: Meetings) -> Callable[[str], None]:
    """Writes something into a stored meeting that no meeting of ours could have written."""

    def spoil(meeting_id: str) -> None:
        match meetings:
            case MemoryMeetings():
                meetings._items[meeting_id]["deadline"] = "soon"
            case SqliteMeetings():
                with meetings._database.write() as connection:
                    spoilt = "UPDATE meetings SET item = json_set(item, '$.deadline', 'soon') WHERE id = ?"
                    connection.execute(spoilt, (meeting_id,))
            case _:
                request.getfixturevalue("dynamodb").update_item(
                    TableName=request.getfixturevalue("table_name"),
                    Key={"id": {"S": meeting_id}},
                    UpdateExpression="SET deadline = :soon",
                    ExpressionAttributeValues={":soon": {"S": "soon"}},
                )

    return spoil


@pytest.fixture(params=ALARMS)
def alarms(request: pytest.FixtureRequest, tmp_path: Path) -> AlarmClock:
    return ALARMS[request.param](tmp_path)


@pytest.fixture(params=[*ALARMS, pytest.param("scheduler", marks=pytest.mark.integration)])
def watched(request: pytest.FixtureRequest, tmp_path: Path) -> WatchedAlarms:
    if request.param == "scheduler":
        from tests.support.watched_schedules import WatchedSchedules  # noqa: PLC0415  as late as what it needs

        given = (request.getfixturevalue(name) for name in ("scheduler", "lambda_stand_in", "schedule_group"))
        return WatchedSchedules(*given, at_once=NOW)
    return WatchedClock(ALARMS[request.param](tmp_path), long_after=NOW + timedelta(days=4000))
