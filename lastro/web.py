"""The web process: the pages, the API and the feed, in one process."""

from __future__ import annotations

from application.api_tokens import ApiTokens
from application.audit import Auditing
from application.clock import utc_now
from application.feed import Feed
from application.login_throttle import LoginThrottle
from application.settings import Settings
from lastro.billing import BillingUseCases
from lastro.incoming import IncomingUseCases
from lastro.logs import configure_logs
from lastro.ports import handed_on, require_free
from lastro.webhooks import webhooks_of
from lastro.wiring import MIGRATIONS, Runtime, opened
from producers.messages.asyncapi import DOCUMENT
from web.server import serve as serve_web
from web.services import Services

_LONGEST_WAIT = 4.0
"""Without a database a page says so after this many seconds; a restart of it is waited out."""


def serve(host: str | None, port: int | None, socket: int | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in hand get five seconds to end.

    Raises PortTakenError, SocketUnusableError.
    """
    settings = Settings()
    configure_logs(settings.log_level)
    host, port = host or settings.web_host, port or settings.web_port
    listener = None if socket is None else handed_on(socket)
    if listener is None:
        require_free(host, port)
    with opened(settings, wait=_LONGEST_WAIT) as runtime:
        serve_web(services_of(runtime), host, port, listener)


def services_of(runtime: Runtime) -> Services:
    """What the pages and the API rest on."""
    use_cases, incoming = BillingUseCases(runtime), IncomingUseCases(runtime)
    database = runtime.database
    return Services(
        database=database,
        lastro=runtime.lastro,
        people=use_cases.people,
        sessions=use_cases.sessions,
        throttle=LoginThrottle(database, runtime.master_key.derived("throttle")),
        api_tokens=ApiTokens(database),
        feed=Feed(database),
        invoices=use_cases.invoices,
        contracts=use_cases.contracts,
        settlements=use_cases.settlements,
        sales=use_cases.sales,
        service_registry=use_cases.services,
        auditing=Auditing(runtime.lastro, use_cases.lookups, utc_now),
        webhooks=webhooks_of(runtime),
        messages=incoming.messages,
        positions=incoming.positions,
        signing_key=runtime.master_key.derived("cursor"),
        clock=utc_now,
        threads=runtime.settings.database_pool,
        migrations=MIGRATIONS,
        asyncapi=DOCUMENT,
    )
