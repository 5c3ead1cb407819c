"""Files that browsers may keep: for how long, and whether to ask again."""

from os import PathLike, stat_result

from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

ASK_AGAIN = "no-cache"
"""Kept, and asked about each time: an upgrade shows at once, and an unchanged file costs an empty answer."""

KEEP_A_DAY = "max-age=86400"
"""Kept without asking: for what changes with Debian's releases."""


class CachedFiles(StaticFiles):
    """Static files with one Cache-Control for all of them."""

    def __init__(self, *, directory: PathLike[str], cache_control: str) -> None:
        super().__init__(directory=directory)
        self._cache_control = cache_control

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """See StaticFiles.file_response."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = self._cache_control
        return response
