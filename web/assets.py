"""Static files under addresses that carry their content's hash, so that browsers keep them for a year."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
_REQUIRED = ("vendor/htmx.min.js", "vendor/tabler.min.css")
_FOR_EVER = "public, max-age=31536000, immutable"


class AssetMissingError(RuntimeError):
    """A file that the pages need was not installed; run `make setup`."""


class Assets:
    """Knows the hash of every static file, read once."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._hashes = {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            for path in folder.rglob("*")
            if path.is_file()
        }
        for name in _REQUIRED:
            if name not in self._hashes:
                raise AssetMissingError(f"web/static/{name} is missing: run `make setup`")

    def url(self, name: str) -> str:
        """The address of a file, unique to its content. An unknown name is a mistake in a template."""
        return f"/static/{name}?v={self._hashes[name]}"


class CachedStatic(StaticFiles):
    """Serves the files; one asked for by its hash may be kept for ever."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Cache by hash, otherwise ask again each time."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        hashed = scope["query_string"].startswith(b"v=")
        response.headers["Cache-Control"] = _FOR_EVER if hashed else "no-cache"
        return response
