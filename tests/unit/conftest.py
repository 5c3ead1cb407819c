"""What holds for every unit test: no network."""

import socket
from typing import Any

import pytest


class NetworkUsedError(AssertionError):
    """A unit test tried to leave its process."""


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection and name look-up but those to unix sockets, loudly and at once."""

    def guarded(name: str) -> None:
        real = getattr(socket.socket, name)

        def connect(self: socket.socket, address: Any) -> Any:  # noqa: ANN401  an address has any shape
            if self.family != socket.AF_UNIX:
                raise NetworkUsedError(f"a unit test called {name}({address!r}); use a fake, or mark it `integration`")
            return real(self, address)

        monkeypatch.setattr(socket.socket, name, connect)

    def no_look_up(host: object, *_args: object, **_kwargs: object) -> None:
        raise NetworkUsedError(f"a unit test looked up {host!r}; use a fake, or mark it `integration`")

    guarded("connect")
    guarded("connect_ex")
    monkeypatch.setattr(socket, "getaddrinfo", no_look_up)
