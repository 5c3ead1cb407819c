import logging
from urllib.parse import parse_qs, urlsplit

import pytest

from elephant.entrypoints.web.access import HOST_COOKIE
from tests.support.builders import STUDENT, TEACHER
from tests.support.web_site import HOST_TOKEN, SECRET, Site
from tests.unit.entrypoints.web.test_desktop_routes import closed_with, entered
from tests.unit.entrypoints.web.test_join_routes import end


def test_nothing_secret_is_logged_nor_answered(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    booked = site.ready()
    keys = {role: site.key(booked, role) for role in (TEACHER, STUDENT)}
    entry = parse_qs(urlsplit(site.entry_path(booked, TEACHER)).query)["token"][0]
    path, cookie = entered(site, booked, STUDENT)
    _, machine = site.machine_headers(booked["id"], TEACHER)
    host_cookie = site.signed_in().cookies[HOST_COOKIE]
    answers = [
        site.join(booked["id"], STUDENT, keys[TEACHER]),
        site.client.get(f"/join/nowhere/{TEACHER}", params={"key": keys[TEACHER]}),
        site.client.get("/", params={"token": HOST_TOKEN}),
        site.client.post("/sign-in", data={"token": f"{HOST_TOKEN}x"}),
        site.client.get(path, params={"token": entry}),
        site.client.post("/agent/health", json={"machine_id": 7}, headers=machine),
    ]
    closed_with(site, path, cookie=cookie)
    end(site, booked["id"])
    answers.append(site.join(booked["id"], TEACHER, keys[TEACHER]))

    def bug(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(site.meetings, "get", bug)
    answers.append(site.join(booked["id"], TEACHER, keys[TEACHER]))
    answers.append(site.client.get(path, params={"token": entry}))
    secrets = [HOST_TOKEN, SECRET, entry, cookie, host_cookie, *keys.values(), machine["Authorization"].split()[1]]
    logged = "\n".join(
        f"{record.getMessage()} {record.exc_text}" for record in caplog.records if record.name.startswith("elephant")
    )
    assert "a bug answered" in logged
    for secret in secrets:
        assert secret not in logged
        assert all(secret not in answer.text for answer in answers)
