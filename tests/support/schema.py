"""What a schema consists of, read from the catalogue; and the written-out schema that it is held against.

`python -m tests.support.schema` writes deploy/schema.sql anew from the migrations, and lists new
migrations in deploy/migrations/SHA256SUMS. Listed ones are merged: they are never edited again.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from pathlib import Path

from application.database import Database
from deploy.local.postgres import binaries
from tests.support.postgres import MIGRATIONS, SCHEMA, migrated_template, test_server

SCHEMA_FILE = MIGRATIONS.parent / "schema.sql"
CHECKSUMS = MIGRATIONS / "SHA256SUMS"

_DESCRIPTIONS = {
    "columns": """
        SELECT relname, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
            pg_get_expr(adbin, adrelid), collname
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        LEFT JOIN pg_collation ON pg_collation.oid = attcollation
        WHERE relnamespace = current_schema()::regnamespace AND attnum > 0 AND NOT attisdropped
            AND relkind IN ('r', 'p', 'v', 'm')""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = current_schema()::regnamespace""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()",
    "sequences": """
        SELECT sequencename, data_type::text, start_value, min_value, max_value, increment_by, cycle,
            cache_size, last_value
        FROM pg_sequences WHERE schemaname = current_schema()""",
    "functions": """
        SELECT proname, pg_get_function_identity_arguments(oid), pg_get_function_result(oid), prokind,
            provolatile, proparallel, prosrc, pg_get_function_sqlbody(oid), proconfig
        FROM pg_proc WHERE pronamespace = current_schema()::regnamespace""",
    "triggers": """
        SELECT tgrelid::regclass::text, pg_get_triggerdef(pg_trigger.oid), tgenabled FROM pg_trigger
        JOIN pg_class ON pg_class.oid = tgrelid
        WHERE relnamespace = current_schema()::regnamespace AND NOT tgisinternal""",
}


def described(database: Database) -> dict[str, list[str]]:
    """Every object of the schema as text, without the runner's own record."""
    with database.connection() as connection:
        rows = {kind: connection.execute(query.encode()).fetchall() for kind, query in _DESCRIPTIONS.items()}
    return {
        kind: sorted(repr(row) for row in found if "schema_migration" not in str(row[0]))
        for kind, found in rows.items()
    }


def checksums() -> dict[str, str]:
    """The merged migrations and what they were when they were merged."""
    lines = CHECKSUMS.read_text(encoding="ascii").splitlines()
    return {name: checksum for checksum, name in (line.split() for line in lines)}


def checksum_of(file: Path) -> str:
    """As in `checksums`."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def write_schema() -> None:
    """Write deploy/schema.sql: what the migrations amount to, for reading and for the test."""
    with test_server() as server, migrated_template(server) as name:
        dumped = subprocess.run(
            [binaries() / "pg_dump", "--schema-only", "--no-owner", "--no-privileges", "--no-comments",
             f"--schema={SCHEMA}", "--exclude-table=*.schema_migration", server.url(name)],
            check=True, capture_output=True, text=True, env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        ).stdout  # fmt: skip
    kept = [
        line.replace(f"{SCHEMA}.", "").replace(f"TO '{SCHEMA}', 'pg_temp'", "FROM CURRENT")
        for line in dumped.splitlines()
        if not re.match(r"--|SET |SELECT pg_catalog|CREATE SCHEMA|\\", line)
    ]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    head = (
        "-- What the migrations amount to, written by `python -m tests.support.schema`; nothing runs it.\n\n"
        "SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);\n\n"
    )
    position = "\n\nSELECT nextval('event_position');\n"
    SCHEMA_FILE.write_text(head + text + position, encoding="utf-8")


def list_new_migrations() -> None:
    """Add the migrations that are not listed yet; a listed one keeps its line."""
    listed = checksums() if CHECKSUMS.exists() else {}
    files = sorted(MIGRATIONS.glob("*.sql"))
    lines = [f"{listed.get(file.name) or checksum_of(file)}  {file.name}\n" for file in files]
    CHECKSUMS.write_text("".join(lines), encoding="ascii")


if __name__ == "__main__":
    write_schema()
    list_new_migrations()
