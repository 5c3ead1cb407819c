"""How a machine hands in its recordings."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from elephant.adapters.memory.uploads import MemoryUploads
from elephant.domain.upload import BYTES_PER_HOUR
from elephant.entrypoints.web.app import create_api
from elephant.entrypoints.web.body_limit import MAX_BODY_BYTES
from elephant.entrypoints.web.upload_routes import upload_routes
from elephant.wire.upload_bodies import MOST_BYTES, MOST_PARTS
from tests.support.builders import STUDENT, TEACHER
from tests.support.upload_worlds import sha256_of
from tests.support.web_site import Site
from tests.unit.entrypoints.web.test_agent_routes import seat_pass
from tests.unit.entrypoints.web.test_join_routes import end

CONTENT = b"a recording"
PART = {"number": 1, "size_bytes": len(CONTENT), "sha256": sha256_of(CONTENT)}


class Desk:
    """A desktop with something to hand in."""

    def __init__(self) -> None:
        self.site, self.uploads = Site(), MemoryUploads()
        self.client = TestClient(create_api([upload_routes(self.site.service, self.uploads)]))
        self.meeting_id = self.site.ready()["id"]
        self.machine_id, _ = self.site.machine_headers(self.meeting_id, TEACHER)
        self.headers = seat_pass(self.site, self.meeting_id)
        self.body: dict[str, Any] = {"machine_id": self.machine_id, "name": "one.mkv"}

    def asks(self, path: str = "", **body: object) -> tuple[int, dict[str, Any]]:
        """The status and content of the answer."""
        answer = self.client.post(f"/agent/uploads{path}", json={**self.body, **body}, headers=self.headers)
        return answer.status_code, answer.json()

    def begin(self) -> str:
        """The id of an upload that was begun."""
        status, begun = self.asks(size_bytes=len(CONTENT))
        assert status == 200
        return str(begun["upload_id"])


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_from_the_first_part_to_the_file(desk: Desk) -> None:
    begun = {"upload_id": "upload-1", "part_size_bytes": 8 * 1024**2, "uploaded": []}
    assert desk.asks(size_bytes=len(CONTENT)) == (200, begun)
    status, signed = desk.asks("/parts", upload_id="upload-1", parts=[PART])
    (part,) = signed["parts"]
    assert (status, part["number"], part["headers"]) == (200, 1, {"x-amz-checksum-sha256": PART["sha256"]})
    assert desk.uploads.put(part["url"], part["headers"], CONTENT) == 200
    assert desk.asks(size_bytes=len(CONTENT)) == (200, {**begun, "uploaded": [PART]})
    path = f"{desk.meeting_id}/{TEACHER}/{desk.machine_id}/one.mkv"
    done = {"upload_id": "upload-1", "size_bytes": len(CONTENT), "parts": [{"number": 1, "sha256": PART["sha256"]}]}
    # the meeting may be over by then
    end(desk.site, desk.meeting_id)
    for _ in range(2):
        assert desk.asks("/complete", **done) == (200, {"url": f"memory:///{path}"})
    assert desk.uploads.files == {path: CONTENT}


def test_another_size_or_upload_is_refused_in_words_that_say_what_to_do(desk: Desk) -> None:
    upload_id = desk.begin()
    parts = [{"number": 1, "sha256": PART["sha256"]}]
    status, content = desk.asks("/complete", upload_id=upload_id, size_bytes=len(CONTENT), parts=parts)
    assert (status, content["message"]) == (409, "the upload cannot be completed: part 1 has not arrived")
    status, content = desk.asks("/complete", upload_id="another", size_bytes=len(CONTENT), parts=parts)
    assert (status, content["message"]) == (404, "there is no such upload (any more); begin it anew")


def test_more_than_a_seat_may_hand_in_is_refused_in_words_and_the_manifest_that_tells_of_it_is_not(desk: Desk) -> None:
    # three hours and a quarter, and ten minutes before
    most = 4 * BYTES_PER_HOUR
    desk.uploads.files[f"{desk.meeting_id}/{TEACHER}/{desk.machine_id}/zero.mkv"] = b"z"
    status, content = desk.asks(size_bytes=most)
    said = "this seat may hand in no more: 0.0 GiB of 64.0 GiB are there, and this has 64.0 GiB"
    assert (status, content) == (413, {"message": said})
    assert desk.asks("/parts", upload_id="upload-1", parts=[{**PART, "size_bytes": 1024**3}])[0] == 413
    assert desk.asks(name="manifest.json", size_bytes=1000)[0] == 200
    assert desk.asks(size_bytes=most - 1)[0] == 200


BODIES: dict[str, dict[str, Any]] = {
    "": {"size_bytes": len(CONTENT)},
    "/parts": {"upload_id": "upload-1", "parts": [PART]},
    "/complete": {
        "upload_id": "upload-1",
        "size_bytes": len(CONTENT),
        "parts": [{"number": 1, "sha256": PART["sha256"]}],
    },
}


@pytest.mark.parametrize("path", BODIES)
def test_it_is_the_seat_s_own_machine_or_nobody(desk: Desk, path: str) -> None:
    other_id, other = desk.site.machine_headers(desk.meeting_id, STUDENT)
    assert desk.asks(path, **BODIES[path], machine_id=other_id)[0] == 403
    early = desk.site.book()["id"]
    for headers, status in (
        (other, 403),
        (seat_pass(desk.site, desk.meeting_id, STUDENT), 403),
        (seat_pass(desk.site, early), 503),
        (seat_pass(desk.site, "nowhere"), 404),
        ({}, 401),
        (desk.site.host, 401),
    ):
        desk.headers = headers
        assert desk.asks(path, **BODIES[path])[0] == status, headers
    assert desk.uploads._begun == {}


@pytest.mark.parametrize(
    ("path", "changes", "field"),
    [
        *(("", {"name": name}, "name") for name in ("", "../a", "a/b", "A", ".a", "a b", "a" * 101, "ä", "a\n", 7)),
        *(("", {"size_bytes": size}, "size_bytes") for size in (0, -1, 1.5, True, "1", MOST_BYTES + 1)),
        *(("/parts", {"parts": parts}, "parts") for parts in ([], [PART] * 51, "x")),
        *(("/parts", {"upload_id": upload_id}, "upload_id") for upload_id in ("", "a b", "a" * 1025, "ä")),
        ("/parts", {"parts": [{**PART, "number": 0}]}, "parts.0.number"),
        ("/parts", {"parts": [{**PART, "number": MOST_PARTS + 1}]}, "parts.0.number"),
        ("/parts", {"parts": [{**PART, "size_bytes": 0}]}, "parts.0.size_bytes"),
        ("/parts", {"parts": [{**PART, "sha256": "0" * 64}]}, "parts.0.sha256"),
        ("/complete", {"parts": []}, "parts"),
        ("/complete", {"parts": [{"number": 1, "sha256": None}]}, "parts.0.sha256"),
    ],
)
def test_what_machines_send_is_checked(desk: Desk, path: str, changes: dict[str, Any], field: str) -> None:
    status, content = desk.asks(path, **{**BODIES[path], **changes})
    assert (status, content["errors"][0]["field"]) == (400, field)


def test_the_largest_file_can_be_completed_within_a_request(desk: Desk) -> None:
    parts = [{"number": number, "sha256": "+" * 43 + "="} for number in range(1, MOST_PARTS + 1)]
    body = {"upload_id": "x" * 1024, "size_bytes": MOST_BYTES, "parts": parts}
    assert desk.asks("/complete", **body)[0] == 404
    assert len(desk.client.build_request("POST", "/", json={**desk.body, **body}).content) < MAX_BODY_BYTES
