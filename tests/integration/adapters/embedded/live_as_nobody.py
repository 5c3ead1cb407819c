"""A desktop's life as a user without rights: `live_as_nobody.py DATA_DIR`, prints what it saw as JSON."""

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from elephant.adapters.embedded import agent_process
from elephant.adapters.embedded.desktop_settings import DesktopSettings
from elephant.adapters.embedded.desktops import EmbeddedDesktops
from elephant.adapters.embedded.names import machine_id_for
from elephant.adapters.embedded.programs import sandbox_problem
from elephant.domain.meeting import DEFAULT_ROLES
from elephant.ports.machines import LaunchOrder

_AGENT = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
os.mkdir(os.environ["HOME"] + "/locked")
os.chmod(os.environ["HOME"] + "/locked", 0)
status = open("/proc/self/status").read().splitlines()
rights = [line.split()[1] for line in status if line.startswith(("CapEff", "CapPrm"))]
with open(os.environ["HOME"] + "/part", "w") as file:
    file.write(f"{os.getuid()} {os.getpid()} {'/'.join(rights)} {os.path.exists(SECRET)}")
os.rename(os.environ["HOME"] + "/part", os.environ["HOME"] + "/seen")
time.sleep(600)
"""


def main(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    problem = sandbox_problem(data_dir)
    (data_dir / "host_token").write_text("secret")
    text = _AGENT.replace("SECRET", repr(str(data_dir / "host_token")))
    agent_process.agent_command = lambda python, settings: [str(python), "-I", "-S", "-c", text]
    desktops = EmbeddedDesktops(
        DesktopSettings(
            data_dir=data_dir,
            app_for=lambda *_: ["sleep", "600"],
            token_for=lambda *_: "token",
            recordings_url_for=lambda *_: "http://127.0.0.1:8080/recordings",
            use_sandbox=True,
        )
    )
    now = datetime.now(UTC)
    order = LaunchOrder(meeting_id="abc", role=DEFAULT_ROLES[0], attempt=1, deadline=now, jitsi_url="https://x.example")
    (outcome,) = desktops.launch([order], now)
    machine_id = machine_id_for(order.meeting_id, order.role, order.attempt)
    seen = data_dir / "run/machines" / machine_id / "home/seen"
    until = time.monotonic() + 40
    while not seen.exists() and time.monotonic() < until:
        time.sleep(0.02)
    report: dict[str, object] = {
        "problem": problem,
        "outcome": repr(outcome),
        "user": os.getuid(),
        "seen": seen.read_text() if seen.exists() else "",
    }
    desktops.terminate([machine_id], now)
    until = time.monotonic() + 40
    while desktops.owned() and time.monotonic() < until:
        desktops.reap(datetime.now(UTC))
        time.sleep(0.05)
    report["left"] = [machine.id for machine in desktops.owned()] + os.listdir(data_dir / "run/machines")  # noqa: PTH208
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
