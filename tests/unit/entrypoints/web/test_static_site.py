"""The pages for a bucket: which files, under which names, and what each page knows."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from elephant.domain.timetable import Policy
from elephant.entrypoints.web.static_site import Site, SiteFile, write_site

SITE = Site(
    api_url="https://api.example/",
    issuer="https://issuer.example/pool",
    client_id="the-pages",
    sign_in_url="https://sign-in.example",
    policy=Policy(),
)
PAGES = ["meeting", "schedule", "index.html"]


class _Reader(HTMLParser):
    """What a page refers to, and its meta elements."""

    def __init__(self) -> None:
        super().__init__()
        self.references: list[str] = []
        self.metas: dict[str, str] = {}
        self.forms: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.references += [value for name in ("src", "href") if (value := given.get(name))]
        if tag == "meta" and (name := given.get("name") or given.get("http-equiv")):
            self.metas[name] = given["content"] or ""
        if tag == "form":
            self.forms.append(given)


def _read(files: list[SiteFile], key: str) -> _Reader:
    reader = _Reader()
    reader.feed(next(each for each in files if each.key == key).path.read_text())
    return reader


@pytest.fixture
def files(tmp_path: Path) -> list[SiteFile]:
    return write_site(tmp_path, SITE)


def test_the_pages_come_last_and_are_asked_about_each_time(files: list[SiteFile]) -> None:
    assert [each.key for each in files[-3:]] == PAGES
    for page in files[-3:]:
        assert (page.content_type, page.cache_control) == ("text/html; charset=utf-8", "no-cache")
    for asset in files[:-3]:
        assert re.fullmatch(r"static/[0-9a-f]{16}/\w+\.(css|js|svg)", asset.key)
        assert "immutable" in asset.cache_control


@pytest.mark.parametrize("key", PAGES)
def test_whatever_a_page_refers_to_is_a_file_or_page_of_the_site(files: list[SiteFile], key: str) -> None:
    keys = {f"/{each.key}" for each in files} | {"/"}
    references = [each for each in _read(files, key).references if not each.startswith("#")]
    assert len(references) > 3
    assert set(references) <= keys


def test_every_module_that_a_script_imports_is_there(files: list[SiteFile]) -> None:
    names = {each.path.name for each in files}
    imported = {
        name for each in files if each.path.suffix == ".js" for name in re.findall(r'"\./(\S+)"', each.path.read_text())
    }
    assert "api.js" in imported
    assert imported <= names


@pytest.mark.parametrize("key", PAGES)
def test_a_page_knows_the_api_and_may_talk_to_nobody_else(files: list[SiteFile], key: str) -> None:
    metas = _read(files, key).metas
    assert json.loads(metas["elephant-site"]) == {
        "api_url": "https://api.example",
        "issuer": "https://issuer.example/pool",
        "client_id": "the-pages",
        "sign_in_url": "https://sign-in.example",
    }
    policy = dict(part.strip().split(" ", 1) for part in metas["Content-Security-Policy"].split(";"))
    assert policy["connect-src"] == "https://api.example https://issuer.example https://sign-in.example"
    assert policy["default-src"] == "'self'"
    # an invitation's key is in the address of the lobby
    assert metas["referrer"] == "no-referrer"


def test_the_names_follow_from_the_content_alone(tmp_path: Path, files: list[SiteFile]) -> None:
    again = write_site(
        tmp_path / "again", Site(api_url="https://b.example", issuer="https://c", client_id="", policy=Policy())
    )
    assert [each.key for each in again] == [each.key for each in files]


@pytest.mark.parametrize("address", ["", "ftp://a", "https://", "https://a;script-src *", "https://a b", "//a"])
def test_an_address_that_is_none_never_reaches_a_policy(tmp_path: Path, address: str) -> None:
    site = Site(api_url=address or "x", issuer="https://i.example", client_id="c", policy=Policy())
    with pytest.raises(ValueError, match="not the address of a web site"):
        write_site(tmp_path, site)
