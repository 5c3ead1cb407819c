"""A real server, a real browser, and the people in front of it."""

import itertools
import json
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.support.browser_person import CHROMIUM, CHROMIUM_FLAGS, WAIT_MS, BrowserPerson
from tests.support.meeting_site import WINDOW, MeetingSite, timetable
from tests.support.server_process import ServerProcess

KEPT = Path(__file__).resolve().parents[2] / "test-results"
SIZE = dict(zip(("width", "height"), map(int, WINDOW.split("x")), strict=True))

# On a busy machine an answer may take longer than people would wait for it.
PATIENCE = "const limit = AbortSignal.timeout; AbortSignal.timeout = (ms) => limit.call(AbortSignal, 6 * ms);"

Serve = Callable[..., MeetingSite]
Invite = Callable[..., BrowserPerson]
_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the screenshots and logs of a test that failed, at its very end."""
    report = yield
    failed = item.stash.setdefault(_FAILED, False) or report.failed
    item.stash[_FAILED] = failed
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if failed and report.when == "teardown" and folder is not None:
        kept = KEPT / item.name.replace("/", "-")
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(folder, kept, ignore_dangling_symlinks=True)
    return report


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window; per module, because its event loop must not run under other tests."""
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start a server on a fast timetable; afterwards nothing may be left of it, and no error in its log."""
    sites: list[MeetingSite] = []
    # A short name: the path of a unix socket has room for 107 bytes (unix(7)).
    root = Path(tempfile.mkdtemp(prefix="ele-")).resolve()

    def start(*, flags: tuple[str, ...] = (), **changes: float | str) -> MeetingSite:
        name = str(len(sites))
        server = ServerProcess(root / name, timetable(**changes), tmp_path / f"server-{name}.log", flags=flags)
        sites.append(MeetingSite(server, tmp_path))
        server.start()
        return sites[-1]

    yield start
    try:
        for site in sites:
            site.clear_up()
    finally:
        shutil.rmtree(root)
    errors = {line: site.expected_error for site in sites for line in errors_in(site.server.words())}
    assert [line for line, expected in errors.items() if not expected or expected not in line] == []


def errors_in(log: str) -> list[str]:
    """What a server's log holds that should not have happened."""
    found = []
    for line in log.splitlines():
        try:
            entry: dict[str, Any] = json.loads(line)
        except json.JSONDecodeError:
            found.append(line)  # not from our logging: a warning, a traceback
            continue
        if entry["level"] in {"ERROR", "CRITICAL"}:
            found.append(line)
    return found


@pytest.fixture
def invite(chromium: Browser, tmp_path: Path, serve: Serve) -> Iterator[Invite]:
    """Sit a person down in front of a browser that knows nothing yet; no page of theirs may run into an error."""
    contexts: list[BrowserContext] = []
    people: list[BrowserPerson] = []
    numbers = itertools.count(1)

    def sit_down(name: str, **options: Any) -> BrowserPerson:  # noqa: ANN401  a browser context's own
        context = chromium.new_context(**({"viewport": SIZE, "locale": "en-GB"} | options))
        context.add_init_script(PATIENCE)
        contexts.append(context)
        people.append(BrowserPerson(name, context.new_page(), tmp_path))
        return people[-1]

    yield sit_down
    for person in people:
        if not person.page.is_closed():
            person.page.screenshot(path=tmp_path / f"last-{next(numbers)}-{person.name}.png")
    for context in contexts:
        context.close()
    assert {person.name: person.errors for person in people if person.errors} == {}
