"""The policy's numbers from the environment, for entry points whose settings are pydantic's."""

from typing import Annotated, Any

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from elephant.bootstrap.policy_numbers import LONGEST, POLICY_NUMBERS, PREFIX, longest, policy_of
from elephant.domain.timetable import Policy

Seconds = Annotated[float, Field(le=LONGEST["seconds"])]


def _number(name: str) -> Any:  # noqa: ANN401  what a field is declared with
    number = POLICY_NUMBERS[name]
    return Field(
        number.default,
        ge=0 if number.may_be_zero else None,
        gt=None if number.may_be_zero else 0,
        le=longest(name),
        description=number.description,
    )


class PolicySettings(BaseSettings):
    """ELEPHANT_* numbers, each with its unit in its name; fractions are fine."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    launch_lead_minutes: float = _number("launch_lead_minutes")
    safety_net_minutes: float = _number("safety_net_minutes")
    rearm_minutes: float = _number("rearm_minutes")
    duration_minutes: float = _number("duration_minutes")
    grace_minutes: float = _number("grace_minutes")
    max_minutes: float = _number("max_minutes")
    leave_seconds: float = _number("leave_seconds")
    presence_seconds: float = _number("presence_seconds")
    sweep_seconds: float = _number("sweep_seconds")
    margin_minutes: float = _number("margin_minutes")

    def policy(self) -> Policy:
        """The numbers as the rules take them."""
        return policy_of({name: getattr(self, name) for name in POLICY_NUMBERS})
