"""`lastro token` issues tokens within a user's rights, lists them without secrets, and revokes them."""

from __future__ import annotations

import pytest

from application.api_tokens import ApiToken, ApiTokens
from application.app import Lastro
from application.clock import utc_now
from application.settings import Settings
from lastro.wiring import opened
from tests.application.world import World
from tests.support.cli import Cli

ROBOT = "robot@lastro.example"
ISSUE = ("token", "issue", ROBOT, "--name", "ERP", "--scope", "events")


@pytest.fixture(autouse=True)
def robot(cli: Cli) -> None:
    assert cli("user", "add", ROBOT, "--name", "Robot", "--role", "integrator").code == 0


def found(text: str) -> ApiToken | None:
    with opened(Settings()) as runtime:
        return ApiTokens(runtime.database).find(text, utc_now())


def test_the_printed_token_is_live_and_holds_its_scopes(cli: Cli) -> None:
    token = found(cli(*ISSUE, "--scope", "read", "--json").json["token"])

    assert token is not None
    assert sorted(token.scopes) == ["events", "read"]
    assert token.companies is None


def test_the_list_shows_no_secret(cli: Cli) -> None:
    text = cli(*ISSUE, "--json").json["token"]
    listed = cli("token", "list", ROBOT, "--json")

    assert [row["prefix"] for row in listed.json] == [text.split("_")[1]]
    assert text.split("_", 2)[2] not in listed.out


def test_a_revoked_token_is_dead(cli: Cli) -> None:
    text = cli(*ISSUE, "--json").json["token"]
    prefix = text.split("_")[1]

    assert cli("token", "revoke", prefix).code == 0
    assert found(text) is None
    assert cli("token", "revoke", prefix).code == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("token", "issue", "nobody@lastro.example", "--name", "x", "--scope", "read"), 1),
        ((*ISSUE, "--company", "NOWHERE"), 1),
        ((*ISSUE, "--days", "401"), 2),
        (("token", "issue", ROBOT, "--name", "x", "--scope", "everything"), 2),
    ],
)
def test_what_cannot_be_issued_is_refused(cli: Cli, arguments: tuple[str, ...], code: int) -> None:
    assert cli(*arguments).code == code


def test_a_token_reaches_no_company_that_its_user_does_not_have(cli: Cli, lastro: Lastro) -> None:
    world = World(lastro)
    world.add_company("OUTRA", "19131243000197")
    mine = "ACME"
    assert (
        cli(
            "user", "add", "one@lastro.example", "--name", "x", "--role", "integrator", "--company", mine
        ).code
        == 0
    )
    issue = ("token", "issue", "one@lastro.example", "--name", "ERP", "--scope", "read")

    said = cli(*issue, "--company", mine, "--company", "OUTRA")
    assert (said.code, "api_token_company_beyond_user" in said.err, "company=OUTRA" in said.err) == (
        1,
        True,
        True,
    )
    assert cli("token", "list", "one@lastro.example", "--json").json == []
    assert cli(*issue, "--company", mine).code == 0
    assert cli(*issue).code == 0
    listed = cli("token", "list", "one@lastro.example", "--json").json
    assert [row["companies"] for row in listed] == ["as its user", mine]
    assert mine in cli("token", "list", "one@lastro.example").out
