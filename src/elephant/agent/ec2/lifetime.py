"""When this machine has to be gone, whatever else happens: with or without an API, a desktop, or user data."""

from dataclasses import dataclass

BOOT_REASON = "no meeting is known for this machine"
DEADLINE_REASON = "the deadline and its margin passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """What is known of it; times are seconds of a clock that never jumps.

    `began` is when the first agent since the boot started, `started` this one; `deadline_at` is None while no meeting
    is known, and `is_heard` once the API has named it to this agent.
    """

    began: float
    started: float
    deadline_at: float | None
    margin_seconds: float
    is_heard: bool


def end_of(lifetime: Lifetime, boot_seconds: float, ask_seconds: float) -> tuple[float, str]:
    """When the machine is shut down, and why.

    User data names the deadline of the launch. A machine that was restarted after an extension reads one that has
    passed, so the API has `ask_seconds` to name another.
    """
    if lifetime.deadline_at is None:
        return lifetime.began + boot_seconds, BOOT_REASON
    at = lifetime.deadline_at + lifetime.margin_seconds
    return (at if lifetime.is_heard else max(at, lifetime.started + ask_seconds)), DEADLINE_REASON
