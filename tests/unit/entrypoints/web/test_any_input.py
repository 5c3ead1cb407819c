"""Whatever anybody sends, the answer is the one shape and never an error of ours."""

import json
import string
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import STUDENT, TEACHER
from tests.support.web_site import Site

SITE = Site()
FIELDS = [
    "meet_time",
    "duration_minutes",
    "teacher_email",
    "frontend_base_url",
    *(f"{role}_name" for role in (TEACHER, STUDENT)),
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**300, max_value=10**400)
    | st.floats()
    | st.text(st.characters(), max_size=300)
    | st.datetimes(timezones=st.timezones() | st.none()).map(str)
    | st.sampled_from(["2026-11-21T15:00:00Z", "Ada", "a@b.cd", "https://school.example/app", 60])
)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
BODIES = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, ANY_JSON)) | ANY_JSON
# A client resolves dots itself, before anything is sent.
PATH_PARTS = (
    st.text(max_size=60) | st.text(string.printable, max_size=60) | st.sampled_from([TEACHER, STUDENT])
).filter(lambda text: text not in {".", ".."})


def is_problem(body: object) -> bool:
    """True for `{message, errors?: [{field, problem}]}`."""
    if not isinstance(body, dict) or not isinstance(body.get("message"), str) or not body["message"]:
        return False
    errors = body.get("errors", [{"field": "a", "problem": "b"}])
    well_formed = isinstance(errors, list) and len(errors) > 0
    return (
        set(body) <= {"message", "errors"} and well_formed and all(set(each) == {"field", "problem"} for each in errors)
    )


@settings(max_examples=250)
@given(BODIES)
def test_any_booking(body: object) -> None:
    SITE.reset()
    headers = {**SITE.host, "Content-Type": "application/json"}
    answer = SITE.client.post("/schedule", content=json.dumps(body), headers=headers)
    if answer.status_code == 200:
        assert set(answer.json()) == {"message", "id", "jitsi_url", f"{TEACHER}_link", f"{STUDENT}_link"}
    else:
        assert answer.status_code == 400
        assert is_problem(answer.json())
        assert answer.json()["errors"]


@settings(max_examples=250)
@given(PATH_PARTS, PATH_PARTS, st.text(max_size=50), st.booleans())
def test_any_way_to_ask_for_a_seat(meeting: str, role: str, key: str, known: bool) -> None:
    meeting_id = SITE.book()["id"] if known else meeting
    path = f"/join/{quote(meeting_id, safe='')}/{quote(role, safe='')}"
    answer = SITE.client.get(path, params={"key": key})
    assert answer.status_code in {400, 403, 404}
    assert is_problem(answer.json())


@settings(max_examples=150)
@given(st.binary(max_size=200))
def test_any_bytes_as_a_path(content: bytes) -> None:
    path = "/join/" + "".join(f"%{byte:02x}" for byte in content)
    answer = SITE.client.get(path)
    assert answer.status_code in {400, 404}
    assert is_problem(answer.json())


@settings(max_examples=150)
@given(st.text(string.printable, max_size=100))
def test_any_cookie_and_bearer(text: str) -> None:
    value = text.encode("latin-1", "replace").replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
    for headers in (
        {b"Cookie": b"elephant_host=" + value},
        {b"Cookie": value},
        {b"Authorization": b"Bearer " + value},
    ):
        answer = SITE.client.get("/meetings", headers=headers)
        assert answer.status_code == 401
        assert is_problem(answer.json())
