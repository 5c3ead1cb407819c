"""A booking on AWS that is sent again, because its answer was lost."""

from collections.abc import Mapping

import pytest

from tests.support.aws_driver import AwsDriver, Event
from tests.support.builders import at
from tests.support.outside_calls import Call, aws_error

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

HOUR_EACH = {"sub": "2e1a5c3b", "token_use": "id", "custom:hours_per_month": "1"}


@pytest.mark.parametrize("claims", [None, HOUR_EACH], ids=["without a limit", "with hours for one"])
def test_a_booking_that_is_sent_again_is_made_once(driver: AwsDriver, claims: Mapping[str, str] | None) -> None:
    body = {
        "teacher_name": "Ada",
        "student_name": "Blaise",
        "meet_time": at(60).isoformat(),
        "duration_minutes": 60,
        "request_id": "0123456789abcdef",
    }

    def book() -> tuple[int, Event]:
        return driver.request("schedule-meeting", "POST", "/schedule", body=body, is_host=claims is None, claims=claims)

    def lose(call: Call) -> None:
        if call.operation in {"PutItem", "TransactWriteItems"}:
            raise aws_error(call, "RequestTimeout", 503)

    driver.calls.after_call = lose
    status, said = book()
    assert status == 503, said
    driver.calls.after_call = None
    answers = [book() for _ in range(2)]
    assert [status for status, _ in answers] == [200, 200]
    assert answers[0] == answers[1]
    listed = driver.request("schedule-meeting", "GET", "/meetings", is_host=claims is None, claims=claims)[1]
    assert [meeting["id"] for meeting in listed["meetings"]] == [answers[0][1]["id"]]
