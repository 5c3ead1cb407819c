"""`GET /metrics`, for a Prometheus server."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from elephant.entrypoints.web.metrics import Metrics


def metrics_routes(metrics: Metrics) -> APIRouter:
    """Counts only, without a name or a meeting's id in them, so that they are open like /healthz."""
    router = APIRouter(tags=["service"])

    @router.head("/metrics", include_in_schema=False)
    @router.get("/metrics", response_class=PlainTextResponse)
    def read() -> Response:
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    return router
