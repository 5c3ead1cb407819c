"""Pages out of templates, with the headers that keep them harmless."""

from pathlib import Path

from fastapi import Request
from fastapi.responses import Response
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined

ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True, undefined=StrictUndefined
)
"""Of every page. `assets` is where scripts and styles are; `site` is what a page of a static site knows, else None."""
ENVIRONMENT.globals.update(assets="/static", site=None)
_TEMPLATES = Jinja2Templates(env=ENVIRONMENT)

PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    # Keys travel in the query of a page's address: it must not reach anybody else.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def wants_page(request: Request) -> bool:
    """True when a browser asks for something to look at."""
    return "text/html" in request.headers.get("accept", "")


def page(request: Request, name: str, *, status_code: int = 200, **values: object) -> Response:
    """A page of ours; a template that uses a value it was not given is an error."""
    return _TEMPLATES.TemplateResponse(request, name, dict(values), status_code=status_code, headers=PAGE_HEADERS)


def message_page(
    request: Request, status_code: int, title: str, what_happened: str, who_can_mend: str = ""
) -> Response:
    """A page that says what happened and who can mend it."""
    return page(
        request,
        "message.html",
        status_code=status_code,
        title=title,
        what_happened=what_happened,
        who_can_mend=who_can_mend,
        action=None,
    )
