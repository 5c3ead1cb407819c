"""`elephant hosts`, as docs/try-it.md has it: a token each, hours a month, and no way in for whoever was removed."""

import pytest

from tests.integration.entrypoints.cli.conftest import Commands

pytestmark = pytest.mark.integration


def test_a_host_from_the_first_token_to_the_last(commands: Commands) -> None:
    added = commands.json("hosts", "add", "Ada", "--hours-per-month", "20")
    assert (added["name"], added["hours_per_month"]) == ("Ada", 20)
    commands.json("hosts", "add", "Blaise")
    listed = commands.json("hosts", "list")["hosts"]
    ada = {"name": "Ada", "hours_per_month": 20, "hours_used": 0, "hours_left": 20}
    blaise = {"name": "Blaise", "hours_per_month": None, "hours_used": None, "hours_left": None}
    assert listed == [ada, blaise]
    assert commands.json("hosts", "token", "Ada")["token"] != added["token"]
    commands.json("hosts", "remove", "Ada")
    assert commands.json("hosts", "list")["hosts"] == [blaise]


def test_the_same_for_people(commands: Commands) -> None:
    added = commands.run("hosts", "add", "Ada", "--hours-per-month", "20")
    assert added.exit_code == 0
    assert "shown this once" in added.stdout
    listed = commands.run("hosts", "list").stdout
    assert "Ada" in listed
    assert "20 h" in listed
    again = commands.run("hosts", "add", "Ada")
    assert again.exit_code == 2
    assert "Ada" in again.output
    assert commands.run("hosts", "remove", "Ada").exit_code == 0
    assert "no hosts but" in commands.run("hosts", "list").stdout
