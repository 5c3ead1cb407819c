"""Waiting until all of Route 53's servers have a text."""

from typing import TYPE_CHECKING, Any, cast

import pytest

from elephant.adapters.dns.retries import Retries
from elephant.adapters.dns.route53_texts import Route53Texts
from elephant.ports.errors import AddressTaken, Temporary

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client

NAME = "_acme-challenge.desks.example"


class Route53:
    """Answers that a change is through after so many questions; `sets` are those that it lists."""

    def __init__(self, *, pending: int = 0, sets: tuple[dict[str, Any], ...] = ()) -> None:
        self.pending, self.sets, self.asked = pending, sets, 0

    def list_resource_record_sets(self, **_: object) -> dict[str, Any]:
        return {"ResourceRecordSets": list(self.sets), "IsTruncated": False}

    def change_resource_record_sets(self, **_: object) -> dict[str, Any]:
        return {"ChangeInfo": {"Id": "/change/C1", "Status": "PENDING"}}

    def get_change(self, **change: str) -> dict[str, Any]:
        assert change == {"Id": "/change/C1"}
        self.asked += 1
        return {"ChangeInfo": {"Id": "/change/C1", "Status": "PENDING" if self.asked <= self.pending else "INSYNC"}}


def texts(client: Route53, waits: list[float]) -> Route53Texts:
    return Route53Texts(
        cast("Route53Client", client), "Z1", Retries(attempts=1), polls=4, poll_seconds=3.0, sleep=waits.append
    )


def test_it_waits_until_all_servers_have_it() -> None:
    waits: list[float] = []
    client = Route53(pending=2)
    texts(client, waits).add(NAME, "text")
    assert (client.asked, waits) == (3, [3.0, 3.0])


def test_it_does_not_wait_without_end() -> None:
    waits: list[float] = []
    with pytest.raises(Temporary, match="not brought"):
        texts(Route53(pending=99), waits).add(NAME, "text")
    assert waits == [3.0] * 4


def test_a_text_that_stands_there_is_waited_for_too() -> None:
    held = {"Name": f"{NAME}.", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"text"'}]}
    client = Route53(pending=1, sets=(held,))
    texts(client, []).add(NAME, "text")
    assert client.asked == 2


@pytest.mark.parametrize("odd", [{"AliasTarget": {}}, {"SetIdentifier": "a", "ResourceRecords": []}])
def test_a_record_set_of_another_kind_is_left_alone(odd: dict[str, Any]) -> None:
    client = Route53(sets=({"Name": f"{NAME}.", "Type": "TXT", **odd},))
    with pytest.raises(AddressTaken, match=NAME):
        texts(client, []).add(NAME, "text")
