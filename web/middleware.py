"""Pure ASGI middleware: security headers, same-origin writes only, request metrics. Reads no body."""

from __future__ import annotations

from time import perf_counter
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.errors import Problem, is_api, problem_response
from web.metrics import RequestMetrics
from web.routing import path_template
from web.wording import refusals

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SecurityHeaders:
    """Puts the policy on every answer (ASVS 5.0 3.4); what sets no cache rule is not to be stored."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers as the answer starts."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
            await send(message)

        await self.app(scope, receive, send_with_headers)


class SameOriginWrites:
    """Refuses writes that another site made the browser send (ASVS 5.0 3.5.1, 3.5.3).

    `Sec-Fetch-Site` decides where the browser sends it; else `Origin` must name this host. A client
    that sends neither is no browser and has no cookie to steal.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if scope["type"] != "http" or scope["method"] in _SAFE or _same_origin(Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        await _refusal(scope["path"])(scope, receive, send)


def _refusal(path: str) -> Response:
    if is_api(path):
        title, detail = refusals.title(403), refusals.text("cross_origin", PermissionError())
        return problem_response(Problem(403, "cross_origin", title, detail))
    return PlainTextResponse("Requisição de outra origem recusada.", status_code=403)


def _same_origin(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


class Measured:
    """Counts and times requests by route template, so that ids never become label values."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Time until the answer starts: a stream that lives for an hour is not a slow request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = perf_counter()

        async def send_measured(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = path_template(scope) or str(getattr(scope.get("route"), "path", "other"))
                elapsed = perf_counter() - started
                self.metrics.observe(scope["method"], route, message["status"], elapsed)
            await send(message)

        await self.app(scope, receive, send_measured)
