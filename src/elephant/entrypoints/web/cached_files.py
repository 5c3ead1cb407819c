"""Files that browsers may keep: for how long, and whether to ask again; packed on their way."""

import gzip
from functools import lru_cache
from os import PathLike, stat_result
from pathlib import Path

from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.types import Scope

ASK_AGAIN = "no-cache"
"""Kept, and asked about each time: an upgrade shows at once, and an unchanged file costs an empty answer."""

KEEP_A_DAY = "max-age=86400"
"""Kept without asking: for what changes with Debian's releases."""


class CachedFiles(StaticFiles):
    """Static files, scripts and the like, with one Cache-Control for all of them.

    They are packed for whoever takes gzip: the half megabyte of scripts that a desktop wants is a quarter of that. An
    answer that may hold a secret is not, because the length of what is packed tells something of it (BREACH).
    """

    def __init__(self, *, directory: PathLike[str], cache_control: str) -> None:
        super().__init__(directory=directory)
        self._cache_control = cache_control

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """See StaticFiles.file_response."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = self._cache_control
        response.headers["Vary"] = "Accept-Encoding"
        takes_gzip = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        if not takes_gzip or not isinstance(response, FileResponse):
            return response
        kept = {name: response.headers[name] for name in ("cache-control", "content-type", "last-modified", "vary")}
        # weak: the same tag stands for the file as it is, too (RFC 9110, 8.8.1)
        named = {"etag": f"W/{response.headers['etag']}", "content-encoding": "gzip"}
        return Response(_packed(Path(full_path), stat_result.st_mtime_ns), headers=kept | named)


@lru_cache(maxsize=256)
def _packed(path: Path, _modified: int) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)
