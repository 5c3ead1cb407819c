"""What the embedded server does by itself: ring alarms, sweep, and follow its machines to their end."""

import asyncio
import functools
import logging
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta

from starlette.concurrency import run_in_threadpool

from elephant.bootstrap.embedded import Embedded
from elephant.domain.machine import Machine
from elephant.domain.sweep_actions import AdoptMachine, LaunchSeats
from elephant.entrypoints.web.announcing import Announcer
from elephant.entrypoints.web.metrics import Metrics
from elephant.ports.alarms import AlarmKind, DueAlarm
from elephant.ports.errors import ElephantError, MachineNotFound, Temporary
from elephant.usecases.dns_watchdog import machine_is_gone
from elephant.usecases.launch_desktops import launch_desktops
from elephant.usecases.safety_net import safety_net
from elephant.usecases.sweep import SweepReport, sweep

logger = logging.getLogger(__name__)

ALARM_SECONDS = 0.2
REAP_SECONDS = 1.0
ALIVE_SECONDS = 1.0
RETRY_AFTER = timedelta(seconds=5)


class Rounds:
    """Three loops over one installation; each goes on whatever one of its turns runs into."""

    def __init__(self, embedded: Embedded, metrics: Metrics) -> None:
        self._embedded = embedded
        self._service = embedded.service
        self._metrics = metrics
        self._announcer = Announcer(self._service, self._watch)
        self._sweep_wanted = asyncio.Event()
        self._reap_wanted = asyncio.Event()
        self._ringing: dict[tuple[AlarmKind, str], asyncio.Task[None]] = {}
        self._watched: dict[str, int] = {}
        self._just_ended: set[str] = set()

    async def run(self) -> None:
        """Go round until cancelled."""
        self._loop = asyncio.get_running_loop()
        sweep_seconds = self._service.policy.sweep.total_seconds()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._take_over_somehow())
                group.create_task(_forever(self._ring_due, ALARM_SECONDS, asyncio.Event()))
                group.create_task(_forever(self._note_alive, ALIVE_SECONDS, asyncio.Event()))
                group.create_task(_forever(self._reap, REAP_SECONDS, self._reap_wanted))
                group.create_task(_forever(self._sweep, sweep_seconds, self._sweep_wanted))
        finally:
            for machine_id in list(self._watched):
                self._unwatch(machine_id)

    async def _take_over_somehow(self) -> None:
        while True:
            try:
                await self._take_over()
            except ElephantError as error:
                logger.warning("could not take over the running desktops yet: %s", error)
                await asyncio.sleep(RETRY_AFTER.total_seconds())
            else:
                return

    async def _take_over(self) -> None:
        """Watch what an earlier server started, and announce it: links lead to where this server is reached."""
        meeting_ids = set()
        for machine in await run_in_threadpool(self._embedded.machines.owned):
            if machine.state.is_live:
                self._watch(machine.id)
                meeting_ids.add(machine.meeting_id)
        for meeting_id in meeting_ids:
            await self._announcer.announce(meeting_id)

    async def _ring_due(self) -> None:
        """Start every alarm that is due and is not ringing yet, so that a slow launch keeps nobody waiting."""
        for alarm in await run_in_threadpool(self._embedded.alarms.due, self._service.now()):
            key = (alarm.kind, alarm.meeting_id)
            if key not in self._ringing:
                task = asyncio.create_task(self._ring_patiently(alarm))
                task.add_done_callback(functools.partial(self._rang, key))
                self._ringing[key] = task

    def _rang(self, key: tuple[AlarmKind, str], _task: asyncio.Task[None]) -> None:
        del self._ringing[key]

    async def _ring_patiently(self, alarm: DueAlarm) -> None:
        wait_seconds = 0.0
        try:
            await run_in_threadpool(self._ring, alarm)
        except ElephantError as error:
            # It stays due. Setting it to a later time would undo what somebody else set it to meanwhile.
            logger.warning("the %s alarm of meeting %s rings again: %s", alarm.kind, alarm.meeting_id, error)
            wait_seconds = RETRY_AFTER.total_seconds()
        if alarm.kind is AlarmKind.LAUNCH:
            await self._announcer.announce(alarm.meeting_id)
        await asyncio.sleep(wait_seconds)

    def _ring(self, alarm: DueAlarm) -> None:
        """Call what the alarm calls; after a failure that may pass it stays due, after any other the sweep helps.

        Raises Temporary.
        """
        try:
            if alarm.kind is AlarmKind.LAUNCH:
                self._launch(alarm.meeting_id)
            else:
                self._safety_net(alarm.meeting_id)
        except Temporary:
            raise
        except ElephantError:
            logger.exception("the %s alarm of meeting %s failed", alarm.kind, alarm.meeting_id)
        except Exception:
            logger.exception("a bug in the %s alarm of meeting %s", alarm.kind, alarm.meeting_id)
        self._embedded.alarms.done(alarm)

    def _launch(self, meeting_id: str) -> None:
        service = self._service
        launch_desktops(
            meeting_id,
            meetings=service.meetings,
            machines=service.machines,
            policy=service.policy,
            now=service.now(),
        )

    def _safety_net(self, meeting_id: str) -> None:
        service = self._service
        safety_net(
            meeting_id,
            meetings=service.meetings,
            machines=service.machines,
            alarms=service.alarms,
            policy=service.policy,
            now=self._embedded.alive.now(),
        )

    async def _sweep(self) -> None:
        report = await run_in_threadpool(self._sweep_once)
        self._metrics.count_sweep(report, self._service.now().timestamp())
        for action in report.plan.actions:
            if isinstance(action, LaunchSeats | AdoptMachine):
                await self._announcer.announce(action.meeting_id)

    def _sweep_once(self) -> SweepReport:
        return sweep(self._service.world, policy=self._service.policy, now=self._embedded.alive.now())

    async def _reap(self) -> None:
        """Close the seats of what ended, and finish off what is ending."""
        while self._just_ended:
            # Ahead of their removal, which takes its time: until then their links lead people to what is dead.
            await run_in_threadpool(self._close_seat_of, self._just_ended.pop())
        ended = await run_in_threadpool(self._embedded.machines.reap, self._service.now())
        for machine in ended:
            self._unwatch(machine.id)
            await run_in_threadpool(self._close_seat, machine)
        if ended:
            self._sweep_wanted.set()  # a seat whose machine died gets another at once

    async def _note_alive(self) -> None:
        """Leave a sign of life, in turns of its own: a slow or failing one of the others is no break in service."""
        await run_in_threadpool(self._embedded.alive.note)

    def _close_seat_of(self, machine_id: str) -> None:
        try:
            machine = self._embedded.machines.get(machine_id)
        except MachineNotFound:
            return  # whoever reaped it closed its seat
        except ElephantError as error:
            logger.warning("whether machine %s has ended is looked at when it is reaped: %s", machine_id, error)
            return
        if not machine.state.is_live:
            self._close_seat(machine)

    def _close_seat(self, machine: Machine) -> None:
        try:
            machine_is_gone(
                machine.id,
                machine.state,
                meetings=self._service.meetings,
                addresses=self._service.addresses,
                now=self._service.now(),
                meeting_id=machine.meeting_id,
                role=machine.role,
            )
        except ElephantError as error:
            logger.warning("the seat of %s is left to the sweep: %s", machine.id, error)

    def _watch(self, machine_id: str) -> None:
        if machine_id in self._watched:
            return
        try:
            pidfd = self._embedded.machines.pidfd(machine_id)
        except MachineNotFound:
            self._reap_wanted.set()  # it was gone before it could be watched
            return
        self._watched[machine_id] = pidfd
        self._loop.add_reader(pidfd, self._ended, machine_id)

    def _ended(self, machine_id: str) -> None:
        self._unwatch(machine_id)
        self._just_ended.add(machine_id)
        self._reap_wanted.set()

    def _unwatch(self, machine_id: str) -> None:
        pidfd = self._watched.pop(machine_id, None)
        if pidfd is not None:
            self._loop.remove_reader(pidfd)
            os.close(pidfd)


async def _forever(turn: Callable[[], Awaitable[None]], every_seconds: float, wanted: asyncio.Event) -> None:
    """Take turns, `every_seconds` apart or as soon as one is wanted."""
    name = turn.__name__.strip("_")
    while True:
        try:
            await turn()
        except ElephantError as error:
            logger.warning("%s: %s", name, error)
        except Exception:
            # An entry point's loop is where errors stop: the next turn starts from what is true then.
            logger.exception("%s failed", name)
        try:
            async with asyncio.timeout(every_seconds):
                await wanted.wait()
        except TimeoutError:
            continue
        wanted.clear()
