"""How long a use case takes, counted in outside calls that have to wait for each other."""

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from elephant.ports.overlap import in_turn

Answer = TypeVar("Answer")
Port = TypeVar("Port")


class Chain:
    """`length` is the longest chain of calls so far through the ports that are its links."""

    def __init__(self) -> None:
        self.length = 0

    def link(self, port: Port) -> Port:
        """The port, with every call counted."""
        return cast("Port", _Link(port, self))

    def overlap(self, calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
        """See Overlap: all of them begin where the chain is now, and the longest of them is what counts."""
        start, ends = self.length, [self.length]

        def from_start(call: Callable[[], Answer]) -> Callable[[], Answer]:
            def counted() -> Answer:
                self.length = start
                try:
                    return call()
                finally:
                    ends.append(self.length)

            return counted

        try:
            return in_turn([from_start(call) for call in calls])
        finally:
            self.length = max(ends)


class _Link:
    def __init__(self, port: object, chain: Chain) -> None:
        self._port = port
        self._chain = chain

    def __getattr__(self, name: str) -> object:
        call: Callable[..., object] = getattr(self._port, name)

        def counted(*args: object, **kwargs: object) -> object:
            self._chain.length += 1
            return call(*args, **kwargs)

        return counted
