"""The stream of a screen over real sockets: a uvicorn server, a WebSocket client, and a unix socket that echoes."""

import asyncio
import contextlib
import logging
import os
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from elephant.adapters.embedded.addresses import PathAddresses
from elephant.bootstrap.service import Service
from elephant.entrypoints.web import screen_route
from elephant.entrypoints.web.app import create_app
from elephant.entrypoints.web.desktop_access import DESKTOP_COOKIE, Admitted, admit
from elephant.entrypoints.web.desktop_routes import desktop_routes
from elephant.entrypoints.web.vnc_proxy import Screens
from elephant.ports.errors import MachineNotFound, Temporary
from elephant.ports.passes import Purpose
from tests.support.builders import STUDENT, TEACHER
from tests.support.web_site import Site
from tests.unit.entrypoints.web.test_join_routes import end

pytestmark = pytest.mark.integration

PATIENCE_SECONDS = 60.0


class OneScreen(PathAddresses):
    """Every machine's screen is the one socket `{data_dir}/screen`."""

    def open_socket(self, machine_id: str) -> int:
        """See PathAddresses.open_socket."""
        try:
            return os.open(self.data_dir / "screen", os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise MachineNotFound(machine_id) from error


@dataclass
class Screen:
    """A machine's end: it answers with what it is sent, and remembers who is connected."""

    path: Path
    connected: int = 0
    met: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected += 1
        self.met += 1
        self.writers.append(writer)
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        self.connected -= 1
        writer.close()


@dataclass
class Stage:
    """A server with one ready meeting, the screen of its desktops, and the first seat's cookie."""

    site: Site
    screen: Screen
    screens: Screens
    port: int
    booked: dict[str, str]
    cookie: str
    path: str

    def open(self, *, cookie: str | None = None, origin: str | None = None) -> connect:
        """The stream as a browser opens it, from our own page unless told otherwise."""
        return connect(
            f"ws://127.0.0.1:{self.port}{self.path}/vnc",
            origin=origin or f"http://127.0.0.1:{self.port}",  # type: ignore[arg-type]  # a NewType of str
            additional_headers={"Cookie": f"{DESKTOP_COOKIE}={self.cookie if cookie is None else cookie}"},
            max_size=None,
            open_timeout=PATIENCE_SECONDS,
            proxy=None,
        )

    async def settled(self) -> None:
        """Wait until nothing is open any more."""
        await holds(lambda: not (self.screens.open_count or self.screen.connected))


@contextlib.asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    site = Site()
    screens, screen = Screens(), Screen(folder / "screen")
    app = create_app(site.service, more=(desktop_routes(site.service, OneScreen(folder, ""), screens),))
    booked = site.ready()
    entry = site.entry_path(booked, TEACHER)
    cookie = site.browser().get(entry).headers["set-cookie"].partition(";")[0].partition("=")[2]
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="off"))
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]  # pytest's own stay
    behind = await asyncio.start_unix_server(screen.serve, screen.path)
    running = asyncio.create_task(server.serve())
    try:
        await holds(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Stage(site, screen, screens, port, booked, cookie, urlsplit(entry).path)
    finally:
        behind.close()
        server.should_exit = True
        await running


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory with a short name, for the path of a unix socket."""
    with tempfile.TemporaryDirectory(prefix="ele-") as name:
        yield Path(name)


def play(folder: Path, scene: Callable[[Stage], Coroutine[None, None, None]]) -> None:
    """Run a scene on a stage and see that nothing is left open after it."""

    async def whole() -> None:
        async with stage(folder) as built:
            await scene(built)
            await built.settled()

    asyncio.run(whole())


async def code_of(stream: ClientConnection) -> int | None:
    """The code with which the server closes the stream."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        await stream.wait_closed()
    return stream.close_code


async def holds(condition: Callable[[], bool]) -> None:
    """Wait, not for ever, until a condition holds."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110  it is in other tasks and threads
            await asyncio.sleep(0.01)


def test_bytes_go_both_ways_whole_and_in_order(folder: Path) -> None:
    content = os.urandom(8 * 1024 * 1024)

    async def scene(built: Stage) -> None:
        async with built.open() as stream:
            await stream.send(b"RFB 003.008\n")
            assert await stream.recv() == b"RFB 003.008\n"

            async def send() -> None:
                for start in range(0, len(content), 100_000):
                    await stream.send(content[start : start + 100_000])

            sending = asyncio.create_task(send())
            got = bytearray()
            while len(got) < len(content):
                part = await stream.recv()
                assert isinstance(part, bytes)
                got += part
            await sending
            assert bytes(got) == content
            assert (built.screens.open_count, built.screen.connected) == (1, 1)

    play(folder, scene)


def test_text_is_no_part_of_the_stream(folder: Path) -> None:
    async def scene(built: Stage) -> None:
        async with built.open() as stream:
            await stream.send("text")
            await stream.send(b"bytes")
            assert await stream.recv() == b"bytes"

    play(folder, scene)


def test_two_browsers_have_a_connection_each(folder: Path) -> None:
    async def scene(built: Stage) -> None:
        async with built.open() as one, built.open() as other:
            await one.send(b"one")
            await other.send(b"other")
            assert (await one.recv(), await other.recv()) == (b"one", b"other")
            assert (built.screens.open_count, built.screen.connected) == (2, 2)

    play(folder, scene)


def test_a_browser_that_is_cut_off_leaves_nothing(folder: Path) -> None:
    async def scene(built: Stage) -> None:
        async with built.open() as stream:
            await stream.send(b"x")
            assert await stream.recv() == b"x"
            stream.transport.abort()
            await built.settled()

    play(folder, scene)


@pytest.mark.parametrize("is_welcome", [True, False])
def test_whoever_does_not_wait_for_the_answer_is_no_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, *, is_welcome: bool
) -> None:
    asked, gone = threading.Event(), threading.Event()

    def slowly(purpose: Purpose, cookie: str, machine_id: str, service: Service) -> Admitted | None:
        asked.set()
        assert gone.wait(40)
        return admit(purpose, cookie, machine_id, service) if is_welcome else None

    async def scene(built: Stage) -> None:
        monkeypatch.setattr(screen_route, "admit", slowly)
        async with built.open() as stream:
            await holds(asked.is_set)
            stream.transport.abort()
            await stream.wait_closed()
            gone.set()
            await built.settled()

    with caplog.at_level(logging.ERROR):
        play(folder, scene)
    assert caplog.messages == []


def test_a_screen_that_goes_away_is_said(folder: Path) -> None:
    async def scene(built: Stage) -> None:
        async with built.open() as stream:
            await stream.send(b"x")
            assert await stream.recv() == b"x"
            built.screen.writers[0].close()
            assert await code_of(stream) == 1013

    play(folder, scene)


@pytest.mark.parametrize("leave", ["nothing", "a dead socket"])
def test_a_screen_that_is_not_there(folder: Path, leave: str) -> None:
    async def scene(built: Stage) -> None:
        built.screen.path.unlink()
        if leave == "a dead socket":
            server = await asyncio.start_unix_server(built.screen.serve, folder / "dead")
            (folder / "dead").rename(built.screen.path)
            server.close()
            await server.wait_closed()
        async with built.open() as stream:
            assert await code_of(stream) == 1013

    play(folder, scene)


def test_after_the_end_it_is_over(folder: Path) -> None:
    async def scene(built: Stage) -> None:
        end(built.site, built.booked["id"])
        async with built.open() as stream:
            assert await code_of(stream) == 4410
        assert built.screen.met == 0

    play(folder, scene)


@pytest.mark.parametrize(("happens", "code"), [("the end", 4410), ("another key", 4403)])
def test_an_open_stream_ends_with_the_right_to_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, happens: str, code: int
) -> None:
    monkeypatch.setattr(screen_route, "RECHECK_SECONDS", 0.05)

    async def scene(built: Stage) -> None:
        async with built.open() as stream:
            await stream.send(b"x")
            assert await stream.recv() == b"x"
            await asyncio.sleep(0.2)
            assert built.screens.open_count == 1
            if happens == "the end":
                end(built.site, built.booked["id"])
            else:
                path = f"/meetings/{built.booked['id']}/links/{TEACHER}"
                answer = await asyncio.to_thread(built.site.client.post, path, headers=built.site.host)
                assert answer.status_code == 200
            assert await code_of(stream) == code

    play(folder, scene)


def test_nobody_else_is_let_in(folder: Path) -> None:
    async def scene(built: Stage) -> None:
        entry = await asyncio.to_thread(built.site.entry_path, built.booked, STUDENT)
        answer = await asyncio.to_thread(built.site.browser().get, entry)
        others = answer.headers["set-cookie"].partition(";")[0].partition("=")[2]
        for cookie in ("", "forged", built.cookie[:-4], others):
            async with built.open(cookie=cookie) as stream:
                assert await code_of(stream) == 4403
        with pytest.raises(Exception, match="403"):
            async with built.open(origin="https://evil.example"):
                pytest.fail("another site got in")
        assert built.screen.met == 0

    play(folder, scene)


def test_a_store_that_cannot_be_read_is_no_refusal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(_meeting_id: str) -> None:
        raise Temporary("not now")

    async def scene(built: Stage) -> None:
        monkeypatch.setattr(screen_route, "RECHECK_SECONDS", 0.05)
        async with built.open() as stream:
            await stream.send(b"x")
            assert await stream.recv() == b"x"
            monkeypatch.setattr(built.site.meetings, "get", unreadable)
            async with built.open() as other:
                assert await code_of(other) == 1013
            await stream.send(b"y")
            assert await stream.recv() == b"y"

    play(folder, scene)
