"""What is made when it is first used: once, and again only where it could not be made."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from elephant.bootstrap.late import Late, LateClient
from elephant.ports.errors import Temporary


def test_it_is_made_once_whichever_thread_asks_first() -> None:
    made: list[object] = []
    everybody, another = threading.Barrier(8), threading.Barrier(2)

    def make() -> object:
        # whoever else may come in has time to
        with contextlib.suppress(threading.BrokenBarrierError):
            another.wait(timeout=0.2)
        made.append(object())
        return made[-1]

    late = Late(make)
    assert made == []

    def ask() -> object:
        everybody.wait()
        return late()

    with ThreadPoolExecutor(8) as threads:
        answers = [future.result() for future in [threads.submit(ask) for _ in range(8)]]
    assert len(made) == 1
    assert set(answers) == set(made)


def test_what_could_not_be_made_is_tried_again_and_none_is_a_value() -> None:
    outcomes: list[Exception | None] = [Temporary("not yet"), None]

    def make() -> None:
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome

    late = Late(make)
    with pytest.raises(Temporary, match="not yet"):
        late()
    assert late() is None
    assert late() is None
    assert outcomes == []


def test_a_client_is_made_by_its_first_operation() -> None:
    made = []

    class Client:
        def __init__(self) -> None:
            made.append(self)

        def get_item(self, **arguments: str) -> dict[str, str]:
            return arguments

    client = LateClient(Late(Client))
    assert made == []
    assert client.get_item(Key="a") == {"Key": "a"}
    assert client.get_item(Key="b") == {"Key": "b"}
    assert len(made) == 1
    with pytest.raises(AttributeError):
        _ = client.no_such_operation
