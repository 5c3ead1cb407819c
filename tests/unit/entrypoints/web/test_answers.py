import pytest

from elephant.entrypoints.web.answers import allowed_base_url
from elephant.ports.errors import InvalidField
from tests.support.builders import TEACHER
from tests.support.web_site import Site

ALLOWED = [
    "https://school.example/app",
    "https://school.example/app/",
    "https://school.example/app/lobby/v2",
    "https://SCHOOL.example/app",
    " https://school.example/app ",
    "http://testserver",
    "http://testserver/meeting",
]
REFUSED = [
    "https://school.example",
    "https://school.example/",
    "https://school.example/app-evil",
    "https://school.example/app;evil",
    "https://school.example/other",
    "https://school.example/app/../other",
    "https://school.example/app/..%2fother",
    "https://school.example/app/%2e%2e/other",
    "https://school.example/app/%2E./other",
    "https://school.example/app\\..\\other",
    "https://school.example/app%5c..",
    "https://school.example/app?next=https://evil.example",
    "https://school.example/app?",
    "https://school.example/app#",
    "https://school.example/app/#/lobby",
    "https://school.example/app/%3f",
    "https://school.example/app/a b",
    "https://school.example/ap\tp",
    "https://school.exam\nple/app",
    "https://school.example:444/app",
    "https://school.example:99999/app",
    "https://school.example:x/app",
    "http://school.example/app",
    "https://school.example.evil.example/app",
    "https://evil.example/https://school.example/app",
    "https://school.example@evil.example/app",
    "https://user:secret@school.example/app",
    "https://@school.example/app",
    "https://:@school.example/app",
    "https://evil.example\\@school.example/app",
    "//school.example/app",
    "//evil.example",
    "https:school.example/app",
    "https:///school.example/app",
    "/app",
    "school.example/app",
    "https://\u017fchool.example/app",
    "https://school\u3002example/app",
    "https://school.example\u2044app",
    "https://\u0455chool.example/app",
    "javascript:alert(1)//school.example/app",
    "data:text/html,<script>alert(1)</script>",
    "ftp://school.example/app",
    "https://[school.example/app",
    "https://school.example/app\x00",
    "https://school.example/app\ud800",
    "x" * 10_240,
]


@pytest.mark.parametrize("url", ALLOWED)
def test_pages_that_links_may_lead_to(site: Site, url: str) -> None:
    assert allowed_base_url(url, site.service) == url.strip()


@pytest.mark.parametrize("url", REFUSED)
def test_pages_that_they_may_not(site: Site, url: str) -> None:
    with pytest.raises(InvalidField) as refused:
        allowed_base_url(url, site.service)
    assert refused.value.field == "frontend_base_url"
    assert "ELEPHANT_FRONTEND_BASE_URLS" in refused.value.problem


@pytest.mark.parametrize("url", [None, "", "  "])
def test_none_means_our_own(site: Site, url: str | None) -> None:
    assert allowed_base_url(url, site.service) is None


def test_where_there_are_no_pages_of_ours_links_lead_to_the_first_of_the_others(site: Site) -> None:
    object.__setattr__(site.service, "public_url", "")
    booked = site.book()
    assert booked[f"{TEACHER}_link"].startswith(f"https://school.example/app?id={booked['id']}&role={TEACHER}&key=")
    assert allowed_base_url("https://school.example/app/x", site.service) == "https://school.example/app/x"
    for url in ("/meeting", "http:///meeting", "meeting", "https:"):
        with pytest.raises(InvalidField):
            allowed_base_url(url, site.service)
