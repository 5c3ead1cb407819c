"""The tree check finds what it looks for, and passes what merely looks like it."""

import subprocess
from pathlib import Path

import pytest

from scripts.check_tree import files_of_repository, problems_of_text, problems_of_tree

SOURCE = Path("src/elephant/usecases/sweep.py")
PAGE = Path("docs/guide.md")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("index-url = https://py" + "pi.org/simple", "package registry"),
        ("URIs: http://deb.deb" + "ian.org/debian", "package registry"),
        ("URIs: http://ftp.de.deb" + "ian.org/debian", "package registry"),
        ('"resol' + 'ved": "https://regis' + "try.npm" + 'js.org/a.tgz"', "package registry"),
        ("data_dir = '/ro" + "ot/data'", "path of one machine"),
        ("see /wo" + "rk/notes.md", "path of one machine"),
        ("log: /tm" + "p/server.log", "path of one machine"),
    ],
)
def test_found_in_any_file(line: str, problem: str) -> None:
    assert [problem in found for found in problems_of_text(PAGE, f"first line\n{line}\n")] == [True]
    assert next(problems_of_text(PAGE, f"first line\n{line}\n")).startswith("docs/guide.md:2: ")


@pytest.mark.parametrize(
    "line",
    [
        "Debian 12, from Debian's own archive",
        "make run, then work/on/it",
        "--tmpfs /tmp --dir /root",
        "/tm" + "p/.X11-unix/X5",
        "$HOME/wo" + "rk/elephant and ~/wo" + "rk/elephant",
        "teacher and student",
    ],
)
def test_passed_in_a_page(line: str) -> None:
    assert list(problems_of_text(PAGE, line)) == []


@pytest.mark.parametrize("line", ["role = 'teacher'", "student_link = 1", "class Teacher: ...", "two students"])
def test_a_role_in_the_source_is_found(line: str) -> None:
    assert ["names a role" in found for found in problems_of_text(SOURCE, line)] == [True]
    assert list(problems_of_text(Path("src/elephant/domain/meeting.py"), line)) == []
    assert list(problems_of_text(Path("tests/unit/usecases/test_sweep.py"), line)) == []


def test_an_attribute_of_the_meeting_is_no_role() -> None:
    assert list(problems_of_text(SOURCE, "teacher_email = booking.teacher_email")) == []


@pytest.mark.parametrize(("lines", "count"), [(300, 0), (301, 1)])
def test_long_modules_are_found(lines: int, count: int) -> None:
    assert len(list(problems_of_text(SOURCE, "x = 1\n" * lines))) == count


def test_a_tree_is_read_from_git(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text("ignored.md\n")
    bad = "see /wo" + "rk/notes.md\n"
    (tmp_path / "bad.md").write_text(bad)
    (tmp_path / "ignored.md").write_text(bad)
    (tmp_path / "image.png").write_bytes(b"\0" + bad.encode())
    paths = files_of_repository(tmp_path)
    assert sorted(map(str, paths)) == [".gitignore", "bad.md", "image.png"]
    assert list(problems_of_tree(tmp_path, paths)) == ["bad.md:1: an absolute path of one machine"]
