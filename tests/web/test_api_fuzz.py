"""Whatever is sent to the API, it answers by its own document, and never with a failure of ours."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import positive_data_acceptance

from domain.user.roles import Role
from tests.web.world import World, everywhere
from web.api.routes import router

EXAMPLES = 60
# Without positive_data_acceptance: a cursor is text in the document, yet only one that we made is accepted.


def operations() -> list[tuple[str, str]]:
    """Every operation, but the stream: it has no end, so that no client can read it whole."""
    app = FastAPI()
    app.include_router(router)
    paths = app.openapi()["paths"]
    return [(path, method) for path in paths for method in paths[path] if not path.endswith("/stream")]


@pytest.fixture(scope="module")
def schema(still_world: World) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", still_world.app)


@pytest.fixture(scope="module")
def headers(still_world: World) -> dict[str, str]:
    user = still_world.person("robo@exemplo.com.br", everywhere(Role.ADMINISTRATOR))
    return {"Authorization": f"Bearer {still_world.token(user)}"}


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), operations())
def test_nothing_that_is_sent_breaks_it(
    schema: schemathesis.BaseSchema, headers: dict[str, str], path: str, method: str
) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=schema[path][method.upper()].as_strategy())
    def send(case: Case[Any]) -> None:
        case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

    send()
