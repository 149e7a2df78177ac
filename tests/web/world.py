"""A small installation for the tests of the pages: the application on a database, and people in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from application.access import SYSTEM
from application.api_tokens import ApiTokens, Scope
from application.app import Lastro
from application.audit import Auditing
from application.clock import utc_now
from application.contracts import Contracts
from application.database import Database
from application.feed import Feed
from application.incoming.desk import MessageDesk
from application.incoming.positions import Positions
from application.incoming.raw import MessageSeal
from application.invoices import Invoices
from application.login_throttle import LoginThrottle
from application.lookups import Lookups
from application.passwords import Passwords
from application.people import People
from application.sales import Orders
from application.sales_billing import Sales
from application.services import Services as ServiceRegistry
from application.sessions import Sessions
from application.settlements.settlements import Settlements
from application.users import UserForm, Users
from application.webhooks.endpoints import Webhooks
from application.webhooks.secrets import WebhookSecrets
from consumers.handler import Handler
from consumers.orders import OrdersHandler
from consumers.replaying import Replayer
from consumers.settlements import SettlementsHandler
from domain.user.events import Grant
from domain.user.roles import Role
from producers.messages.asyncapi import DOCUMENT
from producers.webhooks.selection import offer
from projections.numbered_boletos import NumberedBoletosQuery
from projections.sales_to_bill.query import OpenSalesQuery
from projections.settlements.waiting import WaitingReceiptsQuery
from tests.application.world import NOW
from tests.application.world import World as Organisation
from tests.support.application import MASTER_KEY
from tests.support.postgres import MIGRATIONS
from web.app import create_app
from web.services import Services

PASSWORD = "a longa frase de teste"
KEY = bytes(32)
SEAL = MessageSeal(bytes(32))


@dataclass
class HandClock:
    """The clock that a test moves; it starts with the organisation's own day."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


_PART_OF_A_PAGE = re.compile(r"/(faturamento|recebimentos)/[^?]")


class _Browser(TestClient):
    """Asks for a window or a list of choices by htmx, and for whole pages by their address."""

    def request(self, method: str, url: Any, **options: Any) -> Any:
        if _PART_OF_A_PAGE.match(str(url)):
            options["headers"] = {"HX-Request": "true", **dict(options.get("headers") or {})}
        return super().request(method, url, **options)


@dataclass
class World:
    """What a test asks for: the application in the browser's place, and people in it."""

    lastro: Lastro
    services: Services
    app: FastAPI
    clock: HandClock

    @property
    def users(self) -> Users:
        """The registry of users."""
        return Users(self.lastro, lookups_on(self.lastro), self.clock)

    @cached_property
    def organisation(self) -> Organisation:
        """A company with its accounts, services and customers, made when it is first asked for."""
        return Organisation(self.lastro, self.clock())

    def person(self, login: str, *grants: Grant, name: str = "Ana Souza") -> UUID:
        """A user who can sign in with PASSWORD."""
        form = UserForm(login=login, name=name, grants=grants)
        user_id = self.users.register(SYSTEM, form).id
        self.services.people.set_password(SYSTEM, user_id, PASSWORD, self.clock())
        return user_id

    def browser(self, login: str | None = None, *, htmx: bool = True) -> TestClient:
        """A browser on this machine; signed in when a login is given.

        Parts of pages are asked for as htmx does, unless `htmx` is off.
        """
        client = (_Browser if htmx else TestClient)(
            self.app,
            base_url="http://127.0.0.1:8000",
            client=("127.0.0.1", 50000),
            follow_redirects=False,
            raise_server_exceptions=False,
        )
        if login is not None:
            answer = client.post("/entrar", data={"login": login, "senha": PASSWORD})
            assert answer.status_code == 303, answer.text
        return client

    def token(self, user_id: UUID, *scopes: Scope, companies: frozenset[UUID] | None = None) -> str:
        """A bearer token of the user, for a month."""
        until = self.clock() + timedelta(days=30)
        return self.services.api_tokens.issue(
            user_id, "test", frozenset(scopes or tuple(Scope)), companies, until, self.clock()
        )

    def integrator(self, token: str) -> TestClient:
        """A program that calls the API."""
        client = self.browser()
        client.headers["Authorization"] = f"Bearer {token}"
        return client


def everywhere(role: Role) -> Grant:
    """The role in every company."""
    return Grant(role=role, companies=None)


def within(role: Role, *companies: UUID) -> Grant:
    """The role in these companies."""
    return Grant(role=role, companies=companies)


def lookups_on(lastro: Lastro) -> Lookups:
    """The lookups of the installation, with the secret that every process derives."""
    return Lookups(lastro.database, MASTER_KEY.derived("lookup"))


def services_on(
    lastro: Lastro, clock: Callable[[], datetime] = utc_now, *, allow_private: bool = False
) -> Services:
    """The services of the web process, with a cheap password hash."""
    database: Database = lastro.database
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    lookups = lookups_on(lastro)
    settlements = Settlements(
        lastro, lookups, clock, NumberedBoletosQuery(database), WaitingReceiptsQuery(database)
    )
    orders = OrdersHandler(Orders(lastro, lookups, clock, OpenSalesQuery(database)))
    handlers: list[Handler[Any]] = [orders, SettlementsHandler(settlements)]
    return Services(
        database=database,
        lastro=lastro,
        people=People(lastro, lookups, Passwords(database, hasher)),
        sessions=Sessions(database),
        throttle=LoginThrottle(database, KEY),
        api_tokens=ApiTokens(database),
        feed=Feed(database),
        invoices=Invoices(lastro, lookups, clock),
        contracts=Contracts(lastro, lookups, clock),
        settlements=settlements,
        sales=Sales(lastro, clock),
        service_registry=ServiceRegistry(lastro, lookups, clock),
        auditing=Auditing(lastro, lookups, clock),
        webhooks=Webhooks(
            lastro, WebhookSecrets(database, MASTER_KEY), clock, offer(), allow_private=allow_private
        ),
        messages=MessageDesk(lastro, clock, SEAL, Replayer(database, handlers, clock)),
        positions=Positions(database, clock),
        signing_key=KEY,
        clock=clock,
        threads=8,
        migrations=MIGRATIONS,
        asyncapi=DOCUMENT,
    )


@contextmanager
def world_on(lastro: Lastro) -> Iterator[World]:
    """A world on an application, its clock moved by hand."""
    clock = HandClock()
    services = services_on(lastro, clock)
    yield World(lastro, services, create_app(services), clock)
