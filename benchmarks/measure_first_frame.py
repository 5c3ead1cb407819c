"""How long does a person look at nothing, from following the link to the desktop's first picture?

`make bench BENCH=first_frame ARGS="--runs 10"`. Once both seats of a meeting are HEALTHY, one link is followed in
headless Chromium, with nothing in its cache, through the real server: lobby, join, desktop page, the first real pixels
in its canvas. The peer, in the same run and the same Chromium, is the least that can show the other seat's screen: a
page with noVNC and nothing else, and a bare relay between WebSocket and unix socket; nobody is asked who they are. The
two take turns at going first. Prints medians, the worst of each, and the ratio of the medians.
"""

import argparse
import asyncio
import multiprocessing
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from benchmarks.measure_desktop_start import TERMINAL, end_all, seconds_until_healthy
from elephant.entrypoints.web import rounds
from elephant.entrypoints.web.novnc import find_novnc
from tests.support.browser_person import CHROMIUM, CHROMIUM_FLAGS
from tests.support.server_process import ServerProcess

SIZE = {"width": 1280, "height": 800}
PAINTED = "body[data-first-frame]"
SETTLE_SECONDS = 1.0
READ_BYTES = 256 * 1024
STATIC = Path(rounds.__file__).parent / "static"
PEER_PAGE = """<!doctype html><title>peer</title><body style="margin:0"><div id="screen" style="height:100vh"></div>
<script type="module">
  import RFB from "/novnc/core/rfb.js";
  import { watchFirstFrame } from "/static/first_frame.js";
  const screen = document.getElementById("screen");
  const rfb = new RFB(screen, `ws://${location.host}/vnc${location.search}`, { shared: true });
  watchFirstFrame(screen.querySelector("canvas"), (ms) => { document.body.dataset.firstFrame = ms; });
  rfb.scaleViewport = true;
  rfb.resizeSession = true;
</script>
"""


async def peer_page(_request: Request) -> HTMLResponse:
    """The page with noVNC on it."""
    return HTMLResponse(PEER_PAGE)


async def peer_relay(websocket: WebSocket) -> None:
    """Bytes both ways between the browser and the socket that the address names."""
    await websocket.accept()
    reader, writer = await asyncio.open_unix_connection(websocket.query_params["socket"])

    async def to_browser() -> None:
        while data := await reader.read(READ_BYTES):
            await websocket.send_bytes(data)

    sending = asyncio.create_task(to_browser())
    with suppress(WebSocketDisconnect):
        while True:
            writer.write(await websocket.receive_bytes())
    sending.cancel()
    writer.close()


def serve_peer(listener: socket.socket) -> None:
    """Serve the peer for as long as the process lives."""
    routes = [
        Route("/", peer_page),
        WebSocketRoute("/vnc", peer_relay),
        Mount("/novnc", StaticFiles(directory=find_novnc())),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    config = uvicorn.Config(Starlette(routes=routes), log_level="warning", lifespan="off", ws_per_message_deflate=False)
    uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def peer() -> Iterator[str]:
    """The peer in a process of its own; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = multiprocessing.get_context("fork").Process(target=serve_peer, args=(listener,), daemon=True)
        process.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            process.terminate()
            process.join()


def seconds_to_first_frame(browser: Browser, link: str) -> float:
    """Follow a link as somebody new; seconds until the first picture."""
    context = browser.new_context(viewport=SIZE)  # type: ignore[arg-type]  # its ViewportSize is not public
    page = context.new_page()
    started_at = time.time()
    page.goto(link, wait_until="commit")
    page.wait_for_selector(PAINTED)
    # By the page's own clock: Playwright notices some tenths of a second later.
    painted_at_ms: float = page.evaluate("performance.timeOrigin + Number(document.body.dataset.firstFrame)")
    context.close()
    return painted_at_ms / 1000 - started_at


def one_run(server: ServerProcess, browser: Browser, peer_url: str, *, peer_first: bool) -> tuple[float, float]:
    """Ours and the peer's seconds, each on its own fresh desktop of one meeting."""
    seconds_until_healthy(server, 1)
    meeting = server.request("GET", "/meetings?open=true").json()["meetings"][0]
    ours, others = meeting["seats"]
    screen = server.data_dir / "run" / "machines" / others["machine_id"] / "run" / "vnc.sock"
    links = {"ours": ours["link"], "peer": f"{peer_url}?socket={screen}"}
    time.sleep(SETTLE_SECONDS)
    seconds = {}
    for name in sorted(links, reverse=peer_first):
        seconds[name] = seconds_to_first_frame(browser, links[name])
    end_all(server)
    return seconds["ours"], seconds["peer"]


def measure(app: str, runs: int) -> list[tuple[float, float]]:
    """So many runs with this app in the desktops, after one that does not count."""
    with tempfile.TemporaryDirectory(prefix="eb-") as folder, peer() as peer_url, sync_playwright() as playwright:
        # The recorder of whoever goes first would slow down whoever goes second.
        settings = {"ELEPHANT_APP": app, "ELEPHANT_RECORD": "false"}
        server = ServerProcess(data_dir=Path(folder) / "d", settings=settings, log=Path(folder) / "log")
        server.start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_FLAGS))
        try:
            taken = [one_run(server, browser, peer_url, peer_first=number % 2 == 0) for number in range(runs + 1)]
        finally:
            end_all(server)
            browser.close()
            server.stop()
    return taken[1:]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    arguments = parser.parse_args()
    for name, app in (("terminal", TERMINAL), ("browser", "")):
        ours, others = zip(*measure(app, arguments.runs), strict=True)
        ratio = statistics.median(ours) / statistics.median(others)
        print(
            f"{name}: link followed -> first frame {statistics.median(ours):.2f} s, worst {max(ours):.2f} s; "
            f"noVNC alone {statistics.median(others):.2f} s, worst {max(others):.2f} s; ratio {ratio:.2f}"
        )


if __name__ == "__main__":
    main()
