"""A host and two guests, who do with HTTP what the pages do in a browser."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.rehearsal.timeline import Timeline

Found = TypeVar("Found")
PATIENCE_SECONDS = 120.0
ANSWER_SECONDS = 100.0
ASKS_EVERY_SECONDS = 0.5


class Invitation(NamedTuple):
    """What somebody's link says."""

    meeting_id: str
    role: str
    key: str


class WayIn(NamedTuple):
    """Where the browser is sent: the machine's name in DNS, the token for DCV, the session."""

    host: str
    token: str
    session_id: str


class Host:
    """Somebody with a host's token."""

    def __init__(self, api_url: str, token: str, timeline: Timeline) -> None:
        self._client = httpx.Client(
            base_url=api_url, headers={"Authorization": f"Bearer {token}"}, timeout=ANSWER_SECONDS
        )
        self._timeline = timeline

    def book(self, meet_time: str) -> dict[str, Invitation]:
        """Book a meeting; the invitation of each role."""
        body = {"teacher_name": "Ada", "student_name": "Blaise", "meet_time": meet_time, "duration_minutes": 30}
        answer = _said(self._client.post("/schedule", json=body))
        links = [parse_qs(urlsplit(link).query) for name, link in answer.items() if name.endswith("_link")]
        self._timeline.say("host", f"books meeting {answer['id']} for now: {answer['message']}")
        return {link["role"][0]: Invitation(answer["id"], link["role"][0], link["key"][0]) for link in links}

    def look(self, meeting_id: str) -> dict[str, Any] | None:
        """The meeting, as the host page shows it; None where the page would ask again."""
        return _said_now(self._client.get(f"/meetings/{meeting_id}"))


class Guest:
    """Somebody with an invitation."""

    def __init__(self, api_url: str, invitation: Invitation, timeline: Timeline) -> None:
        self.role = invitation.role
        self._client = httpx.Client(base_url=api_url, timeout=ANSWER_SECONDS)
        self._invitation, self._timeline = invitation, timeline
        self._path = f"/join/{invitation.meeting_id}/{invitation.role}"

    def ask(self) -> httpx.Response:
        """Follow the link once."""
        return self._client.get(self._path, params={"key": self._invitation.key})

    def follow_link(self) -> WayIn:
        """Follow the link until it leads into the desktop."""
        told = ""

        def is_in() -> WayIn | None:
            nonlocal told
            answer = self.ask()
            content = _said_now(answer)
            if content is None:
                return None
            if answer.status_code == httpx.codes.ACCEPTED:
                if content["message"] != told:
                    told = content["message"]
                    self._timeline.say(self.role, f"follows the link: {told}")
                return None
            url = urlsplit(content["dcv_url"])
            return WayIn(url.hostname or "", parse_qs(url.query)["authToken"][0], url.fragment)

        return wait_for(is_in, f"the way in for the {self.role}")


def _said_now(answer: httpx.Response) -> dict[str, Any] | None:
    """None for an answer to come again: on a busy machine what stands in for AWS may be too slow for a function."""
    return None if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE else _said(answer)


def _said(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code not in {httpx.codes.OK, httpx.codes.ACCEPTED}:
        raise AssertionError(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
    content: dict[str, Any] = answer.json()
    return content


def wait_for(look: Callable[[], Found | None], what: str, seconds: float = PATIENCE_SECONDS) -> Found:
    """What `look` finds, as soon as it finds something; raises TimeoutError."""
    until = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None:
            return found
        if time.monotonic() > until:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(ASKS_EVERY_SECONDS)
