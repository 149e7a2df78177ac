"""Rows of the registries as the forms that the registries take."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from application.accounts import AccountForm
from application.companies import CompanyForm
from application.customers import ContactForm, CustomerForm
from application.portfolio.entries import Values
from application.portfolio.problems import RowRefusedError
from application.services import ServiceForm
from domain.account.events import BoletoAgreement
from domain.customer.events import Address
from domain.kernel import DomainError
from domain.values.cnpj import parse_cnpj
from domain.values.cpf import parse_cpf

_BOLETO_COLUMNS = ("carteira", "convenio", "variacao", "proximo_nosso_numero")
_BANK_NEEDS = ("banco", "agencia", "conta_numero")
_BOLETO_NEEDS = ("banco", "agencia", "conta_numero", "carteira")
_ADDRESS_COLUMNS = ("logradouro", "complemento", "bairro", "cidade", "municipio_ibge", "uf", "cep")
_ADDRESS_NEEDS = ("logradouro", "cidade", "uf", "cep")
_CPF_DIGITS, _CNPJ_DIGITS = 11, 14


def company_form(values: Values) -> CompanyForm:
    """A company's row."""
    fine, interest = late_charges(values)
    return CompanyForm(
        code=values["codigo"],
        legal_name=values["razao_social"],
        trade_name=values["nome_fantasia"],
        cnpj=values["cnpj"],
        municipal_registration=values["inscricao_municipal"],
        city_ibge=values["municipio_ibge"],
        tax_regime=values["regime_tributario"],
        automatic_billing=values["faturamento_automatico"],
        fine_percent=fine,
        interest_percent_month=interest,
    )


def account_form(values: Values, company_id: UUID) -> AccountForm:
    """An account's row."""
    if values["tipo_conta"] == "bank":
        _need(values, _BANK_NEEDS, "needed_for_bank_account")
    fine, interest = late_charges(values)
    return AccountForm(
        company_id=company_id,
        code=values["codigo"],
        name=values["nome"],
        kind=values["tipo_conta"],
        agreement=_agreement(values),
        pix_key=values["chave_pix"],
        fine_percent=fine,
        interest_percent_month=interest,
        next_number=values["proximo_nosso_numero"],
    )


def service_form(values: Values, company_id: UUID) -> ServiceForm:
    """A service's row."""
    if values["ctribnac"] is not None:
        _need(values, ("item_lc116",), "lc116_missing")
    return ServiceForm(
        company_id=company_id,
        code=values["codigo"],
        description=values["descricao"],
        kind=values["natureza"],
        list_price=values["preco"],
        lc116=values["item_lc116"],
        ctribnac=values["ctribnac"],
    )


def customer_form(values: Values) -> CustomerForm:
    """A customer's row. What its empty cells might say is left as it is."""
    return CustomerForm(
        code=values["codigo"],
        kind=values["pessoa"],
        name=values["nome"],
        trade_name=values["nome_fantasia"],
        document=_document(values),
        address=_address(values),
        contacts=_contacts(values),
    )


def late_charges(values: Values) -> tuple[Decimal | None, Decimal | None]:
    """Fine and interest: both, or neither, because they are set and defaulted together (F152)."""
    fine, interest = values["multa_percentual"], values["juros_percentual_mes"]
    if (fine is None) != (interest is None):
        raise RowRefusedError(
            "multa_percentual" if fine is None else "juros_percentual_mes", "late_charges_apart"
        )
    return fine, interest


def _agreement(values: Values) -> BoletoAgreement | None:
    if all(values[name] is None for name in _BOLETO_COLUMNS):
        return None
    _need(values, _BOLETO_NEEDS, "needed_for_boletos")
    return BoletoAgreement(
        bank_code=values["banco"],
        branch=values["agencia"],
        account_number=values["conta_numero"],
        account_digit=values["conta_digito"],
        portfolio=values["carteira"],
        agreement=values["convenio"],
        variation=values["variacao"],
    )


def _document(values: Values) -> str | None:
    """A CPF or CNPJ; a spreadsheet may have taken it for a number and dropped its leading zeros."""
    raw: str | None = values["documento"]
    if raw is None:
        return None
    try:
        if values["pessoa"] == "person":
            return parse_cpf(raw.zfill(_CPF_DIGITS) if raw.isdigit() else raw)
        return parse_cnpj(raw.zfill(_CNPJ_DIGITS) if raw.isdigit() else raw)
    except DomainError as error:
        raise RowRefusedError("documento", error.code) from error


def _address(values: Values) -> Address | None:
    if all(values[name] is None for name in _ADDRESS_COLUMNS):
        return None
    _need(values, _ADDRESS_NEEDS, "needed_for_address")
    return Address(
        street=values["logradouro"],
        number=values["numero"],
        complement=values["complemento"],
        district=values["bairro"] or "",
        city=values["cidade"],
        city_ibge=values["municipio_ibge"],
        state=values["uf"],
        zip_code=values["cep"],
    )


def _contacts(values: Values) -> tuple[ContactForm, ...]:
    name, email, phone = (values[f"contato_{part}"] for part in ("nome", "email", "telefone"))
    if name is None and email is None and phone is None:
        return ()
    return (ContactForm(name=name, email=email, phone=phone, collection=True),)


def _need(values: Values, names: tuple[str, ...], code: str) -> None:
    missing = [name for name in names if values[name] is None]
    if missing:
        raise RowRefusedError(missing[0], code, missing=", ".join(missing))
