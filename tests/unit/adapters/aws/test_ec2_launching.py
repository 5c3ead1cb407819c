"""However a launch goes, is cut off and is repeated: one machine per order."""

import contextlib
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.adapters.aws.ec2 import Ec2Machines, Ec2Settings
from elephant.domain.machine import Machine
from elephant.ports.errors import Temporary
from elephant.ports.machines import LaunchOrder, LaunchOutcome
from tests.support.builders import MEET_TIME, MEETING_ID, TEACHER
from tests.support.paper_ec2 import Died, Fault, PaperEc2

if TYPE_CHECKING:
    from mypy_boto3_ec2.client import EC2Client

TYPES = ("m5.large", "m5a.large", "m6i.large")
SETTINGS = Ec2Settings(image_id="ami-1", instance_types=TYPES, user_data_for=lambda order: order.role)
DEADLINES = (MEET_TIME, MEET_TIME + timedelta(minutes=15))


class Run(NamedTuple):
    """One time that the order is given: its deadline, and what happens to its requests."""

    faults: Mapping[str, Fault] = {}
    deadline_index: int = 0


def some_run(*operations: str) -> st.SearchStrategy[Run]:
    """Faults at some candidates, and at these operations."""
    launches = st.dictionaries(st.sampled_from(TYPES), st.sampled_from(Fault))
    others = st.dictionaries(
        st.sampled_from(operations), st.sampled_from([each for each in Fault if each is not Fault.NO_ROOM])
    )
    faults = st.builds(lambda one, other: {**one, **other}, launches, others if operations else st.just({}))
    return st.builds(Run, faults, st.sampled_from(range(len(DEADLINES))))


def carry_out(ec2: PaperEc2, run: Run) -> LaunchOutcome | None:
    """Give the order in a process of its own; None where that died. Afterwards everything is visible."""
    ec2.fault_of = lambda operation, kind: run.faults.get(kind or operation, Fault.NONE)
    machines = Ec2Machines(cast("EC2Client", ec2), SETTINGS, pause=lambda _: None)
    order = LaunchOrder(
        meeting_id=MEETING_ID,
        role=TEACHER,
        attempt=1,
        deadline=DEADLINES[run.deadline_index],
        jitsi_url="https://meet.example.test/room",
    )
    outcome = None
    with contextlib.suppress(Died):
        (outcome,) = machines.launch([order], MEET_TIME)
    ec2.settle()
    return outcome


@given(st.lists(some_run(), min_size=1, max_size=5))
def test_i2_one_machine_per_order_whatever_its_candidates_say(runs: list[Run]) -> None:
    ec2 = PaperEc2()
    outcome: LaunchOutcome | None = None
    for run in [*runs, Run()]:
        outcome = carry_out(ec2, run)
        if isinstance(outcome, Machine):
            assert ec2.live() == [outcome.id]
        elif "no capacity" in str(outcome):
            assert not ec2.live()
        else:
            # what an answer that was lost has launched is not known before the next run
            assert len(ec2.live()) <= 2
    assert isinstance(outcome, Machine)


@given(st.lists(some_run("DescribeInstances", "TerminateInstances"), max_size=5), st.lists(some_run(), max_size=3))
def test_i2_after_any_faults_every_repetition_gives_the_same_live_machine(before: list[Run], after: list[Run]) -> None:
    ec2 = PaperEc2()
    for run in before:
        carry_out(ec2, run)
    first = carry_out(ec2, Run())
    assert isinstance(first, Machine)
    for run in after:
        outcome = carry_out(ec2, run)
        assert first.id in ec2.live()
        assert not isinstance(outcome, Machine) or outcome.id == first.id


@pytest.mark.parametrize("fault", [Fault.NOT_SENT, Fault.THROTTLED, Fault.ANSWER_LOST, Fault.CUT_OFF])
def test_i8_an_outcome_that_is_not_known_leads_to_no_other_candidate(fault: Fault) -> None:
    ec2 = PaperEc2()
    assert isinstance(carry_out(ec2, Run({TYPES[0]: fault})), Temporary)
    launched_then = ec2.live()
    outcome = carry_out(ec2, Run())
    assert isinstance(outcome, Machine)
    assert ec2.live() == [outcome.id]
    assert launched_then in ([], [outcome.id])
