"""Which images of a stack are earlier ones; what goes with them is in tests/integration/deploying."""

from typing import TYPE_CHECKING, Any, cast

from elephant.bootstrap.image_removal import ImageRemoval
from elephant.bootstrap.installation_file import Installation

if TYPE_CHECKING:
    from elephant.bootstrap.engineer_clients import EngineerClients

NAME = "elephant-desktop-ubuntu-arm64"


class Ec2:
    """Answers with images of ours: by id, on which day of a month each was made."""

    def __init__(self, **days: int) -> None:
        self._days = days

    def describe_images(self, **_: object) -> dict[str, Any]:
        made = {name: f"2026-11-{day:02d}T12:00:00.000Z" for name, day in self._days.items()}
        return {"Images": [{"ImageId": name, "Name": f"{NAME} {at}", "CreationDate": at} for name, at in made.items()]}


def earlier(newest_id: str, **days: int) -> list[str]:
    clients = cast("EngineerClients", {"ec2": Ec2(**days)})
    removal = ImageRemoval(Installation(stack="elephant", image_id="deployed"), clients, lambda _: None)
    return [image.id for image in removal.earlier(NAME, newest_id)]


def test_an_image_that_another_clone_made_since_is_no_earlier_one() -> None:
    """Nobody uses it yet, and it may be in the middle of being made."""
    assert earlier("mine", old=1, deployed=2, mine=3, newer=4) == ["old"]


def test_where_the_newest_is_not_seen_nothing_is_earlier() -> None:
    """EC2's listing may be late, and then nobody knows what was before."""
    assert earlier("mine", old=1, newer=4) == []
