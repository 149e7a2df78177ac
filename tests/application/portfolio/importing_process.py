"""Imports a file in a process of its own, for the test that kills it: database, file."""

from __future__ import annotations

import sys
from pathlib import Path

from application.database import Database
from tests.support.application import application_on
from tests.support.portfolio import desk_on
from tests.support.postgres import SCHEMA

if __name__ == "__main__":
    with Database(sys.argv[1], SCHEMA, 4) as pool, application_on(pool) as application:
        desk_on(application).run(Path(sys.argv[2]))
