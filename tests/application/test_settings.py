"""Settings come from LASTRO_* variables; a secret is never shown and never has a default."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr, ValidationError

from application.settings import MasterKeyMissingError, Settings


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own settings."""
    for name in ("DATABASE_URL", "SCHEMA", "MASTER_KEY", "MASTER_KEY_FILE", "HOME", "KAFKA", "CHROMIUM"):
        monkeypatch.delenv(f"LASTRO_{name}", raising=False)


def test_without_variables_everything_outside_is_off() -> None:
    settings = Settings()
    assert (settings.database_url, settings.kafka, settings.chromium) == (None, None, None)
    assert (settings.schema_name, settings.home) == ("lastro", Path(".lastro"))


def test_variables_are_read_and_empty_ones_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LASTRO_DATABASE_URL", "postgresql://db/lastro")
    monkeypatch.setenv("LASTRO_SCHEMA", "filial")
    monkeypatch.setenv("LASTRO_KAFKA", "")
    settings = Settings()
    assert settings.database_url == "postgresql://db/lastro"
    assert settings.schema_name == "filial"
    assert settings.kafka is None


@pytest.mark.parametrize("schema", ["Filial", "x-y", "1a", "a;b"])
def test_a_schema_that_would_need_quotes_is_refused(monkeypatch: pytest.MonkeyPatch, schema: str) -> None:
    monkeypatch.setenv("LASTRO_SCHEMA", schema)
    with pytest.raises(ValidationError):
        Settings()


def test_no_secret_has_a_default() -> None:
    secrets = [field for field in Settings.model_fields.values() if SecretStr in _types(field.annotation)]
    assert secrets
    assert [field.default for field in secrets] == [None] * len(secrets)
    with pytest.raises(MasterKeyMissingError):
        Settings().master_key_text()


def test_the_master_key_comes_from_the_variable_or_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("from-file\n")
    monkeypatch.setenv("LASTRO_MASTER_KEY_FILE", str(tmp_path / "key"))
    assert Settings().master_key_text() == "from-file"
    monkeypatch.setenv("LASTRO_MASTER_KEY", "from-variable")
    settings = Settings()
    assert settings.master_key_text() == "from-variable"
    assert "from-variable" not in repr(settings)


def test_settings_do_not_change_while_the_process_runs() -> None:
    with pytest.raises(ValidationError):
        Settings().log_level = "DEBUG"  # type: ignore[misc]


def _types(annotation: object) -> tuple[object, ...]:
    return getattr(annotation, "__args__", (annotation,))


def test_passwords_come_from_files_where_those_are_named(tmp_path: Path) -> None:
    database, kafka = tmp_path / "database", tmp_path / "kafka"
    database.write_text("s3 cr'et\n")
    kafka.write_text("other")
    settings = Settings(
        database_url="postgresql://lastro@db:5433/books?sslmode=require",
        database_password_file=database,
        kafka_password_file=kafka,
    )
    address = settings.database_address()
    assert address is not None
    assert conninfo_to_dict(address) == {
        "user": "lastro",
        "password": "s3 cr'et",
        "host": "db",
        "port": "5433",
        "dbname": "books",
        "sslmode": "require",
    }
    assert settings.kafka_password_text() == "other"
    assert Settings(database_url="postgresql://db/books").database_address() == "postgresql://db/books"


def test_a_password_file_that_is_missing_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    settings = Settings(database_url="postgresql://db/books", database_password_file=missing)
    with pytest.raises(FileNotFoundError, match="missing"):
        settings.database_address()
