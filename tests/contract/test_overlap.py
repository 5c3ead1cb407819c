"""What every way of carrying out several calls promises (ports/overlap.py)."""

import threading
from functools import partial

import pytest

from elephant.adapters.threads import ThreadOverlap
from elephant.ports.errors import Permanent, Temporary
from elephant.ports.overlap import Overlap, in_turn, outcome_of

WAYS: dict[str, Overlap] = {"in turn": in_turn, "threads": ThreadOverlap(), "one thread": ThreadOverlap(at_once=1)}


@pytest.fixture(params=WAYS)
def overlap(request: pytest.FixtureRequest) -> Overlap:
    return WAYS[request.param]


def fail(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize("count", [0, 1, 2, 3, 50])
def test_answers_come_in_the_order_of_the_calls(overlap: Overlap, count: int) -> None:
    calls = [partial(divmod, number, 7) for number in range(count)]
    assert overlap(calls) == [divmod(number, 7) for number in range(count)]


@pytest.mark.parametrize("error", [Temporary("busy"), ValueError("a bug")])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_every_call_is_tried_whichever_fails(overlap: Overlap, place: int, error: Exception) -> None:
    tried: list[int] = []
    calls = [partial(tried.append, number) for number in range(3)]
    calls = [*calls[:place], partial(fail, error), *calls[place:]]
    with pytest.raises(type(error)) as raised:
        overlap(calls)
    assert raised.value is error
    assert sorted(tried) == [0, 1, 2]


def test_of_several_errors_the_first_in_order_is_raised(overlap: Overlap) -> None:
    second_failed = threading.Event()

    def fail_late() -> None:
        # Wherever both run at the same time, the second call fails before the first.
        second_failed.wait(0.05)
        raise Permanent("the first")

    def fail_at_once() -> None:
        second_failed.set()
        raise Temporary("the second")

    with pytest.raises(Permanent, match="the first"):
        overlap([fail_late, fail_at_once])


def test_a_single_call_that_fails_raises_its_error(overlap: Overlap) -> None:
    with pytest.raises(Temporary):
        overlap([partial(fail, Temporary("busy"))])


def test_calls_may_overlap_others_of_their_own(overlap: Overlap) -> None:
    inner = [partial(divmod, 7, number) for number in range(1, 9)]
    assert overlap([partial(overlap, inner)] * 9) == [[divmod(7, number) for number in range(1, 9)]] * 9


def test_an_outcome_is_the_answer_or_the_error_but_a_bug_stays_one(overlap: Overlap) -> None:
    error = Temporary("busy")
    assert overlap([outcome_of(partial(divmod, 7, 3)), outcome_of(partial(fail, error))]) == [(2, 1), error]
    with pytest.raises(ZeroDivisionError):
        overlap([outcome_of(partial(divmod, 7, 0))])
