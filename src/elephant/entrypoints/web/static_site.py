"""The pages for a bucket behind CloudFront, out of the templates and scripts of the embedded ones; docs/decisions/0027.

A page there knows the API and the issuer from a meta element, and its own Content-Security-Policy from another: the
distribution's headers cannot name the API, which itself has to know the distribution.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from elephant.domain.timetable import Policy
from elephant.entrypoints.web.page_values import host_values, schedule_values
from elephant.entrypoints.web.rendering import ENVIRONMENT

KEEP_FOR_GOOD = "public, max-age=31536000, immutable"
"""For files whose content decides their name."""

ASK_AGAIN = "no-cache"
"""For pages: an upgrade shows at once, and an unchanged one costs an empty answer."""

USUAL_START_SECONDS = 180
"""How long a machine of EC2 takes from its start until somebody can be let in; said to those who wait."""

_STATIC = Path(__file__).parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the pages have to know.

    `api_url` is the API's, `issuer` the hosts' OpenID Connect issuer exactly as it calls itself, `client_id` the pages'
    at it. `sign_in_url` is the hosted sign-in of a Cognito user pool, which signs out in a way of its own; "" for any
    other issuer. `token_url` is the token endpoint where it is neither at the issuer's origin nor at `sign_in_url`'s,
    else "". `policy` holds the numbers that the pages show.
    """

    api_url: str
    issuer: str
    client_id: str
    sign_in_url: str = ""
    token_url: str = ""
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFile:
    """A file of the site: where it was written, and the object that it is to be, with its two headers."""

    path: Path
    key: str
    content_type: str
    cache_control: str


def write_site(directory: Path, site: Site) -> list[SiteFile]:
    """Write the site's files below `directory`; the result is in the order in which to upload them.

    Scripts and styles come first, under a name that follows from their content, and the pages that ask for them last: a
    browser sees one version or another, and no mixture, as long as the files of the version before stay.
    Raises ValueError for an address that cannot be one, and OSError.
    """
    contents = {asset.name: asset.read_bytes() for asset in sorted(_STATIC.iterdir()) if asset.is_file()}
    folder = f"static/{_digest_of(contents)}"
    files = [
        _write(directory, f"{folder}/{name}", content, _TYPES[Path(name).suffix], KEEP_FOR_GOOD)
        for name, content in contents.items()
    ]
    for key, text in _pages(site, folder):
        files.append(_write(directory, key, text.encode(), "text/html; charset=utf-8", ASK_AGAIN))
    return files


def content_security_policy(site: Site) -> str:
    """What a page may fetch and run; who may frame it can be said in a header only. Raises ValueError."""
    connections = [origin_of(url) for url in (site.api_url, site.issuer, site.sign_in_url, site.token_url) if url]
    return (
        f"default-src 'self'; connect-src {' '.join(dict.fromkeys(connections))}; img-src 'self' data: blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'none'"
    )


def origin_of(url: str) -> str:
    """The origin of an address as it may stand in a policy; raises ValueError for what has none."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    if not _ORIGIN.fullmatch(origin):
        raise ValueError(f"{url!r} is not the address of a web site")
    return origin


def _pages(site: Site, folder: str) -> Iterator[tuple[str, str]]:
    told = {
        "api_url": site.api_url.rstrip("/"),
        "issuer": site.issuer,
        "client_id": site.client_id,
        "sign_in_url": site.sign_in_url.rstrip("/"),
    }
    values: dict[str, Any] = {
        "assets": f"/{folder}",
        "site": {"content_security_policy": content_security_policy(site), "told_to_scripts": json.dumps(told)},
    }
    yield "meeting", _render("lobby.html", values, usual_start_seconds=USUAL_START_SECONDS)
    yield "schedule", _render("schedule.html", values, **schedule_values(site.policy))
    yield "index.html", _render("host.html", values, **host_values(site.policy))


def _render(template: str, values: dict[str, Any], **more: object) -> str:
    return ENVIRONMENT.get_template(template).render(**values, **more)


def _digest_of(contents: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in contents.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def _write(directory: Path, key: str, content: bytes, content_type: str, cache_control: str) -> SiteFile:
    path = directory / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return SiteFile(path=path, key=key, content_type=content_type, cache_control=cache_control)
