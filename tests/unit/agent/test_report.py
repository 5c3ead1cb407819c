"""What the reporter sends, over an API that does as it is told."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from elephant.agent.api import Api
from elephant.agent.report import Reporter
from elephant.wire.agent_messages import HealthAnswer

ANSWER = b'{"deadline": "2026-11-21T15:00:00Z", "over": false}'
Outcome = tuple[int, bytes] | Exception


class World:
    """A reporter and everything it said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.outcome: Outcome = (200, ANSWER)
        self.said: list[tuple[str, dict[str, object]]] = []
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.deadlines: list[datetime] = []
        self.overs = 0
        monkeypatch.setattr(Api, "post", self._post)
        self.reporter = Reporter(Api("unix:/nowhere", "token"), "d-1", 60, self._heard, self._over)

    def _heard(self, answer: HealthAnswer) -> None:
        self.deadlines.append(answer.deadline)

    def _over(self) -> None:
        self.overs += 1

    def _post(self, path: str, body: dict[str, object]) -> tuple[int, bytes]:
        self.said.append((path, body))
        self.goes_on.wait(60)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def states(self) -> list[tuple[object, object]]:
        return [(body["healthy"], body["connected"]) for path, body in list(self.said) if path == "/agent/health"]

    def urls(self) -> list[object]:
        return [body["url"] for path, body in list(self.said) if path == "/agent/session-data"]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World(monkeypatch)
    world.reporter.start()
    yield world
    world.goes_on.set()
    world.outcome = (200, ANSWER)
    world.reporter.close()
    assert world.reporter.wait_closed(60)


def eventually(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_each_new_state_is_said_once(world: World) -> None:
    eventually(lambda: world.states() == [(False, 0)])
    world.reporter.health(healthy=True, connected=0)
    world.reporter.health(healthy=True, connected=0)
    eventually(lambda: len(world.deadlines) == 2)
    time.sleep(0.1)
    assert world.states() == [(False, 0), (True, 0)]
    assert world.deadlines[0] == datetime(2026, 11, 21, 15, 0, tzinfo=UTC)


def test_a_state_that_changes_while_another_is_sent_is_said_next(world: World) -> None:
    eventually(lambda: world.deadlines)
    world.goes_on.clear()
    world.reporter.health(healthy=True, connected=0)
    eventually(lambda: len(world.said) == 2)
    world.reporter.health(healthy=True, connected=1)
    world.reporter.health(healthy=True, connected=2)
    world.goes_on.set()
    eventually(lambda: world.states() == [(False, 0), (True, 0), (True, 2)])


@pytest.mark.parametrize(
    "outcome",
    [
        ConnectionRefusedError("away"),
        TimeoutError(),
        ValueError("no HTTP"),
        (500, b""),
        (429, b""),
        (200, b""),
    ],
    ids=repr,
)
def test_what_failed_is_tried_again_with_the_newest_state(world: World, outcome: Outcome) -> None:
    world.outcome = outcome
    world.reporter.health(healthy=True, connected=1)
    world.reporter.session_data("url")
    eventually(lambda: len(world.said) >= 4)
    world.reporter.health(healthy=True, connected=0)
    world.outcome = (200, ANSWER)
    eventually(lambda: world.states()[-1:] == [(True, 0)] and world.deadlines)
    sent = len(world.urls())
    time.sleep(0.1)
    assert len(world.urls()) == sent, "what was heard is not said again"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_is_not_argued_with(world: World, status: int) -> None:
    eventually(lambda: world.deadlines)
    world.outcome = (status, b"")
    world.reporter.session_data("url")
    eventually(lambda: world.urls() == ["url"])
    time.sleep(0.3)
    assert len(world.said) <= 3
    assert not world.overs


def test_gone_means_over(world: World) -> None:
    world.outcome = (410, b"")
    world.reporter.health(healthy=True, connected=0)
    eventually(lambda: world.overs)


def test_at_the_end_the_recording_is_sent_and_nothing_else(world: World) -> None:
    eventually(lambda: world.deadlines)
    world.goes_on.clear()
    world.reporter.health(healthy=True, connected=0)
    eventually(lambda: len(world.said) == 2)
    world.reporter.session_data("url")
    world.reporter.health(healthy=False, connected=0)
    world.reporter.close()
    assert not world.reporter.wait_closed(0.05)
    world.goes_on.set()
    assert world.reporter.wait_closed(5)
    assert [path for path, _ in world.said[2:]] == ["/agent/session-data"]
