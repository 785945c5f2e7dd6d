"""The files of assets/ that a browser may fetch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from dashboard.theme import ASSETS

if TYPE_CHECKING:
    from starlette.types import Scope

PUBLIC = ("css", "js", "fonts", "vendor", "licenses")


class Assets(StaticFiles):
    """Serve the public folders of assets/, always asking whether a copy is still good.

    The browser keeps what it fetched but checks its ETag on every load, so that after an update no
    stale module runs beside a new one.
    """

    def __init__(self, directory: Path = ASSETS) -> None:
        super().__init__(directory=directory)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 404 for anything outside the public folders."""
        if Path(path).parts[:1] and Path(path).parts[0] not in PUBLIC:
            return Response(status_code=404)
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response
