"""Calls that need nothing of each other: carried out at the same time where waiting for each would take too long."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from elephant.ports.errors import ElephantError

Answer = TypeVar("Answer")


class Overlap(Protocol):
    """Carries out calls, maybe at the same time and on other threads, so their order must not matter."""

    def __call__(self, calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
        """The answers, in order of the calls.

        Every call is tried, also after another failed; only when all are through is the first error, in order, raised.
        """


def in_turn(calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """See Overlap: one after the other, which is quickest where nothing has to be waited for."""
    answers: list[Answer] = []
    errors: list[Exception] = []
    for call in calls:
        try:
            answers.append(call())
        except Exception as error:  # noqa: BLE001  raised again below, once the others have had their turn
            errors.append(error)
    if errors:
        raise errors[0]
    return answers


def outcome_of(call: Callable[[], Answer]) -> Callable[[], Answer | ElephantError]:
    """The call, answering with the error that it would raise: for whoever goes on with what the others answer."""

    def settled() -> Answer | ElephantError:
        try:
            return call()
        except ElephantError as error:
            return error

    return settled
