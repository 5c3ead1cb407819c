"""The meeting that is rehearsed: booked for now, held for some seconds, ended by the rules, and gone."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dns.message
import dns.query
import httpx

from tests.rehearsal.machines import Machine, Machines
from tests.rehearsal.people import Guest, Host, WayIn, wait_for
from tests.rehearsal.timeline import Timeline
from tests.support.bind_server import BindServer

HELD_SECONDS = 4.0
ENDS_WITHIN_SECONDS = 150.0


@dataclass(frozen=True)
class Held:
    """What became of the meeting: the host's view of it at its end, and every way in that somebody got."""

    meeting: dict[str, Any]
    guests: Sequence[Guest]
    ways_in: dict[str, WayIn]


class Play:
    """Host and guests, and what they see."""

    def __init__(self, host: Host, api_url: str, machines: Machines, name_server: BindServer, timeline: Timeline) -> None:  # fmt: skip  # noqa: E501
        self._host, self._api_url, self._machines = host, api_url, machines
        self._name_server, self._timeline = name_server, timeline
        self._told = 0

    def hold(self) -> Held:
        """Play the meeting to its end."""
        invitations = self._host.book(datetime.now(UTC).isoformat())
        guests = [Guest(self._api_url, each, self._timeline) for each in invitations.values()]
        meeting_id = next(iter(invitations.values())).meeting_id
        ways_in = dict(zip(invitations, _at_once([each.follow_link for each in guests]), strict=True))
        seats = {role: self._enter(role, way_in) for role, way_in in ways_in.items()}
        self._try_other_doors(ways_in, seats)
        self._watch(meeting_id, lambda meeting: meeting["status"] == "IN_PROGRESS")
        for role, machine in seats.items():
            wait_for(lambda machine=machine: machine.records or None, f"the recording of the {role}")  # type: ignore[misc]
        threading.Event().wait(HELD_SECONDS)
        for role, machine in seats.items():
            machine.leave()
            self._timeline.say(role, "leaves")
        meeting = self._watch(meeting_id, lambda meeting: meeting["ended_at"] is not None)
        self._timeline.say("meeting", f"is over: {meeting['termination_reason']}")
        return Held(meeting, guests, ways_in)

    def come_back(self, held: Held) -> None:
        """Somebody follows their link when all is over."""
        for guest in held.guests:
            answer = guest.ask()
            assert answer.status_code == httpx.codes.GONE, f"{answer.status_code} {answer.text}"
            self._timeline.say(guest.role, f"follows the link again: {answer.status_code} {answer.json()['message']}")

    def _enter(self, role: str, way_in: WayIn) -> Machine:
        query = dns.message.make_query(way_in.host, "A")
        (address,) = dns.query.udp(query, "127.0.0.1", port=self._name_server.port, timeout=60).answer[0]
        machine = self._machines.with_name(way_in.host.partition(".")[0])
        assert machine.role == role
        # on a busy machine what stands in for AWS may be too slow for a function, and then DCV is told no as well
        wait_for(lambda: machine.open_session(way_in.token, way_in.session_id) or None, f"DCV to let the {role} in")
        machine.sit_down()
        self._timeline.say(role, f"is in: {way_in.host} is {address}, and DCV was told yes")
        return machine

    def _try_other_doors(self, ways_in: dict[str, WayIn], seats: dict[str, Machine]) -> None:
        for role, way_in in ways_in.items():
            for other, machine in seats.items():
                if other != role:
                    assert not machine.open_session(way_in.token, way_in.session_id), f"{role} got into {other}'s"
                    self._timeline.say(
                        role, f"tries the other desktop ({other}'s) with the same token: DCV was told no"
                    )

    def _watch(self, meeting_id: str, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The meeting when it is so; what happens to it meanwhile goes into the timeline."""

        def look() -> dict[str, Any] | None:
            meeting = self._host.look(meeting_id)
            if meeting is None:
                return None
            for event in meeting["history"][self._told :]:
                whose = f"{event['role']}: " if event["role"] else ""
                self._timeline.say("meeting", f"{whose}{event['what']} ({event['why']})")
            self._told = len(meeting["history"])
            return meeting if is_so(meeting) else None

        try:
            return wait_for(look, "the meeting to go on", ENDS_WITHIN_SECONDS)
        except TimeoutError:
            self._timeline.say("meeting", json.dumps(self._host.look(meeting_id)))
            raise


def _at_once(calls: Sequence[Callable[[], WayIn]]) -> list[WayIn]:
    found: dict[int, WayIn] = {}
    problems: list[BaseException] = []

    def carry_out(number: int) -> None:
        try:
            found[number] = calls[number]()
        except BaseException as error:  # noqa: BLE001  raised again below
            problems.append(error)

    threads = [threading.Thread(target=carry_out, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    return [found[number] for number in range(len(calls))]
