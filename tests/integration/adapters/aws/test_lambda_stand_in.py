"""The stand-in speaks to botocore as Lambda does, so that what is tested on it holds."""

from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.session import get_session

from tests.support.lambda_stand_in import LambdaStandIn
from tests.support.watched_schedules import LAUNCHER_ARN, SAFETY_NET_ARN

if TYPE_CHECKING:
    from mypy_boto3_lambda.literals import InvocationTypeType

pytestmark = pytest.mark.integration

ONCE = Config(read_timeout=40, retries={"mode": "standard", "total_max_attempts": 1})


def invoke(functions: LambdaStandIn, config: Config = ONCE, arn: str = LAUNCHER_ARN, payload: bytes = b"{}") -> int:
    answer = functions.client(config).invoke(FunctionName=arn, InvocationType="Event", Payload=payload)
    answer["Payload"].close()
    return answer["StatusCode"]


def test_calls_are_taken_in_their_order(lambda_stand_in: LambdaStandIn) -> None:
    assert invoke(lambda_stand_in, payload=b'{"meeting_id": "a"}') == 202
    assert invoke(lambda_stand_in, arn=SAFETY_NET_ARN, payload=b'{"meeting_id": "b"}') == 202
    expected = [(LAUNCHER_ARN, {"meeting_id": "a"}), (SAFETY_NET_ARN, {"meeting_id": "b"})]
    assert lambda_stand_in.invocations == expected
    assert lambda_stand_in.take() == expected
    assert lambda_stand_in.take() == lambda_stand_in.invocations == []


def test_the_standard_variable_leads_to_it(lambda_stand_in: LambdaStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL_LAMBDA": lambda_stand_in.url,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
    }.items():
        monkeypatch.setenv(name, value)
    client: Any = get_session().create_client("lambda", config=ONCE)
    client.invoke(FunctionName=LAUNCHER_ARN, InvocationType="Event", Payload=b"{}")["Payload"].close()
    client.close()
    assert lambda_stand_in.take() == [(LAUNCHER_ARN, {})]


@pytest.mark.parametrize(
    ("code", "status"),
    [("TooManyRequestsException", 429), ("ServiceException", 500), ("ResourceConflictException", 409)],
)
def test_errors_arrive_as_the_service_model_has_them(lambda_stand_in: LambdaStandIn, code: str, status: int) -> None:
    lambda_stand_in.refuse(code)
    client = lambda_stand_in.client(ONCE)
    with pytest.raises(getattr(client.exceptions, code)) as refused:
        client.invoke(FunctionName=LAUNCHER_ARN, InvocationType="Event", Payload=b"{}")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert refused.value.response["Error"]["Message"] == "the stand-in was told to"
    assert lambda_stand_in.take() == []
    assert invoke(lambda_stand_in) == 202


def test_an_error_that_lambda_does_not_have_is_a_mistake_of_the_test(lambda_stand_in: LambdaStandIn) -> None:
    with pytest.raises(Exception, match="NoSuchException"):
        lambda_stand_in.refuse("NoSuchException")


@pytest.mark.parametrize(
    ("arn", "kind", "payload", "code"),
    [
        ("arn:aws:lambda:eu-central-1:123456789012:function:gone", "Event", b"{}", "ResourceNotFoundException"),
        ("arn:aws:sqs:eu-central-1:123456789012:queue", "Event", b"{}", "InvalidParameterValueException"),
        (LAUNCHER_ARN, "RequestResponse", b"{}", "InvalidParameterValueException"),
        (LAUNCHER_ARN, "Event", b"{", "InvalidRequestContentException"),
        (LAUNCHER_ARN, "Event", b"[]", "InvalidRequestContentException"),
    ],
)
def test_what_lambda_or_a_function_of_ours_would_not_take_is_refused(
    lambda_stand_in: LambdaStandIn, arn: str, kind: "InvocationTypeType", payload: bytes, code: str
) -> None:
    lambda_stand_in.missing.add("arn:aws:lambda:eu-central-1:123456789012:function:gone")
    client = lambda_stand_in.client(ONCE)
    with pytest.raises(ClientError) as refused:
        client.invoke(FunctionName=arn, InvocationType=kind, Payload=payload)
    assert refused.value.response["Error"]["Code"] == code
    assert lambda_stand_in.take() == []


def test_a_call_that_hangs_is_not_taken(lambda_stand_in: LambdaStandIn) -> None:
    lambda_stand_in.hang()
    with pytest.raises(ReadTimeoutError):
        invoke(lambda_stand_in, ONCE.merge(Config(read_timeout=0.3)))
    assert lambda_stand_in.take() == []


def test_a_call_whose_answer_is_lost_is_taken(lambda_stand_in: LambdaStandIn) -> None:
    lambda_stand_in.lose_answers()
    with pytest.raises(ConnectionClosedError):
        invoke(lambda_stand_in, payload=b'{"meeting_id": "a"}')
    assert lambda_stand_in.take() == [(LAUNCHER_ARN, {"meeting_id": "a"})]
