"""The pages of a bucket in a real browser: CloudFront, API Gateway and an issuer stand in, the functions are ours."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import Route, expect

from elephant.domain.timetable import Policy
from elephant.entrypoints.web.static_site import Site, write_site
from tests.e2e.conftest import Invite
from tests.support.aws_driver import AwsDriver
from tests.support.aws_fixtures import aws_server, lambda_stand_in
from tests.support.aws_installation import DOMAIN_ROOT, AwsInstallation
from tests.support.browser_person import WAIT_MS, BrowserPerson
from tests.support.builders import TEACHER
from tests.support.cloudflare_stand_in import CloudflareStandIn
from tests.support.ec2_fixtures import desktop_image, ec2_rules
from tests.support.https_servers import HttpsServer
from tests.support.issuer_stand_in import CLIENT_ID, EMAIL, IssuerStandIn
from tests.support.kept_recordings import VIDEO, keep_recording
from tests.support.outside_calls import OutsideCalls
from tests.support.pages_on_aws import CloudFrontStandIn, GatewayStandIn
from tests.support.stack import Stack
from tests.support.zone_worlds import cloudflare

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer
    from tests.support.ec2_rules import Ec2Rules
    from tests.support.lambda_stand_in import LambdaStandIn

__all__ = ["aws_server", "cloudflare", "desktop_image", "ec2_rules", "lambda_stand_in"]

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

BROWSER = {"ignore_https_errors": True, "timezone_id": "UTC"}


@dataclass
class World:
    """What the browser meets: `pages` and `elsewhere` serve the same files, and the API knows the first alone."""

    pages: str
    elsewhere: str
    front: CloudFrontStandIn
    gateway: GatewayStandIn
    issuer: IssuerStandIn
    driver: AwsDriver

    def advance(self, **duration: float) -> None:
        """Let time pass at AWS; in a thread of its own, since Playwright's event loop runs in this one."""
        raised: list[BaseException] = []

        def play() -> None:
            try:
                with self.gateway.lock:
                    self.driver.advance(**duration)
            except BaseException as error:  # noqa: BLE001  raised again below
                raised.append(error)

        playing = threading.Thread(target=play, name="time")
        playing.start()
        playing.join()
        if raised:
            raise raised[0]

    def asked(self, prefix: str) -> list[tuple[str, int]]:
        return [(method, status) for method, path, status in self.gateway.requests if path.startswith(prefix)]


@pytest.fixture
def world(
    aws_server: "AwsServer",
    cloudflare: CloudflareStandIn,
    lambda_stand_in: "LambdaStandIn",
    ec2_rules: "Ec2Rules",
    desktop_image: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[World]:
    installation = AwsInstallation(aws_server, cloudflare, lambda_stand_in, desktop_image)
    with ExitStack() as running:
        pages, elsewhere, api, own = (HttpsServer(name) for name in ("pages", "elsewhere", "api", "issuer"))
        issuer = IssuerStandIn(own, redirect_uris={f"{pages.url}/"})
        stack = Stack(OidcIssuer=issuer.url, OidcAudience=CLIENT_ID)
        installation.environment |= {"FRONTEND_BASE_URLS": f"{pages.url}/meeting"}
        del installation.environment["ELEPHANT_HOST_TOKEN"]
        driver = AwsDriver(
            installation, ec2_rules, running.enter_context(OutsideCalls()), monkeypatch, now=datetime.now(UTC)
        )
        running.callback(driver.cold_start)
        gateway = GatewayStandIn(stack, driver, issuer)
        site = Site(api_url=api.url, issuer=issuer.url, client_id=CLIENT_ID, policy=Policy())
        front = CloudFrontStandIn(stack, write_site(tmp_path / "site", site))
        pages.answer = elsewhere.answer = front.answer
        api.answer = gateway.answer
        for server in (pages, elsewhere, api, own):
            running.enter_context(server)
        yield World(pages.url, elsewhere.url, front, gateway, issuer, driver)
        assert issuer.complaints == []


def sign_in(host: BrowserPerson, world: World, path: str = "/") -> None:
    host.follow(f"{world.pages}{path}")
    host.reads("h1 >> visible=true", "Sign in as host")
    host.page.get_by_role("button", name="Sign in").click()
    host.page.get_by_role("button", name=f"I am {EMAIL}").click()
    host.page.wait_for_url(f"{world.pages}{path}")
    expect(host.page.get_by_role("button", name="Sign out")).to_be_visible(timeout=WAIT_MS)


def kept(person: BrowserPerson) -> dict[str, str]:
    found: dict[str, str] = person.page.evaluate("({ ...sessionStorage })")
    return found


def fill_in(host: BrowserPerson) -> None:
    host.page.fill("#teacher-name", "Ada Lindqvist")
    host.page.fill("#student-name", "Björn Åkesson")
    host.page.fill("#duration", "45")


def play_dcv(guest: BrowserPerson) -> None:
    """Where the desktop's own server would answer."""

    def answer(route: Route) -> None:
        route.fulfill(content_type="text/html", body="<title>DCV</title><h1>A desktop</h1>")

    guest.page.context.route(f"https://*.{DOMAIN_ROOT}:8443/**", answer)


def test_from_the_sign_in_to_the_desktop_and_the_end(world: World, invite: Invite) -> None:
    host, guest = invite("host", **BROWSER), invite("guest", **BROWSER)
    sign_in(host, world, "/schedule")
    fill_in(host)
    host.look("booking")
    host.page.get_by_role("button", name="Book", exact=True).click()
    host.reads("#booked-title", "Booked")
    link = host.page.input_value(f"#link-{TEACHER}")
    assert link.startswith(f"{world.pages}/meeting?id=")
    host.look("booked")

    play_dcv(guest)
    guest.follow(link)
    guest.wait_state("starting")
    guest.look("lobby")
    assert ("GET", 202) in world.asked("/join/")
    world.advance(minutes=2)
    guest.page.wait_for_url(f"https://*.{DOMAIN_ROOT}:8443/**")
    guest.reads("h1", "A desktop")
    assert "authToken=" in guest.page.url
    assert kept(guest) == {}, "the desktop's server can read what the pages keep"

    host.page.get_by_role("link", name="Open the host page").click()
    host.reads("#hours", f"Signed in as {EMAIL}.")
    card = host.page.locator("#open-meetings article")
    expect(card.locator(".state")).to_contain_text("In progress", timeout=WAIT_MS)
    meeting_id = card.get_attribute("data-meeting-id") or ""
    with world.gateway.lock:
        place = keep_recording(world.driver.installation, meeting_id, TEACHER)
        world.driver.field_write(meeting_id, teacher_session_data=place)
    card.get_by_text("Recordings").click()
    download = card.get_by_role("link", name="Download 14:00 to 14:40")
    expect(download).to_be_visible(timeout=WAIT_MS)
    assert httpx.get(download.get_attribute("href") or "", timeout=60).content == VIDEO
    host.look("in-progress")

    card.get_by_role("button", name="End meeting…").click()
    host.page.get_by_role("button", name="End meeting", exact=True).click()
    expect(host.page.locator("#closed-meetings .state")).to_have_text("Ended: the host ended it", timeout=WAIT_MS)
    host.look("over")
    guest.follow(link)
    guest.reads_over("This meeting was cancelled or ended", "The host ended it")

    host.page.get_by_role("button", name="Sign out").click()
    host.reads("h1 >> visible=true", "Sign in as host")
    host.look("signed-out")
    assert kept(host) == {}
    assert host.page.context.cookies() == []
    assert {status for _, status in world.asked("/")} == {200, 202, 410}


def test_a_sign_in_that_ran_out_costs_no_half_filled_form(world: World, invite: Invite) -> None:
    host = invite("host", **BROWSER)
    sign_in(host, world, "/schedule")
    fill_in(host)
    host.page.get_by_label("At a set time").check()
    when = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT10:30")
    host.page.fill("#meet-time", when)
    _lose_the_answer_to_a_booking(host)
    host.page.evaluate(
        "sessionStorage.setItem('elephant.session', "
        "JSON.stringify({ ...JSON.parse(sessionStorage.getItem('elephant.session')), untilMs: Date.now() }))"
    )
    host.page.get_by_role("button", name="Book", exact=True).click()
    # the issuer still knows the person, so nothing is asked
    host.reads("#trouble", "nothing of this form is lost")
    assert world.issuer.sign_ins == 2
    assert [status for method, status in world.asked("/schedule") if method == "POST"] == [200]
    host.look("again")
    assert host.page.input_value("#teacher-name") == "Ada Lindqvist"
    assert host.page.input_value("#meet-time") == when
    expect(host.page.locator("#set-time")).to_be_visible()
    assert set(kept(host)) == {"elephant.session"}
    host.page.get_by_role("button", name="Book", exact=True).click()
    host.reads("#booked-facts", "at 10:30")
    host.follow(f"{world.pages}/")
    # the one whose answer was lost: what was sent outlives the sign-in too
    expect(host.page.locator("#open-meetings article")).to_have_count(1, timeout=WAIT_MS)

    # a token that the API does not take, although it has not run out: the browser shows the page no answer
    world.issuer.renew_its_key()
    host.follow(f"{world.pages}/")
    host.reads("#trouble", "sign out and in again")
    assert ("GET", 401) in world.asked("/meetings")
    host.errors.clear()  # the browser's own words about it
    _goes_back(host, world)


def _lose_the_answer_to_a_booking(host: BrowserPerson) -> None:
    def lose(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        route.fetch()
        route.abort("connectionreset")

    host.page.route("**/schedule", lose)
    host.page.get_by_role("button", name="Book", exact=True).click()
    host.reads("#trouble", "may be booked all the same")
    host.page.unroute("**/schedule")


def _goes_back(host: BrowserPerson, world: World) -> None:
    """As a browser does that keeps pages as they were left; Playwright's keeps none."""
    go_back = 'setTimeout(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })))'
    host.page.evaluate("sessionStorage.clear()")
    host.page.evaluate(go_back)
    host.reads("h1 >> visible=true", "Sign in as host")
    held: list[Route] = []
    host.page.route("**/openid-configuration", lambda route: held.append(route))  # noqa: PLW0108  Playwright marks it
    host.page.get_by_role("button", name="Sign in").click()
    expect(host.page.get_by_role("button", name="One moment…")).to_be_disabled(timeout=WAIT_MS)
    host.page.evaluate(go_back)
    expect(host.page.get_by_role("button", name="Sign in")).to_be_enabled(timeout=WAIT_MS)
    host.page.unroute("**/openid-configuration")
    host.page.route("**/token", lambda route: held.append(route))  # noqa: PLW0108  Playwright marks it
    host.page.get_by_role("button", name="Sign in").click()
    # the issuer has sent the person back, and its token is on the way
    expect(host.page.locator('[data-session="unknown"] > .moment')).to_be_visible(timeout=WAIT_MS)
    host.look("one-moment")
    host.page.unroute("**/token")


def test_an_answer_that_belongs_to_no_sign_in_signs_nobody_in(world: World, invite: Invite) -> None:
    host = invite("host", **BROWSER)
    host.follow(f"{world.pages}/?code=stolen&state=guessed")
    host.reads("#sign-in-problem", "belongs to no sign-in of this tab")
    assert host.page.url == f"{world.pages}/"
    host.look("no-sign-in")

    def begin() -> str:
        host.page.get_by_role("button", name="Sign in").click()
        host.page.wait_for_url(f"{world.issuer.server.url}/authorize?**")
        state: str = host.page.evaluate("new URLSearchParams(location.search).get('state')")
        return state

    wrong = {
        "code=stolen&state=guessed": "belongs to no sign-in",
        "code=stolen&state={state}": "refused (invalid_grant)",
        "code=stolen&state={state}&iss=https://evil.example": "Another service answered",
        "error=access_denied&state={state}": "refused (access_denied)",
    }
    for answer, words in wrong.items():
        state = begin()
        host.follow(f"{world.pages}/?{answer.format(state=state)}")
        host.reads("#sign-in-problem", words)
        assert kept(host) == {}

    for claims in ({"nonce": "another"}, {"aud": "another"}, {"aud": [CLIENT_ID, "another"]}, {"iss": "another"}):
        world.issuer.claims = claims
        host.page.context.clear_cookies()
        begin()
        host.page.get_by_role("button", name=f"I am {EMAIL}").click()
        host.reads("#sign-in-problem", "not for this sign-in")
        assert kept(host) == {}, claims
    assert world.gateway.requests == []


def test_pages_of_another_origin_get_nothing_and_ours_talk_to_nobody_else(world: World, invite: Invite) -> None:
    guest = invite("guest", **BROWSER)
    guest.follow(f"{world.elsewhere}/meeting?id=0123456789abcdef&role={TEACHER}&key=some.key")
    guest.wait_state("trouble")
    guest.reads("#problem", "The server does not answer")
    # asked first, and not allowed: no function ever saw the key
    assert {method for method, _ in world.asked("/join/")} == {"OPTIONS"}
    guest.errors.clear()

    guest.follow(f"{world.pages}/meeting?id=0123456789abcdef&role={TEACHER}&key=some.key")
    guest.wait_state("failed")
    guest.reads("#title", "There is no such meeting")
    blocked = guest.page.evaluate(
        """other => new Promise((done) => {
          addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective), { once: true });
          fetch(other, { mode: "no-cors" }).then(() => done("answered"), () => {});
        })""",
        world.elsewhere,
    )
    assert blocked == "connect-src"
    guest.errors.clear()
    for path in ("/meeting/", "/nothing", "/static/", "/index.htm"):
        answer = httpx.get(f"{world.pages}{path}", verify=False, timeout=60)  # noqa: S501  a certificate of this test
        assert answer.status_code == 403
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    told = json.loads(guest.page.get_attribute("meta[name=elephant-site]", "content") or "")
    assert told["client_id"] == CLIENT_ID
