"""The columns of a portfolio file: which a kind of row has, which it must have, how each is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from application.portfolio import cells


class Kind(StrEnum):
    """The kinds of row, in the order in which they are imported: what is named comes first."""

    COMPANY = "empresa"
    ACCOUNT = "conta"
    SERVICE = "servico"
    CUSTOMER = "cliente"
    CONTRACT = "contrato"


SHEETS: dict[Kind, str] = {
    Kind.COMPANY: "Empresas",
    Kind.ACCOUNT: "Contas",
    Kind.SERVICE: "Servicos",
    Kind.CUSTOMER: "Clientes",
    Kind.CONTRACT: "Contratos",
}

Read = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how its text becomes a value. `default` stands for an empty cell."""

    name: str
    read: Read
    required: bool = False
    default: Any = None


def _required(name: str, read: Read) -> Column:
    return Column(name, read, required=True)


CODE = _required("codigo", cells.code)
COMPANY = _required("empresa", cells.code)

ITEM_COLUMNS = (
    Column("servico", cells.code),
    Column("descricao", cells.text),
    Column("quantidade", cells.quantity, default=cells.ONE),
    Column("valor_unitario", cells.money),
    Column("desconto_percentual", cells.percent),
    Column("desconto_valor", cells.money),
)

CHARGES = (Column("multa_percentual", cells.percent), Column("juros_percentual_mes", cells.percent))

COLUMNS: dict[Kind, tuple[Column, ...]] = {
    Kind.COMPANY: (
        CODE,
        _required("razao_social", cells.text),
        Column("nome_fantasia", cells.text),
        _required("cnpj", cells.cnpj),
        Column("inscricao_municipal", cells.text),
        _required("municipio_ibge", cells.digits(7)),
        Column(
            "regime_tributario",
            cells.one_of(simples="simples", mei="mei", presumido="presumed", real="real"),
            default="simples",
        ),
        Column("faturamento_automatico", cells.yes_no),
        *CHARGES,
    ),
    Kind.ACCOUNT: (
        CODE,
        COMPANY,
        _required("nome", cells.text),
        _required("tipo_conta", cells.one_of(banco="bank", caixa="cash", carteira="wallet", cartao="card")),
        Column("banco", cells.bank_code),
        Column("agencia", cells.number_text),
        Column("conta_numero", cells.number_text),
        Column("conta_digito", cells.text),
        Column("carteira", cells.number_text),
        Column("convenio", cells.number_text),
        Column("variacao", cells.number_text),
        Column("proximo_nosso_numero", cells.boleto_number),
        Column("chave_pix", cells.pix_key),
        *CHARGES,
    ),
    Kind.SERVICE: (
        CODE,
        COMPANY,
        _required("descricao", cells.text),
        Column("natureza", cells.one_of(servico="service", produto="product"), default="service"),
        Column("preco", cells.money),
        Column("item_lc116", cells.lc116),
        Column("ctribnac", cells.digits(6)),
    ),
    Kind.CUSTOMER: (
        CODE,
        _required("nome", cells.text),
        Column("nome_fantasia", cells.text),
        _required("pessoa", cells.one_of(fisica="person", juridica="organisation")),
        Column("documento", cells.text),
        Column("logradouro", cells.text),
        Column("numero", cells.text, default="s/n"),
        Column("complemento", cells.text),
        Column("bairro", cells.text),
        Column("cidade", cells.text),
        Column("municipio_ibge", cells.digits(7)),
        Column("uf", cells.state),
        Column("cep", cells.digits(8)),
        Column("contato_nome", cells.text),
        Column("contato_email", cells.email),
        Column("contato_telefone", cells.text),
    ),
    Kind.CONTRACT: (
        CODE,
        COMPANY,
        _required("cliente", cells.code),
        _required("conta", cells.code),
        _required("data_inicio", cells.day),
        Column("data_termino", cells.day),
        Column("parcelas", cells.count),
        Column("primeiro_vencimento", cells.day),
        Column("dia_vencimento", cells.month_day),
        Column(
            "periodicidade",
            cells.one_of(
                semanal="weekly",
                quinzenal="fortnightly",
                mensal="monthly",
                bimestral="bimonthly",
                trimestral="quarterly",
                semestral="half_yearly",
                anual="yearly",
            ),
            default="monthly",
        ),
        Column(
            "tipo_pagamento",
            cells.one_of(recorrente="recurring", parcelado="split"),
            default="recurring",
        ),
        Column("divisao", cells.split_parts, default=()),
        _required(
            "forma_pagamento",
            cells.one_of(
                boleto="boleto",
                pix="pix",
                transferencia="bank_transfer",
                cartao_credito="credit_card",
                cartao_debito="debit_card",
                debito_conta="direct_debit",
                cheque="cheque",
                dinheiro="cash",
                desconto_folha="payroll_deduction",
                outros="other",
            ),
        ),
        Column(
            "retroativo",
            cells.one_of(todas="every_period", hoje="from_today", proximo_mes="from_next_month"),
        ),
        Column("valor_bruto", cells.money),
        Column("valor_variavel", cells.yes_no, default=False),
        Column("pro_rata_desde", cells.day),
        Column(
            "dia_nao_util",
            cells.one_of(manter="none", proximo="next", anterior="previous"),
            default="none",
        ),
        Column("indice", cells.code),
        Column("reajuste_meses", cells.count, default=12),
        Column(
            "indice_nao_publicado",
            cells.one_of(aguardar="hold", ultimo="last_known", pular="skip"),
            default="hold",
        ),
        Column("indice_negativo", cells.one_of(zerar="floor", aplicar="apply"), default="floor"),
        Column("indice_arredondado", cells.yes_no, default=False),
        Column("reajuste_fora_lei", cells.yes_no, default=False),
        Column(
            "emite_nota",
            cells.one_of(por_parcela="per_instalment", unica="single", nao="none"),
            default="per_instalment",
        ),
        Column("envia_email", cells.yes_no, default=True),
        *CHARGES,
        Column("consumidor", cells.yes_no, default=True),
        Column("competencia_meses", cells.offset, default=0),
        Column("departamento", cells.text),
        Column("observacao", cells.text),
        *ITEM_COLUMNS,
    ),
}

KNOWN = frozenset(column.name for columns in COLUMNS.values() for column in columns) | {"tipo"}
