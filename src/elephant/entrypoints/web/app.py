"""The ASGI app: the same one behind uvicorn and behind API Gateway."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, FastAPI

from elephant.bootstrap.service import Service
from elephant.entrypoints.web.agent_routes import agent_routes
from elephant.entrypoints.web.body_limit import BodyLimit
from elephant.entrypoints.web.bug_answers import BugAnswers
from elephant.entrypoints.web.cached_files import ASK_AGAIN, KEEP_A_DAY, CachedFiles
from elephant.entrypoints.web.errors import add_error_answers
from elephant.entrypoints.web.join_routes import join_routes
from elephant.entrypoints.web.meeting_routes import host_routes
from elephant.entrypoints.web.page_routes import page_routes
from elephant.entrypoints.web.safe_headers import SafeHeaders
from elephant.wire import http


def create_app(service: Service, *, more: Sequence[APIRouter] = (), novnc_dir: Path | None = None) -> FastAPI:
    """The whole app over a service, pages included; `more` are the routes that only one way of running has."""
    app = create_api([host_routes(service), join_routes(service), agent_routes(service), page_routes(service), *more])

    @app.head("/healthz", include_in_schema=False)
    @app.get("/healthz", tags=["service"])
    async def healthz() -> http.Health:
        return http.Health(status="ok")

    pages = CachedFiles(directory=Path(__file__).parent / "static", cache_control=ASK_AGAIN)
    app.mount("/static", pages, name="static")
    if novnc_dir is not None:
        app.mount("/novnc", CachedFiles(directory=novnc_dir, cache_control=KEEP_A_DAY), name="novnc")
    return app


def create_api(routers: Sequence[APIRouter]) -> FastAPI:
    """An app of these routes alone, with the answers to errors, the limits and the headers that all of them have."""
    # Its documentation pages would fetch scripts from a third party; the document itself is served.
    app = FastAPI(
        title="Elephant",
        version=version("project-elephant"),
        docs_url=None,
        redoc_url=None,
        # Its answers would name the host that the request names.
        redirect_slashes=False,
        responses={
            "4XX": {"model": http.Problem, "description": "What was asked for is wrong, or not allowed"},
            "5XX": {"model": http.Problem, "description": "It could not be done; Retry-After says when to try again"},
        },
    )
    add_error_answers(app)
    app.add_middleware(BugAnswers)
    app.add_middleware(BodyLimit)
    app.add_middleware(SafeHeaders)
    for router in routers:
        app.include_router(router)
    return app
