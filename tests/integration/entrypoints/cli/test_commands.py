"""Every command with and without --json, and what each leaves with: 0 fine, 1 a problem, 2 a wrong request."""

import json
import re
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from elephant.adapters.embedded import limits, programs
from elephant.adapters.embedded.sandbox import PATH_INSIDE
from elephant.adapters.embedded.sqlite import FILE_NAME
from elephant.bootstrap.embedded_settings import EmbeddedSettings
from tests.integration.entrypoints.cli.conftest import Commands
from tests.support.builders import STUDENT, TEACHER

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _in_years(commands: Commands) -> None:
    """Nothing of these meetings is due while the tests run."""
    commands.environment["ELEPHANT_LAUNCH_LEAD_MINUTES"] = "0"


def booked(commands: Commands, *words: str) -> str:
    """The id of a new meeting."""
    answer = commands.json("schedule", "Ada", "Блез [bold]", "--at", at(), *words)
    assert isinstance(answer["id"], str)
    return answer["id"]


def at() -> str:
    """A time that is in the future and within five years."""
    return (datetime.now(UTC) + timedelta(days=365)).isoformat()


def test_a_meeting_from_booking_to_cancelling(commands: Commands) -> None:
    answer = commands.json("schedule", "Ada", "Blaise", "--at", at(), "--minutes", "45.5", "--email", "a@b.cd")
    meeting_id = answer["id"]
    assert (answer["duration_minutes"], answer["teacher_email"]) == (45.5, "a@b.cd")
    assert [seat["name"] for seat in answer["seats"]] == ["Ada", "Blaise"]
    for role, seat in zip((TEACHER, STUDENT), answer["seats"], strict=True):
        assert answer[f"{role}_link"] == seat["link"]
        assert seat["link"].startswith(f"http://127.0.0.1:8080/meeting?id={meeting_id}&role={role}&key=")
    assert [meeting["id"] for meeting in commands.json("meetings")["meetings"]] == [meeting_id]
    assert commands.json("show", meeting_id)["status"] == "SCHEDULED"
    deadline = commands.json("show", meeting_id)["deadline"]
    assert commands.json("extend", meeting_id, "10")["deadline"] > deadline
    assert commands.json("cancel", meeting_id)["termination_reason"] == "CANCELLED"
    assert commands.json("meetings") == {"meetings": [], "problems": []}
    assert [meeting["id"] for meeting in commands.json("meetings", "--all")["meetings"]] == [meeting_id]


def test_a_booking_for_which_there_may_be_no_room(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(commands.json("schedule", "Ada", "Blaise", "--at", at())["warnings"], list)
    monkeypatch.setattr(limits, "DESKTOP_MEBIBYTES", 10**7)
    (warning,) = commands.json("schedule", "Ada", "Blaise", "--at", at())["warnings"]
    assert warning.startswith("capacity at risk: 4 desktops would need 40000000 MiB of memory at ")
    shown = commands.run("schedule", "Ada", "Blaise", "--at", at())
    assert shown.exit_code == 0
    assert "warning: capacity at risk: 6 desktops would need 60000000 MiB of memory at " in shown.stdout
    meeting_id = commands.json("meetings")["meetings"][0]["id"]
    (warning,) = commands.json("extend", meeting_id, "5")["warnings"]
    assert warning.startswith("capacity at risk: ")
    assert "warning: capacity at risk: " in commands.run("extend", meeting_id, "5").stdout
    assert "warnings" not in commands.json("show", commands.json("meetings")["meetings"][0]["id"])


def test_the_same_for_people(commands: Commands) -> None:
    meeting_id = booked(commands)
    shown = commands.run("show", meeting_id)
    assert shown.exit_code == 0
    for part in (meeting_id, "SCHEDULED", "Блез [bold]", f"&role={STUDENT}&key=", "booked: a host asked", "deadline"):
        assert part in shown.stdout
    assert meeting_id in commands.run("meetings").stdout
    assert commands.run("extend", meeting_id, "5").exit_code == 0
    cancelled = commands.run("cancel", meeting_id)
    assert cancelled.exit_code == 0
    assert re.search(r"TERMINATED *\n *CANCELLED", cancelled.stdout)
    assert "no open meetings; --all shows" in commands.run("meetings").stdout
    scheduled = commands.run("schedule", "Ada", "Blaise", "--at", at())
    assert scheduled.exit_code == 0
    assert scheduled.stdout.count("/meeting?id=") == 2


def test_a_damaged_meeting_is_named_and_hides_no_other(commands: Commands) -> None:
    damaged, fine = booked(commands), booked(commands)
    with sqlite3.connect(commands.data_dir / FILE_NAME) as store:
        spoilt = "UPDATE meetings SET item = json_set(item, '$.deadline', 'soon') WHERE id = ?"
        store.execute(spoilt, (damaged,))
    store.close()
    listed = commands.json("meetings")
    assert [meeting["id"] for meeting in listed["meetings"]] == [fine]
    assert [damaged in problem for problem in listed["problems"]] == [True]
    shown = commands.run("meetings").stdout
    assert f"warning: the stored meeting {damaged} is damaged" in shown
    assert fine in shown


def test_now_is_now(commands: Commands) -> None:
    commands.environment["ELEPHANT_LAUNCH_LEAD_MINUTES"] = "10"
    assert commands.json("schedule", "Ada", "Blaise")["status"] == "SCHEDULED"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["show", "nowhere"], "there is no meeting nowhere"),
        (["cancel", "nowhere"], "there is no meeting nowhere"),
        (["extend", "nowhere", "5"], "there is no meeting nowhere"),
        (["schedule", "Ada", "Blaise", "--at", "soon"], "meet_time is not a date"),
        (["schedule", "Ada", "Blaise", "--at", "2030-01-01T12:00:00"], "meet_time has no offset"),
        (["schedule", "Ada", "\x1b[31mBlaise"], f"{STUDENT}_name must not contain control"),
        (["schedule", "Ada", "x" * 201], f"{STUDENT}_name must be at most 200"),
        (["schedule", "Ada", "Blaise", "--minutes", "nan"], "duration_minutes must be"),
        (["schedule", "Ada", "Blaise", "--email", "x"], "teacher_email must be"),
    ],
)
def test_wrong_requests(commands: Commands, words: list[str], says: str) -> None:
    booked(commands)
    done = commands.run(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"elephant: {says}")
    assert done.stderr.count("\n") == 1
    done = commands.run(*words, "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["message"].startswith(says)


@pytest.mark.parametrize(
    "words",
    [
        ["schedule", "Ada"],
        ["schedule", "Ada", "Blaise", "Carl"],
        ["extend", "abc", "many"],
        ["meetings", "--limit", "0"],
        ["show"],
        ["fly"],
        ["up", "--port", "abc"],
    ],
)
def test_wrong_words(commands: Commands, words: list[str]) -> None:
    done = commands.run(*words)
    assert done.exit_code == 2
    assert "Usage: " in done.stderr


def test_what_is_over_stays_over(commands: Commands) -> None:
    meeting_id = booked(commands)
    assert commands.run("cancel", meeting_id).exit_code == 0
    for words in (["cancel", meeting_id], ["extend", meeting_id, "5"]):
        done = commands.run(*words)
        assert (done.exit_code, done.stderr) == (2, f"elephant: the meeting {meeting_id} is over\n")


def test_a_sweep_with_nothing_to_do(commands: Commands) -> None:
    booked(commands)
    nothing: dict[str, Any] = {"actions": [], "refused": None, "failures": []}
    assert commands.json("sweep", "--dry-run") == {"dry_run": True, **nothing}
    assert commands.json("sweep", "--force") == {"dry_run": False, **nothing}
    assert commands.run("sweep").stdout == "nothing to do: what is, is what should be\n"


def test_a_dry_sweep_says_what_it_would_do(commands: Commands) -> None:
    commands.environment["ELEPHANT_LAUNCH_LEAD_MINUTES"] = "10"
    meeting_id = commands.json("schedule", "Ada", "Blaise")["id"]
    (action,) = commands.json("sweep", "--dry-run")["actions"]
    assert (action["action"], action["meeting_id"]) == ("LaunchSeats", meeting_id)
    assert commands.run("sweep", "--dry-run").stdout.startswith(f"would LaunchSeats: meeting_id={meeting_id}")
    assert commands.json("show", meeting_id)["status"] == "SCHEDULED"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        (
            "PORT",
            "abc",
            "ELEPHANT_PORT (or --port) must be a valid integer, unable to parse string as an integer: TCP port",
        ),
        ("PORT", "70000", "ELEPHANT_PORT (or --port) must be less than or equal to 65535"),
        ("GRACE_MINUTES", "inf", "ELEPHANT_GRACE_MINUTES must be less than or equal to 10080: added to the length"),
        ("HOST_TOKEN", "secret", "ELEPHANT_HOST_TOKEN must be 16 to 256 letters"),
        ("CERTFILE", "a.pem", "certfile and keyfile go together"),
        ("APP", "xterm 'x", "ELEPHANT_APP No closing quotation"),
    ],
)
def test_bad_settings_name_the_variable_and_the_fix(commands: Commands, name: str, value: str, says: str) -> None:
    commands.environment[f"ELEPHANT_{name}"] = value
    for words in (["meetings"], ["up"], ["doctor"]):
        done = commands.run(*words)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith(f"elephant: {says}")
        assert "secret" not in done.stderr


def test_a_data_directory_that_cannot_be_written(commands: Commands) -> None:
    commands.data_dir.write_text("")
    for words in (["meetings"], ["up"], ["sweep"], ["schedule", "Ada", "Blaise"]):
        done = commands.run(*words)
        assert (done.exit_code, done.stdout) == (1, "")
        assert re.fullmatch(
            rf"elephant: the data directory {commands.data_dir} cannot be written \(.+\); make it yours, "
            r"or name another with --data-dir or ELEPHANT_DATA_DIR\n",
            done.stderr,
        )
    done = commands.run("doctor", "--json")
    assert done.exit_code == 1
    first = json.loads(done.stdout)["findings"][0]
    assert (first["what"], first["is_well"]) == ("data directory", False)


@pytest.mark.parametrize(
    "words",
    [["meetings"], ["show", "abc"], ["cancel", "abc"], ["extend", "abc", "5"], ["sweep", "--dry-run"], ["sweep"]],
)
def test_a_directory_that_was_mistyped(commands: Commands, words: list[str]) -> None:
    says = (
        f"there is no installation of Elephant in {commands.data_dir}; name its directory with --data-dir or "
        "ELEPHANT_DATA_DIR, or make one with `elephant up`"
    )
    done = commands.run(*words)
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", f"elephant: {says}\n")
    assert not commands.data_dir.exists()
    commands.data_dir.mkdir()
    assert json.loads(commands.run(*words, "--json").stdout) == {"message": says}
    assert list(commands.data_dir.iterdir()) == []


def test_doctor_makes_no_installation(commands: Commands) -> None:
    done = commands.run("doctor", "--json")
    assert done.exit_code == 1
    first, *others = json.loads(done.stdout)["findings"]
    assert (first["what"], first["is_well"]) == ("data directory", False)
    assert f"there is no installation of Elephant in {commands.data_dir};" in first["says"]
    assert {finding["what"] for finding in others} == {"noVNC", "desktops"}
    assert not commands.data_dir.exists()
    booked(commands)
    found = json.loads(commands.run("doctor", "--json").stdout)["findings"]
    assert [each for each in found if each["what"] in {"noVNC", "desktops"}] == others


def test_a_damaged_store(commands: Commands) -> None:
    booked(commands)
    for path in commands.data_dir.glob("elephant.sqlite3*"):
        path.write_bytes(b"rubbish" * 1000)
    done = commands.run("meetings")
    assert done.exit_code == 1
    assert "is damaged" in done.stderr
    done = commands.run("doctor")
    assert done.exit_code == 1
    assert "missing store: " in done.stdout


def path_without(name: str, folder: Path) -> str:
    """A search path on which there is everything that desktops search but one program."""
    for directory in reversed(PATH_INSIDE.split(":")):
        for program in Path(directory).iterdir():
            link = folder / program.name
            link.unlink(missing_ok=True)
            if program.name != name:
                link.symlink_to(program)
    return str(folder)


@pytest.mark.parametrize("name", ["Xtigervnc", "openbox", "ffmpeg", "chromium", "bwrap"])
def test_doctor_names_a_missing_program(
    commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert shutil.which(name, path=PATH_INSIDE), f"{name} has to be there to be taken away"
    monkeypatch.setattr(programs, "PATH_INSIDE", path_without(name, tmp_path))
    done = commands.run("doctor", "--json")
    assert done.exit_code == 1
    findings = json.loads(done.stdout)["findings"]
    bad = [finding["says"] for finding in findings if not finding["is_well"]]
    assert any(name in says for says in bad), findings
    assert commands.run("doctor").exit_code == 1


def test_without_a_recorder_desktops_start_and_that_is_said(
    commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "PATH_INSIDE", path_without("ffmpeg", tmp_path))
    programs.require_programs(["xterm"], use_sandbox=True)
    says = "desktops are not recorded: ffmpeg (Debian package ffmpeg) is missing"
    assert says in commands.run("doctor").stdout
    commands.environment["ELEPHANT_RECORD"] = "false"
    assert "ffmpeg" not in commands.run("doctor").stdout


def test_doctor_on_this_machine(commands: Commands) -> None:
    booked(commands)
    done = commands.run("doctor", "--json")
    findings = json.loads(done.stdout)["findings"]
    assert [finding["what"] for finding in findings][:4] == ["data directory", "store", "disk", "noVNC"]
    assert done.exit_code == (0 if all(finding["is_well"] for finding in findings) else 1)
    assert commands.run("doctor").exit_code == done.exit_code


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("up", ["--host", "--port", "--data-dir", "--tls", "--certfile", "--keyfile", "--json"]),
        ("schedule", ["NAME", "--at", "--minutes", "--email", "--data-dir", "--json", f"{TEACHER}, {STUDENT}"]),
        ("meetings", ["--all", "--limit", "--data-dir", "--json"]),
        ("show", ["ID", "--data-dir", "--json"]),
        ("cancel", ["ID", "--data-dir", "--json"]),
        ("extend", ["ID", "MINUTES", "--data-dir", "--json"]),
        ("sweep", ["--dry-run", "--force", "--data-dir", "--json"]),
        ("doctor", ["--data-dir", "--json"]),
    ],
)
def test_help(commands: Commands, command: str, names: list[str]) -> None:
    done = commands.run(command, "--help")
    assert done.exit_code == 0
    for name in names:
        assert name in done.stdout
    assert command in commands.run("--help").stdout


def test_help_tells_the_truth_about_defaults(commands: Commands) -> None:
    text = " ".join(re.sub("[│╭╮╰╯─]", " ", commands.run("up", "--help").stdout).split())
    defaults = {name: field.default for name, field in EmbeddedSettings.model_fields.items()}
    assert f"else ELEPHANT_HOST, else {defaults['host']}" in text
    assert f"else ELEPHANT_PORT, else {defaults['port']}" in text
    assert "else ELEPHANT_DATA_DIR, else ~/.local/share/elephant" in text
    text = " ".join(re.sub("[│╭╮╰╯─]", " ", commands.run("schedule", "--help").stdout).split())
    assert f"else ELEPHANT_DURATION_MINUTES, else {defaults['duration_minutes']:g}" in text


def test_links_are_those_of_the_server_that_ran_last(commands: Commands) -> None:
    (commands.data_dir / "run").mkdir(parents=True)
    commands.data_dir.chmod(0o700)
    place = {"public_url": "https://school.example:8443", "inner_url": "https://127.0.0.1:8443", "trusted_spki": None}
    (commands.data_dir / "run" / "server.json").write_text(json.dumps(place))
    link = urlsplit(commands.json("schedule", "Ada", "Blaise", "--at", at())[f"{TEACHER}_link"])
    assert (link.scheme, link.netloc, link.path) == ("https", "school.example:8443", "/meeting")


def test_the_installed_command(commands: Commands) -> None:
    """A process of its own: what is printed where, and the exit code, with nothing in between."""
    commands.run("cancel", booked(commands))
    fine = commands.process("meetings", "--json")
    assert (fine.returncode, fine.stdout, fine.stderr) == (0, '{"meetings": [], "problems": []}\n', "")
    wrong = commands.process("show", "nowhere")
    assert (wrong.returncode, wrong.stdout, wrong.stderr) == (2, "", "elephant: there is no meeting nowhere\n")
