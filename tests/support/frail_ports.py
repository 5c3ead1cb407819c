"""Ports that die or fail at a chosen call: what happens when a process is killed between two side effects."""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar, cast

from elephant.ports.errors import Temporary

Port = TypeVar("Port")


class Crash(BaseException):
    """The process is gone; no `except Exception` can be in its way."""


class Mishap(StrEnum):
    """What befalls the chosen call."""

    KILLED_BEFORE = "killed before the call"
    KILLED_AFTER = "killed after the call"
    REFUSED = "the call fails and changes nothing"
    ANSWER_LOST = "the call works and its answer is lost"


class Fuse:
    """Counts the calls of every port that it guards, and lets the mishap happen at the chosen one."""

    def __init__(self, call: int, mishap: Mishap) -> None:
        self._calls_left = call
        self._mishap = mishap

    def guard(self, call: Callable[..., object]) -> Callable[..., object]:
        """The call, or the mishap in its place."""

        def guarded(*args: object, **kwargs: object) -> object:
            self._calls_left -= 1
            if self._calls_left != 0:
                return call(*args, **kwargs)
            if self._mishap is Mishap.KILLED_BEFORE:
                raise Crash
            if self._mishap is Mishap.REFUSED:
                raise Temporary("busy")
            call(*args, **kwargs)
            raise Crash if self._mishap is Mishap.KILLED_AFTER else Temporary("the answer was lost")

        return guarded


class _Frail:
    def __init__(self, port: object, fuse: Fuse) -> None:
        self._port = port
        self._fuse = fuse

    def __getattr__(self, name: str) -> object:
        call: Callable[..., object] = getattr(self._port, name)
        return self._fuse.guard(call)


def frail(port: Port, fuse: Fuse) -> Port:
    """The port, with every call guarded by the fuse."""
    return cast("Port", _Frail(port, fuse))


class _FrailMethod:
    def __init__(self, port: object, method: str, fuse: Fuse) -> None:
        self._port = port
        self._method = method
        self._fuse = fuse

    def __getattr__(self, name: str) -> object:
        call: Callable[..., object] = getattr(self._port, name)
        return self._fuse.guard(call) if name == self._method else call


def frail_in(port: Port, method: str, fuse: Fuse) -> Port:
    """The port, with the calls of one method guarded by the fuse."""
    return cast("Port", _FrailMethod(port, method, fuse))


class _Interrupted:
    def __init__(self, port: object, method: str, happens: Callable[[], object]) -> None:
        self._port = port
        self._method = method
        self._happens: Callable[[], object] | None = happens

    def __getattr__(self, name: str) -> object:
        happens = self._happens
        if name == self._method and happens is not None:
            self._happens = None
            happens()
        found: object = getattr(self._port, name)
        return found


def interrupted(port: Port, before: str, happens: Callable[[], object]) -> Port:
    """The port, but right before the first call of the method `before` something else happens in the world."""
    return cast("Port", _Interrupted(port, before, happens))


class _Broken:
    def __init__(self, port: object, methods: tuple[str, ...], error: Exception) -> None:
        self._port = port
        self._methods = methods
        self._error = error

    def __getattr__(self, name: str) -> object:
        if name not in self._methods:
            found: object = getattr(self._port, name)
            return found

        def broken(*_args: object, **_kwargs: object) -> object:
            raise self._error

        return broken


def broken(port: Port, *methods: str, error: Exception) -> Port:
    """The port, with these methods always failing."""
    return cast("Port", _Broken(port, methods, error))
