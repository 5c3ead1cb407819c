"""A stand-in for the agent: a screen's socket and an app, so that starting and ending can be tested by themselves."""

from collections.abc import Callable
from pathlib import Path

# Runs inside the sandbox, where nothing of this file can be seen, so it is handed over as text.
_AGENT = """
import json, os, signal, socket, subprocess, sys, time
settings = json.load(open(sys.argv[1]))
if STUBBORN:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
os.umask(0o077)
app = subprocess.Popen(settings["app"], cwd=os.environ["HOME"], start_new_session=True)
# Last, because its tests take the screen for the sign that all of it runs.
os.umask(0o177)
screen = socket.socket(socket.AF_UNIX)
screen.bind(settings["vnc_socket"])
screen.listen()
os.umask(0o077)
while True:
    time.sleep(0.05)
    app.poll()
"""


def stub_agent_command(*, stubborn: bool = False) -> Callable[[Path, Path], list[str]]:
    """To be put in place of agent_process.agent_command; a stubborn one does not hear a SIGTERM."""
    text = f"STUBBORN = {stubborn}\n{_AGENT}"
    return lambda python, settings: [str(python), "-I", "-S", "-c", text, str(settings)]
