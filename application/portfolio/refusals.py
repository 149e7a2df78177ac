"""What the domain refuses, as problems of a row: a code, the column it is about, what a person must know."""

from __future__ import annotations

from collections.abc import Mapping

from application.customers import CustomerUnidentifiedError
from application.portfolio.columns import Kind
from application.portfolio.entries import Entry
from application.portfolio.problems import Problem, RowRefusedError
from application.portfolio.terms import ItemRefusedError, row_of_item
from application.registry import EntryConflictError, EntryRepeatedError, EntryTakenError
from application.signing import ReferenceUnknownError, RetroactiveChoiceMissingError
from domain.account.account import (
    AccountClosedError,
    AccountUnfitError,
    BoletoAccountNotBankError,
    PixAccountUnfitError,
)
from domain.contract import errors
from domain.customer.customer import ContactEmptyError
from domain.kernel import DomainError
from domain.numbering.numbering import NextNumberInvalidError
from domain.service.service import FiscalCodeUnfitError, ServicePriceInvalidError, ServiceRetiredError
from domain.values.pix_key import PixKeyInvalidError
from domain.values.split import SplitInvalidError

COLUMNS_OF_ERROR: Mapping[type[DomainError], tuple[str, ...]] = {
    AccountClosedError: ("conta", "codigo"),
    AccountUnfitError: ("conta",),
    BoletoAccountNotBankError: ("tipo_conta",),
    ContactEmptyError: ("contato_email",),
    CustomerUnidentifiedError: ("codigo",),
    EntryRepeatedError: ("documento", "cnpj", "codigo"),
    EntryTakenError: ("documento", "cnpj", "codigo"),
    FiscalCodeUnfitError: ("item_lc116",),
    NextNumberInvalidError: ("proximo_nosso_numero",),
    PixAccountUnfitError: ("tipo_conta",),
    PixKeyInvalidError: ("chave_pix",),
    RetroactiveChoiceMissingError: ("retroativo",),
    ServicePriceInvalidError: ("preco",),
    ServiceRetiredError: ("codigo",),
    SplitInvalidError: ("divisao",),
    errors.AdjustmentPeriodTooLongError: ("reajuste_meses",),
    errors.AdjustmentPeriodUnlawfulError: ("reajuste_meses",),
    errors.AdjustmentTermUnlawfulError: ("indice",),
    errors.ContractCodeMissingError: ("codigo",),
    errors.DueDatesCollideError: ("primeiro_vencimento", "dia_vencimento"),
    errors.DueDayMissingError: ("dia_vencimento",),
    errors.DueDayUnusedError: ("dia_vencimento",),
    errors.EndNotAfterStartError: ("data_termino",),
    errors.FinePercentUnlawfulError: ("multa_percentual", "conta"),
    errors.FirstDueBeforeStartError: ("primeiro_vencimento",),
    errors.GrossAmountBesideItemsError: ("valor_bruto",),
    errors.GrossAmountMissingError: ("valor_bruto",),
    errors.GrossAmountNotPositiveError: ("valor_bruto", "valor_unitario", "servico"),
    errors.GrossAmountTooLargeError: ("valor_bruto", "valor_unitario", "servico"),
    errors.InstalmentNotPositiveError: ("divisao", "parcelas", "pro_rata_desde"),
    errors.InterestPercentUnlawfulError: ("juros_percentual_mes", "conta"),
    errors.ProRataOutsideFirstPeriodError: ("pro_rata_desde",),
    errors.SplitOpenEndedError: ("parcelas",),
    errors.SplitPartsMismatchError: ("divisao",),
    errors.TermEmptyError: ("data_termino", "parcelas", "retroativo"),
    errors.TermTooLongError: ("data_termino", "parcelas", "data_inicio"),
}
"""The first of the columns that the row fills; the first of all, where it fills none."""

_COLUMN_OF_FIELD: Mapping[str, str] = {
    "account_digit": "conta_digito",
    "account_id": "conta",
    "account_number": "conta_numero",
    "adjustment": "indice",
    "agreement": "convenio",
    "bank_code": "banco",
    "branch": "agencia",
    "city": "cidade",
    "city_ibge": "municipio_ibge",
    "cnpj": "cnpj",
    "code": "codigo",
    "company_id": "empresa",
    "competencia_offset_months": "competencia_meses",
    "complement": "complemento",
    "consumer": "consumidor",
    "contact_email": "contato_email",
    "contact_name": "contato_nome",
    "contact_phone": "contato_telefone",
    "ctribnac": "ctribnac",
    "customer_id": "cliente",
    "department": "departamento",
    "description": "descricao",
    "district": "bairro",
    "due_day": "dia_vencimento",
    "due_shift": "dia_nao_util",
    "ends_on": "data_termino",
    "fine_percent": "multa_percentual",
    "first_due_on": "primeiro_vencimento",
    "gross_amount": "valor_bruto",
    "instalment_count": "parcelas",
    "interest_percent_month": "juros_percentual_mes",
    "items": "servico",
    "lc116": "item_lc116",
    "legal_name": "razao_social",
    "municipal_registration": "inscricao_municipal",
    "name": "nome",
    "nfse": "emite_nota",
    "notes": "observacao",
    "number": "numero",
    "payment_method": "forma_pagamento",
    "periodicity": "periodicidade",
    "portfolio": "carteira",
    "pro_rata_from": "pro_rata_desde",
    "retroactive": "retroativo",
    "send_email": "envia_email",
    "service_id": "servico",
    "split": "divisao",
    "starts_on": "data_inicio",
    "state": "uf",
    "street": "logradouro",
    "tax_regime": "regime_tributario",
    "trade_name": "nome_fantasia",
    "value_type": "tipo_pagamento",
    "variable": "valor_variavel",
    "variation": "variacao",
    "zip_code": "cep",
}

_KIND_COLUMN = {Kind.ACCOUNT: "tipo_conta", Kind.SERVICE: "natureza", Kind.CUSTOMER: "pessoa"}

_COLUMN_OF_ITEM_REASON: Mapping[str, str] = {
    "description_missing": "descricao",
    "quantity_not_positive": "quantidade",
    "price_negative": "valor_unitario",
    "both_discounts": "desconto_valor",
    "discount_out_of_range": "desconto_percentual",
    "discount_above_price": "desconto_valor",
}


def problem_of(entry: Entry, error: DomainError | RowRefusedError) -> Problem:
    """Why the entry does not go in, as a problem of the row and column that a person must correct."""
    match error:
        case ItemRefusedError():
            return entry.problem(error, error.item)
        case RowRefusedError():
            return entry.problem(error)
        case errors.ContractItemInvalidError():
            row = row_of_item(entry, int(str(error.details["item"])))
            reason = str(error.details["reason"])
            return entry.problem(_refusal(error, _COLUMN_OF_ITEM_REASON.get(reason)), row)
        case EntryConflictError() if "fields" in error.details:
            return entry.problem(_conflict(entry, error))
        case EntryConflictError() | EntryTakenError() | EntryRepeatedError():
            column = _filled(entry, COLUMNS_OF_ERROR[EntryTakenError])
            return entry.problem(RowRefusedError(column, "key_taken"))
        case ReferenceUnknownError():
            return entry.problem(RowRefusedError(_column(entry, error), "code_unknown"))
        case _:
            return entry.problem(_refusal(error, _column(entry, error)))


def _conflict(entry: Entry, error: EntryConflictError) -> RowRefusedError:
    fields = error.details["fields"]
    assert isinstance(fields, list)
    columns = [_column_of_field(entry.kind, name) or name for name in fields]
    if entry.kind is Kind.CUSTOMER and columns == ["codigo"]:
        return RowRefusedError("documento", "key_taken")
    return RowRefusedError(columns[0], "differs", fields=", ".join(columns))


def _refusal(error: DomainError, column: str | None) -> RowRefusedError:
    details = {name: str(value) for name, value in error.details.items()}
    reason = details.get("reason")
    return RowRefusedError(column, f"{error.code}.{reason}" if reason else error.code, **details)


def _column(entry: Entry, error: DomainError) -> str | None:
    candidates = COLUMNS_OF_ERROR.get(type(error))
    if candidates is not None:
        return _filled(entry, candidates)
    return _column_of_field(entry.kind, str(error.details.get("field")))


def _column_of_field(kind: Kind, field: str) -> str | None:
    return _KIND_COLUMN.get(kind) if field == "kind" else _COLUMN_OF_FIELD.get(field)


def _filled(entry: Entry, candidates: tuple[str, ...]) -> str:
    return next((name for name in candidates if name in entry.row.cells), candidates[0])
