"""The HTTP bodies, as pydantic models; `docs` and the OpenAPI document come from them."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, create_model

MeetTime = Annotated[
    Any,
    Field(
        description="ISO 8601 with an offset or Z",
        examples=["2026-11-21T15:00:00+01:00"],
        json_schema_extra={"type": "string", "format": "date-time"},
    ),
]
"""Of any type here: the rule that reads it says what is wrong with it better than a type could."""


class FieldProblem(BaseModel):
    """One field of a request that is wrong."""

    field: str
    problem: str


class Problem(BaseModel):
    """Every error's body."""

    message: str
    errors: list[FieldProblem] | None = None


class Booking(BaseModel):
    """`POST /schedule`, without the names, whose fields follow from the roles."""

    model_config = ConfigDict(extra="ignore")

    meet_time: MeetTime
    duration_minutes: StrictFloat | None = None
    teacher_email: StrictStr | None = None
    frontend_base_url: StrictStr | None = None
    request_id: StrictStr | None = Field(
        default=None, description="random; what is asked twice with the same one is booked once"
    )


class Booked(BaseModel):
    """The answer to `POST /schedule`, without the links, whose fields follow from the roles.

    `warnings` are sentences about what may be in the way of a meeting that is booked all the same; mostly none.
    """

    message: str
    id: str
    jitsi_url: str
    warnings: list[str]


def booking_model(roles: Sequence[str]) -> type[Booking]:
    """The body of `POST /schedule` with a `{role}_name` for each role."""
    names: dict[str, Any] = {f"{role}_name": (StrictStr, ...) for role in roles}
    return create_model("ScheduleRequest", __base__=Booking, **names)


def booked_model(roles: Sequence[str]) -> type[Booked]:
    """The answer to `POST /schedule` with a `{role}_link` for each role."""
    links: dict[str, Any] = {f"{role}_link": (str, ...) for role in roles}
    return create_model("ScheduleResponse", __base__=Booked, **links)


class Extension(BaseModel):
    """`POST /meetings/{id}/extend`."""

    minutes: StrictFloat


class Move(BaseModel):
    """`PATCH /meetings/{id}`."""

    meet_time: MeetTime = None
    duration_minutes: StrictFloat | None = None


class HealthReport(BaseModel):
    """`POST /agent/health`."""

    machine_id: StrictStr
    healthy: StrictBool
    connected: StrictInt = Field(ge=0)


class SessionData(BaseModel):
    """`POST /agent/session-data`."""

    machine_id: StrictStr
    # A host is shown it as a link, and whoever has the desktop can send anything.
    url: StrictStr = Field(max_length=2048, pattern=r"^https?://[!-~]+$")


class CertificateRequest(BaseModel):
    """`POST /agent/certificate`."""

    machine_id: StrictStr


class MachineCertificate(BaseModel):
    """The answer to `POST /agent/certificate`, all in PEM; `chain` may be empty."""

    certificate: str
    chain: str
    private_key: str


class HealthHeard(BaseModel):
    """The answer to `POST /agent/health`."""

    deadline: str
    over: bool


class Health(BaseModel):
    """The answer to `GET /healthz`."""

    status: str


class Noted(BaseModel):
    """The answer to what needs none."""

    message: str


class Over(BaseModel):
    """What anybody gets who asks for more of a meeting that is over."""

    message: str
    termination_reason: str | None


class Warming(BaseModel):
    """The answer of `GET /join/{meeting_id}/{role}` while a desktop is not ready."""

    message: str
    status: str
    phase: str
    retry_after_seconds: int
    meet_time: str
    starts_at: str
    problem: str | None = None


class Entry(BaseModel):
    """The answer of `GET /join/{meeting_id}/{role}` when it is."""

    message: str
    dcv_url: str
