"""Say of machines that they run, as EC2's events do, until each has its address: however long its screen takes."""

import asyncio
import logging
import time
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from elephant.bootstrap.service import Service
from elephant.ports.errors import ElephantError, Temporary
from elephant.usecases.dns_watchdog import machine_is_running

logger = logging.getLogger(__name__)

ANNOUNCE_SECONDS = 90.0
"""An agent gives its X server a minute, and takes a while to start itself. After that it is left to the sweep."""

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 0.25
_LONGER_EACH_TIME = 1.2


class Announcer:
    """Announces each machine by itself, so that one that is slow holds up no other one and no thread.

    `watch` is called in the event loop with the id of each machine that is announced.
    """

    def __init__(self, service: Service, watch: Callable[[str], None]) -> None:
        self._service = service
        self._watch = watch
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def announce(self, meeting_id: str) -> None:
        """Begin with every live machine of a meeting, and wait for none of them; an error is logged."""
        try:
            machines = await run_in_threadpool(self._service.machines.of_meeting, meeting_id)
        except ElephantError as error:
            # The sweep publishes what has no address; an address of an earlier server's is written anew here only.
            logger.warning("could not announce the desktops of meeting %s: %s", meeting_id, error)
            return
        for machine in machines:
            if machine.state.is_live:
                self._watch(machine.id)
                if machine.id not in self._under_way:
                    self._under_way[machine.id] = asyncio.create_task(self._announce(machine.id))

    async def _announce(self, machine_id: str) -> None:
        try:
            await self._until_it_has_an_address(machine_id)
        except ElephantError as error:
            logger.warning("machine %s could not be announced: %s", machine_id, error)
        except Exception:
            logger.exception("a bug in announcing machine %s", machine_id)
        finally:
            del self._under_way[machine_id]

    async def _until_it_has_an_address(self, machine_id: str) -> None:
        give_up_at = time.monotonic() + ANNOUNCE_SECONDS
        pause_seconds = FIRST_PAUSE_SECONDS
        while True:
            try:
                await run_in_threadpool(self._say_that_it_runs, machine_id)
            except Temporary as error:
                if time.monotonic() > give_up_at:
                    logger.warning("machine %s has no address yet: %s", machine_id, error)
                    return
            else:
                return
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * _LONGER_EACH_TIME, LONGEST_PAUSE_SECONDS)

    def _say_that_it_runs(self, machine_id: str) -> None:
        service = self._service
        machine_is_running(
            machine_id,
            meetings=service.meetings,
            machines=service.machines,
            addresses=service.addresses,
            now=service.now(),
        )
