"""The keys of personal data: a master key wraps two per subject; erasing a key erases the person."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from application.database import Connection, Database
from application.event_store.errors import MasterKeyWrongError

PURPOSES = ("subject", "fiscal")
_KEY_BYTES = 32
_NONCE_BYTES = 12
_MARK_BYTES = 4

type SubjectKeys = dict[str, AESGCM | None]
"""A subject's ciphers by purpose; None where the key was erased."""


type Erasures = tuple[int, datetime | None]
"""How many keys were destroyed, and when the last of them was."""


class MasterKey:
    """The secret of the installation. Whoever loses it loses every name; keep it apart from backups."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != _KEY_BYTES:
            raise MasterKeyWrongError(f"a master key has {_KEY_BYTES} bytes, not {len(secret)}")
        self._secret = secret
        self._cipher = AESGCM(self.derived("wrap"))
        self._mark = self.derived("mark")[:_MARK_BYTES]

    @classmethod
    def parse(cls, text: str) -> MasterKey:
        """From base64, as settings hold it."""
        try:
            return cls(base64.b64decode(text.strip(), validate=True))
        except binascii.Error as error:
            raise MasterKeyWrongError("a master key is 32 bytes in base64") from error

    @staticmethod
    def generate() -> str:
        """A new one, as text for a settings file."""
        return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()

    def derived(self, purpose: str) -> bytes:
        """A secret of its own for one purpose (HKDF-Expand of one block, RFC 5869 §2.3)."""
        return hmac.digest(self._secret, purpose.encode() + b"\x01", hashlib.sha256)

    def wrap(self, key: bytes, label: bytes) -> bytes:
        """Mark of this master key, nonce, ciphertext. `label` binds the result to its place."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return self._mark + nonce + self._cipher.encrypt(nonce, key, label)

    def unwrap(self, wrapped: bytes, label: bytes) -> bytes:
        """The key again. Raises MasterKeyWrongError."""
        nonce, sealed = (
            wrapped[_MARK_BYTES : _MARK_BYTES + _NONCE_BYTES],
            wrapped[_MARK_BYTES + _NONCE_BYTES :],
        )
        try:
            if wrapped[:_MARK_BYTES] == self._mark:
                return self._cipher.decrypt(nonce, sealed, label)
        except InvalidTag:
            pass
        raise MasterKeyWrongError("a key in subject_key is not wrapped by this master key")


@dataclass(slots=True)
class _Entry:
    keys: SubjectKeys
    until: float


class Keyring:
    """Subjects' keys, read in bulk and kept for a while. Thread-safe.

    Before any is used the count of destroyed keys is read: a key that another process destroyed is never
    used again, however long it was kept. `lifetime` only limits how long a key stays in memory.
    """

    def __init__(
        self, database: Database, master: MasterKey, *, capacity: int = 20_000, lifetime: float = 60.0
    ) -> None:
        self._database = database
        self._master = master
        self._capacity = capacity
        self._lifetime = lifetime
        self._entries: OrderedDict[UUID, _Entry] = OrderedDict()
        self._erasures: Erasures = (0, None)
        self._lock = Lock()

    def find(self, subjects: Iterable[UUID]) -> dict[UUID, SubjectKeys]:
        """The keys of those subjects that have any, in at most one query beside the look at erasures."""
        wanted = list(subjects)
        if not wanted:
            return {}
        with self._database.autocommit() as connection:
            erasures = self._heed_erasures(connection)
            found, missing = self._cached(wanted)
            if missing:
                found |= self._read(connection, missing, erasures)
        return found

    def ensure(self, subjects: Iterable[UUID]) -> dict[UUID, SubjectKeys]:
        """The keys of all these subjects; new ones are made in bulk and committed before any use."""
        wanted = list(subjects)
        found = self.find(wanted)
        unknown = [
            subject for subject in dict.fromkeys(wanted) if len(found.get(subject, ())) < len(PURPOSES)
        ]
        if unknown:
            with self._database.autocommit() as connection:
                self._create(connection, unknown)
                found |= self._read(connection, unknown, self._heed_erasures(connection))
        return found

    def require_master_key(self) -> None:
        """Raise MasterKeyWrongError if another master key wrapped this database's keys.

        Look-ups depend on it too: under another one, who is registered already is not found again.
        """
        with self._database.autocommit() as connection:
            row = connection.execute(
                "SELECT subject_id, purpose, sealed FROM subject_key WHERE sealed IS NOT NULL LIMIT 1"
            ).fetchone()
        if row is not None:
            self._cipher(*row)

    def erase(self, connection: Connection, subject: UUID, purpose: str, now: datetime) -> bool:
        """Destroy one key in the caller's transaction; what it sealed loads as None once that is committed.

        Waits for those who are recording words under any key. False if the key was destroyed before.
        """
        row = connection.execute("SELECT erase_key(%s, %s, %s)", (subject, purpose, now)).fetchone()
        return row is not None and bool(row[0])

    def _heed_erasures(self, connection: Connection) -> Erasures:
        """Forget all keys if any was destroyed since; answers how many have been, and when the last was.

        Read before the keys are: those that are kept under this mark were still there then. The count alone
        would come to the same again in a database that was restored from before.
        """
        row = connection.execute(
            "SELECT number, erased_at FROM key_erasure ORDER BY number DESC LIMIT 1"
        ).fetchone()
        erasures: Erasures = (0, None) if row is None else (int(row[0]), row[1])
        with self._lock:
            if erasures != self._erasures:
                self._entries.clear()
                self._erasures = erasures
        return erasures

    def _cached(self, subjects: Iterable[UUID]) -> tuple[dict[UUID, SubjectKeys], list[UUID]]:
        found: dict[UUID, SubjectKeys] = {}
        missing: dict[UUID, None] = {}
        now = time.monotonic()
        with self._lock:
            for subject in subjects:
                entry = self._entries.get(subject)
                if entry is None or entry.until < now:
                    missing[subject] = None
                else:
                    self._entries.move_to_end(subject)
                    found[subject] = entry.keys
        return found, list(missing)

    def _read(
        self, connection: Connection, subjects: list[UUID], erasures: Erasures
    ) -> dict[UUID, SubjectKeys]:
        rows = connection.execute(
            "SELECT subject_id, purpose, sealed FROM subject_key WHERE subject_id = ANY(%s)", [subjects]
        ).fetchall()
        found: dict[UUID, SubjectKeys] = {}
        for subject, purpose, sealed in rows:
            found.setdefault(subject, {})[purpose] = self._cipher(subject, purpose, sealed)
        until = time.monotonic() + self._lifetime
        with self._lock:
            if erasures != self._erasures:  # another thread has seen a later destruction: keep none of these
                return found
            for subject, keys in found.items():
                self._entries[subject] = _Entry(keys, until)
                self._entries.move_to_end(subject)
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)
        return found

    def _cipher(self, subject: UUID, purpose: str, sealed: bytes | None) -> AESGCM | None:
        return AESGCM(self._master.unwrap(sealed, _label(subject, purpose))) if sealed else None

    def _create(self, connection: Connection, subjects: list[UUID]) -> None:
        pairs = [(subject, purpose) for subject in subjects for purpose in PURPOSES]
        wrapped = [self._master.wrap(AESGCM.generate_key(256), _label(*pair)) for pair in pairs]
        connection.execute(
            "INSERT INTO subject_key (subject_id, purpose, sealed)"
            " SELECT * FROM unnest(%s::uuid[], %s::text[], %s::bytea[]) ON CONFLICT DO NOTHING",
            ([subject for subject, _ in pairs], [purpose for _, purpose in pairs], wrapped),
        )


def _label(subject: UUID, purpose: str) -> bytes:
    return subject.bytes + purpose.encode()
