"""The rules of Ubuntu's image, loaded into the kernel of this machine, in a network that nobody else is in."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
RULES = (ROOT / "infra/image/ubuntu/files/nftables.conf").read_text()
# In a namespace of a user's own there is this one user, whom it calls root.
ME, SOMEBODY_ELSE = "0", "4242"


def asked(tmp_path: Path, rules: str) -> str:
    file = tmp_path / "rules"
    file.write_text(rules)
    program = [sys.executable, str(ROOT / "tests/support/metadata_network.py"), str(file)]
    done = subprocess.run(
        ["unshare", "--map-root-user", "--net", *program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.strip()


def trusting(*users: str) -> str:
    names = '"root", "dcv"'
    assert RULES.count(names) == 2
    return RULES.replace(names, ", ".join(users))


def test_who_is_trusted_reaches_the_metadata_service(tmp_path: Path) -> None:
    assert asked(tmp_path, trusting(ME, SOMEBODY_ELSE)) == "answered"


def test_the_person_does_not(tmp_path: Path) -> None:
    assert asked(tmp_path, trusting(SOMEBODY_ELSE, "4243")) == "refused"


@pytest.mark.parametrize("lost", ["ip daddr 169.254.169.254", "type filter hook output priority filter"])
def test_without_its_rule_anybody_would(tmp_path: Path, lost: str) -> None:
    """The network here would let everybody through: it is the rule that does not."""
    line = next(line for line in trusting(SOMEBODY_ELSE, "4243").splitlines() if lost in line)
    assert asked(tmp_path, trusting(SOMEBODY_ELSE, "4243").replace(line, "")) == "answered"
