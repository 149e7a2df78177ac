"""The Portuguese names of the fields of facts and aggregates, and how their values are written for an auditor."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from web import formats
from web.wording import settlements, terms

NOTHING = "—"

LABELS: dict[str, str] = {
    "account_digit": "Dígito da conta",
    "account_id": "Conta (id)",
    "known_account_id": "Conta informada (id)",
    "known_company_id": "Empresa informada (id)",
    "account_number": "Número da conta",
    "account_version": "Versão da conta",
    "address": "Endereço",
    "adjusted_on": "Reajustado em",
    "adjustment": "Reajuste",
    "adjusts_from": "Reajuste contado de",
    "agreement": "Convênio",
    "amount": "Valor",
    "asked": "Documentos pedidos",
    "attempt": "Emissão",
    "attempts": "Emissões",
    "automatic_billing": "Faturamento automático",
    "bank_code": "Banco",
    "barcode": "Código de barras",
    "because": "Por quê",
    "billed": "Faturadas",
    "billed_on": "Faturado em",
    "boletos": "Boletos válidos",
    "branch": "Agência",
    "calendar": "Calendário bancário (versão)",
    "cancelled": "Cancelada",
    "changed": "O que mudou",
    "chunk": "Parte do lote",
    "chunks": "Partes concluídas",
    "city": "Cidade",
    "city_ibge": "Município (IBGE)",
    "clock": "Contagem do reajuste",
    "closed": "Encerrada",
    "cnpj": "CNPJ",
    "choice": "Vendas em aberto no lote",
    "code": "Código",
    "collection": "Contato de cobrança",
    "collection_contact_id": "Contato de cobrança (id)",
    "companies": "Empresas (ids)",
    "competencia": "Competência",
    "competencia_offset_months": "Deslocamento da competência (meses)",
    "complement": "Complemento",
    "consumer": "Relação de consumo",
    "contact_id": "Contato (id)",
    "contacts": "Contatos",
    "contract_id": "Contrato (id)",
    "count": "Reajustes feitos",
    "counted_from": "Contado de",
    "ctribnac": "Código de tributação nacional",
    "customer_id": "Cliente (id)",
    "dead_letter_id": "Mensagem separada (id)",
    "definitive": "Valor definitivo",
    "department": "Departamento",
    "description": "Descrição",
    "detail": "Detalhe",
    "disabled": "Desativado",
    "disabled_because": "Desligado por",
    "discount": "Desconto",
    "discount_amount": "Desconto em valor",
    "discount_percent": "Desconto (%)",
    "district": "Bairro",
    "document": "CPF/CNPJ",
    "documents": "Documentos",
    "due_day": "Dia do vencimento",
    "due_from": "Vencimento de",
    "due_on": "Vencimento",
    "due_shift": "Vencimento em dia não útil",
    "due_until": "Vencimento até",
    "effective_on": "Vale a partir de",
    "email": "E-mail",
    "emits_documents": "Emite documentos",
    "ends_on": "Termina em",
    "event_ids": "Fatos lidos (ids)",
    "ever_personal": "Já recebeu dados pessoais",
    "every_months": "A cada (meses)",
    "excess": "Recebido a mais",
    "exclusions": "Fora do lote",
    "factor": "Fator",
    "failed": "Com erro",
    "failing_hours": "Horas em falha",
    "fields": "Campos lidos",
    "filter": "Filtro",
    "fine": "Multa",
    "fine_percent": "Multa (%)",
    "first": "Primeiro",
    "first_due_on": "Primeiro vencimento",
    "fiscal_until": "Guarda fiscal até",
    "forecast": "Valor previsto",
    "forgotten_at": "Dados eliminados em",
    "frees_period": "Libera o período",
    "from_ordinal": "A partir do período",
    "from_position": "A partir da posição",
    "grants": "Permissões",
    "gross_amount": "Valor bruto",
    "held_from": "Reajuste suspenso desde o período",
    "index": "Índice",
    "instalment": "Parcela",
    "instalment_count": "Quantidade de parcelas",
    "instalments": "Parcelas",
    "interest": "Juros",
    "interest_percent_month": "Juros ao mês (%)",
    "invoice_id": "Fatura (id)",
    "invoices": "Faturas",
    "item": "Item",
    "items": "Itens",
    "joining": "Vendas em faturas de contrato",
    "kind": "Tipo",
    "last": "Último",
    "last_status": "Última resposta (HTTP)",
    "late_charges": "Encargos por atraso",
    "lc116": "Código da LC 116",
    "legal_name": "Razão social",
    "lines": "Linhas",
    "linha_digitavel": "Linha digitável",
    "list_price": "Preço de tabela",
    "log_position": "Posição do registro",
    "login": "E-mail de acesso",
    "message_topic": "Tópico da mensagem",
    "mode": "Modo",
    "month": "Mês",
    "moved_stream": "Registro que mudou (id)",
    "municipal_registration": "Inscrição municipal",
    "name": "Nome",
    "next_number": "Próximo número",
    "nfse": "NFS-e",
    "nosso_numero": "Nosso número",
    "nosso_numero_digit": "Dígito do nosso número",
    "not_billed": "Não faturadas",
    "notes": "Observações",
    "number": "Número",
    "on": "Ligado",
    "on_principal": "Abatido do principal",
    "open_amount": "Valor em aberto",
    "open_invoices": "Faturas em aberto",
    "opening": "Vendas em faturas próprias",
    "order": "Pedido",
    "ordinal": "Período",
    "origin": "Origem",
    "outcome": "Resultado",
    "outside_law": "Periodicidade fora da lei",
    "overlap_hours": "Segredos anteriores ainda valem (horas)",
    "owner_id": "Quem pediu (id)",
    "paid_on": "Pago em",
    "payable_until": "Pagável até",
    "payer": "Pagador",
    "payment_id": "Recebimento (id)",
    "payment_method": "Forma de pagamento",
    "percent": "Percentual",
    "period_from": "Período de",
    "period_until": "Período até",
    "periodicity": "Periodicidade",
    "periods": "Períodos",
    "personal": "Dados pessoais",
    "phone": "Telefone",
    "pix_key": "Chave Pix",
    "plan": "Plano",
    "plan_hash": "Código do plano",
    "points": "Pontos do índice",
    "portfolio": "Carteira",
    "principal": "Principal",
    "pro_rata_from": "Proporcional desde",
    "quantity": "Quantidade",
    "reason": "Motivo",
    "receipts": "Recebimentos",
    "refused": "Recusadas",
    "released": "Períodos liberados",
    "requested_by": "Pedido por",
    "retired": "Fora de uso",
    "retroactive": "Períodos passados",
    "reversed_ids": "Recebimentos estornados (ids)",
    "role": "Papel",
    "rounded_percent": "Percentual arredondado",
    "run_id": "Lote (id)",
    "running_contracts": "Contratos em vigor",
    "sale_id": "Venda (id)",
    "sales": "Vendas",
    "secret_id": "Segredo (id)",
    "send_email": "Enviar e-mail",
    "series": "Série",
    "service_id": "Serviço (id)",
    "sgs_code": "Código SGS",
    "skipped_position": "Posição pulada",
    "sold_on": "Vendida em",
    "source": "Fonte",
    "split": "Divisão",
    "starts_on": "Início",
    "state": "Estado",
    "street": "Logradouro",
    "subject_id": "Pessoa (id)",
    "subscription": "Assinatura",
    "surface": "Onde foi lido",
    "tax_regime": "Regime tributário",
    "terms": "Condições",
    "topics": "Tópicos",
    "totals": "Totais",
    "trade_name": "Nome fantasia",
    "tries": "Tentativas",
    "types": "Tipos de mensagem",
    "unit_price": "Valor unitário",
    "url": "Endereço de entrega",
    "user_id": "Usuário (id)",
    "value_pending": "Valor pendente",
    "value_type": "Tipo de valor",
    "variable": "Valor variável",
    "variation": "Variação da carteira",
    "versions": "Versões das condições",
    "waived": "Documentos dispensados",
    "was_amount": "Valor anterior",
    "was_due_on": "Vencimento anterior",
    "when_negative": "Índice negativo",
    "when_unpublished": "Índice não publicado",
    "with_failures": "Faturadas com erro",
    "without_boleto": "Parcelas sem boleto",
    "year_end_rule": "Regra do último dia útil",
    "zip_code": "CEP",
    **settlements.LABELS,
}

_WORDS: dict[str, Mapping[str, str]] = {
    "payment_method": terms.PAYMENT_METHOD,
    "method": terms.PAYMENT_METHOD,
    "why": settlements.WHY,
    "by": settlements.FOUND_BY,
    "found_by": settlements.FOUND_BY,
    "documents": terms.DOCUMENT,
    "asked": terms.DOCUMENT,
    "waived": terms.DOCUMENT,
    "failed": terms.DOCUMENT,
    "value_type": terms.VALUE_TYPE,
    "periodicity": terms.PERIODICITY,
    "due_shift": terms.DUE_SHIFT,
    "origin": terms.ORIGIN,
    "nfse": terms.NFSE,
    "retroactive": terms.RETROACTIVE,
    "because": {
        "asked": "Pedido",
        "contract_ended": "Contrato encerrado",
        "ordered": "Ordem de autoridade",
        "term_over": "Prazo legal encerrado",
        **terms.WEBHOOK_DISABLED,
    },
    "disabled_because": terms.WEBHOOK_DISABLED,
    "surface": {"page": "Tela", "api": "API", "command": "Linha de comando"},
    "outcome": {
        "applied": "Aplicado",
        "floored": "Índice negativo: valor mantido",
        "held": "Suspenso: índice não publicado",
        "skipped": "Não aplicado",
        "last_known": "Pelo último índice conhecido",
        "refused": "Recusada",
        "failed": "Erro",
    },
    "requested_by": {
        "person": "Uma pessoa",
        "batch": "Lote",
        "scheduler": "Faturamento automático",
        "titular": "Titular",
        "representante": "Representante",
        "encarregado": "Encarregado",
        "controlador": "Controlador",
        "autoridade": "Autoridade",
    },
    "source": {
        "manual": "Informado por uma pessoa",
        "bank_file": "Arquivo de retorno do banco",
        "settlement": "Aviso de liquidação",
        "reconciliation": "Conciliação bancária",
    },
    "tax_regime": {
        "simples": "Simples Nacional",
        "mei": "MEI",
        "presumed": "Lucro presumido",
        "real": "Lucro real",
    },
    "mode": {"contractual": "Contratual", "due": "Vencidas", "avulso": "Avulsa"},
    "choice": {
        "join": "Entram na fatura do cliente",
        "own": "Em faturas próprias",
        "leave_out": "Ficam de fora",
    },
    "role": {
        "administrator": "Administrador",
        "finance": "Financeiro",
        "viewer": "Consulta",
        "auditor": "Auditoria",
        "integrator": "Integração",
    },
    "kind": {
        **{code: words for code, (words, _) in terms.KIND.items()},
        **terms.ACCOUNT_KIND,
        "person": "Pessoa física",
        "organisation": "Pessoa jurídica",
        "nosso_numero": "Nosso número",
        "dps": "DPS",
    },
    "when_negative": {"floor": "Mantém o valor", "apply": "Reduz o valor"},
    "when_unpublished": {"hold": "Aguarda", "last_known": "Usa o último conhecido", "skip": "Não reajusta"},
    "reason": {
        "asked": "Pedido",
        "contract_revised": "Alteração do contrato",
        "contract_adjusted": "Reajuste do contrato",
    },
    "changed": LABELS,
}
_WRITTEN: dict[str, Callable[[str], str]] = {
    "document": formats.tax_document,
    "cnpj": formats.tax_document,
    "linha_digitavel": formats.linha_digitavel,
}
_MONEY = re.compile(r"-?\d{1,13}\.\d{2}", re.ASCII)
_RATE = re.compile(r"-?\d{1,13}\.\d{4}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)


def label(path: Iterable[str]) -> str:
    """The words of a path: `Parcelas 1 › Vencimento`; a name of a later release stays as it is."""
    words: list[str] = []
    for name in path:
        if name.isdigit() and words:
            words[-1] += f" {name}"
        elif _MONTH.fullmatch(name):
            words.append(formats.competencia(name))
        else:
            words.append(LABELS.get(name, name))
    return " › ".join(words)


def value(name: str, raw: object) -> str:
    """A value as it is read; `name` is the last part of its path that is a name."""
    match raw:
        case None | "":
            return NOTHING
        case bool():
            return "Sim" if raw else "Não"
        case Enum():
            return value(name, raw.value)
        case datetime():
            return formats.moment_with_seconds(raw)
        case date():
            return formats.day(raw)
        case list() | tuple():
            return ", ".join(value(name, each) for each in raw) or NOTHING
        case _:
            return _text(name, str(raw))


def _text(name: str, text: str) -> str:
    words = _WORDS.get(name, {}).get(text)
    if words is not None:
        return words
    if name in _WRITTEN:
        return _WRITTEN[name](text)
    if _MONEY.fullmatch(text):
        return formats.money(Decimal(text))
    if _RATE.fullmatch(text):
        return formats.quantity(Decimal(text))
    if _DAY.fullmatch(text):
        return formats.day(date.fromisoformat(text))
    if _MONTH.fullmatch(text) and name in ("competencia", "month"):
        return formats.competencia(text)
    return text


def read(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Every value of a fact, named and written."""
    return [(label(path), value(named(path), raw)) for path, raw in _leaves((), facts) if path]


def named(path: Iterable[str]) -> str:
    """The last name of a path, numbers of a list left out."""
    return next((name for name in reversed(tuple(path)) if not name.isdigit()), "")


def _leaves(path: tuple[str, ...], raw: object) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(raw, Mapping) and raw:
        for name, inner in raw.items():
            yield from _leaves((*path, str(name)), inner)
    elif isinstance(raw, list) and any(isinstance(each, Mapping) for each in raw):
        for number, inner in enumerate(raw, start=1):
            yield from _leaves((*path, str(number)), inner)
    else:
        yield path, raw if raw != {} else None
