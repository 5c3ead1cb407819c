"""Several installations in one account and region: none sees, or ends, a machine of another (docs/decisions/0020)."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from elephant.adapters.aws.ec2 import Ec2Machines, Ec2Settings
from elephant.domain.machine import Machine
from elephant.ports.errors import MachineNotFound
from elephant.ports.machines import LaunchOrder
from tests.support.builders import MEET_TIME, MEETING_ID, TEACHER, at

if TYPE_CHECKING:
    from mypy_boto3_ec2.client import EC2Client

    from tests.support.ec2_rules import Ec2Rules

pytestmark = pytest.mark.integration

PAIRS = pytest.mark.parametrize(("own", "others"), [("north", "south"), ("north", ""), ("", "south")])


def machines_of(ec2: "EC2Client", settings: Ec2Settings, installation: str) -> Ec2Machines:
    return Ec2Machines(ec2, replace(settings, installation=installation), pause=lambda _: None)


def launched(machines: Ec2Machines, meeting_id: str) -> Machine:
    order = LaunchOrder(meeting_id=meeting_id, role=TEACHER, attempt=1, deadline=at(75), jitsi_url="")
    (outcome,) = machines.launch([order], MEET_TIME)
    assert isinstance(outcome, Machine), outcome
    return outcome


@PAIRS
def test_an_installation_shows_its_own_machines_alone(
    ec2: "EC2Client", ec2_settings: Ec2Settings, own: str, others: str
) -> None:
    ours, theirs = machines_of(ec2, ec2_settings, own), machines_of(ec2, ec2_settings, others)
    mine, other = launched(ours, MEETING_ID), launched(theirs, "0therm33t1ng0000")
    assert [each.id for each in ours.owned()] == [mine.id]
    assert [each.id for each in ours.of_meeting(MEETING_ID)] == [mine.id]
    assert ours.of_meeting(other.meeting_id) == []
    assert ours.get(mine.id).meeting_id == MEETING_ID
    with pytest.raises(MachineNotFound):
        ours.get(other.id)


@PAIRS
def test_an_installation_ends_its_own_machines_alone(
    ec2: "EC2Client", ec2_rules: "Ec2Rules", ec2_settings: Ec2Settings, own: str, others: str
) -> None:
    ours, theirs = machines_of(ec2, ec2_settings, own), machines_of(ec2, ec2_settings, others)
    mine, other = launched(ours, MEETING_ID), launched(theirs, "0therm33t1ng0000")
    # EC2 refuses the whole request for the one that the policy does not let us end
    ec2_rules.ours = {"Project": "Elephant", "Installation": own}
    ours.terminate([mine.id, other.id], MEET_TIME)
    assert [each.id for each in ec2_rules.live()] == [other.id]
