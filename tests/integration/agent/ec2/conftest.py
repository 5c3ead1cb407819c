"""One machine for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.agent.ec2.machine_world import MachineWorld
from tests.support.aws_fixtures import aws_server
from tests.support.certificate_pairs import a_pair

__all__ = ["aws_server"]


@pytest.fixture(scope="session")
def dcv_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DCV's own, in one file with its key."""
    path = tmp_path_factory.mktemp("dcv") / "own.pem"
    path.write_text("".join(a_pair("dcv")))
    return path


@pytest.fixture
def machine(tmp_path: Path, dcv_certificate: Path) -> Iterator[MachineWorld]:
    """A machine whose agent was not started yet."""
    world = MachineWorld(tmp_path)
    world.serve_dcv(dcv_certificate)
    yield world
    world.clear_away()
