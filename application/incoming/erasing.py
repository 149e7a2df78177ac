"""Destroys what kept messages say of a customer who asked to be forgotten, in that transaction."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from application.database import Connection
from application.incoming.raw import MessageSeal, RawMessage
from domain.customer.customer import Customer
from domain.values.text import code_key

_KEPT = (
    "SELECT dead_letter_id, sealed FROM dead_letter WHERE sealed IS NOT NULL"
    " UNION ALL SELECT dead_letter_id, sealed FROM dead_letter_correction WHERE sealed IS NOT NULL"
)
_PUNCTUATION = re.compile(r"(?<=[0-9a-z])[\s./()-]+(?=[0-9a-z])")
_SHORTEST_NAME = 5
_SHORTEST_PHONE = 8


@dataclass(frozen=True, slots=True)
class Traces:
    """How a message may name a customer: words anywhere, digits whatever their punctuation, whole values."""

    words: frozenset[str]
    digits: frozenset[str]
    values: frozenset[str]

    @classmethod
    def of(cls, customer: Customer) -> Traces:
        """Those of what is known of the customer now. A short name is looked for as a whole value."""
        names = {_folded(name) for name in (customer.name, customer.trade_name) if name}
        names |= {_folded(contact.name) for contact in customer.contacts if contact.name}
        mails = {_folded(contact.email) for contact in customer.contacts if contact.email}
        phones = {re.sub(r"\D", "", contact.phone) for contact in customer.contacts if contact.phone}
        codes = {code_key(customer.code)} if customer.code else set()
        return cls(
            words=frozenset(
                {name for name in names if len(name) >= _SHORTEST_NAME} | mails | {str(customer.id)}
            ),
            digits=frozenset(
                {each for each in phones if len(each) >= _SHORTEST_PHONE}
                | ({customer.document} if customer.document else set())
            ),
            values=frozenset({name for name in names if len(name) < _SHORTEST_NAME} | codes),
        )

    def found_in(self, message: RawMessage) -> bool:
        """Whether the message names the customer."""
        return self.found_in_texts(_texts(message))

    def found_in_texts(self, given: Iterable[str]) -> bool:
        """Whether one of these texts names the customer."""
        texts = [_folded(text) for text in given]
        if any(word in text for text in texts for word in self.words):
            return True
        if any(text in self.values or code_key(text) in self.values for text in texts):
            return True
        joined = [_PUNCTUATION.sub("", text) for text in texts]
        return any(digits.lower() in text for text in joined for digits in self.digits)


class KeptMessages:
    """What the tables of messages that were set aside hold, as far as a person has a say in it."""

    def __init__(self, seal: MessageSeal) -> None:
        self._seal = seal

    def erase_of(self, connection: Connection, customer: Customer, now: datetime) -> int:
        """Delete every message that names the customer, and what was corrected in it; how many there were.

        Each is opened and looked through, so that it takes a while where ten thousand wait.
        """
        traces = Traces.of(customer)
        found = {id for id, raw in self._kept(connection) if traces.found_in(raw)}
        connection.execute(
            "UPDATE dead_letter_correction SET sealed = NULL WHERE dead_letter_id = ANY(%s)", [list(found)]
        )
        connection.execute(
            "UPDATE dead_letter SET sealed = NULL, erased_at = %s WHERE dead_letter_id = ANY(%s)",
            (now, list(found)),
        )
        return len(found)

    def _kept(self, connection: Connection) -> Iterator[tuple[UUID, RawMessage]]:
        with connection.cursor("kept_messages") as cursor:
            for id, sealed in cursor.execute(_KEPT):
                yield id, self._seal.open(id, sealed)


def _texts(message: RawMessage) -> Iterator[str]:
    """Everything that the message says, as text; of JSON each value by itself, its escapes read."""
    yield from (part.decode("utf-8", "replace") for part in (message.key, message.value) if part)
    for _, value in message.headers:
        yield value.decode("utf-8", "replace")
    try:
        waiting: list[Any] = [orjson.loads(message.value or b"")]
    except orjson.JSONDecodeError:
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif value is not None:
            yield str(value)


def _folded(text: str) -> str:
    """Lower case, without accents, blanks as one."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(each for each in plain if not unicodedata.combining(each)).split())
