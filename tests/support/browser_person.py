"""A person in a real browser: in the lobby, at the desktop, on the host page."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, expect

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WAIT_MS = 45_000.0
_INSIDE = "body.desktop-body[data-state=connected][data-first-frame]"
# What the browser and noVNC say of answers that are no success, and of connections that end; the pages handle both.
_NOT_OURS = re.compile(r"Failed to load resource|WebSocket connection to .* failed|^Failed when connecting: ")


@dataclass
class BrowserPerson:
    """One person with one tab; screenshots end up in `folder`, and what went wrong on the page in `errors`."""

    name: str
    page: Page
    folder: Path
    errors: list[str] = field(default_factory=list)
    _pictures: int = 0

    def __post_init__(self) -> None:
        self.page.set_default_timeout(WAIT_MS)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _NOT_OURS.search(message.text):
            self.errors.append(message.text)

    def follow(self, link: str) -> None:
        """Open a link, and wait until the page is there."""
        self.page.goto(link, wait_until="domcontentloaded")

    def wait_inside(self) -> None:
        """Wait until this person's desktop is connected and painted; nothing is pressed for that."""
        self.page.wait_for_selector(_INSIDE)

    def wait_state(self, state: str) -> None:
        """Wait for a state of the page as its script names it."""
        self.page.wait_for_selector(f"body[data-state={state}]")

    @property
    def machine_id(self) -> str:
        """The machine whose page this is."""
        return self.page.locator("body").get_attribute("data-machine-id") or ""

    @property
    def screen_size(self) -> tuple[int, int]:
        """The size of the remote desktop, which is the canvas's own and not the one that it is scaled to."""
        width, height = self.page.eval_on_selector("#screen canvas", "canvas => [canvas.width, canvas.height]")
        return width, height

    def type(self, text: str) -> None:
        """Press the keys of a text; `\\n` is Enter."""
        self.page.keyboard.type(text)

    def leave(self) -> None:
        """Push the pointer against the top edge and press Leave."""
        self.show_bar()
        self.page.click("#leave")
        self.wait_state("left")

    def show_bar(self) -> None:
        """Let the bar come down, as people with a mouse do."""
        width = self.page.viewport_size["width"] if self.page.viewport_size else 0
        self.page.mouse.move(width / 2, 40)
        self.page.mouse.move(width / 2, 0)
        self.page.wait_for_selector("#bar[data-shown=true]")

    def come_back(self) -> None:
        """Press the button that is offered to whoever left."""
        self.page.get_by_role("button", name="Come back").click()
        self.wait_state("connected")

    def go(self) -> None:
        """Close the tab."""
        self.page.close()

    def reads(self, selector: str, text: str | re.Pattern[str]) -> None:
        """Wait until this stands there, to be seen."""
        expect(self.page.locator(selector)).to_contain_text(text, timeout=WAIT_MS)
        expect(self.page.locator(selector)).to_be_visible()

    def reads_over(self, title: str, text: str) -> None:
        """Wait until the meeting is over for this person, on whichever page they are, with these words."""
        self.wait_state("over")
        expect(self.page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        expect(self.page.get_by_text(text)).to_be_visible()

    def look(self, what: str) -> Path:
        """A screenshot, kept."""
        self._pictures += 1
        path = self.folder / f"{self.name}-{self._pictures:02}-{what}.png"
        self.page.screenshot(path=path)
        return path
