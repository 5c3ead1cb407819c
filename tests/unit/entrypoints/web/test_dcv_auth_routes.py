"""What a desktop's DCV server is told about whoever wants in."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree as XmlTree

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from elephant.domain import changes
from elephant.domain.machine import MachineState
from elephant.entrypoints.web.app import create_api
from elephant.entrypoints.web.dcv_auth_routes import dcv_auth_routes
from elephant.entrypoints.web.dcv_way_in import by_dcv_token
from elephant.entrypoints.web.join_routes import join_routes
from elephant.ports.errors import Temporary
from elephant.ports.passes import Pass, Purpose
from tests.support.builders import STUDENT, TEACHER
from tests.support.web_site import Site
from tests.unit.entrypoints.web.test_join_routes import end

YES = '<auth result="yes"><username>elephant</username></auth>'
NO = '<auth result="no"/>'
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Desks:
    """Two desktops that work, the passes of whoever sits down at them, and their DCV servers' questions."""

    def __init__(self, user_name: str = "elephant") -> None:
        self.site = Site()
        routes = (
            join_routes(self.site.service, by_dcv_token("console")),
            dcv_auth_routes(self.site.service, "console", user_name),
        )
        self.client = TestClient(create_api(routes), raise_server_exceptions=False)
        self.booked = self.site.ready()
        self.machine_id, _ = self.site.machine_headers(self.booked["id"], TEACHER)
        self.other_id, _ = self.site.machine_headers(self.booked["id"], STUDENT)
        self.token = self.sit_down(TEACHER)

    def sit_down(self, role: str) -> str:
        """The token in the address that the holder of a seat's link is sent to."""
        key = self.site.key(self.booked, role)
        answer = self.client.get(f"/join/{self.booked['id']}/{role}", params={"key": key}).json()
        token: str = parse_qs(urlsplit(answer["dcv_url"]).query)["authToken"][0]
        return token

    def asks(self, machine_id: str, token: str, session_id: str = "console") -> str:
        """The answer to the DCV server of a machine."""
        fields = {"sessionId": session_id, "authenticationToken": token, "clientAddress": "192.0.2.7"}
        answer = self.client.post(f"/dcv/auth/{machine_id}", content=urlencode(fields), headers=FORM)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
        return str(answer.text)

    def signed(self, **values: Any) -> str:  # noqa: ANN401  any field
        """A pass of ours that differs from the right one in these."""
        right = Pass(
            purpose=Purpose.DESKTOP, meeting_id=self.booked["id"], role=TEACHER, machine_id=self.machine_id, key_issue=0
        )
        return self.site.passes.sign(replace(right, **values))


@pytest.fixture
def desks() -> Desks:
    return Desks()


def test_whoever_was_sent_there_is_let_in_and_again_after_loading_the_page_anew(desks: Desks) -> None:
    for _ in range(3):
        assert desks.asks(desks.machine_id, desks.token) == YES
        desks.site.wait(minutes=20)


def test_a_name_is_escaped() -> None:
    desks = Desks(user_name="a<b>&\"'")
    answer = XmlTree.fromstring(desks.asks(desks.machine_id, desks.token))  # noqa: S314  our own answer
    assert (answer.get("result"), answer.findtext("username")) == ("yes", "a<b>&\"'")


def test_a_machine_is_told_no_about_another_machine_s_token(desks: Desks) -> None:
    assert desks.asks(desks.other_id, desks.token) == NO
    assert desks.asks(desks.machine_id, desks.sit_down(STUDENT)) == NO
    assert desks.asks("i-0123456789abcdef0", desks.token) == NO


def test_the_session_is_the_one_that_links_open(desks: Desks) -> None:
    for session_id in ("", "Console", "console ", "another"):
        assert desks.asks(desks.machine_id, desks.token, session_id) == NO


def test_only_a_pass_to_this_very_desktop_counts(desks: Desks) -> None:
    assert desks.asks(desks.machine_id, desks.signed()) == YES
    for purpose in set(Purpose) - {Purpose.DESKTOP}:
        assert desks.asks(desks.machine_id, desks.signed(purpose=purpose)) == NO, purpose
    assert desks.asks(desks.machine_id, desks.signed(machine_id="")) == NO
    assert desks.asks(desks.machine_id, desks.signed(role=STUDENT)) == NO
    assert desks.asks(desks.machine_id, desks.signed(role="guest")) == NO
    assert desks.asks(desks.machine_id, desks.signed(meeting_id="nowhere")) == NO
    assert desks.asks(desks.machine_id, desks.signed(key_issue=1)) == NO
    assert desks.asks(desks.machine_id, desks.signed(expires_at=desks.site.now - timedelta(seconds=1))) == NO
    assert desks.asks(desks.machine_id, desks.site.key(desks.booked, TEACHER)) == NO


def test_a_link_that_was_made_anew_closes_the_way_in_by_the_old_one(desks: Desks) -> None:
    path = f"/meetings/{desks.booked['id']}/links/{TEACHER}"
    answer = desks.site.client.post(path, headers=desks.site.host)
    assert answer.status_code == 200
    assert desks.asks(desks.machine_id, desks.token) == NO
    desks.booked[f"{TEACHER}_link"] = answer.json()["link"]
    assert desks.asks(desks.machine_id, desks.sit_down(TEACHER)) == YES


def test_a_meeting_that_is_over_lets_nobody_in(desks: Desks) -> None:
    end(desks.site, desks.booked["id"])
    assert desks.asks(desks.machine_id, desks.token) == NO


def test_a_machine_that_serves_the_seat_no_longer_lets_nobody_in(desks: Desks) -> None:
    meetings, meeting_id, now = desks.site.meetings, desks.booked["id"], desks.site.now
    meetings.update(meeting_id, changes.seat_ended(meetings.get(meeting_id).seats[0].role, desks.machine_id, "", now))
    assert desks.asks(desks.machine_id, desks.token) == NO
    desks.site.machines.move(desks.machine_id, MachineState.TERMINATED)
    meetings.update(meeting_id, changes.seat_launched(meetings.get(meeting_id).seats[0], "m-after", "", now))
    assert desks.asks(desks.machine_id, desks.token) == NO
    assert desks.asks("m-after", desks.token) == NO


def test_a_store_that_cannot_be_read_is_neither_a_yes_nor_a_no(
    desks: Desks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_meeting_id: str) -> None:
        raise Temporary("throttled")

    monkeypatch.setattr(desks.site.meetings, "get", refuse)
    fields = {"sessionId": "console", "authenticationToken": desks.token}
    answer = desks.client.post(f"/dcv/auth/{desks.machine_id}", data=fields)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "<auth" not in answer.text
    assert desks.token not in caplog.text
    # who holds no pass of ours costs no reading, so that asking often costs nothing but the asking
    assert desks.asks(desks.machine_id, "a.b") == NO
    assert desks.asks(desks.machine_id, desks.token, "another") == NO
    assert desks.asks(desks.other_id, desks.token) == NO


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"&",
        b"sessionId",
        b"\xff\xfe",
        b"sessionId=console",
        b"authenticationToken=TOKEN",
        b"sessionId=console&authenticationToken=%ff",
        b"sessionId=console&authenticationToken=",
        b"sessionId=console&sessionId=console&authenticationToken=TOKEN",
        b"sessionId=console&authenticationToken=x&authenticationToken=TOKEN",
        b"sessionId=console&authenticationToken=TOKEN" + b"&a=b" * 16,
        b"sessionId=console&authenticationToken=TOKEN.",
        b'{"sessionId": "console", "authenticationToken": "TOKEN"}',
        b"sessionId=console&authenticationToken=" + b"x" * 60_000,
    ],
)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/json", "multipart/form-data", "x"])
def test_what_is_no_such_form_is_a_no(desks: Desks, body: bytes, kind: str) -> None:
    content = body.replace(b"TOKEN", desks.token.encode())
    answer = desks.client.post(f"/dcv/auth/{desks.machine_id}", content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.text) == (200, NO)


@pytest.mark.parametrize("form", ["{}&", "&{}", "{}&clientAddress=", "{}&clientAddress", "more=%20&{}"])
def test_what_else_is_in_the_form_keeps_nobody_out(desks: Desks, form: str) -> None:
    content = form.format(urlencode({"sessionId": "console", "authenticationToken": desks.token}))
    answer = desks.client.post(f"/dcv/auth/{desks.machine_id}", content=content, headers=FORM)
    assert (answer.status_code, answer.text) == (200, YES)


def test_too_much_is_not_read_to_its_end(desks: Desks) -> None:
    body = b"sessionId=console&authenticationToken=" + b"x" * 100_000
    assert desks.client.post(f"/dcv/auth/{desks.machine_id}", content=body, headers=FORM).status_code == 413


DESKS = Desks()


@pytest.fixture(autouse=True, scope="module")
def _let_go() -> Iterator[None]:
    yield
    DESKS.client.close()


@given(st.text() | st.builds(lambda a, b: f"{a}.{b}", st.text(), st.text()))
def test_no_text_gets_anybody_in_by_chance(text: str) -> None:
    fields = {"sessionId": "console", "authenticationToken": text.encode("utf-8", "replace").decode()}
    answer = DESKS.client.post(f"/dcv/auth/{DESKS.machine_id}", content=urlencode(fields), headers=FORM)
    assert (answer.status_code, answer.text) == (200, NO)


@given(st.data())
def test_no_text_but_the_token_gets_anybody_in(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(DESKS.token)))
    more = data.draw(st.text(max_size=3))
    cut = data.draw(st.integers(0, 3))
    changed = DESKS.token[:place] + more + DESKS.token[place + cut :]
    fields = {"sessionId": "console", "authenticationToken": changed.encode("utf-8", "replace").decode()}
    answer = DESKS.client.post(f"/dcv/auth/{DESKS.machine_id}", content=urlencode(fields), headers=FORM)
    assert (answer.status_code, answer.text) == (200, YES if changed == DESKS.token else NO)
