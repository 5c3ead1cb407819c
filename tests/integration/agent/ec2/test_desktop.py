"""DCV is set up once, and what it does not say is not made up."""

import pytest

from tests.integration.agent.ec2.machine_world import MachineWorld, eventually
from tests.support.certificate_pairs import a_pair

pytestmark = pytest.mark.integration


def test_the_certificate_is_brought_before_anybody_is_there_and_only_once(machine: MachineWorld) -> None:
    certificate, key = a_pair("desktop.example")
    chain, other_key = a_pair("authority")
    machine.metadata.failures = 2
    machine.api.unready = 3
    machine.api.certificate = {"certificate": certificate, "chain": chain, "private_key": key}
    machine.start()
    machine.await_healthy()
    folder = machine.here / "certificate"
    assert (folder / "dcv.pem").read_text() == certificate + chain
    assert (folder / "dcv.key").read_text() == key
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {"dcv.pem": 0o600, "dcv.key": 0o600}
    assert len(machine.calls("restart")) == 1
    machine.end()
    machine.api.certificate = {"certificate": certificate, "chain": chain, "private_key": other_key}
    machine.api.health.clear()
    machine.start_again()
    eventually(lambda: "no pair" in machine.log(), "a key of another certificate is refused", machine.log)
    machine.api.certificate = None
    machine.await_healthy()
    assert (folder / "dcv.key").read_text() == key
    assert len(machine.calls("restart")) == 1, "a person may be there: nothing is new, so nothing is restarted"


def test_a_restart_of_dcv_that_was_missed_is_made_up_for(machine: MachineWorld) -> None:
    machine.file("restart.code").write_text("1")
    machine.start()
    eventually(lambda: machine.calls("restart"), "DCV is restarted", machine.log)
    machine.kill()
    assert (True, 0) not in machine.api.health
    machine.file("restart.code").write_text("0")
    machine.start_again()
    machine.await_healthy()
    assert not (machine.here / "run" / "dcv-restart-due").exists()


def test_an_error_of_dcv_is_not_taken_for_an_empty_desktop(machine: MachineWorld) -> None:
    machine.settings |= {"unhealthy_seconds": 2.0, "command_seconds": 1.0}
    machine.connect(1)
    machine.start()
    segment = machine.await_recording()
    machine.file("dcv.json").write_text('{"id": "console", "num-of-conn')
    machine.await_reported((False, 1))
    assert "1 were, which counts on" in machine.log()
    assert not machine.api.data_urls
    machine.connect(1)
    machine.await_reported((True, 1))
    machine.mode("dcv", "hang")
    machine.await_reported((False, 1))
    since_somebody_came = machine.api.health[[connected for _, connected in machine.api.health].index(1) :]
    assert {connected for _, connected in since_somebody_came} == {1}
    assert machine.api.data_urls == []
    assert len(machine.calls("recorder")) == 1, "it recorded on through every error"
    machine.mode("dcv", "")
    machine.connect(0)
    machine.await_handed_in()
    assert machine.api.files[segment.name] == segment.read_bytes()


def test_it_is_healthy_only_where_dcv_and_its_session_are(machine: MachineWorld) -> None:
    def awaits(problem: str) -> None:
        eventually(lambda: problem in machine.log(), f"{problem} is said", machine.log)

    script = machine.file("dcv").read_text()
    machine.file("dcv").unlink()
    machine.web_status = 500
    machine.start()
    awaits("there is no program")
    machine.file("dcv").write_text(script.replace("cat '", "sed s/console/other/ '"))
    machine.file("dcv").chmod(0o755)
    awaits("dcv described another session than console")
    machine.file("dcv").write_text(script)
    awaits("answered with 500")
    machine.web_server_says = "nginx"
    machine.web_status = 200
    awaits("something else than DCV answers")
    eventually(lambda: machine.api.health, "health is reported", machine.log)
    assert machine.api.health == [(False, 0)]
    machine.web_server_says = "DCV"
    machine.await_healthy()
