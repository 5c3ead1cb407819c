"""What a meeting costs, roughly."""

from decimal import Decimal

from hypothesis import given

from elephant.domain.cost import estimated_cost, machine_hours
from elephant.domain.meeting import EndReason, Meeting
from tests.support.builders import POLICY, STUDENT, TEACHER, a_meeting, a_seat, a_serving_seat, at
from tests.support.strategies import any_meeting

PRICE = Decimal("0.12")


def test_a_booked_hour_is_that_hour_and_the_launch_before_it_for_each_seat() -> None:
    assert machine_hours(a_meeting(), POLICY) == Decimal(2) * 70 / 60
    assert estimated_cost(a_meeting(), PRICE, POLICY) == Decimal("0.2800")


def test_what_begins_at_once_has_no_launch_before_it() -> None:
    assert estimated_cost(a_meeting(created_at=at(0)), PRICE, POLICY) == Decimal("0.2400")


def test_what_is_over_cost_what_its_machines_ran() -> None:
    over = a_meeting(
        a_serving_seat(TEACHER), a_seat(STUDENT), ended_at=at(20), termination_reason=EndReason.NO_SHOW_TIMEOUT
    )
    assert estimated_cost(over, PRICE, POLICY) == Decimal("0.0600")


def test_what_was_cancelled_before_its_launch_cost_nothing() -> None:
    over = a_meeting(ended_at=at(-30), termination_reason=EndReason.CANCELLED)
    assert estimated_cost(over, PRICE, POLICY) == 0


@given(meeting=any_meeting())
def test_it_is_never_negative(meeting: Meeting) -> None:
    assert machine_hours(meeting, POLICY) >= 0
