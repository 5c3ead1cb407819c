"""How a machine asks for its certificate."""

from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from elephant.entrypoints.web.agent_routes import agent_routes
from elephant.entrypoints.web.app import create_api
from elephant.entrypoints.web.certificate_routes import certificate_routes
from tests.support.builders import STUDENT, TEACHER, a_certificate
from tests.support.web_site import Site
from tests.unit.entrypoints.web.test_agent_routes import seat_pass
from tests.unit.entrypoints.web.test_join_routes import end

if TYPE_CHECKING:
    from elephant.domain.certificate import Certificate


class Desk:
    """A desktop that starts, and what is kept for it."""

    def __init__(self) -> None:
        self.site = Site()
        self.kept: Certificate | None = a_certificate(days_left=60, now=self.site.now)
        routes = (agent_routes(self.site.service), certificate_routes(self.site.service, lambda: self.kept))
        self.client = TestClient(create_api(routes))
        self.meeting_id = self.site.book()["id"]
        self.headers = seat_pass(self.site, self.meeting_id)

    def launch(self) -> str:
        """The machine's id."""
        self.site.launch(self.meeting_id)
        return self.site.machine_headers(self.meeting_id, TEACHER)[0]

    def asks(self, path: str = "certificate", **body: object) -> tuple[int, dict[str, Any]]:
        """The status and content of the answer."""
        answer = self.client.post(f"/agent/{path}", json=body, headers=self.headers)
        return answer.status_code, answer.json()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_it_gets_certificate_chain_and_key_until_it_says_that_it_works(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    assert desk.asks(machine_id="m-early")[0] == 503
    machine_id = desk.launch()
    content = {"certificate": "the certificate", "chain": "", "private_key": "the key"}
    assert desk.asks(machine_id=machine_id) == (200, content)
    assert desk.asks("health", machine_id=machine_id, healthy=True, connected=0)[0] == 200
    status, content = desk.asks(machine_id=machine_id)
    assert (status, list(content)) == (403, ["message"])
    assert "the key" not in caplog.text


def test_where_none_is_kept_it_goes_on_with_its_own(desk: Desk) -> None:
    desk.kept = None
    assert desk.asks(machine_id=desk.launch())[0] == 404


def test_nobody_else_gets_it(desk: Desk) -> None:
    machine_id = desk.launch()
    other_id, other = desk.site.machine_headers(desk.meeting_id, STUDENT)
    assert desk.asks(machine_id=other_id)[0] == 403
    for headers, status in ((other, 403), ({}, 401), (desk.site.host, 401)):
        desk.headers = headers
        assert desk.asks(machine_id=machine_id)[0] == status


def test_it_hears_that_its_meeting_is_over(desk: Desk) -> None:
    machine_id = desk.launch()
    end(desk.site, desk.meeting_id)
    assert desk.asks(machine_id=machine_id)[0] == 410
