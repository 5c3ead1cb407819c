"""What is known of the desktop and its people, from answers of DCV that may fail to come."""

from dataclasses import dataclass, replace

from elephant.agent.ec2.dcv import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The last good answers; times are seconds of a clock that never jumps, `since` when DCV was asked first."""

    since: float
    session: Session | None = None
    session_at: float = float("-inf")
    web_at: float = float("-inf")

    def with_session(self, session: Session, now: float) -> "Seen":
        """After a good answer about the session."""
        return replace(self, session=session, session_at=now)

    def with_web(self, now: float) -> "Seen":
        """After a good answer of the web server."""
        return replace(self, web_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What to report and to record.

    `connected` is None while it cannot be told: asking failed so far, which does not mean that nobody is there. Where
    `is_old`, the last number stands for one that could not be had.
    """

    healthy: bool
    connected: int | None
    is_old: bool


def view_of(seen: Seen, now: float, unhealthy_seconds: float, presence_seconds: float) -> View:
    """What the answers mean: silence is unhealthy after a while, and for `presence_seconds` the last number holds."""
    silent_seconds = now - seen.session_at
    healthy = silent_seconds < unhealthy_seconds and now - seen.web_at < unhealthy_seconds
    if seen.session is not None and silent_seconds < presence_seconds:
        return View(healthy=healthy, connected=seen.session.connections, is_old=silent_seconds >= unhealthy_seconds)
    if seen.session is None and now - seen.since < presence_seconds:
        return View(healthy=False, connected=None, is_old=True)
    return View(healthy=False, connected=0, is_old=True)
