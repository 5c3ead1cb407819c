"""The script on Linux as a shell runs it, with stand-ins for what only a machine on EC2 has."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from elephant.adapters.aws.user_data_certificate import linux_certificate_script

pytestmark = pytest.mark.integration

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:certificate-AbCdEf"
SECRET = {"private_key": "the key\n", "certificate": "the certificate\n", "chain": "the chain\n", "names": []}


@dataclass
class Machine:
    """A folder of programs, each of which writes down how it was called, and DCV's folder."""

    programs: Path
    folder: Path

    def program(self, name: str, body: str) -> None:
        file = self.programs / name
        file.write_text(f'#!/bin/sh\necho "{name} $*" >>{self.programs}/calls\n{body}\n')
        file.chmod(0o755)

    def boot(self, arn: str = ARN) -> subprocess.CompletedProcess[str]:
        """Run the script; nothing that it says or does may show the key."""
        (self.programs / "calls").write_text("")
        done = subprocess.run(
            ["bash", "-c", linux_certificate_script(arn, str(self.folder))],
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
            env={"PATH": f"{self.programs}:/usr/bin:/bin"},
        )
        assert "the key" not in done.stdout + done.stderr + "".join(self.calls())
        return done

    def calls(self) -> list[str]:
        return (self.programs / "calls").read_text().splitlines()

    def files(self) -> dict[str, str]:
        return {file.name: file.read_text() for file in self.folder.iterdir()}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path / "bin", tmp_path / "etc dcv")
    machine.programs.mkdir()
    machine.folder.mkdir()
    (tmp_path / "secret").write_text(json.dumps(SECRET))
    machine.program("aws", f"cat {tmp_path}/secret")
    for name in ("chown", "sleep", "systemctl"):
        machine.program(name, "")
    return machine


def test_the_certificate_with_its_chain_and_its_key_are_dcv_s_alone(machine: Machine) -> None:
    done = machine.boot()
    assert done.returncode == 0, done.stderr
    assert machine.files() == {"dcv.pem": "the certificate\nthe chain\n", "dcv.key": "the key\n"}
    assert {file.stat().st_mode & 0o777 for file in machine.folder.iterdir()} == {0o600}
    fetched, owned, restarted = machine.calls()
    assert fetched.startswith(f"aws secretsmanager get-secret-value --region eu-central-1 --secret-id {ARN} ")
    assert owned.startswith("chown dcv:dcv ")
    assert restarted == "systemctl restart dcvserver"


def test_it_is_fetched_again_while_the_role_is_not_there_yet(machine: Machine, tmp_path: Path) -> None:
    machine.program("aws", f"[ $(grep -c ^aws {machine.programs}/calls) -ge 3 ] && cat {tmp_path}/secret")
    assert machine.boot().returncode == 0
    assert [call for call in machine.calls() if call.startswith("sleep")] == ["sleep 5", "sleep 10"]
    assert set(machine.files()) == {"dcv.pem", "dcv.key"}


@pytest.mark.parametrize(
    ("program", "body", "says"),
    [
        ("aws", "exit 255", "could not be fetched"),
        ("aws", "echo", "JSONDecodeError"),
        ("aws", 'echo "{\\"csr\\": \\"c\\", \\"private_key\\": \\"k\\"}"', "there is no certificate yet"),
        ("chown", "exit 1", ""),
    ],
)
def test_what_stands_there_stays_where_it_cannot_be_done(machine: Machine, program: str, body: str, says: str) -> None:
    before = {"dcv.pem": "old", "dcv.key": "old key"}
    for name, content in before.items():
        (machine.folder / name).write_text(content)
    machine.program(program, body)
    done = machine.boot()
    assert done.returncode != 0
    assert says in done.stderr
    assert machine.files() == before
    assert "systemctl restart dcvserver" not in machine.calls()


def test_an_arn_is_no_command(machine: Machine, tmp_path: Path) -> None:
    machine.boot(
        f"arn:aws:secretsmanager:eu-central-1:1:secret:a'; touch {tmp_path}/touched; $(touch {tmp_path}/touched)"
    )
    assert not (tmp_path / "touched").exists()


def test_shellcheck_has_nothing_to_say() -> None:
    script = f"#!/bin/bash\nset -eu\n{linux_certificate_script(ARN)}"
    # what bash reads is a script of its own
    inner = script.partition("<<'ELEPHANT'\n")[2].rpartition("ELEPHANT\n")[0]
    for text in (script, f"#!/bin/bash\nset -eu\n{inner}"):
        done = subprocess.run(["shellcheck", "-"], input=text, capture_output=True, text=True, timeout=50, check=False)
        assert done.stdout == ""
        assert done.returncode == 0
