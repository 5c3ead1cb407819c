"""Reads values out of JSON and TOML that somebody else wrote; standard library only, because agents start in a hurry.

Each reader takes one value of any type and returns it as what it must be, or raises ValueError with what that is:
`{name} must be {error}`.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

_MOST_SECONDS = 1e7


def json_object(content: str | bytes, what: str) -> dict[str, Any]:
    """The JSON object that a text or UTF-8 bytes hold; raises ValueError that begins with `what`."""
    try:
        given = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{what} are not JSON: {error}") from error
    if not isinstance(given, dict):
        raise ValueError(f"{what} must be a JSON object")  # noqa: TRY004  about a text's content
    return given


def read_fields(given: Mapping[str, Any], readers: Mapping[str, Callable[[object], object]]) -> dict[str, Any]:
    """What each reader makes of its field; raises ValueError that names the field and what it must be."""
    values = {}
    for name, read in readers.items():
        if name not in given:
            raise ValueError(f"{name} is missing")
        try:
            values[name] = read(given[name])
        except ValueError as error:
            raise ValueError(f"{name} must be {error}") from error
    return values


def text(value: object) -> str:
    """A text that is not empty, without NUL."""
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("a text that is not empty")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError("a text of whole characters") from error
    return value


def matching(pattern: re.Pattern[str], what: str) -> Callable[[object], str]:
    """A reader of texts that match as a whole; `what` says in words what these are."""

    def read(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(text(value)):
            raise ValueError(what)
        return value

    return read


def words(value: object) -> tuple[str, ...]:
    """The words of a command line, at least one."""
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        raise ValueError("a list of words that names a command")
    text(value[0])
    return tuple(text(word) if word else "" for word in value)


def seconds(value: object) -> float:
    """Seconds, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST_SECONDS:
        raise ValueError(f"a number of seconds from 0 to {_MOST_SECONDS:g}")
    return float(value)


def some_seconds(value: object) -> float:
    """Seconds, more than 0."""
    if not seconds(value):
        raise ValueError("a number of seconds above 0")
    return seconds(value)


def yes_or_no(value: object) -> bool:
    """A JSON true or false."""
    if not isinstance(value, bool):
        raise ValueError("true or false")  # noqa: TRY004  about a text's content
    return value


def time_in_utc(value: object) -> datetime:
    """A time in UTC, given in ISO 8601 with an offset."""
    try:
        at = datetime.fromisoformat(text(value))
        in_utc = at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("a time in ISO 8601 with an offset from UTC") from error
    if at.tzinfo is None:
        raise ValueError("a time with an offset from UTC")
    return in_utc


def whole_number(value: object) -> int:
    """A whole number, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("a whole number from 0 on")
    return value
