"""`lastro webhook` registers, shows, switches, replays; a secret is printed once and never again."""

from __future__ import annotations

import pytest

from application.app import Lastro
from tests.application.world import World
from tests.producers.webhooks.house import House
from tests.producers.webhooks.receiver import Reply, await_that, receiver
from tests.support.cli import Cli

URL = "https://erp.example.com/lastro"
ADD = ("webhook", "add", "ERP", URL)


def test_a_new_endpoint_is_listed_without_its_secret(cli: Cli) -> None:
    made = cli(*ADD, "--json").json
    assert made["secret"].startswith("whsec_")
    listed = cli("webhook", "list", "--json")
    (row,) = listed.json
    assert (row["name"], row["url"], row["state"]) == ("ERP", URL, "enabled")
    shown = cli("webhook", "show", "erp", "--json")
    assert shown.json["endpoint_id"] == made["endpoint_id"]
    assert "billing.invoices.v1" in shown.json["topics"]
    assert "billing.customers_personal.v1" not in shown.json["topics"]
    assert shown.json["companies"] is None
    assert made["secret"][6:] not in listed.out + shown.out + cli("webhook", "show", "ERP").out


def test_the_secret_is_printed_alone_on_standard_output(cli: Cli) -> None:
    said = cli(*ADD)
    assert said.out.startswith("secret whsec_")
    assert len(said.out.splitlines()) == 1
    rotated = cli("webhook", "rotate", "ERP", "--overlap-hours", "0", "--json").json
    assert rotated["secret"] not in said.out
    assert len(cli("webhook", "show", "ERP", "--json").json["secrets"]) == 1
    cli("webhook", "rotate", "ERP")
    assert len(cli("webhook", "show", "ERP", "--json").json["secrets"]) == 2


def test_it_is_limited_to_topics_messages_and_companies(cli: Cli, lastro: Lastro) -> None:
    world = World(lastro)
    said = cli(
        *ADD,
        *("--topic", "billing.invoices.v1", "--topic", "billing.contracts.v1"),
        *("--type", "billing.invoice.billed.v1", "--company", "ACME"),
    )
    assert said.code == 0
    shown = cli("webhook", "show", "ERP", "--json").json
    assert shown["companies"] == [str(world.company)]
    assert shown["types"] == ["billing.invoice.billed.v1"]
    assert not shown["personal"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("webhook", "add", "x", "http://erp.example.com/"), 1, "webhook_url_invalid"),
        (("webhook", "add", "x", "https://10.0.0.1/"), 1, "reason=address"),
        ((*ADD, "--topic", "gossip"), 1, "webhook_topic_unknown"),
        ((*ADD, "--topic", "billing.customers_personal.v1"), 1, "webhook_personal_data"),
        ((*ADD, "--company", "NOWHERE"), 1, "NOWHERE"),
        (("webhook", "show", "nobody"), 1, "nobody"),
        (("webhook", "rotate", "nobody", "--overlap-hours", "721"), 2, ""),
        (("webhook", "deliveries", "nobody", "--outcome", "lost"), 2, ""),
    ],
)
def test_what_cannot_be_is_refused(cli: Cli, arguments: tuple[str, ...], code: int, said: str) -> None:
    refused = cli(*arguments)
    assert refused.code == code
    assert said in refused.err


def test_it_is_switched_off_and_on(cli: Cli) -> None:
    cli(*ADD)
    assert cli("webhook", "disable", "ERP", "--reason", "manutenção", "--json").json["state"] == "disabled"
    assert cli("webhook", "enable", "ERP", "--json").json["state"] == "enabled"


def test_a_replay_asks_first_and_goes_back(cli: Cli, lastro: Lastro) -> None:
    World(lastro)
    cli(*ADD)
    assert cli("webhook", "replay", "ERP", "--from", "3").code == 2
    assert cli("webhook", "replay", "ERP", "--from", "3", "--yes", "--json").json["position"] == 2
    ahead = cli("webhook", "replay", "ERP", "--from", "9", "--yes")
    assert (ahead.code, "webhook_replay_ahead" in ahead.err) == (1, True)


def test_attempts_are_listed_and_a_message_can_be_skipped(cli: Cli, lastro: Lastro) -> None:
    World(lastro)
    house = House.on(lastro)
    with receiver() as told:
        told.always = Reply(422, body=b"unknown field")
        shown = house.register(told.url())
        ping = cli("webhook", "ping", "ERP", "--json").json
        with house.delivering():
            await_that(lambda: house.endpoint(shown.endpoint_id).place.head is not None)
            await_that(lambda: house.endpoint(shown.endpoint_id).place.ping_id is None)
    listed = cli("webhook", "deliveries", "ERP", "--outcome", "failed", "--json").json
    assert {(row["status"], row["excerpt"]) for row in listed} == {(422, "unknown field")}
    assert ping["message_id"] in {row["message_id"] for row in listed}
    waiting = cli("webhook", "list", "--json").json[0]
    assert waiting["state"] == "failing"
    assert "no message waits" not in cli("webhook", "retry", "ERP").err
    assert "no message waits" in cli("webhook", "retry", "ERP").err
    skip = ("webhook", "skip", "ERP", "--reason", "o ERP não conhece o campo", "--position")
    assert cli(*skip, str(waiting["waiting_position"] + 1)).code == 1
    assert (
        cli(*skip, str(waiting["waiting_position"]), "--json").json["position"] == waiting["waiting_position"]
    )
    (skipped,) = cli("webhook", "deliveries", "ERP", "--outcome", "skipped", "--json").json
    assert skipped["position"] == waiting["waiting_position"]
    assert "422" in cli("webhook", "deliveries", "ERP").out
