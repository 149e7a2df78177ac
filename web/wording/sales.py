"""What is said of sales: their states and modes, their facts in a history, and where a line came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.sale import events as facts_of
from web import formats
from web.wording import terms
from web.wording.entries import Change, Entry, HistoryRow, Worded

PATH = "/vendas"

STATE: dict[str, tuple[str, str]] = {
    "open": ("Em aberto", "orange"),
    "partly_billed": ("Faturada em parte", "blue"),
    "billed": ("Faturada", "green"),
    "cancelled": ("Cancelada", "red"),
}
"""Words and tone."""

STATE_HELP: dict[str, str] = {
    "open": "Nenhum item está em fatura.",
    "partly_billed": "Há itens em fatura e itens em aberto.",
    "billed": "Tudo o que tem valor está em fatura.",
    "cancelled": "A venda não se concretizou: nada dela se fatura.",
}

MODE: dict[str, tuple[str, str]] = {
    "contractual": (
        "Contratual",
        "Entra no lote contratual, com a fatura do cliente que vence no mesmo dia.",
    ),
    "avulso": ("Avulsa", "É faturada aqui, item por item; o lote só lembra dela."),
}
"""Words, and what they mean."""

type Facts = Mapping[str, Any]


def sale_history(facts: Sequence[HistoryRow], people: Callable[[str], str]) -> list[Entry]:
    """What became of a sale, newest first."""
    return [
        Entry(
            each.version,
            each.occurred_at,
            each.recorded_at,
            people(each.actor),
            _worded(each.topic, each.facts),
        )
        for each in reversed(facts)
    ]


def sales_words(codes: Mapping[UUID, str]) -> Callable[[str], Change | None]:
    """The sale that lines of an invoice came from, in words and with its address."""

    def word(sale_id: str) -> Change:
        code = codes.get(UUID(sale_id), "outra venda")
        return Change("Venda", None, code, f"{PATH}?aba=todas&janela={sale_id}")

    return word


def _recorded(facts: Facts) -> Worded:
    count = len(facts["items"])
    total = sum((Decimal(item["amount"]) for item in facts["items"]), Decimal(0))
    changes = (
        Change(
            "Valor",
            None,
            f"{formats.money(total)} em {formats.count(count)} {'item' if count == 1 else 'itens'}",
        ),
        Change("Vencimento", None, formats.day(date.fromisoformat(facts["due_on"]))),
        Change("Forma de pagamento", None, terms.PAYMENT_METHOD[facts["payment_method"]]),
        Change("Modo", None, MODE[facts["mode"]][0]),
    )
    text = "" if facts["emits_documents"] else "Não emite documentos: é devida desde o registro."
    return Worded("Venda registrada", text, changes)


def _items(title: str, tone: str) -> Callable[[Facts], Worded]:
    def word(facts: Facts) -> Worded:
        numbers = ", ".join(str(number) for number in facts["items"])
        label = "Item" if len(facts["items"]) == 1 else "Itens"
        text = "O contrato foi encerrado." if facts.get("because") == "contract_ended" else ""
        fatura = Change("Fatura", None, "Ver fatura", f"/faturamento/{facts['invoice_id']}")
        return Worded(title, text, (Change(label, None, numbers), fatura), tone)

    return word


def _cancelled(facts: Facts) -> Worded:
    return Worded("Venda cancelada", f"Motivo: {facts['reason']}", (), "red")


WORDINGS: dict[str, Callable[[Facts], Worded]] = {
    facts_of.SaleRecorded.TOPIC: _recorded,
    facts_of.SaleItemsBilled.TOPIC: _items("Itens faturados", "green"),
    facts_of.SaleItemsReleased.TOPIC: _items("Itens liberados: a fatura foi cancelada", "orange"),
    facts_of.SaleCancelled.TOPIC: _cancelled,
}


def _worded(topic: str, facts: Facts) -> Worded:
    word = WORDINGS.get(topic)
    return word(facts) if word else Worded(topic)


def sales_of(facts: Iterable[Facts]) -> set[UUID]:
    """The sales that facts of an invoice name."""
    return {UUID(sale) for each in facts for sale in each.get("sales", ())}
