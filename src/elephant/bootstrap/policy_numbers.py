"""The policy's numbers as people set them: plain data, so that reading them costs no library at a cold start."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from elephant.domain.timetable import Policy

PREFIX = "ELEPHANT_"
# Bounded, because a year of 10**300 minutes is no time any more, and a typing error sooner than a wish.
LONGEST = {"minutes": 7 * 24 * 60, "seconds": 24 * 60 * 60}


@dataclass(frozen=True, slots=True)
class PolicyNumber:
    """A number of 0 or more, or above 0; its unit ends its name, and bounds it."""

    default: float
    description: str
    may_be_zero: bool = False


POLICY_NUMBERS: Mapping[str, PolicyNumber] = {
    "launch_lead_minutes": PolicyNumber(10, "desktops start this long before the meeting", may_be_zero=True),
    "safety_net_minutes": PolicyNumber(15, "the safety net falls this long after the meeting's start"),
    "rearm_minutes": PolicyNumber(5, "the safety net looks again after this long"),
    "duration_minutes": PolicyNumber(180, "length of a meeting whose booking names none"),
    "grace_minutes": PolicyNumber(15, "added to the length for the deadline; the step it moves on by"),
    "max_minutes": PolicyNumber(240, "no meeting lasts longer than this after its start"),
    "leave_seconds": PolicyNumber(30, "a seat left for this long hands in its recording"),
    "presence_seconds": PolicyNumber(120, "a person counts as there for this long after being seen"),
    "sweep_seconds": PolicyNumber(60, "how often the sweep compares what should be with what is"),
    "margin_minutes": PolicyNumber(5, "a desktop ends itself this long after its deadline", may_be_zero=True),
}


def longest(name: str) -> float:
    """The bound of a number of that name, in its unit."""
    return LONGEST[name.rpartition("_")[2]]


def policy_of(numbers: Mapping[str, float]) -> Policy:
    """The numbers as the rules take them; the defaults for those that are not given."""
    defaults = {name: number.default for name, number in POLICY_NUMBERS.items()}
    given = {**defaults, **numbers}
    length_minutes = min(given["duration_minutes"], given["max_minutes"])
    return Policy(
        launch_lead=timedelta(minutes=given["launch_lead_minutes"]),
        safety_net=timedelta(minutes=given["safety_net_minutes"]),
        rearm=timedelta(minutes=given["rearm_minutes"]),
        duration=timedelta(minutes=length_minutes),
        grace=timedelta(minutes=given["grace_minutes"]),
        maximum=timedelta(minutes=given["max_minutes"]),
        leave=timedelta(seconds=given["leave_seconds"]),
        presence=timedelta(seconds=given["presence_seconds"]),
        sweep=timedelta(seconds=given["sweep_seconds"]),
        margin=timedelta(minutes=given["margin_minutes"]),
    )
