"""The way into a desktop that Amazon DCV serves."""

from urllib.parse import quote

from elephant.bootstrap.service import Service
from elephant.domain.timetable import deadline_cap
from elephant.entrypoints.web.join_routes import WayIn
from elephant.ports.passes import Pass, Purpose
from elephant.usecases.join_meeting import Ready


def by_dcv_token(session_id: str) -> WayIn:
    """The desktop's DCV server, as its web client is addressed: `https://host:8443/?authToken=TOKEN#SESSION`.

    The token is a pass for this meeting, seat and machine, which a server with external authentication asks us about;
    one without it does not look at it. It is good until the longest possible end, because a page that is loaded again
    presents it again (DCV Administrator Guide, external authentication); whoever checks it asks the meeting each time.
    """

    def way_in(ready: Ready, service: Service) -> str:
        issued = Pass(
            purpose=Purpose.DESKTOP,
            meeting_id=ready.meeting.id,
            role=ready.seat.role,
            machine_id=ready.machine_id,
            key_issue=ready.seat.key_issue,
            expires_at=deadline_cap(ready.meeting.meet_time, service.policy) + service.policy.margin,
        )
        server = ready.link.partition("#")[0].rstrip("/")
        return f"{server}/?authToken={service.passes.sign(issued)}#{quote(session_id)}"

    return way_in
