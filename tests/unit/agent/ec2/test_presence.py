"""What silence of DCV means, and for how long the last number holds."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.agent.ec2.dcv import Session, parse_session
from elephant.agent.ec2.presence import Seen, View, view_of

UNHEALTHY, PRESENCE = 20.0, 120.0


def session(connections: int) -> Session:
    return Session(connections=connections, display="", xauthority="", layout="")


def seen(connections: int) -> Seen:
    return Seen(since=900.0).with_session(session(connections), 1000.0).with_web(1000.0)


@pytest.mark.parametrize(
    ("after", "view"),
    [
        (0.0, View(healthy=True, connected=2, is_old=False)),
        (19.9, View(healthy=True, connected=2, is_old=False)),
        (20.0, View(healthy=False, connected=2, is_old=True)),
        (119.9, View(healthy=False, connected=2, is_old=True)),
        (120.0, View(healthy=False, connected=0, is_old=True)),
    ],
)
def test_the_last_number_holds_for_a_while(after: float, view: View) -> None:
    assert view_of(seen(2), 1000.0 + after, UNHEALTHY, PRESENCE) == view


def test_a_web_server_that_is_gone_makes_it_unhealthy_and_nobody_leave() -> None:
    looked = seen(1).with_session(session(1), 1100.0)
    assert view_of(looked, 1100.0, UNHEALTHY, PRESENCE) == View(healthy=False, connected=1, is_old=False)


def test_before_the_first_answer_nobody_can_tell() -> None:
    assert view_of(Seen(since=900.0), 910.0, UNHEALTHY, PRESENCE).connected is None
    assert view_of(Seen(since=900.0), 1020.0, UNHEALTHY, PRESENCE).connected == 0


@given(st.integers(1, 9), st.floats(0, 1000))
def test_no_error_is_nobody_within_the_time(connections: int, after: float) -> None:
    view = view_of(seen(connections), 1000.0 + after, UNHEALTHY, PRESENCE)
    assert view.connected == (connections if 1000.0 + after - 1000.0 < PRESENCE else 0)


EXAMPLE = {
    "id": "console",
    "owner": "elephant",
    "num-of-connections": 1,
    "last-disconnection-time": "",
    "type": "console",
    "x11-display": ":0",
    "x11-authority": "/run/user/42/gdm/Xauthority",
    "display-layout": [{"width": 800, "height": 600, "x": 0, "y": 0}],
}


def test_an_answer_of_dcv_is_read() -> None:
    read = parse_session(json.dumps(EXAMPLE).encode(), "console")
    assert (read.connections, read.display, read.xauthority) == (1, ":0", "/run/user/42/gdm/Xauthority")
    assert "800" in read.layout
    on_windows = {"id": "console", "num-of-connections": 0, "x11-display": None}
    assert parse_session(json.dumps(on_windows).encode(), "console") == session(0)


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "other"},
        {"id": None},
        {"num-of-connections": "1"},
        {"num-of-connections": -1},
        {"num-of-connections": True},
        {"num-of-connections": None},
    ],
    ids=repr,
)
def test_any_other_answer_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"another session|num-of-connections"):
        parse_session(json.dumps(EXAMPLE | changed).encode(), "console")


@given(st.binary())
def test_any_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"dcv"):
        parse_session(content, "console")
