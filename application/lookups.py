"""Finds what must be unique by a keyed HMAC, so that no id and no index tells a CPF or an e-mail.

An entry is written in the transaction of the fact that it belongs to, and erased with the person.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from uuid import UUID

from application.database import Connection, Database
from domain.values.text import code_key


class Lookup(StrEnum):
    """What can be looked up. A code is unique within its company, so its text carries the company."""

    COMPANY_CNPJ = "company.cnpj"
    COMPANY_CODE = "company.code"
    ACCOUNT_CODE = "account.code"
    SERVICE_CODE = "service.code"
    CUSTOMER_DOCUMENT = "customer.document"
    CUSTOMER_CODE = "customer.code"
    PRICE_INDEX_CODE = "price_index.code"
    USER_LOGIN = "user.login"
    PAYMENT_ID = "payment.id"


type Key = tuple[Lookup, str]


class LookupRacedError(Exception):
    """Somebody registered the same key between our look and our write: look again, then decide."""


class Lookups:
    """The table `lookup_key`. Losing the secret loses every way back from a CPF to its customer."""

    def __init__(self, database: Database, secret: bytes) -> None:
        self._database = database
        self._secret = secret

    def find(self, kind: Lookup, text: str) -> UUID | None:
        """The id registered under this text, if any."""
        return self.find_many([(kind, text)]).get((kind, text))

    def find_many(self, keys: Iterable[Key]) -> dict[Key, UUID]:
        """The ids of those keys that are taken, in one query."""
        by_mac = {(kind.value, self._mac(kind, text)): (kind, text) for kind, text in keys}
        if not by_mac:
            return {}
        kinds, macs = zip(*by_mac, strict=True)
        with self._database.connection() as connection:
            rows = connection.execute(
                "SELECT kind, mac, id FROM lookup_key"
                " JOIN unnest(%s::text[], %s::bytea[]) AS asked (kind, mac) USING (kind, mac)",
                (list(kinds), list(macs)),
            ).fetchall()
        return {by_mac[kind, bytes(mac)]: found for kind, mac, found in rows}

    def find_scoped(self, kind: Lookup, codes: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
        """The ids of codes within their companies; unknown ones are left out."""
        keys = {(company_id, code): (kind, scoped(company_id, code)) for company_id, code in codes}
        found = self.find_many(keys.values())
        return {pair: found[key] for pair, key in keys.items() if key in found}

    def registered_among(self, kind: Lookup, ids: Iterable[UUID]) -> set[UUID]:
        """Those of these ids that have a text of this kind, whatever it is."""
        asked = list(ids)
        if not asked:
            return set()
        with self._database.connection() as connection:
            rows = connection.execute(
                "SELECT DISTINCT id FROM lookup_key WHERE id = ANY(%s) AND kind = %s", (asked, kind.value)
            ).fetchall()
        return {id for (id,) in rows}

    def claim(self, connection: Connection, taken: Mapping[Key, UUID]) -> None:
        """Take keys in the caller's transaction.

        Raises `LookupRacedError`, and so undoes the transaction, when another id holds one.
        """
        rows = [(kind.value, self._mac(kind, text), owner) for (kind, text), owner in taken.items()]
        if not rows:
            return
        kinds, macs, ids = (list(column) for column in zip(*sorted(rows), strict=True))
        written = connection.execute(
            "INSERT INTO lookup_key (kind, mac, id) SELECT * FROM unnest(%s::text[], %s::bytea[], %s::uuid[])"
            " ON CONFLICT DO NOTHING",
            (kinds, macs, ids),
        ).rowcount
        if written != len(rows):
            raise LookupRacedError

    def exchange(self, connection: Connection, released: Sequence[Key], taken: Mapping[Key, UUID]) -> None:
        """Release, then claim."""
        self.release(connection, released)
        self.claim(connection, taken)

    def release(self, connection: Connection, keys: Sequence[Key]) -> None:
        """Give keys back in the caller's transaction: what they named was wrong."""
        for kind, text in keys:
            connection.execute(
                "DELETE FROM lookup_key WHERE kind = %s AND mac = %s", (kind.value, self._mac(kind, text))
            )

    def release_all(self, connection: Connection, owner: UUID) -> None:
        """Delete every key of an id in the caller's transaction: nothing leads to it any more."""
        connection.execute("DELETE FROM lookup_key WHERE id = %s", [owner])

    def _mac(self, kind: Lookup, text: str) -> bytes:
        # Half a surrogate pair finds nothing, rather than failing a whole batch; no entry is kept with one.
        asked = f"{kind.value}\0{text}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret, asked, hashlib.sha256)


def scoped(company_id: UUID, code: str) -> str:
    """A code within its company, as codes are compared."""
    return f"{company_id}:{code_key(code)}"
