"""`ElephantDNSWatchdog`: EC2 says that a machine runs or goes; its address follows."""

from functools import partial

from elephant.bootstrap.aws import aws
from elephant.bootstrap.aws_parts import Part
from elephant.bootstrap.service import Service
from elephant.domain.machine import MachineState
from elephant.entrypoints.lambdas.failures import failures_logged
from elephant.entrypoints.lambdas.starting import start
from elephant.ports.errors import MachineNotFound
from elephant.usecases.dns_watchdog import machine_is_gone, machine_is_running
from elephant.wire.aws_events import StateChange

_GOING = {MachineState.STOPPING, MachineState.SHUTTING_DOWN, MachineState.TERMINATED}

start(Part.ADDRESSES)


def handler(event: object, _context: object) -> dict[str, str]:
    """Publish or remove the address of the machine that the event is about, if it is one of ours.

    Events come doubled, late and in any order, so what counts is the machine as EC2 describes it. Raises Temporary
    while a running machine has no address: the event is tried again.
    """
    change = StateChange.parse(event)
    with failures_logged(f"the watchdog of machine {change.machine_id}, {change.state}"):
        done = "nothing: it is on its way to run, or the sweep ends it"
        if change.state == MachineState.RUNNING:
            done = _running(change.machine_id, aws().service)
        elif change.state in _GOING:
            done = _gone(change.machine_id, MachineState(change.state), aws().service)
    return {"machine_id": change.machine_id, "state": change.state, "done": done}


def _running(machine_id: str, service: Service) -> str:
    running = partial(machine_is_running, machine_id, meetings=service.meetings, machines=service.machines)
    running(addresses=service.addresses, now=service.now(), overlap=service.overlap)
    return "its address stands, if it serves a seat"


def _gone(machine_id: str, state: MachineState, service: Service) -> str:
    try:
        machine = service.machines.get(machine_id)
    except MachineNotFound:
        # EC2 forgets a machine and its tags an hour after its end; the mark in the record still tells whose it was.
        if state is MachineState.TERMINATED:
            service.addresses.withdraw(machine_id)
        return "nothing, as it is none of ours, or gone and its address with it"
    if state is MachineState.STOPPING and machine.state.is_live:
        return "nothing: it was started again since"
    gone = partial(machine_is_gone, machine_id, state, meeting_id=machine.meeting_id, role=machine.role)
    gone(meetings=service.meetings, addresses=service.addresses, now=service.now(), overlap=service.overlap)
    return f"its address is removed and the seat of {machine.role} in meeting {machine.meeting_id} closed"
