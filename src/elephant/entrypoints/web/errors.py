"""Errors become answers: a message for people, and for bad input the field and the fix; never a stack trace."""

import logging
from collections.abc import Callable
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from elephant.entrypoints.web.discretion import without_paths
from elephant.entrypoints.web.rendering import message_page, wants_page
from elephant.ports.errors import (
    DesktopInUse,
    ElephantError,
    HoursExceeded,
    InvalidField,
    MachineNotFound,
    MeetingNotFound,
    MeetingOver,
    NoRoomForUpload,
    Permanent,
    Temporary,
    TooLate,
    UnknownRole,
    UploadNotFound,
    UploadRefused,
    WrongKey,
    WrongMachine,
)

logger = logging.getLogger(__name__)

_STATUS_OF: dict[type[ElephantError], HTTPStatus] = {
    InvalidField: HTTPStatus.BAD_REQUEST,
    UnknownRole: HTTPStatus.BAD_REQUEST,
    WrongKey: HTTPStatus.FORBIDDEN,
    WrongMachine: HTTPStatus.FORBIDDEN,
    DesktopInUse: HTTPStatus.FORBIDDEN,
    MeetingNotFound: HTTPStatus.NOT_FOUND,
    MachineNotFound: HTTPStatus.NOT_FOUND,
    UploadNotFound: HTTPStatus.NOT_FOUND,
    TooLate: HTTPStatus.CONFLICT,
    HoursExceeded: HTTPStatus.CONFLICT,
    UploadRefused: HTTPStatus.CONFLICT,
    MeetingOver: HTTPStatus.GONE,
    NoRoomForUpload: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Temporary: HTTPStatus.SERVICE_UNAVAILABLE,
    Permanent: HTTPStatus.INTERNAL_SERVER_ERROR,
    ElephantError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def problem(
    status: int, message: str, errors: list[dict[str, str]] | None = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    """An error's answer: `{message, errors?}`."""
    body: dict[str, object] = {"message": message}
    if errors:
        body["errors"] = errors
    return JSONResponse(body, status_code=status, headers=headers)


def status_of(error: ElephantError) -> HTTPStatus:
    """The status of the nearest class that has one."""
    return next(_STATUS_OF[each] for each in type(error).__mro__ if each in _STATUS_OF)


def _told(error: ElephantError) -> str:
    return without_paths(str(error)) if status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR else str(error)


def answer_elephant_error(error: ElephantError) -> JSONResponse:
    """The answer to an error that is raised on purpose; where things lie on this server is told by its log only."""
    status, message = status_of(error), _told(error)
    if isinstance(error, InvalidField):
        return problem(status, message, [{"field": error.field, "problem": error.problem}])
    if isinstance(error, HoursExceeded):
        told = f"is more than what is left: {error.allowance}"
        return problem(status, message, [{"field": "duration_minutes", "problem": told}])
    if isinstance(error, UnknownRole):
        return problem(status, message, [{"field": "role", "problem": message.removeprefix("role ")}])
    if isinstance(error, Temporary):
        return problem(status, message, headers={"Retry-After": str(max(1, round(error.retry_after_seconds)))})
    if isinstance(error, MeetingOver):
        reason = error.reason.value if error.reason else None
        return JSONResponse({"message": "this meeting is over", "termination_reason": reason}, status_code=status)
    return problem(status, message)


_WORDS = {
    "missing": "is missing",
    "json_invalid": "must be JSON",
    "model_attributes_type": "must be a JSON object, with Content-Type: application/json",
    "dict_type": "must be a JSON object, with Content-Type: application/json",
    "string_type": "must be text",
    "string_unicode": "must be text without halves of surrogate pairs",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
}
"""Pydantic's words for developers, in words for whoever asked; each completes "this field …"."""


def _answer_validation_error(error: RequestValidationError) -> JSONResponse:
    errors = []
    for each in error.errors():
        source, *place = (str(part) for part in each["loc"])
        words = _WORDS.get(each["type"]) or str(each["msg"]).replace("Input should", "must")
        # A body that is no JSON has a column for a place.
        field = source if not place or each["type"] == "json_invalid" else ".".join(place)
        errors.append({"field": field, "problem": words})
    first = errors[0]
    return problem(HTTPStatus.BAD_REQUEST, f"{first['field']} {first['problem']}", errors)


_PAGE_TITLES = {
    HTTPStatus.NOT_FOUND: "There is nothing here",
    HTTPStatus.FORBIDDEN: "This is not open to you",
    HTTPStatus.UNAUTHORIZED: "Please sign in",
    HTTPStatus.GONE: "This meeting is over",
}


def _as_asked(request: Request, answer: JSONResponse, message: str) -> Response:
    """The answer as a page where a browser asked for one."""
    if not wants_page(request):
        return answer
    title = _PAGE_TITLES.get(HTTPStatus(answer.status_code), "That did not work")
    page = message_page(request, answer.status_code, title, message)
    for name in ("Retry-After", "WWW-Authenticate", "Allow"):
        if name in answer.headers:
            page.headers[name] = answer.headers[name]
    return page


def answer_bug(request: Request, error: Exception) -> Response:
    """The answer to an error that nobody expected, which is logged here."""
    logger.error("a bug answered %s %s", request.method, request.url.path, exc_info=error)
    message = "something went wrong on our side; try again, and tell whoever runs this server if it stays"
    return _as_asked(request, problem(HTTPStatus.INTERNAL_SERVER_ERROR, message), message)


def add_error_answers(app: FastAPI) -> None:
    """Teach the app to answer every error that is expected in the one shape."""

    async def on_elephant_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, ElephantError)  # noqa: S101  registered for exactly that
        if status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
            # the path names the meeting and the role, and no key is in it
            logger.error("%s %s failed: %s", request.method, request.url.path, error, exc_info=error)
        return _as_asked(request, answer_elephant_error(error), _told(error))

    async def on_validation_error(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        return _answer_validation_error(error)

    async def on_http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        if error.status_code == HTTPStatus.BAD_REQUEST and error.__cause__ is not None:
            # FastAPI's answer where json gives up with anything but a JSONDecodeError (fastapi/routing.py)
            words = "must be JSON in UTF-8, with numbers and nesting of a usual size"
            return problem(HTTPStatus.BAD_REQUEST, f"body {words}", [{"field": "body", "problem": words}])
        headers = dict(error.headers) if error.headers else None
        return _as_asked(request, problem(error.status_code, str(error.detail), headers=headers), str(error.detail))

    handlers: dict[type[Exception], Callable[[Request, Exception], object]] = {
        ElephantError: on_elephant_error,
        RequestValidationError: on_validation_error,
        HTTPException: on_http_error,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)  # type: ignore[arg-type]  # starlette's alias is narrower than what it takes
