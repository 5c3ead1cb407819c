"""What hosts do: book, look, end, extend, move, and make links anew."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Security

from elephant.bootstrap.service import Service
from elephant.domain.meeting import DEFAULT_ROLES
from elephant.domain.meeting_item import time_of, time_text
from elephant.entrypoints.web.access import HOST_BEARER, own_meetings
from elephant.entrypoints.web.answers import allowed_base_url, changed_view, host_view, invitation_link, meeting_view
from elephant.ports.errors import InvalidField
from elephant.ports.meetings import Place, as_far_as_readable
from elephant.usecases.cancel_meeting import cancel_meeting
from elephant.usecases.extend_meeting import extend_meeting
from elephant.usecases.host_meetings import HostMeetings
from elephant.usecases.reissue_link import reissue_link
from elephant.usecases.reschedule_meeting import Move, reschedule_meeting
from elephant.usecases.schedule_meeting import Booking, schedule_meeting
from elephant.wire import host_views, http

BookingBody = http.booking_model(DEFAULT_ROLES)
BookedBody = http.booked_model(DEFAULT_ROLES)
OVER: dict[int | str, dict[str, Any]] = {410: {"model": http.Over, "description": "The meeting is over"}}

TheMeetings = Callable[[Request], HostMeetings]
"""Gives a route the meetings of whoever asks; raises what `own_meetings` raises."""

_PLACE_SIGN = "~"
"""Between a place's time and its meeting's id: in no time, and in a URL as it is."""

_ID_LENGTH = 200


def host_routes(service: Service) -> APIRouter:
    """The host's API; every route wants a host's credential."""

    def the_meetings(request: Request) -> HostMeetings:
        return own_meetings(request, service)

    # For every route, whether it looks at meetings or not; FastAPI calls it once a request.
    router = APIRouter(dependencies=[Security(HOST_BEARER), Depends(the_meetings)], tags=["meetings"])
    _add_schedule(router, service, the_meetings)
    _add_readers(router, service, the_meetings)
    _add_changers(router, service, the_meetings)
    _add_host(router, service, the_meetings)
    return router


def _add_schedule(router: APIRouter, service: Service, the_meetings: TheMeetings) -> None:
    @router.post("/schedule", response_model=BookedBody)
    def schedule(
        body: BookingBody,  # type: ignore[valid-type]  # its fields follow from the roles
        mine: Annotated[HostMeetings, Depends(the_meetings)],
    ) -> dict[str, Any]:
        asked = body.model_dump()  # type: ignore[attr-defined]
        base_url = allowed_base_url(asked["frontend_base_url"], service)
        meeting, warnings = schedule_meeting(
            Booking(
                names={role: asked[f"{role}_name"] for role in DEFAULT_ROLES},
                meet_time=asked["meet_time"],
                duration_minutes=asked["duration_minutes"],
                teacher_email=asked["teacher_email"],
                host=mine.host.name,
                request_id=asked["request_id"],
            ),
            meetings=mine,
            alarms=service.alarms,
            call_url=service.call_url,
            policy=service.policy,
            now=service.now(),
            overlap=service.overlap,
            look=service.look_at_capacity,
        )
        links = {f"{role}_link": invitation_link(meeting, role, service, base_url) for role in meeting.roles}
        return {
            "message": "the meeting is booked",
            "id": meeting.id,
            "jitsi_url": meeting.jitsi_url,
            "warnings": warnings,
            **links,
        }


def _place_given(text: str | None) -> Place | None:
    if text is None:
        return None
    time, _, meeting_id = text.partition(_PLACE_SIGN)
    problem = "must be a date and time in ISO 8601, or the `next` of an earlier answer"
    if len(meeting_id) > _ID_LENGTH:
        raise InvalidField("before", problem)
    try:
        # a plus sign that was not percent-encoded arrives as a space
        return Place(time_of(time.replace(" ", "+")), meeting_id)
    except (ValueError, OverflowError) as error:
        raise InvalidField("before", problem) from error


def _place_text(place: Place) -> str:
    return f"{time_text(place.meet_time)}{_PLACE_SIGN}{place.meeting_id}"


def _add_readers(router: APIRouter, service: Service, the_meetings: TheMeetings) -> None:
    @router.get("/meetings")
    def meetings(
        mine: Annotated[HostMeetings, Depends(the_meetings)],
        is_open: Annotated[bool | None, Query(alias="open")] = None,
        before: str | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> host_views.MeetingList:
        now = service.now()
        place = _place_given(before)
        found, damaged = as_far_as_readable(lambda: mine.page(is_open=is_open, before=place, limit=limit))
        is_full = len(found) + len(damaged) >= limit and found
        return host_views.MeetingList(
            meetings=[meeting_view(meeting, service, now) for meeting in found],
            next=_place_text(Place.of(found[-1])) if is_full else None,
            problems=[str(error) for error in damaged],
        )

    @router.get("/meetings/{meeting_id}")
    def meeting(meeting_id: str, mine: Annotated[HostMeetings, Depends(the_meetings)]) -> host_views.MeetingView:
        return meeting_view(mine.get(meeting_id), service, service.now())


def _add_changers(router: APIRouter, service: Service, the_meetings: TheMeetings) -> None:
    @router.post("/meetings/{meeting_id}/cancel", responses=OVER)
    def cancel(meeting_id: str, mine: Annotated[HostMeetings, Depends(the_meetings)]) -> host_views.MeetingView:
        now = service.now()
        ended = cancel_meeting(
            meeting_id,
            meetings=mine,
            machines=service.machines,
            alarms=service.alarms,
            now=now,
            overlap=service.overlap,
        )
        return meeting_view(ended, service, now)

    @router.post("/meetings/{meeting_id}/extend", responses=OVER)
    def extend(
        meeting_id: str, body: http.Extension, mine: Annotated[HostMeetings, Depends(the_meetings)]
    ) -> host_views.ChangedMeeting:
        now = service.now()
        extended = extend_meeting(
            meeting_id,
            body.minutes,
            meetings=mine,
            policy=service.policy,
            now=now,
            overlap=service.overlap,
            look=service.look_at_capacity,
        )
        return changed_view(extended, service, now)

    @router.patch("/meetings/{meeting_id}", responses=OVER)
    def reschedule(
        meeting_id: str, body: http.Move, mine: Annotated[HostMeetings, Depends(the_meetings)]
    ) -> host_views.ChangedMeeting:
        now = service.now()
        moved = reschedule_meeting(
            meeting_id,
            Move(meet_time=body.meet_time, duration_minutes=body.duration_minutes),
            meetings=mine,
            alarms=service.alarms,
            policy=service.policy,
            now=now,
            overlap=service.overlap,
            look=service.look_at_capacity,
        )
        return changed_view(moved, service, now)

    @router.post("/meetings/{meeting_id}/links/{role}", responses=OVER)
    def new_link(
        meeting_id: str, role: str, mine: Annotated[HostMeetings, Depends(the_meetings)]
    ) -> host_views.NewLink:
        meeting = reissue_link(meeting_id, role, meetings=mine, now=service.now())
        return host_views.NewLink(
            message="the old link does not work any more", link=invitation_link(meeting, role, service)
        )


def _add_host(router: APIRouter, service: Service, the_meetings: TheMeetings) -> None:
    @router.get("/hosts/me")
    def me(mine: Annotated[HostMeetings, Depends(the_meetings)]) -> host_views.HostView:
        return host_view(mine.host, mine.allowance(service.now()), service)
