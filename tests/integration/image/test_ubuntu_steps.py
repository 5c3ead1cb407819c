"""The steps of Ubuntu's image, run in a machine made of folders; and its check, which has to see what is missing."""

from pathlib import Path

import pytest

from scripts.package_agent import package_agent
from tests.support.image_root import HOME, ImageRoot

WELL = {
    "systemctl": """case "$1 $2" in
        "is-enabled ssh"*|"is-enabled apt-"*|"is-enabled unattended"*) echo masked ;;
        is-enabled*) echo enabled ;;
    esac""",
    "passwd": 'echo "$2 L 2026-01-01 0 99999 7 -1"',
    # only root reaches the metadata service, as curl says it
    "runuser": '[ "$2" = root ] || exit 7',
    "curl": 'echo "server: dcv"',
    "dcv": "echo \"Session: 'console' (owner:elephant type:console)\"",
}


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return package_agent(tmp_path_factory.mktemp("agent"))


@pytest.fixture
def machine(tmp_path: Path, agent: Path) -> ImageRoot:
    made = ImageRoot(tmp_path / "machine", agent)
    made.answers = dict(WELL)
    return made


@pytest.fixture
def built(machine: ImageRoot) -> ImageRoot:
    """Every step that needs nobody else's server."""
    return build(machine)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory, agent: Path) -> ImageRoot:
    """One that is about to become an image; who changes it changes it back."""
    machine = ImageRoot(tmp_path_factory.mktemp("clean") / "machine", agent)
    machine.answers = dict(WELL)
    assert build(machine).step("clean").returncode == 0
    return machine


def build(machine: ImageRoot) -> ImageRoot:
    for step in ("desktop", "agent", "doors"):
        done = machine.step(step)
        assert (done.returncode, done.stderr) == (0, ""), step
    machine.path("/etc/dcv/dcv.conf").write_bytes(machine.path("/var/tmp/elephant-image/files/dcv.conf").read_bytes())
    return machine


def test_the_steps_install_what_the_unit_and_the_session_run(built: ImageRoot) -> None:
    for path in (
        "/opt/elephant/elephant-agent.pyz",
        "/opt/elephant/session",
        "/opt/elephant/check-image",
        "/etc/elephant/agent.toml",
        "/etc/elephant/kiosk.toml",
        "/etc/elephant/openbox.xml",
        "/etc/systemd/system/elephant-agent.service",
        "/etc/gdm3/custom.conf",
        "/etc/X11/xorg.conf",
    ):
        assert built.path(path).is_file(), path
    assert "enable elephant-agent.service" in built.calls("systemctl")
    assert not any("start elephant-agent" in call for call in built.calls("systemctl"))
    assert built.calls("nft") == ["--check --file /etc/nftables.conf", "--file /etc/nftables.conf"]
    version = built.run("python3", "-I", "/opt/elephant/elephant-agent.pyz", "--version")
    assert version.stdout.startswith("elephant-agent ")


def test_steps_can_be_run_again(built: ImageRoot) -> None:
    """Image Builder tries a step twice."""
    for step in ("desktop", "agent", "doors", "clean"):
        done = built.step(step)
        assert (done.returncode, done.stderr) == (0, ""), step


def test_nothing_of_the_machine_stays(built: ImageRoot) -> None:
    leftovers = ("/etc/ssh/ssh_host_rsa_key", f"{HOME}/.bash_history", "/etc/dcv/dcv.key", "/var/lib/dbus/machine-id")
    for path in (*leftovers, "/etc/machine-id"):
        built.path(path).write_text("0123456789abcdef")
    for home in (HOME, "/home/ubuntu"):
        built.path(home + "/.ssh").mkdir(parents=True)
        built.path(home + "/.ssh/authorized_keys").write_text("ssh-ed25519 AAAA")
    done = built.step("clean")
    assert (done.returncode, done.stderr) == (0, "")
    assert [path for path in leftovers if built.path(path).exists()] == []
    assert built.path("/etc/machine-id").read_text() == ""
    assert not built.path("/home/ubuntu/.ssh/authorized_keys").exists()
    assert not built.path("/var/tmp/elephant-image").exists()


def test_another_dcv_is_refused(machine: ImageRoot) -> None:
    machine.answers["curl"] = "echo 'something else' >dcv.tgz"
    machine.answers["uname"] = "echo aarch64"
    done = machine.step("dcv")
    assert done.returncode != 0
    assert "dcv.tgz: FAILED" in done.stdout
    assert machine.calls("apt-get") == []
    assert "2025.0/Servers/nice-dcv-2025.0-20103-ubuntu2404-aarch64.tgz" in machine.calls("curl")[0]
    machine.answers["uname"] = "echo riscv64"
    assert "no server for riscv64" in machine.step("dcv").stderr


def test_another_key_of_mozilla_is_refused(machine: ImageRoot) -> None:
    machine.answers["gpg"] = "echo 'fpr:::::::::0123456789ABCDEF0123456789ABCDEF01234567:'"
    done = machine.step("browser")
    assert done.returncode == 1
    assert "Mozilla's key is 0123456789ABCDEF0123456789ABCDEF01234567" in done.stderr
    assert machine.calls("apt-get") == []
    machine.answers["gpg"] = "echo 'fpr:::::::::35BAA0B33E9EB396F59CA838C0BA5CE6DC6315A3:'"
    assert machine.step("browser").returncode == 0
    assert any("firefox" in call for call in machine.calls("apt-get"))


def test_the_check_sees_that_all_is_there(clean: ImageRoot) -> None:
    done = clean.run("/opt/elephant/check-image", "built")
    assert (done.returncode, "MISSING" in done.stdout, done.stderr) == (0, False, "")
    clean.path("/etc/machine-id").write_text("0123456789abcdef")
    done = clean.run("/opt/elephant/check-image", "running")
    clean.path("/etc/machine-id").write_text("")
    assert (done.returncode, "MISSING" in done.stdout, done.stderr) == (0, False, "")
    assert clean.run("/opt/elephant/check-image").returncode == 2


@pytest.mark.parametrize(
    ("program", "answer", "missing"),
    [
        ("dcv", "exit 1", "Amazon DCV's server"),
        ("dpkg", "exit 1", "DCV's web client"),
        ("firefox", "exit 127", "the browser"),
        ("ffmpeg", "exit 127", "the recorder"),
        ("passwd", 'echo "$2 P 2026-01-01"', "nobody logs in as the person"),
        ("runuser", "exit 0", "the person does not"),
        ("runuser", "exit 7", "root reaches the metadata service"),
        ("systemctl", "echo disabled", "elephant-agent.service starts by itself"),
        ("systemctl", "echo enabled", "ssh.socket is off"),
    ],
)
def test_the_check_sees_what_is_missing(clean: ImageRoot, program: str, answer: str, missing: str) -> None:
    clean.answers = WELL | {program: answer}
    done = clean.run("/opt/elephant/check-image", "built")
    clean.answers = dict(WELL)
    assert done.returncode == 1
    assert f"MISSING {missing}" in done.stdout


@pytest.mark.parametrize(
    ("path", "missing"),
    [
        ("/etc/machine-id", "no identity of this machine"),
        ("/etc/ssh/ssh_host_rsa_key", "no host keys"),
        ("/etc/dcv/dcv.key", "no certificate of this machine"),
        (f"{HOME}/.ssh/authorized_keys", "no keys that open this machine"),
    ],
)
def test_the_check_sees_what_should_not_be_there(clean: ImageRoot, path: str, missing: str) -> None:
    before = clean.path(path).read_text() if clean.path(path).exists() else None
    clean.path(path).parent.mkdir(exist_ok=True)
    clean.path(path).write_text("something")
    done = clean.run("/opt/elephant/check-image", "built")
    if before is None:
        clean.path(path).unlink()
    else:
        clean.path(path).write_text(before)
    assert (done.returncode, f"MISSING {missing}" in done.stdout) == (1, True)
