"""`elephant aws destroy --images`: what `elephant aws image` made goes too, and nothing that is somebody else's."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient

from elephant.bootstrap import engineer_clients, image_removal
from elephant.bootstrap.engineer_clients import EngineerClients
from elephant.bootstrap.image_removal import ImageRemoval
from elephant.bootstrap.installation_file import Installation
from elephant.ports.errors import ElephantError, Temporary
from tests.support.deployment_world import REGION, DeploymentWorld, tags_of
from tests.support.engineer_calls import asking
from tests.support.engineer_rights import policies_of, policy
from tests.support.frail_ports import Crash
from tests.support.function_rights import denied
from tests.support.function_rights import unused as unneeded
from tests.support.image_builder_stand_in import ImageBuilderStandIn
from tests.support.left_images import NOTHING, LeftImages

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer
    from tests.support.cloudformation_stand_in import CloudFormationStandIn

pytestmark = pytest.mark.integration
Removing = Callable[[], ImageRemoval]
_READS = ("Describe", "Get", "Head", "List")
_CHANGES = {
    "CancelImageCreation", "CreateTags", "DeleteComponent", "DeleteDistributionConfiguration", "DeleteImage",
    "DeleteImageRecipe", "DeleteInfrastructureConfiguration", "DeleteInstanceProfile", "DeleteLogGroup", "DeleteRole",
    "DeleteRolePolicy", "DeleteSnapshot", "DeregisterImage", "DetachRolePolicy", "RemoveRoleFromInstanceProfile",
}  # fmt: skip


@pytest.fixture
def left(world: DeploymentWorld) -> LeftImages:
    """An installation whose stack is gone already, and whose images are not."""
    world.decide()
    return LeftImages(world)


@pytest.fixture(scope="module")
def clients(
    image_builder: ImageBuilderStandIn, cloudformation: "CloudFormationStandIn", aws_server: "AwsServer"
) -> Iterator[EngineerClients]:
    """Those of the command, whose making takes longer than what is done with them; here they ask once."""
    environment = {
        "AWS_ENDPOINT_URL": aws_server.url,
        "AWS_ENDPOINT_URL_CLOUDFORMATION": cloudformation.url,
        "AWS_ENDPOINT_URL_IMAGEBUILDER": image_builder.url,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(engineer_clients, "_ATTEMPTS", 1)
        clients = EngineerClients(REGION)
        for service in ("cloudformation", "ec2", "iam", "imagebuilder", "logs"):
            assert clients[service].meta
        yield clients


@pytest.fixture
def removal(left: LeftImages, clients: EngineerClients) -> Removing:
    """What the command removes them with."""
    return lambda: ImageRemoval(Installation(region=REGION, stack=left.world.stack), clients, lambda _: None)


def test_all_of_it_goes(left: LeftImages) -> None:
    images = [left.build(1), left.build(2)]
    left.make_role()
    snapshots = [each for image in images for each in left.snapshots_of(image)]
    assert len(snapshots) == 2
    done = left.world.run("destroy", "--yes", "--images")
    assert done.exit_code == 0, done.output
    for words in (
        "what `elephant aws image` made is DELETED:",
        f"  the image {images[0]} ({left.name} 2026-11-01), 1 snapshot(s)",
        "  2 build(s) and 6 recipes, components and configurations",
        f"  the role and instance profile {left.role}",
        f"removed: the image {images[1]}",
        "nothing else is left",
    ):
        assert words in done.stdout
    assert left.are_there(*images) == []
    assert left.snapshots_there(*snapshots) == []
    assert left.rest() == NOTHING
    again = left.world.run("destroy", "--yes", "--images")
    assert (again.exit_code, "elephant aws image" in again.stdout) == (0, False), again.output


def test_without_a_word_they_stay_and_are_named(left: LeftImages) -> None:
    image = left.build(1)
    left.make_role()
    before = left.rest()
    done = left.world.run("destroy", "--yes")
    assert done.exit_code == 0, done.output
    assert "what `elephant aws image` made stays:" in done.stdout
    _, _, end = done.stdout.partition(
        "what `elephant aws image` made stays, and `elephant aws destroy --images` removes"
    )
    assert f"  the image {image} ({left.name} 2026-11-01), 1 snapshot(s)\n" in end
    assert f"  the role and instance profile {left.role}\n" in end
    assert left.are_there(image) == [image]
    assert left.rest() == before
    removed = left.world.run("destroy", "--images", answers=f"{left.world.stack}\n")
    assert removed.exit_code == 0, removed.output
    assert left.rest() == NOTHING


def test_nothing_goes_without_an_answer(left: LeftImages) -> None:
    image = left.build(1)
    asked = left.world.run("destroy", "--images", answers="no\n")
    assert (asked.exit_code, f"  the image {image}" in asked.stdout) == (1, True)
    assert left.are_there(image) == [image]


def machine_of_another(left: LeftImages, image: str) -> None:
    left.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)


def stack_of_another(left: LeftImages, image: str) -> None:
    from tests.support.cloudformation_stacks import Stack  # noqa: PLC0415  as late as moto itself

    other = Stack(f"arn:aws:cloudformation:{REGION}:123456789012:stack/other/1", "other", "CREATE_COMPLETE")
    other.parameters = {"ImageId": image}
    left.world.cloudformation.stacks["other"] = other


def launch_template(left: LeftImages, image: str) -> None:
    name = left.world.stack
    left.ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData={"ImageId": image})
    newer = {"ImageId": "ami-0123456789abcdef0"}
    left.ec2.create_launch_template_version(LaunchTemplateName=name, LaunchTemplateData=newer)


def another_account(left: LeftImages, image: str) -> None:
    left.ec2.modify_image_attribute(ImageId=image, OperationType="add", UserIds=["210987654321"])


@pytest.mark.parametrize(
    ("use", "user"),
    [
        (machine_of_another, "the machine i-"),
        (stack_of_another, "the stack other"),
        (launch_template, "the launch template elephant-"),
        (another_account, "it is shared with 210987654321"),
    ],
)
def test_what_somebody_would_miss_stays_with_what_tells_whose_it_is(
    left: LeftImages,
    removal: Removing,
    use: Callable[[LeftImages, str], None],
    user: str,
) -> None:
    used, unused = left.build(1), left.build(2)
    left.make_role()
    (kept_snapshot,), (lost_snapshot,) = left.snapshots_of(used), left.snapshots_of(unused)
    use(left, used)
    going = removal()
    going.remove()
    (kept,) = going.left
    assert kept.startswith(f"the image {used} ({left.name} 2026-11-01): {user}")
    assert left.are_there(used, unused) == [used]
    assert left.snapshots_there(kept_snapshot, lost_snapshot) == [kept_snapshot]
    assert left.rest() == {"parts": [1, 2, 2, 1, 1], "role": True, "profile": True, "logs": 1}


def test_an_image_that_stays_is_no_success(left: LeftImages) -> None:
    image = left.build(1)
    machine_of_another(left, image)
    done = left.world.run("destroy", "--yes", "--images")
    assert done.exit_code == 1
    assert f"what stays: the image {image} ({left.name} 2026-11-01): the machine i-" in done.stderr
    assert "nothing else is left" not in done.stdout


def test_what_is_somebody_else_s_is_not_touched(left: LeftImages, removal: Removing) -> None:
    """Of our names with another's tags, and with our tags under another name."""
    stack = left.world.stack
    named = left.build(1, Installation="another")
    tagged = left.register("a backup", Project="Elephant", Installation=stack)
    copied = left.register(f"{stack}-desktop-ubuntu-arm64 by hand")
    left.make_role(installation="another")
    before = left.rest()
    removal().remove()
    assert left.are_there(named, tagged, copied) == [named, tagged, copied]
    assert left.rest() == before
    assert before["parts"] == [1] * 5


def test_a_build_that_goes_on_is_cancelled_first(left: LeftImages) -> None:
    left.build(1, looks=2)
    done = left.world.run("destroy", "--yes", "--images")
    assert done.exit_code == 0, done.output
    assert "which goes on" in done.stdout
    assert "cancelled: the build" in done.stdout
    assert left.rest() == NOTHING


def test_a_build_that_does_not_end_keeps_everything(
    left: LeftImages, removal: Removing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_removal, "_LOOKS_FOR_BUILDS", 1)
    left.build(1, looks=2)
    with pytest.raises(Temporary, match="builds of images do not end"):
        removal().remove()
    assert left.rest()["parts"] == [1] * 5


@pytest.mark.parametrize("kind", ["ServiceUnavailableException", "ForbiddenException", "empty"])
@pytest.mark.parametrize(
    "operation", ["ListImageRecipes", "ListComponents", "ListTagsForResource", "ListImageBuildVersions"]
)
def test_who_cannot_look_does_not_find_nothing(left: LeftImages, removal: Removing, operation: str, kind: str) -> None:
    left.build(1)
    left.builder.fault(operation, kind, times=9)
    with pytest.raises(ElephantError):
        removal().made()


def test_a_removal_that_dies_after_everything_that_it_does_comes_to_the_end(
    left: LeftImages, removal: Removing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A death after a call that only reads leaves what a death before it would."""
    image = left.build(1)
    left.build(2, looks=2)
    left.make_role()
    snapshots = left.snapshots_of(image)
    api_call: Any = BaseClient.__dict__["_make_api_call"]
    changes: list[str] = []

    def die_after_it(client: BaseClient, name: str, parameters: dict[str, Any]) -> Any:  # noqa: ANN401  any answer
        answer = api_call(client, name, parameters)
        if not name.startswith(_READS):
            changes.append(name)
            raise Crash
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", die_after_it)
        is_done = False
        for _ in range(40):
            with contextlib.suppress(Crash):
                going = removal()
                going.remove()
                is_done = going.left == []
                break
    assert is_done, changes
    assert sorted(set(changes)) == sorted(_CHANGES)
    # what went is marked again where its image is still there, and nothing is done for ever
    assert len(changes) < 2 * len(_CHANGES)
    assert left.are_there(image) == []
    assert left.snapshots_there(*snapshots) == []
    assert left.rest() == NOTHING


def test_earlier_images_go_but_for_those_that_somebody_uses(left: LeftImages, removal: Removing) -> None:
    used, unused, named, newest = (left.build(number) for number in (1, 2, 3, 4))
    other_system = left.register(
        f"{left.world.stack}-desktop-windows-x86-64 1", Project="Elephant", Installation=left.world.stack
    )
    machine_of_another(left, used)
    launch_template(left, newest)
    going = removal()
    going = replace(going, installation=replace(going.installation, image_id=named))
    with asking(tags_of) as asked:
        found = going.earlier(left.name, newest)
        assert {each.id for each in found} == {used, unused}
        (lost_snapshot,) = left.snapshots_of(unused)
        going.prune(found)
    assert denied(asked, policies_of("elephant aws image --prune", left.world.stack)) == []
    assert unneeded(asked, [policy("image-prune", left.world.stack)]) == []
    assert left.are_there(used, unused, named, newest, other_system) == [used, named, newest, other_system]
    assert left.snapshots_there(lost_snapshot) == []
    assert left.rest()["parts"] == [3, 4, 4, 1, 1], "without the record of what is gone, which would be offered again"
    (kept,) = going.left
    assert kept.startswith(f"the image {used} ({left.name} 2026-11-01): the machine i-")


def test_not_to_know_the_images_keeps_no_stack(left: LeftImages) -> None:
    left.builder.fault("ListImageRecipes", "ForbiddenException", times=9)
    done = left.world.run("destroy", "--yes")
    assert done.exit_code == 0, done.output
    assert "whatever there is: it could not be looked at (imagebuilder:ListImageRecipes" in done.stdout
