"""Book a meeting: the item first, then its alarms."""

import hashlib
import json
import logging
import re
import secrets
import string
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from elephant.domain.meeting import DEFAULT_ROLES, HistoryEntry, Meeting, Role, Seat, is_role
from elephant.domain.timetable import (
    Policy,
    check_duration,
    first_deadline,
    launch_at,
    parse_meet_time,
    safety_net_at,
)
from elephant.ports.alarms import AlarmKind, Alarms
from elephant.ports.errors import (
    ElephantError,
    HoursExceeded,
    InvalidField,
    MeetingExists,
    MeetingNotFound,
    Temporary,
)
from elephant.ports.meetings import Meetings
from elephant.ports.overlap import Overlap, in_turn
from elephant.usecases.check_capacity import Look, looking_meanwhile, nothing_to_look_at

logger = logging.getLogger(__name__)

_ID_ALPHABET = string.ascii_lowercase + string.digits
_ID_LENGTH = 16
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_NAME_LENGTH = 200
_DIRECTIONS = dict.fromkeys(("LRE", "RLE", "LRO", "RLO"), "PDF") | dict.fromkeys(("LRI", "RLI", "FSI"), "PDI")
"""What begins another direction of writing, and what ends it; PDI also ends all that began within (UAX #9)."""
_EMAIL_LENGTH = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """What a host asks for; `names` by role, `duration_minutes` None where none was named, `host` by name.

    What is asked twice with the same `request_id` is booked once; without one every booking is another.
    """

    names: Mapping[Role, str]
    meet_time: object
    duration_minutes: float | None = None
    teacher_email: str | None = None
    host: str = ""
    request_id: str | None = None


class Booked(NamedTuple):
    """The meeting as it was written, and what whoever books, moves or extends it should know.

    That is a sentence each, mostly none.
    """

    meeting: Meeting
    warnings: tuple[str, ...]


def schedule_meeting(
    booking: Booking,
    *,
    meetings: Meetings,
    alarms: Alarms,
    call_url: str,
    policy: Policy,
    now: datetime,
    overlap: Overlap = in_turn,
    look: Look = nothing_to_look_at,
) -> Booked:
    """Write the meeting and set its alarms; returns it with what it may lack, which is looked at at the same time.

    `call_url` is what a meeting's id is appended to, or "" where no call service is configured. An alarm that cannot
    be set does not undo the booking: the sweep starts what is due. Raises InvalidField, and Temporary from the store.
    """
    planned = _plan(booking, call_url, policy, now)

    def write() -> Meeting:
        try:
            meetings.create(planned)
        except (MeetingExists, HoursExceeded) as error:
            if booking.request_id is None:
                raise
            return _booked_before(planned, meetings, error)
        set_alarms(planned, alarms, policy, now, overlap)
        return planned

    meeting, outlook = looking_meanwhile(write, look, overlap)
    return Booked(meeting, outlook.warnings(meeting, now, policy))


def _booked_before(planned: Meeting, meetings: Meetings, refusal: ElephantError) -> Meeting:
    """The meeting that the same request has made, as it is now; raises the refusal where it has made none."""
    try:
        return meetings.get(planned.id)
    except MeetingNotFound:
        raise refusal from None


def set_alarms(meeting: Meeting, alarms: Alarms, policy: Policy, now: datetime, overlap: Overlap = in_turn) -> None:
    """Set both alarms of a meeting; a failure of any kind is logged and left to the sweep."""

    def set_one(kind: AlarmKind, at: datetime) -> None:
        try:
            alarms.set(kind, meeting.id, at, now)
        except Temporary:
            logger.warning("no %s alarm for meeting %s; the sweep will start it", kind, meeting.id, exc_info=True)
        except ElephantError:
            logger.exception("no %s alarm for meeting %s, nor for others; the sweep will start it", kind, meeting.id)

    launch = partial(set_one, AlarmKind.LAUNCH, launch_at(meeting.meet_time, policy))
    overlap([launch, partial(set_one, AlarmKind.SAFETY_NET, meeting.safety_net_at)])


def _plan(booking: Booking, call_url: str, policy: Policy, now: datetime) -> Meeting:
    if not booking.names:
        raise InvalidField("names", "must name somebody for each seat")
    for role in booking.names:
        if not is_role(role):
            raise InvalidField("names", f"must be by role, such as {DEFAULT_ROLES[0]}, and {role!r} can be none")
    try:
        meet_time = parse_meet_time(booking.meet_time, now)
    except ValueError as error:
        raise InvalidField("meet_time", str(error)) from error
    minutes = booking.duration_minutes
    try:
        duration = check_duration(
            policy.duration / timedelta(minutes=1) if minutes is None else minutes,
            policy,
        )
    except ValueError as error:
        raise InvalidField("duration_minutes", str(error)) from error
    meeting_id = _new_id() if booking.request_id is None else _id_of(booking, booking.request_id)
    return Meeting(
        id=meeting_id,
        seats=tuple(Seat(role=role, name=_clean_name(role, name)) for role, name in booking.names.items()),
        meet_time=meet_time,
        duration_minutes=duration,
        created_at=now,
        deadline=first_deadline(meet_time, duration, policy),
        safety_net_at=safety_net_at(meet_time, policy),
        jitsi_url=f"{call_url}{meeting_id}" if call_url else "",
        teacher_email=_clean_email(booking.teacher_email),
        host=booking.host,
        history=(HistoryEntry(at=now, what="booked", why="a host asked"),),
    )


def _new_id() -> str:
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))


def _id_of(booking: Booking, request_id: str) -> str:
    """The same id for the same booking of the same request, so that the store itself keeps it from being made twice."""
    if not _REQUEST_ID.fullmatch(request_id):
        raise InvalidField("request_id", "must be 16 to 64 letters, digits, - or _, and random")
    asked = [
        booking.host,
        request_id,
        sorted(booking.names.items()),
        booking.meet_time,
        booking.duration_minutes,
        booking.teacher_email,
    ]
    number = int.from_bytes(hashlib.sha256(json.dumps(asked).encode()).digest())
    letters = []
    for _ in range(_ID_LENGTH):
        number, at = divmod(number, len(_ID_ALPHABET))
        letters.append(_ID_ALPHABET[at])
    return "".join(letters)


def _clean_name(role: Role, name: str) -> str:
    """The name without spaces around it; raises InvalidField for an empty, overlong or unprintable one."""
    field = f"{role}_name"
    text = name.strip()
    if not text:
        raise InvalidField(field, "must not be empty")
    if len(text) > _NAME_LENGTH:
        raise InvalidField(field, f"must be at most {_NAME_LENGTH} characters, has {len(text)}")
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text):
        raise InvalidField(field, "must not contain control characters or line breaks")
    if _turns_what_follows(text):
        raise InvalidField(field, "must not leave another direction of writing open, as U+202E without U+202C does")
    return text


def _turns_what_follows(text: str) -> bool:
    """Whether a direction of writing that begins in a text would go on in the line around it."""
    ends: list[str] = []
    for each in map(unicodedata.bidirectional, text):
        if each in _DIRECTIONS:
            ends.append(_DIRECTIONS[each])
        elif each == "PDI" and each in ends:
            while ends.pop() != each:
                pass
        elif each == "PDF" and ends[-1:] == [each]:
            ends.pop()
    return bool(ends)


def _clean_email(email: str | None) -> str | None:
    if email is None or not email.strip():
        return None
    text = email.strip()
    local, at, domain = text.rpartition("@")
    plain = text.isprintable() and " " not in text and len(text) <= _EMAIL_LENGTH
    if not (local and at and domain and plain) or "@" in local:
        raise InvalidField("teacher_email", "must be one e-mail address, such as name@example.org")
    return text
