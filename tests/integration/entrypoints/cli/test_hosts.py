"""`elephant hosts`, as docs/try-it.md has it: tokens that are shown once, hours, and what a server does with them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.integration.entrypoints.cli.conftest import Commands, free_port

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _in_years(commands: Commands) -> None:
    """Nothing of these meetings is due while the tests run."""
    commands.environment["ELEPHANT_LAUNCH_LEAD_MINUTES"] = "0"


def in_a_year() -> str:
    return (datetime.now(UTC) + timedelta(days=365)).isoformat()


def test_a_host_from_the_first_token_to_the_last(commands: Commands) -> None:
    added = commands.json("hosts", "add", "ana", "--hours-per-month", "1.5")
    assert (added["name"], added["hours_per_month"], added["url"]) == ("ana", 1.5, "http://127.0.0.1:8080/")
    assert len(added["token"]) == 43
    assert commands.json("hosts", "add", "ben")["hours_per_month"] is None
    listed = commands.json("hosts", "list")["hosts"]
    assert listed == [
        {"name": "ana", "hours_per_month": 1.5, "hours_used": 0.0, "hours_left": 1.5},
        {"name": "ben", "hours_per_month": None, "hours_used": None, "hours_left": None},
    ]
    renewed = commands.json("hosts", "token", "ana")
    assert (renewed["name"], renewed["hours_per_month"]) == ("ana", 1.5)
    assert renewed["token"] != added["token"]
    assert commands.json("hosts", "remove", "ana") == {"message": "the host is removed", "name": "ana"}
    assert [each["name"] for each in commands.json("hosts", "list")["hosts"]] == ["ben"]
    for token in (added["token"], renewed["token"]):
        assert not any(token.encode() in file.read_bytes() for file in commands.data_dir.rglob("*") if file.is_file())


def test_the_same_for_people(commands: Commands) -> None:
    added = commands.run("hosts", "add", "ana [bold]", "--hours-per-month", "20")
    assert added.exit_code == 0, added.output
    assert "ana [bold]: 20 h a month" in added.stdout
    listed = commands.run("hosts", "list").stdout
    assert "ana [bold]" in listed
    assert "20 h" in listed
    (token,) = [line.split()[1] for line in added.stdout.splitlines() if line.startswith("token ")]
    assert token not in listed
    assert "is no host any more" in commands.run("hosts", "remove", "ana [bold]").stdout
    assert "no hosts but" in commands.run("hosts", "list").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("add", "ana"), "there is a host ana already"),
        (("add", " ben"), "printable"),
        (("add", ""), "printable"),
        (("add", "ben", "--hours-per-month", "-1"), None),
        (("add", "ben", "--hours-per-month", "many"), None),
        (("remove", "ben"), "there is no host ben"),
        (("token", "ben"), "there is no host ben"),
        (("add",), None),
    ],
)
def test_a_wrong_request_leaves_with_2(commands: Commands, words: tuple[str, ...], message: str | None) -> None:
    commands.json("hosts", "add", "ana")
    done = commands.run("hosts", *words, "--json")
    assert done.exit_code == 2, done.output
    if message is not None:
        assert message in json.loads(done.stdout)["message"]
    assert [each["name"] for each in commands.json("hosts", "list")["hosts"]] == ["ana"]


def test_without_an_installation_there_are_no_hosts_to_list(commands: Commands) -> None:
    done = commands.run("hosts", "list")
    assert done.exit_code == 1
    assert "no installation" in done.stderr


def test_booking_for_a_host_is_within_their_hours(commands: Commands) -> None:
    commands.json("hosts", "add", "ana", "--hours-per-month", "1")
    words = ("schedule", "Ada", "Blaise", "--at", in_a_year(), "--host", "ana")
    assert commands.json(*words, "--minutes", "45")["host"] == "ana"
    refused = commands.run(*words, "--minutes", "16", "--json")
    assert (refused.exit_code, json.loads(refused.stdout)["message"][:44]) == (
        2, "not enough hours: 15 min of 1 h are left in ",
    )  # fmt: skip
    assert commands.run(*words[:-1], "nobody", "--json").exit_code == 2
    assert len(commands.json("meetings")["meetings"]) == 1


def ask(url: str, token: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = Request(url, headers=headers, data=None if body is None else json.dumps(body).encode())
    with urlopen(request, timeout=40) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def test_a_running_server_knows_whom_a_command_let_in(commands: Commands) -> None:
    port = free_port()
    commands.up("--port", str(port))
    token = commands.json("hosts", "add", "ana", "--hours-per-month", "2")["token"]
    url = f"http://127.0.0.1:{port}"
    names = {"teacher_name": "Ada", "student_name": "Blaise"}
    booked = ask(f"{url}/schedule", token, {**names, "meet_time": in_a_year(), "duration_minutes": 30})
    assert ask(f"{url}/hosts/me", token)["name"] == "ana"
    assert [each["id"] for each in ask(f"{url}/meetings", token)["meetings"]] == [booked["id"]]
    other = commands.json("hosts", "add", "ben")["token"]
    assert ask(f"{url}/meetings", other)["meetings"] == []
