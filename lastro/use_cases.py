"""Puts the use cases together for a process: each is made when it is first asked for."""

from __future__ import annotations

from functools import cached_property

from application.clock import utc_now
from application.companies import Companies
from application.lookups import Lookups
from application.passwords import Passwords
from application.people import People
from application.sessions import Sessions
from application.users import Users
from lastro.wiring import Runtime


class UseCases:
    """Registries and people. Making it does no I/O."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lastro = runtime.lastro

    @cached_property
    def lookups(self) -> Lookups:
        """Its secret follows from the master key."""
        return Lookups(self._runtime.database, self._runtime.master_key.derived("lookup"))

    @cached_property
    def companies(self) -> Companies:
        """The registry of companies."""
        return Companies(self._lastro, self.lookups, utc_now)

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
