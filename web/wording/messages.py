"""Portuguese for incoming messages: what became of one, why it was set aside, why a topic is not read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from domain.kernel import DomainError
from web.wording import refusals

TOPICS: dict[str, str] = {
    "sales.orders.v1": "Pedidos de venda",
    "payments.settlements.v1": "Recebimentos",
}
OWN_TOPICS: dict[str, str] = {
    "billing.contracts.v1": "Reações a contratos",
    "billing.invoices.v1": "Reações a faturas",
    "billing.settlements.v1": "Reações a recebimentos",
}
"""Our own, read so that what follows from a fact is done."""

REACTIONS: dict[str, str] = {
    "bill_signed": "faturar contratos assinados",
    "place_receipts": "identificar recebimentos",
}
STATES: dict[str, tuple[str, str]] = {
    "open": ("orange", "À espera"),
    "applied": ("green", "Aplicada"),
    "discarded": ("grey", "Descartada"),
}
"""Tone and words."""

KINDS: dict[str, str] = {"poison": "Ilegível", "refused": "Recusada"}

PAUSES: dict[str, tuple[str, str]] = {
    "dependency": (
        "Serviço fora do ar",
        "O banco de dados, uma leitura ou o Kafka não respondeu. A leitura recomeça sozinha.",
    ),
    "failing": (
        "Falha do programa",
        "Uma mensagem causa um erro inesperado. Nada foi perdido: a leitura tenta de novo e continua quando "
        "a causa for corrigida. Avise o suporte.",
    ),
    "offset_lost": (
        "Mensagens faltando",
        "A próxima mensagem não está mais no tópico. Compare com quem envia; depois, aceite com "
        "lastro messages read-anew.",
    ),
    "topic_remade": (
        "Tópico recriado",
        "O tópico foi apagado e criado de novo. Compare com quem envia; depois, aceite com "
        "lastro messages read-anew.",
    ),
    "poison": (
        "Parado: muitas ilegíveis",
        "Muitas mensagens seguidas não puderam ser lidas. Veja-as abaixo; depois, lastro messages go-on e "
        "inicie o consumidor.",
    ),
    "dead_letters": (
        "Parado: sem onde separar",
        "O tópico de mensagens separadas não aceitou uma mensagem. Verifique o Kafka e inicie o consumidor.",
    ),
}
"""What it is called, and what to do."""

_FIELDS: dict[str, str] = {
    "company": "a empresa",
    "customer": "o cliente",
    "service": "o serviço",
    "account": "a conta",
}


def topic(name: str) -> str:
    """What people call a topic."""
    return TOPICS.get(name) or OWN_TOPICS.get(name, name)


def reader(topic_name: str, group: str) -> str:
    """What people call a topic as one group reads it: an incoming one, or our own that a reaction is told."""
    reaction = group.removeprefix("reaction.")
    if reaction == group:
        return topic(topic_name)
    return f"Reação: {REACTIONS.get(reaction, reaction)}"


def pause(reason: str) -> tuple[str, str]:
    """A paused partition's heading and advice."""
    return PAUSES.get(reason, (reason, ""))


def why(kind: str, code: str, details: Mapping[str, Any]) -> str:
    """Why a message was set aside, and what to do."""
    if kind == "poison":
        return "A mensagem não segue o contrato do tópico e não pôde ser lida."
    special = _REFUSED.get(code)
    if special is not None:
        return special(details)
    return refusals.text(code, DomainError("", **dict(details)))


_UNNAMED = {"company": "de que empresa é", "customer": "quem é o cliente"}


def _reference(details: Mapping[str, Any]) -> str:
    field = str(details.get("field"))
    what = _FIELDS.get(field, "um cadastro")
    if details.get("unnamed"):
        return f"A mensagem não diz {_UNNAMED.get(field, what)}. Corrija-a, ou peça a quem envia que o diga."
    code = details.get("code")
    named = f" {code}" if code else ""
    item = f" no item {details['item']}" if details.get("item") else ""
    return f"Não há cadastro para {what}{named}{item}. Cadastre e reaplique, ou corrija a mensagem."


def _changed(details: Mapping[str, Any]) -> str:
    return (
        "O mesmo pedido já foi registrado com outro conteúdo. O que foi vendido não muda depois: peça a quem "
        "envia que cancele e mande um pedido novo."
    )


def _unknown_order(details: Mapping[str, Any]) -> str:
    return (
        f"O pedido {details.get('source', '')}/{details.get('order', '')} cancelado não foi registrado aqui. "
        "Resolva primeiro o pedido, depois reaplique o cancelamento."
    )


_REFUSED = {
    "order_reference_unknown": _reference,
    "sale_changed": _changed,
    "order_unknown": _unknown_order,
}


_SHORT: dict[str, str] = {
    "message_unreadable": "Ilegível",
    "order_reference_unknown": "Cadastro não encontrado",
    "sale_changed": "Pedido mudou",
    "order_unknown": "Pedido cancelado não registrado",
    "sale_billed": "Pedido já faturado",
    "customer_forgotten": "Cliente eliminado",
    "service_retired": "Serviço retirado de uso",
    "account_unfit": "Conta não aceita a forma de pagamento",
    "sale_account_missing": "Falta a conta",
    "sale_date_implausible": "Data fora de 1990 a 2100",
    "sale_item_invalid": "Item inválido",
    "settlement_contradicted": "Recebimento contraditório",
}


def short(code: str) -> str:
    """A reason in few words, for a filter."""
    return _SHORT.get(code, code)


def lasting(age: timedelta) -> str:
    """`12 s`, `3 min`, `5 h`, `2 dias`."""
    seconds = max(0, int(age.total_seconds()))
    if seconds < 100:
        return f"{seconds} s"
    if seconds < 6_000:
        return f"{seconds // 60} min"
    return f"{seconds // 3_600} h" if seconds < 172_800 else f"{seconds // 86_400} dias"
