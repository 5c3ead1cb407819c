from datetime import timedelta
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from elephant.domain.meeting import EndReason
from elephant.ports.errors import Permanent
from elephant.usecases.end_meeting import end_meeting
from tests.support.builders import STUDENT, TEACHER
from tests.support.web_site import Site


def end(site: Site, meeting_id: str) -> None:
    end_meeting(
        meeting_id,
        EndReason.CANCELLED,
        "a test asked",
        meetings=site.meetings,
        machines=site.machines,
        alarms=site.alarms,
        now=site.now,
    )


def test_long_before_the_meeting_it_says_when_the_desktop_starts(site: Site) -> None:
    booked = site.book(meet_time="2026-11-21T16:00:00Z")
    answer = site.join(booked["id"], TEACHER, site.key(booked, TEACHER))
    assert answer.status_code == 202
    assert answer.headers["retry-after"] == "30"
    assert answer.json() == {
        "message": "the desktop has not been started yet",
        "status": "SCHEDULED",
        "phase": "PENDING",
        "retry_after_seconds": 30,
        "starts_at": "2026-11-21T15:50:00Z",
        "meet_time": "2026-11-21T16:00:00Z",
    }


def test_while_it_starts_it_says_how_far_it_is(site: Site) -> None:
    booked = site.book()
    site.launch(booked["id"])
    answer = site.join(booked["id"], TEACHER, site.key(booked, TEACHER))
    assert answer.status_code == 202
    assert answer.headers["retry-after"] == "1"
    assert (answer.json()["phase"], answer.json()["message"]) == ("DNS_WRITTEN", "the desktop is almost ready")


def test_what_keeps_a_desktop_from_starting_is_named_without_the_server_s_paths(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = Permanent("ffmpeg is missing in /usr/bin; see `elephant doctor`")
    monkeypatch.setattr(site.machines, "launch", lambda orders, _now: [problem for _ in orders])
    booked = site.book()
    with pytest.raises(Permanent):
        site.launch(booked["id"])
    answer = site.join(booked["id"], TEACHER, site.key(booked, TEACHER))
    assert (answer.status_code, answer.json()["problem"]) == (202, "ffmpeg is missing in … see `elephant doctor`")
    seat = site.client.get(f"/meetings/{booked['id']}", headers=site.host).json()["seats"][0]
    assert "/usr/bin" in seat["problem"]


def test_a_ready_seat_gives_its_own_machine_s_address_and_marks_it_joined(site: Site) -> None:
    booked = site.ready()
    answer = site.join(booked["id"], TEACHER, site.key(booked, TEACHER))
    assert answer.status_code == 200
    assert set(answer.json()) == {"message", "dcv_url"}
    machine_id, _ = site.machine_headers(booked["id"], TEACHER)
    url = urlsplit(answer.json()["dcv_url"])
    assert f"{url.scheme}://{url.netloc}" == f"https://{machine_id}.example.test:8443"
    assert list(parse_qs(url.query)) == ["token"]
    joined = {seat.role: seat.joined_at for seat in site.meetings.get(booked["id"]).seats}
    assert joined == {TEACHER: site.now, STUDENT: None}


def test_the_key_may_come_as_bearer(site: Site) -> None:
    booked = site.ready()
    headers = {"Authorization": f"Bearer {site.key(booked, STUDENT)}"}
    assert site.client.get(f"/join/{booked['id']}/{STUDENT}", headers=headers).status_code == 200


def test_a_meeting_that_is_over_says_why(site: Site) -> None:
    booked = site.ready()
    end(site, booked["id"])
    answer = site.join(booked["id"], TEACHER, site.key(booked, TEACHER))
    assert answer.status_code == 410
    assert answer.json() == {"message": "this meeting is over", "termination_reason": "CANCELLED"}


def test_only_the_seat_s_own_key_opens_it(site: Site) -> None:
    booked, other = site.ready(), site.ready()
    own = site.key(booked, TEACHER)
    flipped = ("B" if own[5] == "A" else "A").join((own[:5], own[6:]))
    wrong = {
        "swapped": site.key(booked, STUDENT),
        "another meeting's": site.key(other, TEACHER),
        "empty": "",
        "truncated": own[:-1],
        "one letter changed": flipped,
        "with more": own + "A",
        "with padding": own + "=",
        "with characters that are no base64": f"{own[:9]}!*{own[9:]}",
        "with spaces": f" {own}",
        "in capitals": own.upper(),
        "no text of ASCII": "ключ\U0001f511",
        "very long": own * 200,
    }
    for what, key in wrong.items():
        answer = site.join(booked["id"], TEACHER, key)
        assert answer.status_code == 403, what
        assert answer.json() == {
            "message": "this link does not open that seat; ask whoever invited you for your own, newest link"
        }
    seat = site.meetings.get(booked["id"]).seat(TEACHER)
    assert seat is not None
    assert seat.joined_at is None
    assert site.join(booked["id"], TEACHER, own).status_code == 200


def test_a_wrong_key_is_refused_after_the_end_too(site: Site) -> None:
    booked = site.ready()
    end(site, booked["id"])
    assert site.join(booked["id"], TEACHER, "wrong").status_code == 403


def test_a_re_issued_key_replaces_the_old_one_and_no_other(site: Site) -> None:
    booked = site.ready()
    old = site.key(booked, TEACHER)
    answer = site.client.post(f"/meetings/{booked['id']}/links/{TEACHER}", headers=site.host)
    assert answer.status_code == 200
    new = parse_qs(urlsplit(answer.json()["link"]).query)["key"][0]
    assert site.join(booked["id"], TEACHER, old).status_code == 403
    assert site.join(booked["id"], TEACHER, new).status_code == 200
    assert site.join(booked["id"], STUDENT, site.key(booked, STUDENT)).status_code == 200


def test_a_re_issued_key_closes_an_open_desktop(site: Site) -> None:
    booked = site.ready()
    browser = site.browser()
    entry = site.entry_path(booked, TEACHER)
    assert browser.get(entry).status_code == 303
    state = f"{urlsplit(entry).path}/state"
    assert browser.get(state).status_code == 200
    site.client.post(f"/meetings/{booked['id']}/links/{TEACHER}", headers=site.host)
    assert browser.get(state).status_code == 403


def test_an_unknown_meeting(site: Site) -> None:
    answer = site.join("abcdefgh12345678", TEACHER, "x")
    assert (answer.status_code, answer.json()) == (404, {"message": "there is no meeting abcdefgh12345678"})


def test_an_unknown_role_names_the_field_and_the_choice(site: Site) -> None:
    booked = site.book()
    answer = site.join(booked["id"], "janitor", site.key(booked, TEACHER))
    assert answer.status_code == 400
    choice = f"must be one of: {TEACHER}, {STUDENT}"
    assert answer.json() == {"message": f"role {choice}", "errors": [{"field": "role", "problem": choice}]}


ODD = {
    "slash": "a/b",
    "dots": "../../etc/passwd",
    "quotes": "';DROP TABLE meetings;--\"",
    "percent": "%2e%2e%2f",
    "nul": "\x00",
    "newline": "a\r\nSet-Cookie: x=y",
    "script": "<script>alert(1)</script>",
    "unicode": "ученик\u202e\U0001f418",
    "ten kilobytes": "a" * 10_240,
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_ids_and_roles_are_answered_in_the_one_shape(site: Site, text: str) -> None:
    booked = site.book()
    key = site.key(booked, TEACHER)
    for path in (f"/join/{quote(text, safe='')}/{TEACHER}", f"/join/{booked['id']}/{quote(text, safe='')}"):
        answer = site.client.get(path, params={"key": key})
        assert answer.status_code in {400, 404}
        assert set(answer.json()) <= {"message", "errors"}
        assert "set-cookie" not in answer.headers
        assert len(answer.text) < 11_000


def test_bytes_that_are_no_utf_8(site: Site) -> None:
    assert site.client.get("/join/%ff%fe/%80").status_code == 404


def test_the_entry_is_good_for_two_minutes(site: Site) -> None:
    booked = site.ready()
    entry = site.entry_path(booked, TEACHER)
    site.wait(seconds=119)
    assert site.browser().get(entry).status_code == 303
    site.wait(seconds=1)
    assert site.browser().get(entry).status_code == 403


def test_the_clock_set_back_does_not_lock_anybody_out(site: Site) -> None:
    booked = site.ready()
    key = site.key(booked, TEACHER)
    browser = site.browser()
    entry = site.entry_path(booked, TEACHER)
    assert browser.get(entry).status_code == 303
    site.now -= timedelta(hours=1)
    assert site.join(booked["id"], TEACHER, key).status_code == 200
    assert browser.get(f"{urlsplit(entry).path}/state").status_code == 200


def test_looking_at_the_lobby_never_joins(site: Site) -> None:
    booked = site.ready()
    before = site.meetings.get(booked["id"])
    page = site.client.get(urlsplit(booked[f"{TEACHER}_link"])._replace(scheme="", netloc="").geturl())
    assert page.status_code == 200
    assert site.client.head("/meeting", params={"id": booked["id"]}).status_code == 200
    assert site.client.options(f"/join/{booked['id']}/{TEACHER}").status_code == 405
    assert site.client.head(f"/join/{booked['id']}/{TEACHER}").status_code == 405
    assert site.meetings.get(booked["id"]) == before
