"""What the server is in the middle of when it dies."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from elephant.domain.meeting import DEFAULT_ROLES, EndReason
from elephant.usecases.end_meeting import end_meeting
from elephant.usecases.extend_meeting import extend_meeting
from elephant.usecases.reschedule_meeting import Move, reschedule_meeting
from tests.resilience.crash_place import T0, Bomb, Guarded, Place, minutes_later


@dataclass(frozen=True)
class Scenario:
    """`prepare` happens in peace, `act` under the bomb; the sweep after it is at `T0 + after_minutes`.

    `inside` dies at every step of launching and ending a machine too; such a meeting has one seat, so that the steps
    of two machines do not mix.
    """

    act: Callable[[Place], object]
    prepare: Callable[[Place], object] = lambda _place: None
    after_minutes: float = 1
    inside: bool = False


def _in_order(*steps: Callable[[Place], object]) -> Callable[[Place], None]:
    def run(place: Place) -> None:
        for step in steps:
            step(place)

    return run


def _book_one(place: Place) -> None:
    place.book(roles=DEFAULT_ROLES[:1])


def _ready(place: Place) -> None:
    place.book()
    place.launch()
    place.report(0, T0)


def _cancel_and_reap(place: Place) -> None:
    place.cancel(T0)
    place.wait_for_the_end()
    place.reap(T0)


def _orphans(place: Place) -> None:
    """A meeting marked over whose machines run still, as a crash of long ago may have left it."""
    _ready(place)
    end = cast("Any", Guarded(place.world.machines, Bomb(Path(os.devnull)), "machines"))
    end.terminate = lambda *_: None
    end_meeting(
        place.meeting_id,
        EndReason.CANCELLED,
        "a test asked",
        meetings=place.world.meetings,
        machines=end,
        alarms=place.world.alarms,
        now=T0,
    )


def _reschedule(place: Place) -> None:
    move = Move(meet_time=minutes_later(90).isoformat())
    reschedule_meeting(place.meeting_id, move, **place.ports("meetings", "alarms"), policy=place.policy, now=T0)


def _extend(place: Place) -> None:
    extend_meeting(place.meeting_id, 5, **place.ports("meetings"), policy=place.policy, now=T0)


SCENARIOS: dict[str, Scenario] = {
    "schedule": Scenario(lambda place: place.book(60)),
    "reschedule": Scenario(_reschedule, lambda place: place.book(60)),
    "launch": Scenario(Place.launch, _book_one, inside=True),
    "launch two": Scenario(Place.launch, Place.book),
    "health and join": Scenario(
        _in_order(lambda place: place.report(0, T0), lambda place: place.join(T0), lambda place: place.report(1, T0)),
        _in_order(_book_one, Place.launch),
    ),
    "extend": Scenario(_extend, _in_order(_book_one, Place.launch)),
    "cancel": Scenario(
        _cancel_and_reap,
        _in_order(_book_one, Place.launch),
        inside=True,
    ),
    "cancel two": Scenario(_cancel_and_reap, _ready),
    "net lets go on": Scenario(
        lambda place: place.net(minutes_later(15)), _in_order(_ready, lambda place: place.join(T0)), 16
    ),
    "net ends": Scenario(lambda place: place.net(minutes_later(15)), _ready, 16),
    "terminator": Scenario(
        lambda place: place.hand_in(minutes_later(20)), _in_order(_ready, lambda place: place.join(T0)), 21
    ),
    "a desktop dies": Scenario(
        _in_order(lambda place: place.reap(T0, until_gone=False), lambda place: place.sweep(T0)),
        _in_order(_ready, Place.kill_a_desktop),
    ),
    "sweep launches": Scenario(lambda place: place.sweep(T0), Place.book),
    "sweep ends": Scenario(lambda place: place.sweep(T0), _orphans),
}
