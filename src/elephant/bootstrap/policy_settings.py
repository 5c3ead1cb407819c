"""The policy's numbers from the environment; every entry point reads the same ones."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from elephant.domain.timetable import Policy

# Bounded, because a year of 10**300 minutes is no time any more, and a typing error sooner than a wish.
Minutes = Annotated[float, Field(le=7 * 24 * 60)]
Seconds = Annotated[float, Field(le=24 * 60 * 60)]


class PolicySettings(BaseSettings):
    """ELEPHANT_* numbers, each with its unit in its name; fractions are fine."""

    model_config = SettingsConfigDict(env_prefix="ELEPHANT_", frozen=True, extra="ignore")

    launch_lead_minutes: Minutes = Field(10, ge=0, description="desktops start this long before the meeting")
    safety_net_minutes: Minutes = Field(
        15, gt=0, description="the safety net falls this long after the meeting's start"
    )
    rearm_minutes: Minutes = Field(5, gt=0, description="the safety net looks again after this long")
    duration_minutes: Minutes = Field(180, gt=0, description="length of a meeting whose booking names none")
    grace_minutes: Minutes = Field(
        15, gt=0, description="added to the length for the deadline; the step it moves on by"
    )
    max_minutes: Minutes = Field(240, gt=0, description="no meeting lasts longer than this after its start")
    leave_seconds: Seconds = Field(30, gt=0, description="a seat left for this long hands in its recording")
    presence_seconds: Seconds = Field(120, gt=0, description="a person counts as there for this long after being seen")
    sweep_seconds: Seconds = Field(60, gt=0, description="how often the sweep compares what should be with what is")
    margin_minutes: Minutes = Field(5, ge=0, description="a desktop ends itself this long after its deadline")

    def policy(self) -> Policy:
        """The numbers as the rules take them."""
        return Policy(
            launch_lead=timedelta(minutes=self.launch_lead_minutes),
            safety_net=timedelta(minutes=self.safety_net_minutes),
            rearm=timedelta(minutes=self.rearm_minutes),
            duration=timedelta(minutes=min(self.duration_minutes, self.max_minutes)),
            grace=timedelta(minutes=self.grace_minutes),
            maximum=timedelta(minutes=self.max_minutes),
            leave=timedelta(seconds=self.leave_seconds),
            presence=timedelta(seconds=self.presence_seconds),
            sweep=timedelta(seconds=self.sweep_seconds),
            margin=timedelta(minutes=self.margin_minutes),
        )
