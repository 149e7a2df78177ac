"""Puts the use cases together for a process: each is made when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from uuid import UUID

from application.accounts import Accounts
from application.app import NotFoundError
from application.clock import utc_now
from application.companies import Companies
from application.customers import Customers
from application.invoices import Invoices
from application.lookups import Lookups
from application.passwords import Passwords
from application.people import People
from application.price_indices import PriceIndices
from application.sales_billing import Sales
from application.services import Services
from application.sessions import Sessions
from application.settlements.settlements import Settlements
from application.users import Users
from lastro.wiring import Runtime
from projections.numbered_boletos import NumberedBoletosQuery
from projections.settlements.waiting import WaitingReceiptsQuery


class UseCases:
    """Registries and people. Making it does no I/O."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lastro = runtime.lastro
        self.operator = runtime.operator

    @cached_property
    def lookups(self) -> Lookups:
        """Its secret follows from the master key."""
        return Lookups(self._runtime.database, self._runtime.master_key.derived("lookup"))

    @cached_property
    def companies(self) -> Companies:
        """The registry of companies."""
        return Companies(self._lastro, self.lookups, utc_now)

    @cached_property
    def accounts(self) -> Accounts:
        """The registry of receiving accounts."""
        return Accounts(self._lastro, self.lookups, utc_now)

    @cached_property
    def customers(self) -> Customers:
        """The registry of customers."""
        return Customers(self._lastro, self.lookups, utc_now)

    @cached_property
    def services(self) -> Services:
        """The registry of services."""
        return Services(self._lastro, self.lookups, utc_now)

    @cached_property
    def invoices(self) -> Invoices:
        """What people do with single invoices."""
        return Invoices(self._lastro, self.lookups, utc_now)

    @cached_property
    def settlements(self) -> Settlements:
        """Receipts from outside."""
        database = self._runtime.database
        boletos, waiting = NumberedBoletosQuery(database), WaitingReceiptsQuery(database)
        return Settlements(self._lastro, self.lookups, utc_now, boletos, waiting)

    @cached_property
    def sales(self) -> Sales:
        """What people do with sales."""
        return Sales(self._lastro, utc_now)

    @cached_property
    def indices(self) -> PriceIndices:
        """The registry of price indices."""
        return PriceIndices(self._lastro, self.lookups, utc_now)

    def company(self, text: str) -> UUID:
        """The company with this code or CNPJ. Raises NotFoundError."""
        found = self.companies.find(text)
        if found is None:
            raise NotFoundError(f"no company has the code or CNPJ {text}")
        return found

    def user(self, login: str) -> UUID:
        """The user with this login, enabled or not. Raises NotFoundError."""
        found = self.users.find(login)
        if found is None:
            raise NotFoundError(f"nobody signs in as {login}")
        return found

    @cached_property
    def passwords(self) -> Passwords:
        """What people sign in with."""
        return Passwords(self._runtime.database)

    @cached_property
    def sessions(self) -> Sessions:
        """Who is signed in."""
        return Sessions(self._runtime.database)

    @cached_property
    def people(self) -> People:
        """Who a login stands for."""
        return People(self._lastro, self.lookups, self.passwords)

    @cached_property
    def users(self) -> Users:
        """The registry of users."""
        return Users(self._lastro, self.lookups, utc_now)
