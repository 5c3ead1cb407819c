from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from elephant.bootstrap.alive_sign import AliveSign
from elephant.ports.errors import Temporary
from elephant.ports.meetings import Meetings
from tests.support.builders import POLICY, a_machine, a_meeting, a_serving_seat, at
from tests.support.frail_ports import broken
from tests.support.memory_world import MemoryWorld, a_world_with

LAST_ALIVE_AT = at(20)
TOO_LONG = POLICY.presence / 2


class Server:
    """A sign of life at a time that the test chooses; somebody is at a desktop."""

    def __init__(self, directory: Path) -> None:
        self.world: MemoryWorld = a_world_with(a_meeting(a_serving_seat(seen_at=LAST_ALIVE_AT - timedelta(seconds=30))))
        self.time = LAST_ALIVE_AT
        self.path = directory / "alive"
        self.sign = self.another(self.world.meetings)

    def another(self, meetings: Meetings) -> AliveSign:
        return AliveSign(self.path, meetings=meetings, policy=POLICY, clock=lambda: self.time)

    @property
    def seen_at(self) -> datetime | None:
        return self.world.seat().seen_at


@pytest.fixture
def server(tmp_path: Path) -> Server:
    server = Server(tmp_path)
    server.sign.note()
    return server


def test_i6_whoever_asks_the_time_after_a_break_finds_everybody_still_there(server: Server) -> None:
    server.time += timedelta(hours=1)
    assert server.sign.now() == server.time
    assert server.seen_at == server.time


def test_a_slow_turn_is_no_break(server: Server) -> None:
    before = server.seen_at
    server.time += TOO_LONG - timedelta(seconds=1)
    assert server.sign.now() == server.time
    assert server.seen_at == before


def test_one_break_is_made_up_for_once(server: Server) -> None:
    server.time += timedelta(hours=1)
    back_at = server.sign.now()
    server.time += POLICY.presence
    server.sign.note()
    assert server.seen_at is not None
    assert server.seen_at == server.time, "this was another break"
    for _ in range(3):
        server.time += TOO_LONG / 2
        server.sign.note()
    assert server.seen_at == back_at + POLICY.presence


def test_a_short_presence_window_makes_no_break_of_a_busy_second(tmp_path: Path) -> None:
    server = Server(tmp_path)
    policy = replace(POLICY, presence=timedelta(seconds=1))
    sign = AliveSign(server.path, meetings=server.world.meetings, policy=policy, clock=lambda: server.time)
    server.world.report(a_machine(), server.time, connected=1)
    sign.note()
    before = server.seen_at
    server.time += timedelta(seconds=2.9)
    sign.now()
    assert server.seen_at == before


def test_a_clock_set_back_is_no_break(server: Server) -> None:
    before = server.seen_at
    server.time -= timedelta(hours=1)
    server.sign.note()
    assert server.sign.now() == server.time
    assert server.seen_at == before


def test_i8_no_rule_is_asked_while_the_break_cannot_be_made_up_for(server: Server) -> None:
    sign = server.another(broken(server.world.meetings, "open_meetings", error=Temporary("locked")))
    sign.note()
    server.time += timedelta(hours=1)
    for _ in range(2):
        with pytest.raises(Temporary):
            sign.now()


def test_i6_the_next_server_takes_over_whoever_was_there(server: Server) -> None:
    server.time += timedelta(hours=1)
    assert server.another(server.world.meetings).take_over() == 1
    assert server.seen_at == server.time


def test_the_first_server_of_all_has_nobody_to_take_over(server: Server) -> None:
    server.path.unlink()
    assert server.another(server.world.meetings).take_over() == 0
