"""The Portuguese name of every fact, and what it says in one line: invoices in the words of their history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.kernel import EVENT_TYPES
from web.wording import values
from web.wording.entries import Change, Worded
from web.wording.history import WORDINGS, history

TITLES: dict[str, str] = {
    "account.boleto_agreement_set.v1": "Convênio de boleto definido",
    "account.closed.v1": "Conta encerrada",
    "account.late_charges_set.v1": "Encargos da conta definidos",
    "account.pix_key_set.v1": "Chave Pix definida",
    "account.registered.v1": "Conta cadastrada",
    "billing_run.chunk_done.v1": "Parte do lote concluída",
    "billing_run.closed.v1": "Lote encerrado",
    "billing_run.confirmed.v1": "Lote confirmado",
    "billing_run.planned.v1": "Lote planejado",
    "billing_run.resumed.v1": "Lote retomado",
    "billing_run.sales_planned.v1": "Vendas no plano do lote",
    "billing_run.stopped.v1": "Lote interrompido",
    "company.automatic_billing_switched.v1": "Faturamento automático alterado",
    "company.late_charges_set.v1": "Encargos da empresa definidos",
    "company.registered.v1": "Empresa cadastrada",
    "company.year_end_rule_set.v1": "Regra do fim de ano alterada",
    "contract.adjusted.v1": "Contrato reajustado",
    "contract.ended.v1": "Contrato encerrado",
    "contract.extended.v1": "Contrato prorrogado",
    "contract.installment_generated.v1": "Período do contrato gerado",
    "contract.installment_released.v1": "Período do contrato liberado",
    "contract.revised.v1": "Contrato alterado",
    "contract.signed.v1": "Contrato assinado",
    "customer.collection_contact_chosen.v1": "Contato de cobrança escolhido",
    "customer.contact_added.v1": "Contato do cliente incluído",
    "customer.contact_removed.v1": "Contato do cliente retirado",
    "customer.document_corrected.v1": "CPF/CNPJ do cliente corrigido",
    "customer.fiscal_data_erased.v1": "Dados fiscais do cliente eliminados",
    "customer.forgotten.v1": "Dados pessoais do cliente eliminados",
    "customer.moved.v1": "Endereço do cliente alterado",
    "customer.name_corrected.v1": "Nome do cliente corrigido",
    "customer.registered.v1": "Cliente cadastrado",
    "invoice.billed.v1": "Faturado",
    "invoice.billing_requested.v1": "Faturamento iniciado",
    "invoice.boleto_cancelled.v1": "Boleto cancelado",
    "invoice.boleto_failed.v1": "Erro ao gerar boleto",
    "invoice.boleto_issued.v1": "Boleto numerado",
    "invoice.cancelled.v1": "Fatura cancelada",
    "invoice.definitive_value_set.v1": "Valor definitivo informado",
    "invoice.documents_waived.v1": "Documentos dispensados",
    "invoice.installment_paid.v1": "Pagamento recebido",
    "invoice.installment_repriced.v1": "Valor alterado",
    "invoice.installment_rescheduled.v1": "Vencimento alterado",
    "invoice.line_added.v1": "Itens de venda incluídos",
    "invoice.nfse_failed.v1": "Falha na emissão da NFS-e",
    "invoice.opened.v1": "Fatura criada",
    "invoice.payment_reversed.v1": "Pagamento estornado",
    "invoice.payment_revised.v1": "Pagamento alterado",
    "invoice.pix_charge_failed.v1": "Erro ao gerar o Pix",
    "numbering.advanced.v1": "Numeração adiantada",
    "numbering.reserved.v1": "Números reservados",
    "personal_data.message_read.v1": "Mensagem separada lida",
    "personal_data.read.v1": "Dados pessoais lidos",
    "price_index.point_corrected.v1": "Ponto de índice corrigido",
    "price_index.point_published.v1": "Ponto de índice publicado",
    "price_index.registered.v1": "Índice cadastrado",
    "sale.cancelled.v1": "Venda cancelada",
    "sale.items_billed.v1": "Itens da venda faturados",
    "sale.items_released.v1": "Itens da venda liberados",
    "sale.recorded.v1": "Venda registrada",
    "service.fiscal_code_assigned.v1": "Código fiscal do serviço informado",
    "service.priced.v1": "Preço do serviço definido",
    "service.registered.v1": "Serviço cadastrado",
    "service.retired.v1": "Serviço retirado de uso",
    "settlement.applied.v1": "Recebimento identificado na chegada",
    "settlement.identified.v1": "Recebimento identificado",
    "settlement.released.v1": "Identificação do recebimento desfeita",
    "settlement.reversed.v1": "Recebimento devolvido",
    "settlement.unidentified.v1": "Recebimento não identificado",
    "settlement.voided.v1": "Recebimento sem efeito",
    "user.disabled.v1": "Usuário desativado",
    "user.enabled.v1": "Usuário reativado",
    "user.grants_set.v1": "Permissões do usuário definidas",
    "user.password_set.v1": "Senha do usuário definida",
    "user.registered.v1": "Usuário cadastrado",
    "user.signed_in.v1": "Usuário entrou",
    "webhook.auto_disabled.v1": "Webhook desligado pelo sistema",
    "webhook.disabled.v1": "Webhook pausado",
    "webhook.enabled.v1": "Webhook retomado",
    "webhook.message_skipped.v1": "Mensagem do webhook pulada",
    "webhook.registered.v1": "Webhook cadastrado",
    "webhook.replayed.v1": "Reenvio do webhook pedido",
    "webhook.revised.v1": "Webhook alterado",
    "webhook.secret_rotated.v1": "Segredo do webhook trocado",
}

FAMILIES: dict[str, str] = {
    "account": "Conta",
    "billing_run": "Lote de faturamento",
    "company": "Empresa",
    "contract": "Contrato",
    "customer": "Cliente",
    "invoice": "Fatura",
    "numbering": "Numeração",
    "personal_data": "Dados pessoais",
    "price_index": "Índice",
    "sale": "Venda",
    "service": "Serviço",
    "settlement": "Recebimento",
    "user": "Usuário",
    "webhook": "Webhook",
}
"""By the first word of a topic."""

_MOST_SHOWN = 4
_LESS_TELLING = frozenset({"terms", "plan_hash", "log_position", "calendar"})


def title(topic: str) -> str:
    """The name of a fact; one of a later release keeps its topic."""
    return TITLES.get(topic, topic)


def family(topic: str) -> str:
    """What the fact belongs to: a Fatura, a Contrato."""
    first = topic.partition(".")[0]
    return FAMILIES.get(first, first)


@dataclass(frozen=True, slots=True)
class _Alone:
    """A fact without those above it, as a history takes it."""

    version: int
    topic: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    facts: Mapping[str, Any]


def alone(topic: str, facts: Mapping[str, Any], at: datetime, accounts: Callable[[str], str]) -> Worded:
    """One fact in words, whatever stands above it. A fact that was altered keeps its name at least."""
    if topic in WORDINGS:
        row = _Alone(1, topic, at, at, "", facts)
        try:
            return history([row], str, accounts)[0].worded
        except (LookupError, ValueError, TypeError, ArithmeticError):
            return Worded(title(topic))
    told = [(name, raw) for name, raw in in_order(topic, facts).items() if _tells(name, raw)][:_MOST_SHOWN]
    changes = tuple(Change(values.label((name,)), None, values.value(name, raw)) for name, raw in told)
    return Worded(title(topic), "", changes)


def in_order(topic: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The values in the order in which the fact names them; stored they come by length of their names."""
    kind = EVENT_TYPES.get(topic)
    named = [name for name in kind.model_fields if name in facts] if kind else []
    return {name: facts[name] for name in (*named, *(other for other in facts if other not in named))}


def _tells(name: str, raw: object) -> bool:
    return name not in _LESS_TELLING and not name.endswith(("_id", "_ids")) and _is_plain(raw)


def _is_plain(raw: object) -> bool:
    if isinstance(raw, list):
        return bool(raw) and all(isinstance(each, str | int) for each in raw)
    return raw is not None and not isinstance(raw, Mapping)
