"""Every setting of the product, read once by the composition root; no secret has a default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from psycopg.conninfo import make_conninfo
from pydantic import Field, PositiveInt, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ACTOR_LENGTH = 40
"""Longest name of who gives a command."""


class MasterKeyMissingError(Exception):
    """No master key is set: give LASTRO_MASTER_KEY or LASTRO_MASTER_KEY_FILE (32 bytes, base64)."""


class Settings(BaseSettings):
    """Read from LASTRO_* variables. None: the feature is off, or a local twin is used."""

    model_config = SettingsConfigDict(
        env_prefix="LASTRO_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    database_url: str | None = None
    """A libpq address; None is the embedded server in `home`."""
    database_password_file: Path | None = None
    """A file with the password, for an address without one."""
    schema_name: Annotated[str, Field(alias="LASTRO_SCHEMA", pattern=r"^[a-z_][a-z0-9_]{0,62}$")] = "lastro"
    """The schema that holds every table, so that several installations share one database."""
    database_pool: PositiveInt = 16
    """How many connections one process may hold."""
    home: Path = Path(".lastro")
    """Where embedded servers keep their data."""
    master_key: SecretStr | None = None
    """Wraps every subject's key: 32 bytes in base64."""
    master_key_file: Path | None = None
    """A file with the master key, instead of the variable."""
    kafka: str | None = None
    """Bootstrap servers of Kafka, `host:port` separated by commas; None: nothing of ours speaks Kafka."""
    kafka_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]*$", max_length=100)] = ""
    """Before every topic, group and transactional id, so that several installations share a broker."""
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """Encryption and signing in, as Kafka calls it."""
    kafka_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How `kafka_user` signs in, where `kafka_security` says SASL."""
    kafka_user: str | None = None
    kafka_password: SecretStr | None = None
    kafka_password_file: Path | None = None
    """A file with that password, instead of the variable."""
    kafka_ca_file: Path | None = None
    """Who signed the brokers' certificates; None: whom the machine trusts."""
    kafka_certificate_file: Path | None = None
    """Our own certificate, where the brokers ask for one; its key is in `kafka_key_file` or with it."""
    kafka_key_file: Path | None = None
    event_source: Annotated[str, Field(pattern=r"^[\w:/.~%@+#?=&-]+$", max_length=200)] = "urn:lastro"
    """Which installation a public message comes from: the `source` of CloudEvents, a URI."""
    webhook_allow_private: bool = False
    """For development: webhooks may lead to plain http, any port and this very machine or network."""
    webhook_disable_after_hours: PositiveInt = 72
    """A webhook endpoint that has not taken a message for so long is disabled."""
    metrics_host: str = "127.0.0.1"
    metrics_port: PositiveInt | None = None
    """Where a process without pages shows its metrics; None: it shows none."""
    chromium: Path | None = None
    """The browser that runs the browser tests."""
    web_host: str = "127.0.0.1"
    web_port: PositiveInt = 8000
    log_level: str = "INFO"
    actor: Annotated[str, Field(pattern=r"^[\w.@+-]+$", max_length=ACTOR_LENGTH)] | None = None
    """Whom facts name as the giver of a command, as `cli:<actor>`; None is the operating system's login."""

    def database_address(self) -> str | None:
        """`database_url` with the password of its file, as libpq takes it. Raises OSError."""
        if self.database_url is None or self.database_password_file is None:
            return self.database_url
        return make_conninfo(self.database_url, password=_secret(self.database_password_file))

    def kafka_password_text(self) -> str | None:
        """The password for Kafka as it was given. Raises OSError."""
        if self.kafka_password is not None:
            return self.kafka_password.get_secret_value()
        return None if self.kafka_password_file is None else _secret(self.kafka_password_file)

    def master_key_text(self) -> str:
        """The master key as it was given. Raises MasterKeyMissingError."""
        if self.master_key is not None:
            return self.master_key.get_secret_value()
        if self.master_key_file is not None:
            return self.master_key_file.read_text(encoding="ascii").strip()
        raise MasterKeyMissingError(MasterKeyMissingError.__doc__)


def _secret(file: Path) -> str:
    """Less the line's end that editors put there."""
    return file.read_text(encoding="utf-8").rstrip("\r\n")
