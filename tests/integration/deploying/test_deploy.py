"""`elephant aws deploy` over moto and a stand-in for CloudFormation."""

import pytest

from tests.support.deployment_world import DeploymentWorld

pytestmark = pytest.mark.integration


def test_from_nothing_to_a_stack_with_its_pages_up(world: DeploymentWorld) -> None:
    begun = world.init()
    assert begun.exit_code == 0, begun.output
    done = world.deploy()
    assert done.exit_code == 0, done.output
    print(begun.output, done.output)
    print(world.file.read_text())
    assert 0
