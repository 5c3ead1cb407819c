"""I8: an answer that was cut off on its way is no answer, whatever botocore makes of it."""

from io import BytesIO
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from urllib3 import HTTPResponse

from elephant.adapters.aws.dynamodb import DynamoMeetings
from elephant.adapters.aws.empty_answers import refuse_empty_answers
from elephant.domain import changes
from elephant.ports.errors import MeetingNotFound, Temporary
from tests.support.builders import MEETING_ID, POLICY, a_seat, at


def meetings_that_are_answered(body: bytes) -> DynamoMeetings:
    """A store whose every request gets this answer."""
    session = botocore.session.Session()
    client: Any = session.create_client(
        "dynamodb", region_name="eu-central-1", aws_access_key_id="nobody", aws_secret_access_key="nothing"
    )

    def answer(request: Any, **_: object) -> AWSResponse:  # noqa: ANN401  botocore's
        raw = HTTPResponse(BytesIO(body), preload_content=False)
        return AWSResponse(request.url, 200, HTTPHeaders(), raw)

    client.meta.events.register("before-send.dynamodb", answer)
    return DynamoMeetings(refuse_empty_answers(client), "meetings", policy=POLICY)


def test_i8_a_meeting_is_not_missing_because_an_answer_is_empty() -> None:
    with pytest.raises(Temporary, match="cut off"):
        meetings_that_are_answered(b"").get(MEETING_ID)


def test_i8_a_write_whose_answer_is_empty_is_to_be_tried_again() -> None:
    change = changes.launch_failed(a_seat(), "no capacity", at(0))
    with pytest.raises(Temporary, match="cut off"):
        meetings_that_are_answered(b"").update(MEETING_ID, change)


def test_a_meeting_that_is_not_there_is_not_there() -> None:
    with pytest.raises(MeetingNotFound):
        meetings_that_are_answered(b"{}").get(MEETING_ID)
