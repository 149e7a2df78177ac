"""Encrypts the Personal fields of facts with their subject's keys, and opens them again."""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from application.database import Connection
from application.event_store.canonical import canonical_json
from application.event_store.errors import SealBrokenError, SubjectForgottenError
from application.event_store.keys import Keyring, SubjectKeys
from application.event_store.plans import Plan, plan_of
from application.event_store.upcasters import UPCASTERS
from domain.kernel import DomainEvent

_FORM = "s1:"
_NONCE_BYTES = 12


class Sealer:
    """AES-256-GCM; each value is bound to its subject, topic and field, so it opens nowhere else."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def keys_for(self, events: Iterable[DomainEvent]) -> dict[UUID, SubjectKeys]:
        """The keys that these facts are to be sealed with, made where the subject is new.

        Raises SubjectForgottenError where a fact says something under a key that was erased.
        """
        personal = _personal(events)
        keys = self._keyring.ensure({subject for _, _, subject in personal}) if personal else {}
        _require_remembered(personal, keys)
        return keys

    def require_remembered(self, events: Iterable[DomainEvent]) -> None:
        """Raise SubjectForgottenError where `keys_for` would; no key is made."""
        personal = _personal(events)
        if personal:
            _require_remembered(personal, self._keyring.find({subject for _, _, subject in personal}))

    def guard(self, events: Iterable[DomainEvent]) -> Callable[[Connection], None] | None:
        """What the transaction that records these facts does first; None if they can say nothing of anybody.

        Whoever destroys a key waits for that transaction, also where a field was left empty: a contract
        without notes is a contract with somebody, too. A key that was destroyed since the facts were
        sealed makes it raise SubjectForgottenError.
        """
        personal = _personal(events)
        if not personal:
            return None
        subjects = list({subject for _, _, subject in personal})
        said = {
            (subject, field.purpose): f"{plan.topic}.{field.name}"
            for plan, event, subject in personal
            for field in plan.personal
            if getattr(event, field.name) is not None
        }

        def check(connection: Connection) -> None:
            for gone in connection.execute("SELECT * FROM erased_among(%s)", [subjects]):
                if gone in said:
                    raise SubjectForgottenError(said[gone], subject=gone[0], field=said[gone])

        return check

    def seal(self, plan: Plan, state: dict[str, Any], subject: UUID, keys: SubjectKeys) -> None:
        """Replace the Personal values in `state`. `keys` are those that `keys_for` gave."""
        place = subject.bytes + plan.topic.encode() + b"#"
        for field in plan.personal:
            value = state[field.name]
            if value is not None:
                cipher = keys[field.purpose]
                assert cipher is not None
                state[field.name] = _sealed(cipher, value, place + field.name.encode())

    def open_many(self, rows: list[tuple[Plan, dict[str, Any]]]) -> None:
        """Replace the sealed values in newest-form states by plain ones; keys are read in one query.

        Raises SealBrokenError.
        """
        holders = [
            (plan, state, _state_subject(plan, state)) for plan, state in rows if _is_sealed(plan, state)
        ]
        if holders:
            keys = self._keyring.find({subject for _, _, subject in holders})
            for plan, state, subject in holders:
                _open(plan, state, subject, keys.get(subject, {}))


def erased_among(connection: Connection, subjects: Iterable[UUID]) -> set[UUID]:
    """Who of these has lost a key; until the caller's transaction ends, nobody loses one more."""
    return {subject for subject, _ in connection.execute("SELECT * FROM erased_among(%s)", [list(subjects)])}


type _Said = tuple[Plan, DomainEvent, UUID]
"""A fact that can say something of a person, and whom."""


def _personal(events: Iterable[DomainEvent]) -> list[_Said]:
    return [
        (plan, event, getattr(event, plan.subject))
        for event in events
        if (plan := plan_of(type(event))).personal
    ]


def _require_remembered(personal: Iterable[_Said], keys: Mapping[UUID, SubjectKeys]) -> None:
    """An absent key is yet to be made; one that is None was erased, and takes no more words."""
    for plan, event, subject in personal:
        theirs = keys.get(subject)
        if theirs is None or None not in theirs.values():
            continue
        for field in plan.personal:
            if getattr(event, field.name) is not None and theirs.get(field.purpose, subject) is None:
                raise SubjectForgottenError(f"{plan.topic}.{field.name}", subject=subject, field=field.name)


def _state_subject(plan: Plan, state: dict[str, Any]) -> UUID:
    subject = state[plan.subject]
    return subject if isinstance(subject, UUID) else UUID(subject)


def _is_sealed(plan: Plan, state: dict[str, Any]) -> bool:
    return any(state.get(field.name) is not None for field in plan.personal)


def _sealed(cipher: AESGCM, value: object, place: bytes) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    return _FORM + urlsafe_b64encode(nonce + cipher.encrypt(nonce, canonical_json(value), place)).decode()


def _open(plan: Plan, state: dict[str, Any], subject: UUID, keys: SubjectKeys) -> None:
    for field in plan.personal:
        sealed = state.get(field.name)
        if sealed is not None:
            cipher = keys.get(field.purpose)
            state[field.name] = open_value(cipher, sealed, plan, field.name, subject) if cipher else None


def open_value(cipher: AESGCM, sealed: object, plan: Plan, name: str, subject: UUID) -> object:
    """One sealed value of a fact in its newest form. Raises SealBrokenError."""
    if not isinstance(sealed, str) or not sealed.startswith(_FORM):
        raise SealBrokenError(f"{plan.topic}.{name} of {subject} is not a sealed value")
    raw = urlsafe_b64decode(sealed[len(_FORM) :])
    for topic, field in UPCASTERS.places(plan.topic, name):
        try:
            place = subject.bytes + f"{topic}#{field}".encode()
            return orjson.loads(cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place))
        except InvalidTag:
            continue
    raise SealBrokenError(f"{plan.topic}.{name} of {subject} does not open")
