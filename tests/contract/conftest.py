"""Every store of a kind, for one and the same suite."""

from collections.abc import Callable
from pathlib import Path

import pytest

from elephant.adapters.embedded.sqlite import SqliteDatabase
from elephant.adapters.embedded.sqlite_alarms import SqliteAlarms
from elephant.adapters.embedded.sqlite_meetings import SqliteMeetings
from elephant.adapters.memory.alarms import MemoryAlarms
from elephant.adapters.memory.meetings import MemoryMeetings
from elephant.domain.timetable import Policy
from elephant.ports.alarms import AlarmClock
from elephant.ports.meetings import Meetings
from tests.support.aws_fixtures import aws_server, dynamodb, table_name

__all__ = ["aws_server", "dynamodb", "table_name"]

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


@pytest.fixture(params=ALARMS)
def alarms(request: pytest.FixtureRequest, tmp_path: Path) -> AlarmClock:
    return ALARMS[request.param](tmp_path)
