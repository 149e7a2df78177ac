"""Builds the web application: routes, errors, middleware, and the order in which it stops."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.gzip import GZipMiddleware

from web import errors, health
from web.api.asyncapi import router as asyncapi_router
from web.api.document import describe
from web.api.routes import router as api_router
from web.assets import STATIC, Assets, CachedStatic
from web.company_tones import CompanyTones
from web.live import LiveHub
from web.metrics import RequestMetrics
from web.middleware import Measured, SameOriginWrites, SecurityHeaders
from web.pages.routes import router as pages_router
from web.services import Services
from web.templating import Views

LARGEST_BODY = 1_000_000


def create_app(services: Services) -> FastAPI:
    """One application over these services. Does no I/O; raises AssetMissingError without its assets."""
    metrics = RequestMetrics()
    app = FastAPI(
        title="Lastro",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        middleware=[
            Middleware(Measured, metrics=metrics),
            Middleware(SecurityHeaders),
            Middleware(SameOriginWrites),
            Middleware(RequestBodyLimitMiddleware, max_body_size=LARGEST_BODY),
            Middleware(GZipMiddleware, minimum_size=1000),
        ],
    )
    app.state.services = services
    app.state.metrics = metrics
    app.state.views = Views(Assets(), CompanyTones(services.database))
    app.state.live = LiveHub(services, metrics)
    errors.install(app, app.state.views)
    app.mount("/static", CachedStatic(directory=STATIC), name="static")
    app.include_router(health.router)
    app.include_router(pages_router)
    app.include_router(asyncapi_router)
    app.include_router(api_router)
    describe(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """As many threads for handlers as there are connections; on the way down streams end first."""
    services: Services = app.state.services
    limiter = anyio.to_thread.current_default_thread_limiter()
    limiter.total_tokens = services.threads
    hub: LiveHub = app.state.live
    async with hub.running():
        yield
