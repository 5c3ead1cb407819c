"""The site out of docs/: it builds strictly, has every page, loads nothing from elsewhere; its pictures are told."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from scripts import draw_diagrams, write_costs
from tests.support.documents import DOCS, PAGES, ROOT
from tests.support.stack import FUNCTIONS

PICTURE = re.compile(r"!\[(?P<told>[^\]]*)\]\((?P<place>[^)\s]+)\)")
LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?P<place>[^)\s]+)\)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


class Loaded(HTMLParser):
    """Collects what a page makes a browser fetch, and where its links lead."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = dict(attrs)
        if tag == "a" and have.get("href"):
            self.links.append(str(have["href"]))
        elif tag == "link" and have.get("href") and have.get("rel") not in {"canonical", "next", "prev"}:
            self.fetched.append(str(have["href"]))
        self.fetched += [str(have[name]) for name in ("src", "srcset", "poster", "data") if have.get(name)]


def test_every_page_is_built_and_can_be_reached_from_the_first(site: Path) -> None:
    reached: set[Path] = set()
    ahead = [site / "index.html"]
    while ahead:
        page = ahead.pop()
        if page in reached or page.suffix != ".html":
            continue
        reached.add(page)
        links = [link.partition("#")[0] for link in Loaded(page).links if "://" not in link]
        ahead += [(page.parent / link).resolve() for link in links if link]
    missing = [page.name for page in PAGES if site / page.relative_to(DOCS).with_suffix(".html") not in reached]
    assert missing == []


def test_a_page_loads_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > len(PAGES)  # one for what is not found
    elsewhere = {place for page in pages for place in Loaded(page).fetched if re.match(r"(\w+:)?//", place)}
    assert elsewhere == set()
    styles = [text for style in site.rglob("*.css") for text in re.findall(r"url\(([^)]*)\)", style.read_text())]
    assert [text for text in styles if re.match(r"[\"']?(https?:)?//", text)] == []
    # Material loads this program from elsewhere as soon as a page has one of its diagrams
    assert [page.name for page in pages if 'class="mermaid"' in page.read_text()] == []


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.name)
def test_every_picture_is_there_and_is_told_in_words(page: Path) -> None:
    for picture in PICTURE.finditer(page.read_text()):
        assert (page.parent / picture["place"]).is_file(), picture["place"]
        assert len(picture["told"].split()) > 1, f"{picture['place']} has no words for those who do not see it"


def test_every_picture_is_used() -> None:
    used = {
        (page.parent / picture["place"]).resolve() for page in PAGES for picture in PICTURE.finditer(page.read_text())
    }
    assert {path for path in (DOCS / "pictures").iterdir() if path not in used} == set()


@pytest.mark.parametrize("name", sorted(draw_diagrams.DIAGRAMS))
def test_a_diagram_is_as_it_is_drawn(name: str) -> None:
    drawn = draw_diagrams.DIAGRAMS[name]()
    assert (DOCS / "pictures" / f"{name}.svg").read_text() == drawn, "make docs"
    assert "<title" in drawn
    assert "<desc" in drawn


def test_the_diagram_of_aws_has_every_function() -> None:
    drawn = (DOCS / "pictures" / "on-aws.svg").read_text()
    assert [name for name in FUNCTIONS if f">{name}<" not in drawn] == []


def test_the_figures_of_the_costs_are_worked_out() -> None:
    text = (DOCS / "costs.md").read_text()
    assert text == write_costs.document(text), "make docs"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_of_pages_outside_of_the_site_lead_somewhere(name: str) -> None:
    places = [link["place"] for link in LINK.finditer((ROOT / name).read_text())]
    broken = [place for place in places if "://" not in place and not (ROOT / place.partition("#")[0]).exists()]
    assert broken == []
