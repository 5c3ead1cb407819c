from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.adapters.aws.ec2_requests import Candidate, Ec2Settings, candidates, client_token, run_request
from elephant.domain.meeting import Role
from elephant.ports.machines import LaunchOrder
from tests.support.builders import MEET_TIME, MEETING_ID, TEACHER, at

SETTINGS = Ec2Settings(image_id="ami-1", instance_types=("a", "b"), user_data_for=lambda order: f"seat {order.role}")
ORDER = LaunchOrder(
    meeting_id=MEETING_ID, role=TEACHER, attempt=1, deadline=MEET_TIME, jitsi_url="https://meet.example.test/room"
)
ANYWHERE = Candidate("a", None)
SOME_CANDIDATE = st.builds(Candidate, st.text(max_size=9), st.none() | st.text(max_size=9))
SOME_ORDER = st.builds(
    LaunchOrder,
    meeting_id=st.text(max_size=40),
    role=st.text(max_size=9).map(Role),
    attempt=st.integers(1, 20),
    deadline=st.just(MEET_TIME),
    jitsi_url=st.just("https://meet.example.test/room"),
)


def asked(settings: Ec2Settings = SETTINGS, order: LaunchOrder = ORDER, candidate: Candidate = ANYWHERE) -> Any:  # noqa: ANN401  its keys vary
    return run_request(settings, order, candidate, "/dev/sda1")


def test_the_first_type_is_tried_in_every_subnet_before_the_next() -> None:
    assert candidates(SETTINGS) == (("a", None), ("b", None))
    assert candidates(replace(SETTINGS, subnet_ids=("x", "y"))) == (("a", "x"), ("a", "y"), ("b", "x"), ("b", "y"))


@given(SOME_ORDER, SOME_CANDIDATE)
def test_a_token_is_short_ascii_and_always_the_same(order: LaunchOrder, candidate: Candidate) -> None:
    token = client_token(order, candidate)
    assert token.isascii()
    assert 0 < len(token) <= 64
    assert client_token(replace(order, deadline=at(15)), candidate) == token


@given(SOME_ORDER, SOME_ORDER, SOME_CANDIDATE, SOME_CANDIDATE)
def test_a_token_belongs_to_one_order_at_one_candidate(
    order: LaunchOrder, other: LaunchOrder, candidate: Candidate, elsewhere: Candidate
) -> None:
    same = (order, candidate) == (other, elsewhere)
    assert (client_token(order, candidate) == client_token(other, elsewhere)) is same


def test_the_second_token_covers_what_is_asked_for() -> None:
    later = replace(ORDER, deadline=at(15))
    tokens = [
        client_token(ORDER, ANYWHERE),
        *(client_token(each, ANYWHERE, asked(order=each)) for each in (ORDER, later)),
    ]
    assert len(set(tokens)) == 3
    assert client_token(ORDER, ANYWHERE, asked()) == tokens[1]


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("desktop", {"Name": "desktop"}),
        (
            "arn:aws:iam::123456789012:instance-profile/desktop",
            {"Arn": "arn:aws:iam::123456789012:instance-profile/desktop"},
        ),
    ],
)
def test_an_instance_profile_is_a_name_or_an_arn(profile: str, expected: dict[str, str]) -> None:
    assert asked(replace(SETTINGS, instance_profile=profile))["IamInstanceProfile"] == expected


@pytest.mark.parametrize("installation", ["", "elephant-north"])
def test_the_tag_of_the_installation_is_on_instance_and_volume_if_it_is_set(installation: str) -> None:
    specifications = asked(replace(SETTINGS, installation=installation))["TagSpecifications"]
    tagged = [[tag["Value"] for tag in each["Tags"] if tag["Key"] == "Installation"] for each in specifications]
    assert tagged == [[installation] if installation else []] * 2


def test_what_is_not_set_is_not_sent() -> None:
    bare = asked(replace(SETTINGS, user_data_for=lambda _: ""))
    assert not {"KeyName", "IamInstanceProfile", "UserData", "SecurityGroupIds", "NetworkInterfaces", "SubnetId"} & {
        *bare
    }
    assert "Groups" not in asked(candidate=Candidate("a", "subnet-1"))["NetworkInterfaces"][0]
    assert asked(replace(SETTINGS, key_name="key"))["KeyName"] == "key"


def test_subnet_and_groups_go_with_the_interface_that_has_the_public_address() -> None:
    request = asked(replace(SETTINGS, security_group_ids=("sg-1", "sg-2")), candidate=Candidate("a", "subnet-1"))
    (interface,) = request["NetworkInterfaces"]
    assert interface == {
        "DeviceIndex": 0,
        "SubnetId": "subnet-1",
        "Groups": ["sg-1", "sg-2"],
        "AssociatePublicIpAddress": True,
        "DeleteOnTermination": True,
    }
    assert not {"SubnetId", "SecurityGroupIds"} & {*request}


def test_user_data_is_the_seats_own() -> None:
    assert asked()["UserData"] == "seat teacher"
    assert asked(order=replace(ORDER, role=Role("observer")))["UserData"] == "seat observer"


def test_a_deadline_is_written_in_utc() -> None:
    local = datetime.fromisoformat("2026-03-02T16:30:00+02:00")
    tags = {
        tag["Key"]: tag["Value"] for tag in asked(order=replace(ORDER, deadline=local))["TagSpecifications"][0]["Tags"]
    }
    assert tags["Deadline"] == "2026-03-02T14:30:00.000000Z"
