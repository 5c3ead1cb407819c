"""Whole meetings as tests/scenarios/lifecycle.toml tells them, and what became of one, for either mode.

A player is one meeting being played in one mode. Both look at it through the same `GET /meetings/{id}`, so that a
difference is never one of looking.
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

LIFECYCLE = Path(__file__).parents[1] / "scenarios" / "lifecycle.toml"
BOOKED_AT = -11.0
DURATION_MINUTES = 30.0

_CLOCK_TIMES = re.compile(r"(moved) to .*")
_ORDER_NOT_PROMISED = (("address published", "desktop ready"), ("recording handed in", "machine gone"))

Answer = tuple[int, Mapping[str, Any]]
"""What a link was answered: the HTTP status, and the content."""


@dataclass(frozen=True)
class Step:
    """Something that is done, or comes to be so, that many minutes after the meeting's start."""

    at: float
    verb: str
    value: Any


@dataclass(frozen=True)
class SeatOutcome:
    """What happened to a seat, and what its link was answered."""

    events: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a meeting. The minutes are not compared: a busy machine is late."""

    status: str
    reason: str | None
    events: tuple[str, ...]
    seats: Mapping[str, SeatOutcome]
    left: tuple[str, ...] = ()
    ended_minute: float = field(default=0.0, compare=False)
    launched_minutes: tuple[float, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Scenario:
    """A meeting, what is done in it, and what has to become of it, at the earliest and latest in those minutes."""

    name: str
    steps: tuple[Step, ...]
    outcome: Outcome
    ends_between: tuple[float, float]
    booked_at: float = BOOKED_AT
    booked_for: float = 0.0
    duration_minutes: float = DURATION_MINUTES


class Player(Protocol):
    """One meeting as it is played."""

    def look(self) -> dict[str, Any]:
        """The meeting as a host sees it."""

    def expect(self, holds: Callable[[], bool], what: str) -> None:
        """It is so, or will be within what this mode takes for it; raises AssertionError."""

    def comes(self, role: str) -> None:
        """Somebody asks from now on until they are let in."""

    def is_inside(self, role: str) -> bool:
        """True while they are at the desktop and are recorded."""

    def leaves(self, role: str) -> None:
        """They go for good."""

    def dies(self, role: str) -> None:
        """The seat's machine dies on the spot."""

    def cancelled(self) -> None:
        """A host cancels the meeting."""

    def moved_to(self, minute: float) -> None:
        """A host moves the meeting to that minute."""


def scenarios_of(path: Path) -> tuple[dict[str, float], list[Scenario]]:
    """The timetable of a file, and its scenarios. Raises KeyError, TypeError or ValueError where it says it wrongly."""
    content = tomllib.loads(path.read_text())
    return content["timetable"], [_scenario(each, content["seats"]) for each in content["scenario"]]


def _scenario(told: Mapping[str, Any], kinds: Mapping[str, Mapping[str, Sequence[str]]]) -> Scenario:
    more = dict(told)
    reason, events, seats = more.pop("reason"), more.pop("events"), more.pop("seats")
    outcome = Outcome(
        status="TERMINATED",
        reason=reason,
        events=tuple(events),
        seats={
            role: SeatOutcome(
                events=tuple(kinds[kind]["events"]),
                answers=tuple(f"over: {reason}" if word == "over" else word for word in kinds[kind]["answers"]),
            )
            for role, kind in seats.items()
        },
    )
    earliest, latest = more.pop("ends_between")
    steps = tuple(_step(each) for each in more.pop("steps"))
    return Scenario(steps=steps, outcome=outcome, ends_between=(earliest, latest), **more)


def _step(told: Mapping[str, Any]) -> Step:
    ((verb, value),) = [(verb, value) for verb, value in told.items() if verb != "at"]
    if verb not in _VERBS:
        raise ValueError(f"nobody knows how to do this: {verb}")
    return Step(told["at"], verb, value)


def carry_out(step: Step, player: Player) -> None:
    """Do it, or see that it is so; raises AssertionError."""
    _VERBS[step.verb](player, step.value)


def _come(player: Player, roles: Sequence[str]) -> None:
    for role in roles:
        player.comes(role)


def _be_inside(player: Player, roles: Sequence[str]) -> None:
    player.expect(lambda: all(player.is_inside(role) for role in roles), f"{roles} are inside")


def _leave(player: Player, roles: Sequence[str]) -> None:
    _be_inside(player, roles)
    for role in roles:
        player.leaves(role)


def _die(player: Player, role: str) -> None:
    works = {"address published", "desktop ready"}
    player.expect(lambda: works <= set(events_of(player.look(), role)), f"the machine of {role} works")
    player.dies(role)


def _have_status(player: Player, status: str) -> None:
    player.expect(lambda: player.look()["status"] == status, f"the meeting is {status}")


_VERBS: Mapping[str, Callable[[Player, Any], None]] = {
    "comes": _come,
    "inside": _be_inside,
    "leaves": _leave,
    "dies": _die,
    "status": _have_status,
    "cancelled": lambda player, _: player.cancelled(),
    "moved_to": lambda player, minute: player.moved_to(minute),
}


def is_settled(meeting: Mapping[str, Any]) -> bool:
    """True once a meeting is over and every machine that it had is told of as gone."""
    happened = [entry["what"] for entry in meeting["history"]]
    return bool(meeting["ended_at"]) and happened.count("machine launched") == happened.count("machine gone")


def outcome_of(
    meeting: Mapping[str, Any],
    answers: Mapping[str, Sequence[Answer]],
    left: Sequence[str],
    start: datetime,
    minute: timedelta,
) -> Outcome:
    """What became of a meeting that started at `start`; `minute` is how long one takes in this mode."""

    def minute_of(time: str | None) -> float:
        # The API tells times in whole seconds, cut off: this is the latest that it can have been.
        return float("inf") if time is None else (datetime.fromisoformat(time) + timedelta(seconds=1) - start) / minute

    return Outcome(
        status=meeting["status"],
        reason=meeting["termination_reason"],
        events=events_of(meeting, None),
        seats={
            role: SeatOutcome(events_of(meeting, role), tuple(word for word, _ in groupby(map(_word_of, given))))
            for role, given in answers.items()
        },
        left=tuple(left),
        ended_minute=minute_of(meeting["ended_at"]),
        launched_minutes=tuple(
            minute_of(entry["at"]) for entry in meeting["history"] if entry["what"] == "machine launched"
        ),
    )


def events_of(meeting: Mapping[str, Any], role: str | None) -> tuple[str, ...]:
    """What happened to one seat, or to the meeting itself, without clock times, in the order that both modes promise.

    Neither promises whether a desktop reports before its address is out (`changes.address_written`), nor whether it
    hands in before its end is heard of.
    """
    events = [_CLOCK_TIMES.sub(r"\1", entry["what"]) for entry in meeting["history"] if entry["role"] == role]
    for index in range(len(events) - 1):
        if (events[index + 1], events[index]) in _ORDER_NOT_PROMISED:
            events[index : index + 2] = events[index + 1], events[index]
    return tuple(events)


def _word_of(answer: Answer) -> str:
    status, content = answer
    words = {200: "ready", 202: "not yet", 410: f"over: {content.get('termination_reason')}"}
    return words.get(status, f"{status}: {content}")
