"""Every fact of an invoice is told in Portuguese, with the value before where there was one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import pytest

from domain.invoice.events import InvoiceEvent
from domain.service.events import ServiceFiscalCodeAssigned
from web.wording.actors import actor_id, actor_words, system_actors
from web.wording.entries import Change, Entry
from web.wording.history import WORDINGS, history

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
ACCOUNT, OTHER = str(UUID(int=1)), str(UUID(int=2))
CHARGES = {"fine_percent": "2.0000", "interest_percent_month": "1.0000"}


@dataclass(frozen=True)
class Row:
    version: int
    topic: str
    facts: Mapping[str, Any]
    occurred_at: datetime = NOW
    recorded_at: datetime = NOW
    actor: str = "user:00000000-0000-0000-0000-000000000009"


def one(number: int, amount: str, due_on: str = "2026-12-10") -> dict[str, Any]:
    return {"number": number, "due_on": due_on, "payable_until": due_on, "amount": amount}


OPENED: dict[str, Any] = {
    "customer_id": ACCOUNT,
    "account_id": ACCOUNT,
    "kind": "billing",
    "origin": "contract",
    "payment_method": "boleto",
    "documents": ["boleto", "nfse", "email"],
    "competencia": "2026-12",
    "late_charges": CHARGES,
    "instalments": [one(1, "150.00")],
    "value_pending": False,
    "forecast": False,
}
BOLETO: dict[str, Any] = {
    "instalment": 1,
    "bank_code": "341",
    "portfolio": "109",
    "nosso_numero": "00000017",
    "nosso_numero_digit": "3",
    "linha_digitavel": "34191790010104351004791020150008291070026000000",
    "due_on": "2026-12-10",
    "amount": "150.00",
}
PAID: dict[str, Any] = {
    "instalment": 1,
    "payment_id": ACCOUNT,
    "paid_on": "2026-12-20",
    "account_id": ACCOUNT,
    "amount": "153.50",
    "principal": "150.00",
    "fine": "3.00",
    "interest": "0.50",
    "excess": "0.00",
    "discount": "0.00",
    "source": "bank_file",
    "on_principal": True,
}
SAMPLES: dict[str, tuple[dict[str, Any], str, tuple[Change, ...]]] = {
    "invoice.line_added.v1": (
        {"instalments": [one(1, "180.00")]},
        "Itens de venda incluídos",
        (Change("Valor", "R$\u00a0150,00", "R$\u00a0180,00"),),
    ),
    "invoice.definitive_value_set.v1": (
        {"instalments": [one(1, "199.90")]},
        "Valor definitivo informado",
        (Change("Valor", "R$\u00a0150,00", "R$\u00a0199,90"),),
    ),
    "invoice.installment_rescheduled.v1": (
        {"instalment": 1, "was_due_on": "2026-12-10", "due_on": "2026-12-15", "reason": "asked"},
        "Vencimento alterado",
        (Change("Vencimento", "10/12/2026", "15/12/2026"),),
    ),
    "invoice.installment_repriced.v1": (
        {
            "instalments": [one(1, "160.00")],
            "was_amount": "150.00",
            "amount": "160.00",
            "reason": "contract_adjusted",
            "value_pending": False,
            "forecast": False,
        },
        "Valor alterado",
        (Change("Valor", "R$\u00a0150,00", "R$\u00a0160,00"),),
    ),
    "invoice.payment_revised.v1": (
        {
            "payment_method": "pix",
            "account_id": OTHER,
            "documents": ["pix"],
            "late_charges": CHARGES,
            "reason": "asked",
        },
        "Pagamento alterado",
        (
            Change("Forma de pagamento", "Boleto", "Pix"),
            Change("Conta", "Itaú", "Banco do Brasil"),
            Change("Documentos", "Boleto, NFS-e e E-mail", "Pix"),
        ),
    ),
    "invoice.billing_requested.v1": (
        {"documents": ["boleto", "nfse"], "requested_by": "person", "run_id": None},
        "Faturamento iniciado",
        (Change("Documentos a gerar", None, "Boleto e NFS-e"),),
    ),
    "invoice.boleto_issued.v1": (
        BOLETO,
        "Boleto numerado",
        (
            Change("Nosso número", None, "109/00000017-3"),
            Change("Linha digitável", None, "34191.79001 01043.510047 91020.150008 2 91070026000000"),
            Change("Vencimento", None, "10/12/2026"),
            Change("Valor", None, "R$\u00a0150,00"),
        ),
    ),
    "invoice.boleto_failed.v1": (
        {"instalment": 1, "reason": "account_without_agreement", "detail": "ITAU"},
        "Erro ao gerar boleto",
        (),
    ),
    "invoice.boleto_cancelled.v1": (
        {"instalment": 1, "nosso_numero": "00000017", "reason": "troca de banco"},
        "Boleto cancelado",
        (Change("Nosso número", None, "00000017"), Change("Motivo", None, "troca de banco")),
    ),
    "invoice.pix_charge_failed.v1": (
        {"instalment": 1, "reason": "account_without_pix_key", "detail": ""},
        "Erro ao gerar o Pix",
        (),
    ),
    "invoice.nfse_failed.v1": (
        {"reason": "service_without_fiscal_code", "detail": "S1 Suporte", "service_id": OTHER},
        "Falha na emissão da NFS-e",
        (),
    ),
    "invoice.documents_waived.v1": (
        {"documents": ["nfse"]},
        "Não gerar NFS-e",
        (Change("Documentos", "Boleto, NFS-e e E-mail", "Boleto e E-mail"),),
    ),
    "invoice.billed.v1": ({"billed_on": "2026-12-01"}, "Faturado", ()),
    "invoice.installment_paid.v1": (
        PAID,
        "Pagamento recebido",
        (
            Change("Recebido", None, "R$\u00a0153,50"),
            Change("Data", None, "20/12/2026"),
            Change("Principal", None, "R$\u00a0150,00"),
            Change("Multa", None, "R$\u00a03,00"),
            Change("Juros", None, "R$\u00a00,50"),
            Change("Conta", None, "Itaú"),
            Change("Origem", None, "Arquivo de retorno do banco"),
        ),
    ),
    "invoice.payment_reversed.v1": (
        {"instalment": 1, "payment_id": OTHER, "reason": "cheque devolvido"},
        "Pagamento estornado",
        (Change("Motivo", None, "cheque devolvido"),),
    ),
    "invoice.cancelled.v1": (
        {"because": "contract_ended", "reason": "contrato encerrado", "frees_period": True},
        "Fatura cancelada",
        (Change("Motivo", None, "contrato encerrado"),),
    ),
    "service.fiscal_code_assigned.v1": (
        {
            "service": "S1 Suporte",
            "was_lc116": None,
            "was_ctribnac": None,
            "lc116": "01.07",
            "ctribnac": None,
        },
        "Código fiscal informado",
        (Change("Item da LC 116", "sem código", "01.07"),),
    ),
}


def told(*rows: Row) -> list[Entry]:
    return history(rows, lambda actor: "Ana", {ACCOUNT: "Itaú", OTHER: "Banco do Brasil"}.__getitem__)


def test_every_fact_of_an_invoice_has_words_and_a_sample_here() -> None:
    topics = {fact.TOPIC for fact in get_args(InvoiceEvent)}
    assert set(WORDINGS) == topics | {ServiceFiscalCodeAssigned.TOPIC}
    assert set(SAMPLES) == set(WORDINGS) - {"invoice.opened.v1"}


@pytest.mark.parametrize("topic", sorted(SAMPLES))
def test_a_fact_is_told_with_its_values_before_and_after(topic: str) -> None:
    facts, title, changes = SAMPLES[topic]
    newest = told(Row(1, "invoice.opened.v1", OPENED), Row(2, topic, facts))[0]
    assert (newest.worded.title, newest.worded.changes) == (title, changes)


SAY_WHAT_WAS = {
    "invoice.installment_rescheduled.v1",
    "invoice.installment_repriced.v1",
    "service.fiscal_code_assigned.v1",
}


@pytest.mark.parametrize("topic", sorted(SAMPLES))
def test_a_fact_alone_tells_no_value_before_that_it_does_not_say(topic: str) -> None:
    """The audit's list and a correlation show a fact without those above it."""
    facts, title, changes = SAMPLES[topic]
    [entry] = told(Row(7, topic, facts))
    assert entry.worded.title == title
    if topic in SAY_WHAT_WAS:
        assert entry.worded.changes == changes
    else:
        assert [change for change in entry.worded.changes if change.before is not None] == []
        assert "nenhum documento" not in str(entry.worded.changes)


def test_a_fact_alone_tells_the_values_it_sets() -> None:
    [waived] = told(Row(7, "invoice.documents_waived.v1", SAMPLES["invoice.documents_waived.v1"][0]))
    assert waived.worded.changes == ()
    [value] = told(Row(7, "invoice.definitive_value_set.v1", SAMPLES["invoice.definitive_value_set.v1"][0]))
    assert value.worded.changes == (Change("Valor", None, "R$\u00a0199,90"),)
    [payment] = told(Row(7, "invoice.payment_revised.v1", SAMPLES["invoice.payment_revised.v1"][0]))
    assert payment.worded.changes == (
        Change("Forma de pagamento", None, "Pix"),
        Change("Conta", None, "Banco do Brasil"),
        Change("Documentos", None, "Pix"),
        Change("Multa e juros", None, "multa 2%, juros 1% ao mês"),
    )


def test_the_birth_of_an_invoice_tells_its_terms() -> None:
    [entry] = told(Row(1, "invoice.opened.v1", OPENED))
    assert entry.worded.text == "Origem: Contrato."
    assert Change("Valor", None, "R$\u00a0150,00") in entry.worded.changes
    assert Change("Conta", None, "Itaú") in entry.worded.changes


def test_a_failure_tells_the_cause_and_the_way_out() -> None:
    facts, _, _ = SAMPLES["invoice.nfse_failed.v1"]
    text = told(Row(1, "invoice.opened.v1", OPENED), Row(2, "invoice.nfse_failed.v1", facts))[0].worded.text
    for part in ("S1 Suporte", "LC 116", "janela do erro"):
        assert part in text


def test_a_reversal_says_how_much_is_no_longer_paid() -> None:
    reversal = {"instalment": 1, "payment_id": ACCOUNT, "reason": "estorno"}
    rows = (
        Row(1, "invoice.opened.v1", OPENED),
        Row(2, "invoice.installment_paid.v1", PAID),
        Row(3, "invoice.payment_reversed.v1", reversal),
    )
    assert Change("Recebido", "R$\u00a0153,50", "R$\u00a00,00") in told(*rows)[0].worded.changes


def test_a_cancelled_boleto_is_named_as_it_was_printed() -> None:
    cancelled = {"instalment": 1, "nosso_numero": "00000017", "reason": "troca de banco"}
    rows = (
        Row(1, "invoice.opened.v1", OPENED),
        Row(2, "invoice.boleto_issued.v1", BOLETO),
        Row(3, "invoice.boleto_cancelled.v1", cancelled),
    )
    assert Change("Nosso número", None, "109/00000017-3") in told(*rows)[0].worded.changes


def test_a_bank_that_prints_no_carteira_gets_none() -> None:
    boleto = BOLETO | {"bank_code": "001", "portfolio": "17", "nosso_numero": "12387980000000017"}
    rows = (Row(1, "invoice.opened.v1", OPENED), Row(2, "invoice.boleto_issued.v1", boleto))
    assert Change("Nosso número", None, "12387980000000017") in told(*rows)[0].worded.changes


def test_with_several_instalments_each_change_names_its_own() -> None:
    opened = OPENED | {"instalments": [one(1, "50.00"), one(2, "100.00")]}
    set_ = {"instalments": [one(1, "50.00"), one(2, "120.00")]}
    newest = told(Row(1, "invoice.opened.v1", opened), Row(2, "invoice.definitive_value_set.v1", set_))[0]
    assert newest.worded.changes == (
        Change("Valor", "R$\u00a0150,00", "R$\u00a0170,00"),
        Change("Parcela 2", "R$\u00a0100,00", "R$\u00a0120,00"),
    )


def test_the_newest_fact_comes_first_and_a_late_record_shows() -> None:
    late = Row(2, "invoice.billed.v1", {"billed_on": "2026-12-01"}, NOW - timedelta(days=2), NOW)
    first, last = told(Row(1, "invoice.opened.v1", OPENED), late)
    assert (first.version, first.late, last.late) == (2, True, False)


def test_an_unknown_topic_is_shown_by_its_name() -> None:
    assert (
        told(Row(1, "invoice.of_a_later_release.v1", {}))[0].worded.title == "invoice.of_a_later_release.v1"
    )


@pytest.mark.parametrize(
    ("actor", "expected"),
    [(f"user:{ACCOUNT}", UUID(ACCOUNT)), ("scheduler", None), ("user:nobody", None), ("", None)],
)
def test_an_actor_is_a_person_only_by_an_id(actor: str, expected: UUID | None) -> None:
    assert actor_id(actor) == expected


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        ("cli:maria", "Linha de comando (maria)"),
        ("cli", "Linha de comando"),
        ("scheduler", "Faturamento automático"),
        ("scheduler:x", "scheduler:x"),
        ("another", "another"),
    ],
)
def test_a_part_of_the_system_is_named_with_who_commanded_it(actor: str, words: str) -> None:
    assert actor_words(actor) == words


@pytest.mark.parametrize(
    ("words", "actors"),
    [
        ("linha de comando (maria)", ("cli:maria",)),
        ("Linha de comando", ("cli",)),
        ("sistema", ("system", "worker")),
        ("Sistema (maria)", ()),
        ("cli:maria", ()),
    ],
)
def test_the_words_lead_back_to_who_is_asked_for(words: str, actors: tuple[str, ...]) -> None:
    assert system_actors(words) == actors
