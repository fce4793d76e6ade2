"""Pages and files of the widget and the console, as they were built, with their compressed twins."""

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Final

from aiohttp import web

from fastdesk.model.site import Site
from fastdesk.pipeline.rooms import Rooms

__all__ = ["Pages"]

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; "
    "connect-src 'self' {sockets}; frame-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors {ancestors}"
)


class Pages:
    """Serve files from the package's `web` folder, or from a folder that restyles it."""

    def __init__(self, rooms: Rooms, folder: Path | None = None) -> None:
        self._rooms = rooms
        self._folder = folder or Path(str(files("fastdesk") / "web"))
        self._cache: dict[str, tuple[bytes, str]] = {}

    def add(self, app: web.Application) -> None:
        """Register the pages."""
        app.router.add_get("/", self._page("index.html", "'self'"))
        app.router.add_get("/widget.js", self._widget)
        app.router.add_get("/embed.html", self._embed)
        app.router.add_get("/chat/{key}", self._page("chat.html", "'none'"))
        app.router.add_get("/console", self._to_console)
        app.router.add_get("/console/{rest:.*}", self._console)
        app.router.add_get("/assets/{rest:.+}", self._asset)

    def _page(self, name: str, ancestors: str):  # type: ignore[no-untyped-def]
        async def page(request: web.Request) -> web.Response:
            return self._serve(request, name, {"Cache-Control": "no-cache", **_guards(request, ancestors)})

        return page

    async def _widget(self, request: web.Request) -> web.Response:
        shared = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
        return self._serve(request, "widget.js", {"Cache-Control": "public, max-age=600", **shared})

    async def _embed(self, request: web.Request) -> web.Response:
        key = request.query.get("site", "")
        tenant = self._rooms.records.tenant_of_site(key)
        site = self._rooms.records.site(tenant, key) if tenant is not None else None
        if site is None:
            return web.Response(status=404, text="There is no site with this key.")
        headers = {"Cache-Control": "no-cache", **_guards(request, _ancestors(site))}
        return self._serve(request, "embed.html", headers)

    async def _to_console(self, request: web.Request) -> web.Response:
        raise web.HTTPFound("/console/")

    async def _console(self, request: web.Request) -> web.Response:
        rest = request.match_info["rest"]
        if "." in rest:
            return self._serve(request, "console/" + rest, {"Cache-Control": "public, max-age=600"})
        return self._serve(
            request, "console/index.html", {"Cache-Control": "no-cache", **_guards(request, "'none'")}
        )

    async def _asset(self, request: web.Request) -> web.Response:
        return self._serve(
            request, "assets/" + request.match_info["rest"], {"Cache-Control": "public, max-age=600"}
        )

    def _serve(self, request: web.Request, name: str, headers: dict[str, str]) -> web.Response:
        accepted = request.headers.get("Accept-Encoding", "")
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Vary"] = "Accept-Encoding"
        for encoding, suffix in _ENCODINGS:
            if encoding in accepted and (found := self._read(name + suffix)) is not None:
                return self._answer(request, name, found, {**headers, "Content-Encoding": encoding})
        found = self._read(name)
        if found is None:
            return web.Response(status=404, text="There is no such page.")
        return self._answer(request, name, found, headers)

    def _answer(
        self, request: web.Request, name: str, found: tuple[bytes, str], headers: dict[str, str]
    ) -> web.Response:
        body, tag = found
        headers["ETag"] = tag
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        headers["Content-Type"] = _TYPES.get(Path(name).suffix, "application/octet-stream")
        return web.Response(body=body, headers=headers)

    def _read(self, name: str) -> tuple[bytes, str] | None:
        """Return a file and its tag; a name that leads out of the folder finds nothing."""
        if name in self._cache:
            return self._cache[name]
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder.resolve()) or not path.is_file():
            return None
        body = path.read_bytes()
        found = (body, '"' + hashlib.sha256(body).hexdigest()[:20] + '"')
        self._cache[name] = found
        return found


def _ancestors(site: Site) -> str:
    return " ".join(("'self'", *site.origins)) if site.origins else "*"


def _guards(request: web.Request, ancestors: str) -> dict[str, str]:
    host = request.headers.get("Host", "")
    is_plain = host and all(mark.isalnum() or mark in ".-:[]" for mark in host)
    sockets = f"ws://{host} wss://{host}" if is_plain else ""
    return {
        "Content-Security-Policy": _POLICY.format(sockets=sockets, ancestors=ancestors),
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    }
