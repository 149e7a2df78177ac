"""Words the facts of an invoice as its history: who, when, and each value before → after (F59, F172).

Facts say what they made, not always what was there; the values before are folded from the facts above them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from domain.boleto.numbering import format_nosso_numero
from domain.invoice import events as facts_of
from domain.service.events import ServiceFiscalCodeAssigned
from web import formats
from web.wording import terms
from web.wording.entries import Change, Entry, Facts, HistoryRow, Worded
from web.wording.failures import failure


@dataclass(slots=True)
class _Known:
    """What the facts so far have said, None where none of them did; `account` words an account's id,
    `receipt` a payment's that another system told of, `sale` that of a sale."""

    account: Callable[[str], str]
    receipt: Callable[[str], Change | None]
    sale: Callable[[str], Change | None] = lambda _: None
    due: dict[int, str] = field(default_factory=dict)
    amount: dict[int, Decimal] = field(default_factory=dict)
    total: Decimal | None = None
    method: str | None = None
    account_id: str | None = None
    documents: list[str] | None = None
    charges: tuple[Decimal, Decimal] | None = None
    payments: dict[str, Decimal] = field(default_factory=dict)
    printed: dict[int, str] = field(default_factory=dict)


def history(
    rows: Iterable[HistoryRow],
    people: Callable[[str], str],
    accounts: Callable[[str], str],
    receipts: Callable[[str], Change | None] = lambda _: None,
    sales: Callable[[str], Change | None] = lambda _: None,
) -> list[Entry]:
    """The history, newest first. `rows` come in the order of the log, all of the invoice's among them."""
    known = _Known(account=accounts, receipt=receipts, sale=sales)
    entries = [
        Entry(
            row.version,
            row.occurred_at,
            row.recorded_at,
            people(row.actor),
            _worded(known, row.topic, row.facts),
        )
        for row in rows
    ]
    return entries[::-1]


def _worded(known: _Known, topic: str, facts: Facts) -> Worded:
    word = WORDINGS.get(topic)
    return word(known, facts) if word else Worded(topic)


RECEIPT_SOURCE = {
    "manual": "Informado por uma pessoa",
    "bank_file": "Arquivo de retorno do banco",
    "settlement": "Aviso de liquidação",
    "reconciliation": "Conciliação bancária",
}


def _money(value: Any) -> str:
    return formats.money(Decimal(str(value)))


def _day(value: Any) -> str:
    return formats.day(date.fromisoformat(value))


def _percent(value: Any) -> str:
    return f"{formats.quantity(Decimal(str(value)))}%"


def _learn_instalments(known: _Known, facts: Facts) -> tuple[Change, ...]:
    """Take the new instalments; the changes are those of each amount and of the total.

    Where the total before is not known, the new one alone.
    """
    changes: list[Change] = []
    instalments = facts["instalments"]
    for each in instalments:
        number, amount = int(each["number"]), Decimal(each["amount"])
        before = known.amount.get(number)
        if before is not None and before != amount and len(instalments) > 1:
            changes.append(Change(f"Parcela {number}", _money(before), _money(amount)))
        known.amount[number] = amount
        known.due[number] = each["due_on"]
    total = sum((Decimal(each["amount"]) for each in instalments), Decimal(0))
    if known.total != total:
        before_words = None if known.total is None else _money(known.total)
        changes.insert(0, Change("Valor", before_words, _money(total)))
    known.total = total
    return tuple(changes)


def _learn_payment(known: _Known, facts: Facts) -> tuple[Change, ...]:
    """Take the new way to pay; what was there before is told where it is known, never supposed."""
    charges = facts["late_charges"]
    pair = (Decimal(charges["fine_percent"]), Decimal(charges["interest_percent_month"]))
    values: tuple[tuple[str, Any, Any, Callable[[Any], str]], ...] = (
        ("Forma de pagamento", known.method, facts["payment_method"], terms.PAYMENT_METHOD.__getitem__),
        ("Conta", known.account_id, facts["account_id"], known.account),
        ("Documentos", known.documents, list(facts["documents"]), terms.documents),
        ("Multa e juros", known.charges, pair, _charges),
    )
    changes = tuple(
        Change(label, None if before is None else word(before), word(after))
        for label, before, after, word in values
        if before != after
    )
    known.method, known.account_id = facts["payment_method"], facts["account_id"]
    known.documents, known.charges = list(facts["documents"]), pair
    return changes


def _charges(pair: Any) -> str:
    return f"multa {_percent(pair[0])}, juros {_percent(pair[1])} ao mês"


def _of_instalment(known: _Known, facts: Facts) -> str:
    return f"parcela {facts['instalment']}" if len(known.amount) > 1 else ""


def _opened(known: _Known, facts: Facts) -> Worded:
    _learn_instalments(known, facts)
    _learn_payment(known, facts)
    first = facts["instalments"][0]
    count = len(facts["instalments"])
    changes = [
        Change("Valor", None, _money(known.total) + (f" em {count} parcelas" if count > 1 else "")),
        Change("Vencimento", None, _day(first["due_on"])),
        Change("Competência", None, formats.competencia(facts["competencia"])),
        Change("Forma de pagamento", None, terms.PAYMENT_METHOD[facts["payment_method"]]),
        Change("Conta", None, known.account(facts["account_id"])),
        Change("Documentos", None, terms.documents(list(facts["documents"]))),
    ]
    text = f"Origem: {terms.ORIGIN[facts['origin']]}."
    if facts["value_pending"]:
        text += " O valor definitivo ainda será informado."
    if facts["forecast"]:
        text += " Valor previsto: o vencimento é posterior ao próximo reajuste."
    return Worded("Fatura criada", text, (*changes, *_sales(known, facts)))


def _line_added(known: _Known, facts: Facts) -> Worded:
    changes = _learn_instalments(known, facts)
    return Worded("Itens de venda incluídos", "", (*changes, *_sales(known, facts)))


def _sales(known: _Known, facts: Facts) -> Iterator[Change]:
    """The sales whose items the fact put on the invoice, each once."""
    for sale_id in dict.fromkeys(facts.get("sales", ())):
        words = known.sale(sale_id)
        if words is not None:
            yield words


def _definitive_value(known: _Known, facts: Facts) -> Worded:
    return Worded("Valor definitivo informado", "", _learn_instalments(known, facts))


def _rescheduled(known: _Known, facts: Facts) -> Worded:
    known.due[int(facts["instalment"])] = facts["due_on"]
    label = "Vencimento" + (f" da {_of_instalment(known, facts)}" if len(known.amount) > 1 else "")
    return Worded(
        "Vencimento alterado",
        _because(facts["reason"]),
        (Change(label, _day(facts["was_due_on"]), _day(facts["due_on"])),),
    )


def _repriced(known: _Known, facts: Facts) -> Worded:
    if known.total is None:
        known.total = Decimal(facts["was_amount"])
    changes = _learn_instalments(known, facts)
    text = _because(facts["reason"])
    if facts["value_pending"]:
        text += " O valor definitivo ainda será informado."
    if not changes:
        changes = (Change("Valor", _money(facts["was_amount"]), _money(facts["amount"])),)
    return Worded("Valor alterado", text.strip(), changes)


def _payment_revised(known: _Known, facts: Facts) -> Worded:
    return Worded("Pagamento alterado", _because(facts["reason"]), _learn_payment(known, facts))


def _because(reason: str) -> str:
    words = {
        "asked": "",
        "contract_revised": "Seguiu a alteração do contrato.",
        "contract_adjusted": "Seguiu o reajuste do contrato.",
    }
    return words.get(reason, reason)


def _billing_requested(known: _Known, facts: Facts) -> Worded:
    origin = {
        "person": "Pedido por uma pessoa (Faturar agora).",
        "batch": "Pedido por um lote de faturamento.",
        "scheduler": "Pedido pelo faturamento automático.",
    }[facts["requested_by"]]
    asked = list(facts["documents"])
    return Worded(
        "Faturamento iniciado",
        origin,
        (Change("Documentos a gerar", None, terms.documents(asked)),),
        "blue",
    )


def _boleto_issued(known: _Known, facts: Facts) -> Worded:
    printed = format_nosso_numero(
        facts["bank_code"], facts["portfolio"], facts["nosso_numero"], facts["nosso_numero_digit"]
    )
    known.printed[int(facts["instalment"])] = printed
    changes = (
        Change("Nosso número", None, printed),
        Change("Linha digitável", None, formats.linha_digitavel(facts["linha_digitavel"])),
        Change("Vencimento", None, _day(facts["due_on"])),
        Change("Valor", None, _money(facts["amount"])),
    )
    return Worded("Boleto numerado", _sentence(_of_instalment(known, facts)), changes, "green")


def _boleto_failed(known: _Known, facts: Facts) -> Worded:
    return _failed("boleto", known, facts)


def _pix_failed(known: _Known, facts: Facts) -> Worded:
    return _failed("pix", known, facts)


def _nfse_failed(known: _Known, facts: Facts) -> Worded:
    return _failed("nfse", known, facts)


def _failed(document: str, known: _Known, facts: Facts) -> Worded:
    words = failure(document, facts["reason"], facts["detail"])
    return Worded(words.headline, f"{words.cause} {words.remedy}", (), "red")


def _fiscal_code_assigned(known: _Known, facts: Facts) -> Worded:
    values = (("Item da LC 116", "lc116"), ("Código nacional", "ctribnac"))
    changes = tuple(
        Change(label, facts[f"was_{name}"] or "sem código", facts[name] or "sem código")
        for label, name in values
        if facts[f"was_{name}"] != facts[name]
    )
    return Worded("Código fiscal informado", f"No cadastro do serviço “{facts['service']}”.", changes, "blue")


def _boleto_cancelled(known: _Known, facts: Facts) -> Worded:
    number = known.printed.get(int(facts["instalment"]), str(facts["nosso_numero"]))
    changes = (Change("Nosso número", None, number), Change("Motivo", None, facts["reason"]))
    return Worded("Boleto cancelado", _sentence(_of_instalment(known, facts)), changes, "red")


def _waived(known: _Known, facts: Facts) -> Worded:
    dropped = list(facts["documents"])
    headline = f"Não gerar {terms.documents(dropped)}"
    if known.documents is None:
        return Worded(headline)
    kept = [name for name in known.documents if name not in dropped]
    change = Change("Documentos", terms.documents(known.documents), terms.documents(kept))
    known.documents = kept
    return Worded(headline, "", (change,))


def _billed(known: _Known, facts: Facts) -> Worded:
    return Worded("Faturado", f"Executado em {_day(facts['billed_on'])}.", (), "green")


def _paid(known: _Known, facts: Facts) -> Worded:
    known.payments[facts["payment_id"]] = Decimal(facts["amount"])
    changes = [
        Change("Recebido", None, _money(facts["amount"])),
        Change("Data", None, _day(facts["paid_on"])),
    ]
    parts = (
        ("principal", "Principal"),
        ("fine", "Multa"),
        ("interest", "Juros"),
        ("discount", "Desconto"),
        ("excess", "Recebido a mais"),
    )
    for name, label in parts:
        value = Decimal(facts.get(name, "0"))
        if value:
            changes.append(Change(label, None, _money(value)))
    changes.append(Change("Conta", None, known.account(facts["account_id"])))
    source = Change("Origem", None, RECEIPT_SOURCE.get(facts["source"], str(facts["source"])))
    changes.append(known.receipt(facts["payment_id"]) or source)
    return Worded("Pagamento recebido", _sentence(_of_instalment(known, facts)), tuple(changes), "green")


def _reversed(known: _Known, facts: Facts) -> Worded:
    amount = known.payments.get(facts["payment_id"])
    changes = [Change("Motivo", None, facts["reason"])]
    if amount is not None:
        changes.insert(0, Change("Recebido", _money(amount), _money(0)))
    return Worded("Pagamento estornado", _sentence(_of_instalment(known, facts)), tuple(changes), "red")


def _cancelled(known: _Known, facts: Facts) -> Worded:
    parts = ["O contrato foi encerrado."] if facts["because"] == "contract_ended" else []
    parts += ["O período pode ser faturado de novo."] if facts["frees_period"] else []
    return Worded("Fatura cancelada", " ".join(parts), (Change("Motivo", None, facts["reason"]),), "red")


def _sentence(text: str) -> str:
    return f"{text.capitalize()}." if text else ""


WORDINGS: dict[str, Callable[[_Known, Facts], Worded]] = {
    facts_of.InvoiceOpened.TOPIC: _opened,
    facts_of.InvoiceLineAdded.TOPIC: _line_added,
    facts_of.DefinitiveValueSet.TOPIC: _definitive_value,
    facts_of.InstallmentRescheduled.TOPIC: _rescheduled,
    facts_of.InstallmentRepriced.TOPIC: _repriced,
    facts_of.InvoicePaymentRevised.TOPIC: _payment_revised,
    facts_of.BillingRequested.TOPIC: _billing_requested,
    facts_of.BoletoIssued.TOPIC: _boleto_issued,
    facts_of.BoletoFailed.TOPIC: _boleto_failed,
    facts_of.BoletoCancelled.TOPIC: _boleto_cancelled,
    facts_of.PixChargeFailed.TOPIC: _pix_failed,
    facts_of.NfseFailed.TOPIC: _nfse_failed,
    facts_of.DocumentsWaived.TOPIC: _waived,
    facts_of.InvoiceBilled.TOPIC: _billed,
    facts_of.InstallmentPaid.TOPIC: _paid,
    facts_of.PaymentReversed.TOPIC: _reversed,
    facts_of.InvoiceCancelled.TOPIC: _cancelled,
    ServiceFiscalCodeAssigned.TOPIC: _fiscal_code_assigned,
}
