"""User data: every field, everything that can be wrong with it, and no secret in what is said about that."""

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.wire.boot_settings import BootSettings
from tests.support.any_json import ANY_JSON, is_taken_or_named

GIVEN: dict[str, Any] = {
    "meeting_id": "abcdefgh12345678",
    "role": "guest",
    "deadline": "2026-11-21T15:00:00Z",
    "jitsi_url": "https://meet.example/abcdefgh12345678",
    "api_url": "https://api.example/prod",
    "token": "eyJ.opens-it_1234",
    "dcv_session_id": "console",
    "margin_seconds": 300,
    "heartbeat_seconds": 10,
    "record": True,
}
NAMES = [field.name for field in fields(BootSettings)]


def parsed(**changed: Any) -> BootSettings:  # noqa: ANN401  anything may be wrong
    return BootSettings.parse(json.dumps(GIVEN | changed))


def test_user_data_is_read_and_what_it_says_beyond_is_not_looked_at() -> None:
    settings = parsed(certificate="later", new=1)
    assert settings.deadline == datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
    assert (settings.margin_seconds, settings.heartbeat_seconds, settings.record) == (300.0, 10.0, True)
    assert settings.api_url == "https://api.example/prod"
    assert parsed(jitsi_url="").jitsi_url == ""


def test_the_example_has_every_field_and_the_token_is_not_shown() -> None:
    assert set(GIVEN) == set(NAMES)
    assert "opens-it" not in repr(parsed())


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_field_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name} is missing$"):
        BootSettings.parse(json.dumps({key: value for key, value in GIVEN.items() if key != name}))


@pytest.mark.parametrize(
    ("name", "wrong", "must_be"),
    [
        ("meeting_id", "a/b", "a name of letters"),
        ("role", "../up", "a name of letters"),
        ("dcv_session_id", "--help", "a name of letters"),
        ("deadline", "2026-11-21T15:00:00", "offset from UTC"),
        ("jitsi_url", "file:///etc/passwd", "http:// or https://"),
        ("jitsi_url", None, "http:// or https://"),
        ("api_url", "http://api.example", "https://host"),
        ("api_url", "https://user@api.example", "https://host"),
        ("api_url", "", "not empty"),
        ("token", "two words", "visible ASCII"),
        ("token", "line\nbreak", "visible ASCII"),
        ("margin_seconds", -1, "from 0 to"),
        ("heartbeat_seconds", 0, "above 0"),
        ("record", "yes", "true or false"),
    ],
)
def test_what_must_stand_there_instead_is_said(name: str, wrong: object, must_be: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be .*{must_be}"):
        parsed(**{name: wrong})


@pytest.mark.parametrize("api", ["http://127.0.0.1:8080", "http://[::1]:1", "https://a.example:8443", "https://a/b/c"])
def test_the_token_goes_over_https_or_stays_on_this_machine(api: str) -> None:
    assert parsed(api_url=api).api_url == api


@pytest.mark.parametrize("text", ["", "#!/bin/sh\n", "[]", "null", "[" * 100_000])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="the user data"):
        BootSettings.parse(text)


@given(st.sampled_from(NAMES), ANY_JSON)
def test_any_value_is_taken_or_refused_by_its_name(name: str, value: object) -> None:
    assert is_taken_or_named(parsed, name, value)


@given(st.text())
def test_any_text_is_user_data_or_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"the user data|is missing"):
        BootSettings.parse(text)
