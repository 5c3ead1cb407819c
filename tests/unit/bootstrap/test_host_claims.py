"""Which host an authorizer's claims name."""

import logging
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.bootstrap.aws_settings import AwsSettings
from elephant.domain.hours import Host
from tests.support.gateway_events import ANYTHING

RULES = AwsSettings().host_claims
SUBJECT = "2e1a5c3b"
ANA = {"sub": SUBJECT, "token_use": "id", "email": "Ana@Example.org", "email_verified": "true"}


def host(**claims: Any) -> Host | None:  # noqa: ANN401  any claim
    return RULES.host({**ANA, **claims})


def test_an_address_that_was_verified_is_the_name() -> None:
    assert host() == Host(name="ana@example.org")


@pytest.mark.parametrize("verified", ["false", "", None, "1", False, [], "truely"])
def test_an_address_that_nobody_verified_is_not(verified: object) -> None:
    """Its holder may have chosen it, and would see the meetings of whoever has it."""
    assert host(email_verified=verified) == Host(name=SUBJECT)
    without = {name: value for name, value in ANA.items() if name != "email_verified"}
    assert RULES.host(without) == Host(name=SUBJECT)


@pytest.mark.parametrize("email", ["", " ana@example.org", "a\nb", "x" * 255, None, ["ana@example.org"]])
def test_an_address_that_can_be_no_name_is_none(email: object) -> None:
    assert host(email=email) == Host(name=SUBJECT)


def test_another_claim_is_taken_as_it_is() -> None:
    rules = replace(RULES, name="preferred_username")
    assert rules.host({**ANA, "preferred_username": "Ana"}) == Host(name="Ana")
    assert rules.host(ANA) == Host(name=SUBJECT)


@pytest.mark.parametrize("claims", [{}, {"sub": ""}, {"sub": None}, {"sub": 1}, {"email": "ana@example.org"}])
def test_who_has_no_name_is_nobody(claims: dict[str, object]) -> None:
    assert RULES.host(claims) is None


def test_an_access_token_names_nobody() -> None:
    """It has the same subject and lacks the hours: a host without a limit."""
    assert host(token_use="access") is None


@pytest.mark.parametrize(("told", "minutes"), [("20", 1200.0), (" 2.5 ", 150.0), ("0", 0.0), (20, 1200.0)])
def test_the_hours_of_a_claim(told: object, minutes: float) -> None:
    found = RULES.host({**ANA, "custom:hours_per_month": told})
    assert found is not None
    assert found.minutes_per_month == minutes


@pytest.mark.parametrize("told", ["many", "-1", "nan", "inf", "[20]", "1e999", "20 h"])
def test_hours_that_are_no_number_are_none_at_all(told: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = RULES.host({**ANA, "custom:hours_per_month": told})
    assert found is not None
    assert found.minutes_per_month == 0
    assert "custom:hours_per_month" in caplog.text


@pytest.mark.parametrize("told", [{}, {"custom:hours_per_month": ""}])
def test_without_a_claim_the_setting_counts(told: dict[str, str]) -> None:
    found = replace(RULES, hours_per_month=20.0).host({**ANA, **told})
    assert found is not None
    assert found.minutes_per_month == 1200
    more = replace(RULES, hours_per_month=20.0).host({**ANA, "custom:hours_per_month": "30"})
    assert more is not None
    assert more.minutes_per_month == 1800


@pytest.mark.parametrize("groups", ["[admins]", "[teachers admins]", "admins", "teachers,admins", ["a", "admins"]])
def test_who_is_in_the_group_sees_all(groups: object) -> None:
    assert RULES.host({**ANA, "cognito:groups": groups}) == Host(name="ana@example.org", sees_all=True)


@pytest.mark.parametrize(
    "groups", ["", "[]", "[admins2 no-admins]", "Admins", "[teachers]", None, 1, {"admins": 1}, [["admins"]], "admin s"]
)
def test_who_is_in_no_such_group_does_not(groups: object) -> None:
    assert RULES.host({**ANA, "cognito:groups": groups}) == Host(name="ana@example.org")


def test_without_a_group_nobody_sees_all() -> None:
    assert replace(RULES, admin_group="").host({**ANA, "cognito:groups": "[]"}) == Host(name="ana@example.org")


@given(st.dictionaries(st.sampled_from([*ANA, "custom:hours_per_month", "cognito:groups"]), ANYTHING))
def test_any_claims_name_somebody_or_nobody(claims: dict[str, Any]) -> None:
    found = RULES.host(claims)
    assert found is None or found.name
