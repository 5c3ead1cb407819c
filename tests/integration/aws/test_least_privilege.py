"""Each function's role allows what the function does, all of it and nothing else (docs/security.md has the table).

That no call of any scenario is denied, the fixture `driver` says of each of them. Here is the other direction, over a
day on which everything happens: nothing is allowed that no call needs, and none of it for more than it needs.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.aws.eventful_meetings import play, use_route53, whole_installation
from tests.support.function_rights import Rights, denied, platform_requests, unused
from tests.support.iam import Request, listed
from tests.support.service_authorization import actions_of, avoidable_wildcards
from tests.support.stack import FUNCTIONS, Stack

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer
    from tests.support.cloudflare_stand_in import CloudflareStandIn

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(300)]

PROVIDERS = ("cloudflare", "route53")
Played = Mapping[str, Rights]


@pytest.fixture(scope="module")
def played(aws_server: "AwsServer", cloudflare: "CloudflareStandIn", desktop_image: str) -> Played:
    """The same day with each kind of zone."""
    rights = {}
    for provider in PROVIDERS:
        with whole_installation(aws_server, cloudflare, desktop_image) as installation:
            if provider == "route53":
                use_route53(installation)
            rights[provider] = play(installation)
    return rights


def requests_of(rights: Rights, function: str) -> list[Request]:
    return [*rights.requests[function], *platform_requests(rights.stack, function)]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_nothing_is_denied(played: Played, provider: str, function: str) -> None:
    rights = played[provider]
    assert rights.requests[function]
    assert denied(requests_of(rights, function), rights.policies(function)) == []


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_nothing_is_allowed_that_nobody_needs(played: Played, provider: str, function: str) -> None:
    rights = played[provider]
    assert unused(requests_of(rights, function), rights.policies(function)) == []


# --- and the suite is red when one action more or less is allowed -----------------------------------------------------


def problems(rights: Rights, function: str, policies: list[dict[str, Any]]) -> list[object]:
    """All that the tests here and in tests/infra would say of these policies."""
    requests = requests_of(rights, function)
    return [*denied(requests, policies), *unused(requests, policies), *avoidable_wildcards(policies)]


def allowed_actions() -> Iterator[tuple[str, str, str]]:
    """Provider, function, action: each one that any statement allows."""
    for provider in PROVIDERS:
        stack = Stack(
            DnsProvider=provider, KeyName="engineers", **({"DnsSecretArn": ""} if provider == "route53" else {})
        )
        for function, resource in FUNCTIONS.items():
            for policy in stack.policies(f"{resource}Role"):
                for action in sorted({each for one in policy["Statement"] for each in listed(one["Action"])}):
                    yield provider, function, action


@pytest.mark.parametrize(("provider", "function", "action"), list(allowed_actions()))
def test_taking_any_action_away_is_seen(played: Played, provider: str, function: str, action: str) -> None:
    rights = played[provider]
    for number in range(len(rights.policies(function)[0]["Statement"])):
        policies = deepcopy(rights.policies(function))
        statement = policies[0]["Statement"][number]
        if action in listed(statement["Action"]):
            statement["Action"] = [each for each in listed(statement["Action"]) if each != action]
            assert problems(rights, function, policies), f"statement {number}"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_adding_any_action_is_seen(played: Played, function: str) -> None:
    rights = played["cloudflare"]
    policies = rights.policies(function)
    assert problems(rights, function, policies) == []
    services = {request.action.partition(":")[0] for request in requests_of(rights, function)}
    added = sorted(action for service in services for action in actions_of(service))
    assert len(added) > 100
    for action in added:
        more = {"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
        allowed_already = any(
            action == each.lower()
            for one in policies[0]["Statement"]
            if one["Resource"] == "*"
            for each in listed(one["Action"])
        )
        assert allowed_already or unused(requests_of(rights, function), [more]) or avoidable_wildcards([more]), action
