"""`lastro events` answers any question over the log, in three forms; bad usage is told."""

from __future__ import annotations

import csv
import json
from io import StringIO
from uuid import UUID

import pytest

from application.access import SYSTEM, Principal
from application.clock import utc_now
from application.settings import Settings
from domain.personal_reading.events import PersonalDataRead
from lastro.use_cases import UseCases
from lastro.wiring import opened
from projections.registry import projections
from projections.runner import Runner, catch_up
from tests.application.world import World
from tests.support.cli import Cli, Said


@pytest.fixture
def invoice(cli: Cli) -> UUID:
    """A billed invoice of a small organisation, its read models at the end of the log."""
    with opened(Settings()) as runtime:
        world = World(runtime.lastro, utc_now())
        invoice_id = world.sign("CT-1", 0)[0]
        world.commands.invoices.bill_now(SYSTEM, [invoice_id])
    follow_the_log()
    return invoice_id


def follow_the_log() -> None:
    with opened(Settings()) as runtime, runtime.database.autocommit() as connection:
        catch_up(connection, [Runner(model) for model in projections(runtime.lastro.keyring)])


def topics(said: Said) -> list[str]:
    assert said.code == 0, said.err
    return [json.loads(line)["topic"] for line in said.out.splitlines()]


def test_a_stream_is_told_newest_first_and_in_the_order_of_the_log(cli: Cli, invoice: UUID) -> None:
    found = topics(cli("events", "--stream", str(invoice), "--json"))
    assert found[-1] == "invoice.opened.v1"
    assert topics(cli("events", "--stream", str(invoice), "--json", "--oldest-first")) == found[::-1]
    assert topics(cli("events", "--stream", str(invoice), "--json", "--limit", "2")) == found[:2]


def test_flags_narrow_each_other(cli: Cli, invoice: UUID) -> None:
    boleto = json.loads(cli("events", "--topic", "invoice.boleto_issued", "--json").out)
    assert boleto["stream_id"] == str(invoice)
    data = boleto["data"]
    printed = f"{data['portfolio']}/{data['nosso_numero']}-{data['nosso_numero_digit']}"
    for number in (printed, data["nosso_numero"], data["linha_digitavel"], data["barcode"]):
        assert "invoice.opened.v1" in topics(cli("events", "--document", number, "--json")), number
    amount = data["amount"]
    assert topics(cli("events", "--document", printed, "--amount", amount, "--topic", "invoice", "--json"))
    assert topics(cli("events", "--document", printed, "--amount", "0.01", "--json")) == []
    together = topics(cli("events", "--correlation", boleto["correlation_id"], "--json"))
    assert "invoice.billing_requested.v1" in together


def test_a_customer_is_found_by_code_and_by_document(cli: Cli, invoice: UUID) -> None:
    by_code = topics(cli("events", "--customer", "C0", "--json"))
    assert "customer.registered.v1" in by_code
    assert "invoice.boleto_issued.v1" in by_code
    assert topics(cli("events", "--document", "529.982.247-25", "--json")) == by_code
    assert cli("events", "--document", "529.982.247-25", "--customer", "C1", "--json").out == ""


def test_times_are_of_sao_paulo_and_an_end_takes_in_its_day(cli: Cli, invoice: UUID) -> None:
    today = f"{utc_now():%Y-%m-%d}"
    everything = topics(cli("events", "--json"))
    wide = ("--recorded-from", "2020-01-01", "--recorded-to", "2099-12-31")
    assert topics(cli("events", "--json", *wide)) == everything
    assert topics(cli("events", "--json", "--happened-to", "2020-01-01T12:30")) == []
    assert topics(cli("events", "--json", "--recorded-from", f"{today}T23:59:59-23:59")) == []


def test_csv_is_whole_and_runs_nothing(cli: Cli, invoice: UUID) -> None:
    rows = list(csv.DictReader(StringIO(cli("events", "--format", "csv").out)))
    assert len(rows) == len(topics(cli("events", "--json")))
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    assert all(json.loads(row["data"]) is not None for row in rows)


def test_a_table_is_for_people_and_short(cli: Cli, invoice: UUID) -> None:
    said = cli("events")
    assert said.code == 0
    assert len(said.out.splitlines()) <= 51
    assert "invoice.boleto_issued.v1" in said.out
    assert "Cliente" not in said.out


def test_the_table_names_a_person_as_the_flag_takes_them(cli: Cli, invoice: UUID) -> None:
    assert cli("user", "add", "ana@lastro.example", "--name", "Ana", "--role", "administrator").code == 0
    with opened(Settings()) as runtime:
        use_cases = UseCases(runtime)
        user = use_cases.user("ana@lastro.example")
        nobody = UUID(int=7)
        for id in (user, nobody):
            use_cases.users.disable(Principal(id, "", SYSTEM.grants), user, "saiu")
            use_cases.users.enable(Principal(id, "", SYSTEM.grants), user)
    follow_the_log()
    lines = cli("events", "--actor", "ana@lastro.example").out.splitlines()
    assert len(lines) == 3
    assert all(" ana@lastro.example " in line for line in lines[1:])
    assert f" user:{nobody} " in cli("events", "--actor", f"user:{nobody}").out
    found = cli("events", "--actor", "ana@lastro.example", "--json").out
    assert (str(user) in found, "ana@" in found) == (True, False)


def test_personal_data_is_shown_only_on_the_record(cli: Cli, invoice: UUID) -> None:
    assert "Cliente C0" not in cli("events", "--json").out
    said = cli("events", "--customer", "C0", "--json", "--personal", "--reason", "auditoria 17")
    assert "Cliente C0" in said.out
    with opened(Settings()) as runtime:
        readings = runtime.lastro.read(0, 1_000, [PersonalDataRead.TOPIC])
    assert {reading.actor for reading in readings} == {"cli:maria"}
    assert {reading.state["surface"] for reading in readings} == {"command"}
    assert {reading.state["reason"] for reading in readings} == {"auditoria 17"}
    shown = [json.loads(line) for line in said.out.splitlines()]
    read = [event_id for reading in readings for event_id in reading.state["event_ids"]]
    assert sorted(read) == sorted(each["event_id"] for each in shown if "personal" in each)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--stream", "abc"), 2, "UUID"),
        (("--topic", "invoice.boleto_isued"), 2, "invoice.boleto_issued"),
        (("--topic", "xyzxyz"), 2, "there are account"),
        (("--amount", "12,345"), 2, "1234.56"),
        (("--amount", "-1"), 2, "1234.56"),
        (("--happened-from", "31/03/2026"), 2, "2026-03-31"),
        (("--happened-to", "9999-12-31"), 2, "2026-03-31"),
        (("--recorded-to", "2026-02-30"), 2, "2026-03-31"),
        (("--limit", "0"), 2, "than or equal to 1"),
        (("--format", "xml"), 2, "table"),
        (("--personal",), 2, "jsonl"),
        (("--company", "NOWHERE"), 1, "NOWHERE"),
        (("--actor", "nobody@lastro.example"), 1, "nobody"),
        (("--customer", "NOBODY"), 1, "--document"),
    ],
)
def test_what_cannot_be_meant_is_told(
    cli: Cli, invoice: UUID, arguments: tuple[str, ...], code: int, words: str
) -> None:
    said = cli("events", *arguments)
    assert said.code == code
    assert words in said.err
    assert "Traceback" not in said.err


def test_without_read_models_it_says_so(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lastro.events._WAIT_SECONDS", 0.0)
    said = cli("events")
    assert said.code == 1
    assert "worker" in said.err


def test_every_flag_has_an_environment_name(cli: Cli, invoice: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LASTRO_EVENTS_STREAM", str(invoice))
    monkeypatch.setenv("LASTRO_EVENTS_FORMAT", "jsonl")
    monkeypatch.setenv("LASTRO_EVENTS_LIMIT", "1")
    assert len(topics(cli("events"))) == 1
