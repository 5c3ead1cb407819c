"""What the stack sends along with the pages, and their way to sign in."""

import re

from elephant.domain.timetable import Policy
from elephant.entrypoints.web.rendering import PAGE_HEADERS
from elephant.entrypoints.web.static_site import Site, content_security_policy
from tests.support.pages_on_aws import policy_headers
from tests.support.stack import TEMPLATE, Stack

ROOT = TEMPLATE.parents[1]
CSP = "Content-Security-Policy"


def directives(policy: str) -> dict[str, str]:
    return dict(part.strip().partition(" ")[::2] for part in policy.split(";"))


def test_the_pages_have_the_headers_of_the_embedded_ones_and_more() -> None:
    headers = policy_headers(Stack())
    ours, theirs = (directives(each["Content-Security-Policy"]) for each in (headers, PAGE_HEADERS))
    assert ours.keys() == theirs.keys()
    assert {name for name in ours if ours[name] != theirs[name]} == {"connect-src", "form-action"}
    assert (ours["connect-src"], ours["form-action"]) == ("https:", "'none'")
    assert headers["X-Content-Type-Options"] == PAGE_HEADERS["X-Content-Type-Options"]
    assert (headers["Referrer-Policy"], headers["X-Frame-Options"]) == ("no-referrer", "DENY")
    assert headers["Strict-Transport-Security"] == "max-age=31536000"


def test_what_a_page_says_itself_differs_in_whom_it_talks_to_alone() -> None:
    site = Site(api_url="https://a.example", issuer="https://i.example/p", client_id="c", policy=Policy())
    own, header = directives(content_security_policy(site)), directives(policy_headers(Stack())[CSP])
    assert own["connect-src"] == "https://a.example https://i.example"
    assert header.keys() - own.keys() == {"frame-ancestors"}, "which a meta element cannot say"
    assert all(own[name] == header[name] for name in own if name != "connect-src")


def test_the_user_pool_lets_the_pages_sign_in_as_they_do() -> None:
    stack = Stack()
    client = stack.properties("HostsClient")
    script = (ROOT / "src/elephant/entrypoints/web/static/host_session.js").read_text()
    # where there is Cognito's own sign-in, and elsewhere
    ((scope, other),) = re.findall(r'^const SCOPE = site\?\.sign_in_url \? "(.+)" : "(.+)";', script, re.MULTILINE)
    # beside another scope the token would leave out what that does not name: a host's hours
    assert scope.split() == client["AllowedOAuthScopes"] == ["openid"]
    assert set(scope.split()) < set(other.split())
    assert {"email", "email_verified", "custom:hours_per_month"} <= set(client["ReadAttributes"])
    # whoever could write these could be somebody else, or have more hours
    assert client["WriteAttributes"] == ["name"]
    assert (client["AllowedOAuthFlows"], client["GenerateSecret"]) == (["code"], False)
    (page,) = {*client["CallbackURLs"], *client["LogoutURLs"]}
    assert page == stack.environment("schedule-meeting")["FRONTEND_BASE_URLS"].removesuffix("meeting")
