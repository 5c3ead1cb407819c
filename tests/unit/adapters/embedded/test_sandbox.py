"""The bubblewrap command line, as words."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from elephant.adapters.embedded.sandbox import Sandbox, bubblewrap_command

DATA = Path("/srv/elephant")
MACHINE = DATA / "run/machines/d-0123456789abcdef0"
SANDBOX = Sandbox(
    home=MACHINE / "home",
    run=MACHINE / "run",
    run_inside=Path("/run/elephant/d-0123456789abcdef0"),
    agent_settings=MACHINE / "agent.json",
    recordings=DATA / "recordings/abc/role",
    api=DATA / "run/api",
    accounts=MACHINE / "accounts",
    package=Path("/srv/code/elephant"),
    python_prefix=Path("/home/someone/.python/3.11"),
    user_id=61200,
    hidden=(DATA,),
)
UNPRIVILEGED = replace(SANDBOX, user_id=None)


def command(sandbox: Sandbox) -> list[str]:
    return bubblewrap_command(sandbox, {"HOME": "/home/desktop"}, ["agent", "settings"], info_descriptor=9)


def mounts(sandbox: Sandbox, *options: str) -> dict[str, str]:
    """Destination -> source of the mounts made with these options."""
    words = command(sandbox)
    return {words[place + 2]: words[place + 1] for place, word in enumerate(words) if word in options}


def test_only_three_places_can_be_written() -> None:
    assert mounts(SANDBOX, "--bind") == {
        "/home/desktop": str(SANDBOX.home),
        "/run/elephant/d-0123456789abcdef0": str(SANDBOX.run),
        "/run/elephant/recordings": str(SANDBOX.recordings),
    }
    assert not mounts(SANDBOX, "--dev-bind", "--bind-try", "--dev-bind-try")


def test_of_the_data_directory_only_what_is_this_machine_s_is_shown() -> None:
    shown = mounts(SANDBOX, "--bind", "--ro-bind", "--ro-bind-try")
    inside = {source for source in shown.values() if Path(source).is_relative_to(DATA)}
    own = {"home", "run", "agent.json", "accounts/passwd", "accounts/group"}
    assert inside == {str(MACHINE / name) for name in own} | {str(SANDBOX.recordings), str(SANDBOX.api)}


@pytest.mark.parametrize("sandbox", [SANDBOX, UNPRIVILEGED])
def test_every_parent_of_a_mount_can_be_passed_through(sandbox: Sandbox) -> None:
    words = command(sandbox)
    made = {(words[place - 1], words[place + 1]) for place, word in enumerate(words) if word == "--dir"}
    for destination in mounts(sandbox, "--bind", "--ro-bind"):
        for parent in Path(destination).parents:
            assert parent in {Path("/"), Path("/etc")} or ("0755", str(parent)) in made


@pytest.mark.parametrize("sandbox", [SANDBOX, UNPRIVILEGED])
def test_namespaces_and_a_clean_environment(sandbox: Sandbox) -> None:
    words = command(sandbox)
    before = words[: words.index("--")]
    for option in ("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--as-pid-1", "--clearenv"):
        assert option in before
    assert before.index("--clearenv") < before.index("--setenv")
    assert ("--info-fd", "9") in list(pairwise(before))
    assert "--unshare-net" not in before
    assert "--die-with-parent" not in before, "a desktop must outlive the server"


def test_root_hands_over_to_a_user_without_rights() -> None:
    words = command(SANDBOX)
    assert "--unshare-user" not in words
    after = words[words.index("--") + 1 :]
    assert after[0] == "setpriv"
    for words_of_option in (("--reuid", "61200"), ("--regid", "61200"), ("--bounding-set", "-all")):
        assert words_of_option in list(pairwise(after))
    assert {"--clear-groups", "--inh-caps=-all", "--no-new-privs"} <= set(after)
    assert after[-2:] == ["agent", "settings"]


def test_anybody_else_keeps_the_own_user_in_a_user_namespace() -> None:
    words = command(UNPRIVILEGED)
    assert "--unshare-user" in words
    assert "--cap-add" not in words
    assert words[words.index("--") + 1 :] == ["agent", "settings"]


@pytest.mark.parametrize(
    ("data_dir", "is_covered"),
    [("/srv/elephant", False), ("/opt/elephant/data", True), ("/usr/local/elephant", True), ("/optical", False)],
)
def test_a_data_directory_beneath_a_visible_one_is_covered(data_dir: str, is_covered: bool) -> None:
    words = command(replace(SANDBOX, hidden=(Path(data_dir),)))
    assert (("--tmpfs", data_dir) in list(pairwise(words))) is is_covered


def test_a_python_of_the_system_is_there_already() -> None:
    shown = mounts(replace(SANDBOX, python_prefix=Path("/usr")), "--ro-bind")
    assert "/home/someone/.python/3.11" not in shown
    assert mounts(SANDBOX, "--ro-bind")["/home/someone/.python/3.11"] == "/home/someone/.python/3.11"
