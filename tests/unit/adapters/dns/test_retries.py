"""Asking again."""

import pytest

from elephant.adapters.dns.retries import Passing, Retries
from elephant.ports.errors import Permanent, Temporary


class Provider:
    """Raises these errors in turn, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def test_what_passes_is_asked_again_after_growing_waits() -> None:
    waits: list[float] = []
    provider = Provider(*(Passing("a moment") for _ in range(4)))
    retries = Retries(attempts=5, first_wait_seconds=1.0, longest_wait_seconds=3.0, sleep=waits.append)
    assert retries.run(provider) == "done"
    assert len(waits) == 4
    for wait, longest in zip(waits, [1.0, 2.0, 3.0, 3.0], strict=True):
        assert longest / 2 <= wait <= longest


def test_the_waits_differ() -> None:
    waits: list[float] = []
    for _ in range(5):
        Retries(attempts=2, sleep=waits.append).run(Provider(Passing("a moment")))
    assert len(set(waits)) > 1


def test_it_gives_up() -> None:
    provider = Provider(*(Passing(f"number {number}") for number in range(9)))
    with pytest.raises(Temporary, match="number 2"):
        Retries(attempts=3, sleep=lambda _: None).run(provider)
    assert provider.calls == 3


@pytest.mark.parametrize("error", [Temporary("later"), Permanent("never"), ValueError("a defect")])
def test_nothing_else_is_asked_again(error: Exception) -> None:
    provider = Provider(error)
    with pytest.raises(type(error)):
        Retries(sleep=lambda _: None).run(provider)
    assert provider.calls == 1


def test_a_short_wait_that_the_provider_names_is_kept() -> None:
    waits: list[float] = []
    Retries(longest_wait_seconds=3.0, sleep=waits.append).run(Provider(Passing("busy", named_seconds=2.0)))
    assert 2.0 <= waits[0] <= 5.0


def test_a_long_one_is_the_caller_s_to_wait() -> None:
    waits: list[float] = []
    with pytest.raises(Temporary) as caught:
        Retries(longest_wait_seconds=3.0, sleep=waits.append).run(Provider(Passing("busy", named_seconds=290.0)))
    assert caught.value.retry_after_seconds == 290.0
    assert waits == []
