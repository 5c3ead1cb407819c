"""The files and the command lines of a desktop's programs."""

from itertools import pairwise
from pathlib import Path

import pytest

from elephant.agent.desktop import PACKAGES, missing_program
from elephant.agent.x_server import write_cookie, x_server_command


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    for name in (*PACKAGES, "app"):
        (tmp_path / name).touch(mode=0o755)
    return tmp_path


def test_nothing_is_missing(programs: Path) -> None:
    assert missing_program(["app"], f"/nowhere:{programs}") is None
    assert missing_program([str(programs / "app")], str(programs)) is None


@pytest.mark.parametrize(("name", "package"), PACKAGES.items())
def test_a_missing_program_is_named_with_its_package(programs: Path, name: str, package: str) -> None:
    (programs / name).unlink()
    assert missing_program(["app"], str(programs)) == (
        f"the program {name} is missing on this machine: install Debian's package {package}"
    )


def test_what_cannot_be_run_is_missing(programs: Path) -> None:
    (programs / "app").chmod(0o644)
    assert "the program app is missing" in str(missing_program(["app"], str(programs)))
    (programs / "folder").mkdir()
    assert "the program folder is missing" in str(missing_program(["folder"], str(programs)))


def test_a_cookie_is_new_each_time_and_its_owner_s_alone(tmp_path: Path) -> None:
    path = tmp_path / "xauthority"
    write_cookie(path)
    first = path.read_bytes()
    write_cookie(path)
    assert path.read_bytes() != first
    assert path.stat().st_mode & 0o777 == 0o600
    # family "wild", no address, no display: for every display of this host
    assert first[:6] == b"\xff\xff\0\0\0\0"
    assert first[6:26] == b"\0\x12MIT-MAGIC-COOKIE-1"
    assert len(first) == 26 + 2 + 16


def test_the_screen_listens_to_no_network(tmp_path: Path) -> None:
    words = x_server_command("1280x800", "/run/vnc", tmp_path / "xauthority", 3)
    pairs = list(pairwise(words))
    for pair in [("-rfbport", "-1"), ("-rfbunixmode", "0600"), ("-nolisten", "tcp")]:
        assert pair in pairs
    assert ("-UseBlacklist", "0") in pairs
