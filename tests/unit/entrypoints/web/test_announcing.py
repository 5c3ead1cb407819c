import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from elephant.adapters.memory.addresses import MemoryAddresses
from elephant.agent.supervisor import START_SECONDS
from elephant.domain.machine import Machine
from elephant.entrypoints.web import announcing
from elephant.entrypoints.web.announcing import ANNOUNCE_SECONDS, Announcer
from elephant.ports.errors import Temporary
from elephant.usecases.launch_desktops import launch_desktops
from tests.support.web_site import Site

WAIT_SECONDS = 60.0


class SlowScreens(MemoryAddresses):
    """Addresses of machines whose screens are not up yet; `asked` is whose was asked for, each time."""

    def __init__(self) -> None:
        super().__init__()
        self.not_up: set[str] = set()
        self.asked: list[str] = []
        self.failure: Exception = Temporary("it has no screen yet")

    def publish(self, machine: Machine) -> str:
        self.asked.append(machine.id)
        if machine.id in self.not_up:
            raise self.failure
        return super().publish(machine)


@pytest.fixture
def slow() -> SlowScreens:
    return SlowScreens()


def launched(site: Site, slow: SlowScreens) -> tuple[str, list[str], list[str], Announcer]:
    """A meeting whose machines have just started: its id, theirs, those that were watched, and who announces them."""
    meeting_id = site.book()["id"]
    machines = launch_desktops(
        meeting_id,
        meetings=site.meetings,
        machines=site.machines,
        policy=site.service.policy,
        now=site.now,
    )
    watched: list[str] = []
    announcer = Announcer(replace(site.service, addresses=slow), watched.append)
    return meeting_id, [machine.id for machine in machines], watched, announcer


def play(story: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            await story()

    asyncio.run(bounded())


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110  seen from outside
        await asyncio.sleep(0.005)


def links(site: Site, meeting_id: str) -> int:
    return sum(seat.link is not None for seat in site.meetings.get(meeting_id).seats)


def test_a_machine_whose_screen_is_slow_holds_up_nobody(site: Site, slow: SlowScreens) -> None:
    meeting_id, (one, other), watched, announcer = launched(site, slow)
    slow.not_up = {one}

    async def story() -> None:
        await announcer.announce(meeting_id)
        await until(lambda: slow.asked.count(one) > 3)
        assert links(site, meeting_id) == 1
        assert slow.asked.count(other) == 1, "that it runs was said once"
        slow.not_up = set()
        await until(lambda: links(site, meeting_id) == 2)

    play(story)
    assert watched == [one, other]


def test_one_that_is_announced_already_is_not_announced_twice_at_once(site: Site, slow: SlowScreens) -> None:
    meeting_id, (one, other), watched, announcer = launched(site, slow)
    slow.not_up = {one, other}

    async def story() -> None:
        for _ in range(5):
            await announcer.announce(meeting_id)
        assert len(asyncio.all_tasks()) == 3, "this one, and one for each machine"
        await until(lambda: slow.asked.count(one) > 1)
        slow.not_up = set()
        await until(lambda: not announcer._under_way)

    play(story)
    assert links(site, meeting_id) == 2
    assert set(watched) == {one, other}


def test_it_lasts_as_long_as_an_agent_waits_for_its_screen_and_not_for_ever(
    site: Site, slow: SlowScreens, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ANNOUNCE_SECONDS > START_SECONDS
    monkeypatch.setattr(announcing, "ANNOUNCE_SECONDS", -1.0)
    meeting_id, machine_ids, _, announcer = launched(site, slow)
    slow.not_up = set(machine_ids)

    async def story() -> None:
        await announcer.announce(meeting_id)
        await until(lambda: not announcer._under_way)

    play(story)
    assert sorted(slow.asked) == sorted(machine_ids)


def test_one_that_dies_meanwhile_is_left_alone(site: Site, slow: SlowScreens) -> None:
    meeting_id, machine_ids, _, announcer = launched(site, slow)
    slow.not_up = set(machine_ids)

    async def story() -> None:
        await announcer.announce(meeting_id)
        await until(lambda: len(slow.asked) > 2)
        site.machines.terminate(machine_ids, site.now)
        await until(lambda: not announcer._under_way)

    play(story)
    assert links(site, meeting_id) == 0


def test_a_bug_is_logged_and_keeps_no_other_machine_from_its_address(
    site: Site, slow: SlowScreens, caplog: pytest.LogCaptureFixture
) -> None:
    meeting_id, (one, _), _, announcer = launched(site, slow)
    slow.not_up, slow.failure = {one}, RuntimeError("a bug")

    async def story() -> None:
        await announcer.announce(meeting_id)
        await until(lambda: not announcer._under_way)

    play(story)
    assert links(site, meeting_id) == 1
    assert f"a bug in announcing machine {one}" in caplog.text
