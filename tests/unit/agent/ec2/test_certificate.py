"""The certificate: readable for nobody else at any moment, and never half of a pair."""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from elephant.agent.api import Api
from elephant.agent.ec2.certificate import CertificatePlace, bring_certificate, parse_pair
from elephant.agent.ec2.private_files import write_private
from tests.support.certificate_pairs import a_pair

CERTIFICATE, KEY = a_pair("desktop.example")
OTHER_CERTIFICATE, OTHER_KEY = a_pair("other.example")
ANSWER = {"certificate": CERTIFICATE, "chain": OTHER_CERTIFICATE, "private_key": KEY}


@pytest.fixture(autouse=True)
def _no_mask() -> Iterator[None]:
    """As if the agent had been started by somebody careless."""
    mask = os.umask(0)
    yield
    os.umask(mask)


def test_a_private_file_is_private_before_anything_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def look(descriptor: int) -> None:
        seen.extend(path.stat().st_mode & 0o777 for path in tmp_path.iterdir())
        seen.append(os.fstat(descriptor).st_mode & 0o777)

    monkeypatch.setattr(os, "fsync", look)
    (tmp_path / ".dcv.key.new").write_text("left by an agent that was killed, for everybody to read")
    write_private(tmp_path / "dcv.key", b"secret", "")
    assert set(seen) == {0o600}
    assert [path.name for path in tmp_path.iterdir()] == ["dcv.key"]
    assert (tmp_path / "dcv.key").read_bytes() == b"secret"


def test_a_user_that_there_is_not_is_no_reason_to_leave_the_key_to_another(tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        write_private(tmp_path / "dcv.key", b"secret", "no-such-user-here")
    assert not (tmp_path / "dcv.key").exists()


def test_the_chain_follows_the_certificate() -> None:
    assert parse_pair(json.dumps(ANSWER).encode()).certificate == (CERTIFICATE + OTHER_CERTIFICATE).encode()
    unended = ANSWER | {"certificate": CERTIFICATE.rstrip("\n"), "chain": ""}
    assert parse_pair(json.dumps(unended).encode()).certificate == CERTIFICATE.encode()


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"private_key": OTHER_KEY}, "no pair"),
        ({"private_key": "no key"}, "no pair"),
        ({"certificate": "no certificate"}, "no pair"),
        ({"certificate": ""}, "certificate must be"),
        ({"chain": None}, "chain must be"),
    ],
)
def test_what_does_not_fit_together_is_refused(changed: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as refused:
        parse_pair(json.dumps(ANSWER | changed).encode())
    assert "PRIVATE KEY" not in str(refused.value)


class Place:
    """Where it is brought to, and what the API answers, one after the other."""

    def __init__(self, directory: Path, answers: list[tuple[int, bytes] | Exception]) -> None:
        self.directory = directory
        self.answers = answers
        self.changes = 0
        self.asked = 0

    def bring(self, monkeypatch: pytest.MonkeyPatch, seconds: float = 40.0) -> None:
        monkeypatch.setattr(Api, "post", self._post)
        monkeypatch.setattr("elephant.agent.ec2.certificate.Pauses.next_seconds", lambda _: 0.001)
        place = CertificatePlace(directory=self.directory, owner="", before_change=self._change)
        bring_certificate(Api("https://api", "token"), "i-1", place, seconds, threading.Event())

    def _change(self) -> None:
        assert not list(self.directory.glob("*")), "it is said before anything is changed"
        self.changes += 1

    def _post(self, path: str, body: dict[str, object]) -> tuple[int, bytes]:
        assert (path, body) == ("/agent/certificate", {"machine_id": "i-1"})
        self.asked += 1
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_it_is_asked_for_until_there_is_an_answer_and_brought_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = (200, json.dumps(ANSWER).encode())
    answers: list[tuple[int, bytes] | Exception] = [
        ConnectionRefusedError("away"),
        TimeoutError(),
        (503, b""),
        (429, b""),
        (200, b"{}"),
        good,
    ]
    place = Place(tmp_path / "new" / "dcv", answers)
    place.bring(monkeypatch)
    assert (place.asked, place.changes) == (6, 1)
    assert (place.directory / "dcv.key").read_text() == KEY
    place.answers = [good]
    place.bring(monkeypatch)
    assert place.changes == 1, "what is there already is not written again"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_a_no_is_not_argued_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    place = Place(tmp_path, [(status, b"")])
    place.bring(monkeypatch)
    assert (place.asked, place.changes, list(tmp_path.iterdir())) == (1, 0, [])


def test_what_never_answers_holds_a_desktop_up_for_a_while_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place = Place(tmp_path, [(500, b"")])
    place.bring(monkeypatch, seconds=0.05)
    assert place.asked > 1
    assert "did not come within" in caplog.text
