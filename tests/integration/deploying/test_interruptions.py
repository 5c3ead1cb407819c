"""Commands that die after any one of the calls by which they change something, and are run again: nothing is lost.

A death after a call that only reads leaves what a death before it would.
"""

import contextlib
import re
import threading
from collections.abc import Callable, Iterator

import pytest
from typer.testing import Result

from tests.support.deployment_world import DeploymentWorld
from tests.support.frail_ports import Crash
from tests.support.interruptions import Interruptions

pytestmark = pytest.mark.integration
READS = re.compile(r"(Describe|Get|Head|List)")


@pytest.fixture
def interruptions() -> Iterator[Interruptions]:
    # the stand-in makes what stacks have in moto, in threads of its own
    with Interruptions(lambda: "process_request_thread" in threading.current_thread().name) as interruptions:
        yield interruptions


def end_state(world: DeploymentWorld) -> dict[str, object]:
    """What is there in the end, whatever names are new each time."""
    buckets = [each["Name"] for each in world.client("s3").list_buckets()["Buckets"] if world.stack in each["Name"]]
    standing = world.standing
    return {
        "secrets": world.secrets(),
        "buckets": sorted(name.split("-")[2] for name in buckets),
        "stack": (standing.status, len(standing.resources), len(standing.change_sets)) if standing else None,
        "pages": pages_of(world),
        "file": re.sub(
            r"-([A-Za-z0-9]{6}|[0-9a-f]{8})\"", '-XXXXXX"', world.file.read_text().replace(world.stack, "NAME")
        ),
    }


def pages_of(world: DeploymentWorld) -> list[str]:
    if world.standing is None:
        return []
    listed = world.client("s3").list_objects_v2(Bucket=world.standing.resources["PagesBucket"])
    return [each["Key"] for each in listed.get("Contents", [])]


def dies_anywhere(
    world: DeploymentWorld, interruptions: Interruptions, prepare: Callable[[], None], run: Callable[[], Result]
) -> int:
    """Die after every change, run again, and compare; how many changes there are."""
    interruptions.plan(None)
    prepare()
    interruptions.plan(None)
    done = run()
    assert done.exit_code == 0, done.output
    changes = [number for number, name in interruptions.operations.items() if not READS.match(name)]
    interruptions.plan(None)
    expected = end_state(world)
    for number in changes:
        world.renew()
        interruptions.plan(None)
        prepare()
        interruptions.plan(number + 1)
        with contextlib.suppress(Crash):
            run()
        interruptions.plan(None)
        again = run()
        assert again.exit_code == 0, (number, again.output)
        assert end_state(world) == expected, number
    return len(changes)


def test_an_init_that_died_goes_on(world: DeploymentWorld, interruptions: Interruptions) -> None:
    assert dies_anywhere(world, interruptions, lambda: None, world.init) >= 8


def test_a_deployment_that_died_goes_on(world: DeploymentWorld, interruptions: Interruptions, few_pages: None) -> None:
    assert dies_anywhere(world, interruptions, world.decide, lambda: world.deploy("--yes")) >= 12


def test_a_destruction_that_died_goes_on(world: DeploymentWorld, interruptions: Interruptions) -> None:
    def prepare() -> None:
        world.decide()
        world.stand_up()

    count = dies_anywhere(world, interruptions, prepare, lambda: world.run("destroy", "--yes", "--recordings"))
    assert count >= 9
