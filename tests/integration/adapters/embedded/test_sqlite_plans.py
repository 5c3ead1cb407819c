"""No question that is asked again and again gets slower as meetings end: each is answered from its own index."""

from collections.abc import Callable
from pathlib import Path

import pytest

from elephant.adapters.embedded.sqlite import SqliteDatabase
from elephant.adapters.embedded.sqlite_alarms import SqliteAlarms
from elephant.adapters.embedded.sqlite_hosts import SqliteHosts
from elephant.adapters.embedded.sqlite_ledger import SqliteLedger
from elephant.adapters.embedded.sqlite_meetings import SqliteMeetings
from elephant.ports.alarms import AlarmKind, DueAlarm
from elephant.ports.meetings import Place
from tests.contract.examples import NOW, a_change, a_meeting

pytestmark = pytest.mark.integration

Question = Callable[[SqliteMeetings, SqliteAlarms], object]
QUESTIONS: dict[str, tuple[Question, str]] = {
    "get": (lambda meetings, _: meetings.get("a"), "sqlite_autoindex_meetings_1 (id=?)"),
    "update": (lambda meetings, _: meetings.update("a", a_change(x=1)), "sqlite_autoindex_meetings_1 (id=?)"),
    "open": (lambda meetings, _: meetings.open_meetings(), "USING INDEX meetings_open"),
    "page, both": (
        lambda meetings, _: meetings.page(is_open=None, before=None, limit=9),
        "meetings_all ((meet_time,id)<(?,?))",
    ),
    "page, open": (
        lambda meetings, _: meetings.page(is_open=True, before=Place(NOW), limit=9),
        "meetings_open ((meet_time,id)<(?,?))",
    ),
    "page, over": (
        lambda meetings, _: meetings.page(is_open=False, before=Place(NOW), limit=9),
        "meetings_over ((meet_time,id)<(?,?))",
    ),
    "page of a host, both": (
        lambda meetings, _: meetings.page(is_open=None, before=None, limit=9, host="ana"),
        "meetings_of_host (host=? AND (meet_time,id)<(?,?))",
    ),
    "page of a host, over": (
        lambda meetings, _: meetings.page(is_open=False, before=Place(NOW), limit=9, host="ana"),
        "meetings_of_host (host=? AND (meet_time,id)<(?,?))",
    ),
    "month of a host": (
        lambda meetings, _: SqliteLedger(meetings._database).counted("ana", "2026-11"),
        "meetings_of_host (host=? AND meet_time>? AND meet_time<?)",
    ),
    "host by token": (
        lambda meetings, _: SqliteHosts(meetings._database).with_token("digest"),
        "sqlite_autoindex_hosts_2 (token_digest=?)",
    ),
    "due": (lambda _, alarms: alarms.due(NOW), "COVERING INDEX alarms_by_time (due_at<?)"),
    "drop": (lambda _, alarms: alarms.drop("a"), "alarms_of_meeting (meeting_id=?)"),
    "done": (lambda _, alarms: alarms.done(DueAlarm(AlarmKind.LAUNCH, "a", NOW)), "(kind=? AND meeting_id=?"),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_answered_from_its_index(tmp_path: Path, name: str) -> None:
    ask, expected = QUESTIONS[name]
    database = SqliteDatabase(tmp_path)
    meetings, alarms = SqliteMeetings(database), SqliteAlarms(database)
    meetings.create(a_meeting("a"))
    alarms.set(AlarmKind.LAUNCH, "a", NOW, NOW)

    asked: list[str] = []
    connection = database._connection()
    connection.set_trace_callback(asked.append)
    ask(meetings, alarms)
    connection.set_trace_callback(None)

    statements = [statement for statement in asked if statement.split()[0] in {"SELECT", "UPDATE", "DELETE"}]
    plan = [row[3] for statement in statements for row in database.read(f"EXPLAIN QUERY PLAN {statement}")]
    assert any(expected in step for step in plan), plan
    for step in plan:
        assert "INDEX" in step, plan
        assert "TEMP B-TREE" not in step, plan
