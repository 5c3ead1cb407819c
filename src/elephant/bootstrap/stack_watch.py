"""Waiting for a stack, and telling what happens to it meanwhile."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from elephant.adapters.aws.cloudformation import Stacks, StackState
from elephant.adapters.aws.stack_changes import ChangeSet, Event
from elephant.ports.errors import Permanent, Temporary

_EVERY_SECONDS = 5.0
_TROUBLE_IN_A_ROW = 60
"""So often it may fail to look before it gives up: five minutes without a network cost nothing but the view."""
_BEGINS_WITHIN_LOOKS = 24


def _ignore(_event: Event) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class StackWatch:
    """Looks every five seconds; `tell` is called once for each event."""

    stacks: Stacks
    tell: Callable[[Event], None] = _ignore
    pause: Callable[[float], None] = time.sleep
    patience_seconds: float = 3600.0

    def until_still(self, stack_id: str, *, after: str, token: str = "") -> tuple[StackState | None, Sequence[Event]]:
        """The stack when nothing moves any more, None when it is gone, and what happened after the event `after`.

        With a `token` it waits first for that operation to begin, since a stack shows its old state for a moment.
        Raises Temporary where it takes too long or cannot be looked at; the stack goes on by itself then.
        """
        seen, events, looks, trouble = after, list[Event](), 0, 0
        while True:
            try:
                # in this order: whoever sees that it has begun must not believe an older state
                new = self.stacks.events_after(seen, stack_id)
                state = self.stacks.state(stack_id)
            except Temporary:
                trouble += 1
                if trouble > _TROUBLE_IN_A_ROW:
                    raise
                self.pause(_EVERY_SECONDS)
                continue
            trouble, looks = 0, looks + 1
            for event in new:
                self.tell(event)
            events += new
            seen = new[-1].event_id if new else seen
            has_begun = not token or looks > _BEGINS_WITHIN_LOOKS or any(event.token == token for event in events)
            if state is None or (has_begun and not state.is_moving):
                return state, events
            if looks * _EVERY_SECONDS > self.patience_seconds:
                raise Temporary(
                    f"the stack {self.stacks.name} is still {state.status}; CloudFormation goes on with it, and the"
                    " same command watches it again"
                )
            self.pause(_EVERY_SECONDS)

    def as_it_is(self) -> StackState | None:
        """The stack, and not the old state that it still shows for a moment after a change set was begun."""
        found: StackState | None = None
        for _ in range(_BEGINS_WITHIN_LOOKS):
            # in this order: what had not begun before the look was not hidden from it
            has_begun = self.stacks.has_begun()
            found = self.stacks.state()
            if not has_begun or found is None or found.is_moving:
                break
            self.pause(_EVERY_SECONDS)
        return found

    def until_made(self, change_set_name: str) -> ChangeSet:
        """The change set once it is made or has failed."""
        waited = 0.0
        while waited <= self.patience_seconds:
            try:
                found = self.stacks.change_set(change_set_name)
            except Temporary:
                found = None
            if found and (found.is_made or found.has_failed):
                return found
            self.pause(_EVERY_SECONDS)
            waited += _EVERY_SECONDS
        raise Permanent(f"the change set {change_set_name} is not made after {self.patience_seconds / 60:.0f} minutes")
