"""A manifest as a desktop, or a person at it, may have written it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.wire.recording_manifest import is_segment, parse_manifest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["file", "segments"]), inner),
    max_leaves=20,
)
SEGMENT = {"file": "segment-0001.mkv", "started_at": "2026-11-21T15:00:00+01:00", "ended_at": None, "size_bytes": 7}


def parsed(*segments: object, **more: object) -> dict[str, Any]:
    return parse_manifest("abc", "role", json.dumps({"segments": segments, **more}).encode())


@given(st.lists(JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(SEGMENT, JSON))))
def test_whatever_is_listed_only_sound_values_come_out(segments: list[object]) -> None:
    for segment in parsed(*segments)["segments"]:
        assert set(segment) == set(SEGMENT)
        assert is_segment(segment["file"])
        assert segment["size_bytes"] is None or segment["size_bytes"] >= 0


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_anything_else_is_a_value_error_or_a_manifest(content: bytes) -> None:
    try:
        found = parse_manifest("abc", "role", content)
    except ValueError:
        return
    assert set(found) - {"problem"} == {"meeting_id", "role", "segments"}


def test_times_are_given_in_utc() -> None:
    (segment,) = parsed(SEGMENT)["segments"]
    assert segment == {**SEGMENT, "started_at": "2026-11-21T14:00:00Z"}


@pytest.mark.parametrize("time", ["yesterday", "2026-11-21T15:00:00", 5, None, "0001-01-01T00:00:00+14:00"])
def test_what_is_no_time_is_none(time: object) -> None:
    (segment,) = parsed({**SEGMENT, "started_at": time})["segments"]
    assert segment["started_at"] is None


def test_a_problem_is_passed_on_in_short() -> None:
    assert parsed(problem="x" * 1000)["problem"] == "x" * 500
    assert parsed(problem="half of \ud83d")["problem"] == "half of ?", "an answer must be UTF-8"
    assert "problem" not in parsed(problem=5)
    assert "problem" not in parsed()


@pytest.mark.parametrize(
    "name", ["", "..", "segment-1.mkv", "segment-0001.mkv\n", "../segment-0001.mkv", "manifest.json"]
)
def test_what_is_no_segment(name: str) -> None:
    assert not is_segment(name)
