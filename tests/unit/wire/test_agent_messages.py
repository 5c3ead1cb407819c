"""The agent's settings and the API's answer: every field, and everything that can be wrong with it."""

import json
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.wire.agent_messages import AgentSettings, HealthAnswer
from tests.support.any_json import ANY_JSON, is_taken_or_named

GIVEN: dict[str, Any] = {
    "machine_id": "d-0123456789abcdef0",
    "meeting_id": "abcdefgh12345678",
    "role": "guest",
    "api": "unix:/run/elephant/api/api.sock",
    "token": "opens it",
    "deadline": "2026-11-21T15:00:00+01:00",
    "margin_seconds": 60,
    "heartbeat_seconds": 15.5,
    "leave_seconds": 30.0,
    "app": ["xterm", "-e", ""],
    "geometry": "1280x800",
    "vnc_socket": "/run/elephant/d-0123456789abcdef0/vnc",
    "run_dir": "/run/elephant/d-0123456789abcdef0",
    "recordings_dir": "/run/elephant/recordings",
    "recordings_url": "http://127.0.0.1:8080/recordings/abcdefgh12345678/guest",
    "record": True,
    "own_user": True,
}
NAMES = [field.name for field in fields(AgentSettings)]


def parsed(**changed: Any) -> AgentSettings:  # noqa: ANN401  anything may be wrong
    return AgentSettings.parse(json.dumps(GIVEN | changed))


def test_settings_are_read_as_they_were_written() -> None:
    settings = parsed()
    assert settings.deadline == datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
    assert settings.app == ("xterm", "-e", "")
    assert (settings.margin_seconds, settings.heartbeat_seconds) == (60.0, 15.5)
    again = asdict(settings) | {"deadline": settings.deadline.isoformat()}
    assert AgentSettings.parse(json.dumps(again)) == settings


def test_the_example_has_every_field() -> None:
    assert set(GIVEN) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_field_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name} is missing$"):
        AgentSettings.parse(json.dumps({key: value for key, value in GIVEN.items() if key != name}))


@pytest.mark.parametrize("wrong", [None, -1, True, "", [], {}, [1], "\0", "\ud800"], ids=repr)
@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_value_is_named(name: str, wrong: object) -> None:
    if name in {"record", "own_user"} and wrong is True:
        return
    with pytest.raises(ValueError, match=rf"^{name} must be "):
        parsed(**{name: wrong})


@pytest.mark.parametrize(
    ("name", "wrong", "must_be"),
    [
        ("margin_seconds", float("nan"), "from 0 to"),
        ("margin_seconds", float("inf"), "from 0 to"),
        ("leave_seconds", -0.1, "from 0 to"),
        ("leave_seconds", "30", "from 0 to"),
        ("heartbeat_seconds", 0, "above 0"),
        ("deadline", "2026-11-21T15:00:00", "offset from UTC"),
        ("deadline", "0001-01-01T00:00:00+14:00", "ISO 8601"),
        ("deadline", "tomorrow", "ISO 8601"),
        ("deadline", 1763734000, "ISO 8601"),
        ("geometry", "1280 x 800", "WIDTHxHEIGHT"),
        ("geometry", "0x800", "WIDTHxHEIGHT"),
        ("geometry", "1280x800\n", "WIDTHxHEIGHT"),
        ("api", "/run/api.sock", "unix:/PATH"),
        ("api", "http://host:port", "unix:/PATH"),
        ("api", "ftp://host", "unix:/PATH"),
        ("api", "http://host/path", "unix:/PATH"),
        ("vnc_socket", "vnc", "absolute path"),
        ("vnc_socket", "/" + "é" * 54, "107 bytes"),
        ("run_dir", "run", "absolute path"),
        ("recordings_dir", "../recordings", "absolute path"),
        ("app", "xterm", "list of words"),
        ("app", ["xterm", 1], "list of words"),
        ("app", [""], "not empty"),
        ("app", ["xterm", "a\0b"], "not empty"),
        ("record", "yes", "true or false"),
        ("record", 1, "true or false"),
        ("own_user", None, "true or false"),
    ],
)
def test_what_must_stand_there_instead_is_said(name: str, wrong: object, must_be: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be .*{must_be}"):
        parsed(**{name: wrong})


@pytest.mark.parametrize("api", ["http://127.0.0.1:8080", "https://elephant.example", "http://[::1]:80/", "unix:/a b"])
def test_addresses_of_every_kind_are_taken(api: str) -> None:
    assert parsed(api=api).api == api


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"text"', "[" * 100_000])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="the settings"):
        AgentSettings.parse(text)


@given(st.sampled_from(NAMES), ANY_JSON)
def test_any_value_is_taken_or_refused_by_its_name(name: str, value: object) -> None:
    assert is_taken_or_named(parsed, name, value)


def test_an_answer_says_until_when_and_whether_it_is_over() -> None:
    answer = HealthAnswer.parse(b'{"deadline": "2026-11-21T15:00:00+01:00", "over": true, "new": 1}')
    assert answer == HealthAnswer(deadline=datetime(2026, 11, 21, 14, 0, tzinfo=UTC), over=True)
    assert not HealthAnswer.parse(b'{"deadline": "2026-11-21T14:00:00Z"}').over


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"<html>",
        b"[]",
        b"{}",
        b'{"deadline": null}',
        b'{"deadline": 5}',
        b'{"deadline": "2026-11-21T15:00:00"}',
        b'{"deadline": "0001-01-01T00:00:00+14:00"}',
        b"[" * 60_000,
    ],
)
def test_any_other_answer_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="the answer"):
        HealthAnswer.parse(content)


@given(st.binary())
def test_any_bytes_are_an_answer_or_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="the answer"):
        HealthAnswer.parse(content)
