"""What an agent started, on a host that stands still."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

DEAF = """
import subprocess, sys
from pathlib import Path
from elephant.agent.processes import Children

deaf = ["sh", "-c", "trap '' TERM; echo; while :; do sleep 600; done"]
with subprocess.Popen(deaf, stdout=subprocess.PIPE) as process:
    process.stdout.readline()
    Children(Path(sys.argv[1]), {}).end_all(0.0)
    process.wait(60)
"""


def test_what_is_left_is_killed_although_no_time_is(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", DEAF, str(tmp_path)], check=False, timeout=100)
    assert done.returncode == 0
