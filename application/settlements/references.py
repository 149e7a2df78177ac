"""What receipts name by codes and numbers, found with one query per kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, NamedTuple
from uuid import UUID

from application.lookups import Key, Lookup, Lookups
from application.ports import NumberedBoleto, NumberedBoletos
from application.settlements.boletos import BoletoAsked, asked, by_number
from domain.boleto.barcode import BarcodeInvalidError
from domain.invoice.invoice import Invoice
from domain.settlement.events import Named, Unknown
from domain.settlement.settlement import Place
from domain.values.cnpj import CnpjInvalidError, parse_cnpj
from domain.values.text import code_key

type InvoiceOf = Callable[[UUID], Invoice | None]


class Debt(NamedTuple):
    """Whose debt a receipt pays, and by what it was found."""

    place: Place
    found_by: Literal["invoice", "boleto"]


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Why nobody knows whose debt it is, and which of ours the money reached, where that is known."""

    why: Unknown
    company_id: UUID | None
    account_id: UUID | None = None


class _Means(NamedTuple):
    """The invoice and instalment that a receipt means; without instalment, the first that is open."""

    invoice_id: UUID
    instalment: int | None
    boleto: NumberedBoleto | None


class References:
    """What some receipts name and what of it is known here. Made once for a batch; says nothing of states."""

    def __init__(
        self, lookups: Lookups, numbered: NumberedBoletos, named: Iterable[Named], invoice_of: InvoiceOf
    ) -> None:
        self._invoice_of = invoice_of
        self._lookups = lookups
        self._named = list(named)
        self._asked = {each: _asked(each) for each in self._named if _names_boleto(each)}
        wanted = {number for each in self._asked.values() if each for number in each.numbers}
        self._boletos = by_number(numbered.numbered(wanted)) if wanted else {}
        companies = {each.company for each in self._named if each.company is not None}
        found = lookups.find_many(key for text in companies for key in _company_keys(text))
        self._companies = {text: _first(found, _company_keys(text)) for text in companies}
        self._accounts: dict[tuple[UUID, str], UUID] = {}

    def invoices(self) -> set[UUID]:
        """Every invoice that one of them may mean."""
        named = {each.invoice_id for each in self._named if each.invoice_id is not None}
        return named | {each.invoice_id for boletos in self._boletos.values() for each in boletos}

    def find_accounts(self) -> None:
        """Look up the accounts that they name, once their invoices are known."""
        pairs = {
            (company, each.account)
            for each in self._named
            if each.account is not None
            for company in self._companies_of(each)
        }
        self._accounts = self._lookups.find_scoped(Lookup.ACCOUNT_CODE, pairs)

    def debt_of(self, named: Named, invoice_of: InvoiceOf) -> Debt | Unplaced:
        """Whose debt a receipt pays that names this, as `invoice_of` says invoices stand."""
        company_id = self._companies[named.company] if named.company is not None else None
        if named.company is not None and company_id is None:
            return Unplaced("company_unknown", None)
        means = self._means(named, company_id)
        if not isinstance(means, _Means):
            return Unplaced(means, company_id, self._account_in(company_id, named))
        invoice = invoice_of(means.invoice_id)
        if invoice is None:
            return Unplaced("invoice_unknown", company_id, self._account_in(company_id, named))
        return self._placed(named, company_id, means, invoice)

    def _placed(
        self, named: Named, company_id: UUID | None, means: _Means, invoice: Invoice
    ) -> Debt | Unplaced:
        owner = invoice.company_id
        assert owner is not None
        if company_id not in (None, owner):
            return Unplaced("other_company", company_id, self._account_in(company_id, named))
        account = self._account_in(owner, named)
        if named.account is not None and account is None:
            return Unplaced("account_unknown", owner)
        into = account or (means.boleto.account_id if means.boleto else invoice.account_id)
        number = means.instalment or _first_open(invoice)
        if number > len(invoice.instalments):
            return Unplaced("instalment_unknown", owner, into)
        place = Place(owner, invoice.id, number, invoice.customer_id, into)
        return Debt(place, "boleto" if means.boleto else "invoice")

    def _boleto_asked(self, named: Named) -> BoletoAsked | None:
        """Most name none, and are not looked up: a receipt's names cost much to compare."""
        return self._asked[named] if _names_boleto(named) else None

    def _means(self, named: Named, company_id: UUID | None) -> _Means | Unknown:
        boleto_asked = self._boleto_asked(named)
        boletos = boleto_asked.among(self._boletos) if boleto_asked else []
        if named.invoice_id is not None:
            return _by_invoice(named, boletos)
        if boleto_asked is None:
            return "boleto_invalid" if _names_boleto(named) else "nothing_named"
        if _several(boletos):
            boletos = self._narrowed(named, company_id, boletos)
        if not boletos:
            return "boleto_unknown"
        if _several(boletos):
            return "boleto_ambiguous"
        return _Means(boletos[-1].invoice_id, boletos[-1].instalment, boletos[-1])

    def _narrowed(
        self, named: Named, company_id: UUID | None, boletos: Sequence[NumberedBoleto]
    ) -> list[NumberedBoleto]:
        """Several accounts of a bank number alike: company and account tell them apart, if they are named."""

        def may_be(boleto: NumberedBoleto) -> bool:
            invoice = self._invoice_of(boleto.invoice_id)
            owner = invoice.company_id if invoice else None
            in_it = named.account is None or self._account_in(owner, named) == boleto.account_id
            return company_id in (None, owner) and in_it

        return [each for each in boletos if may_be(each)] or list(boletos)

    def _account_in(self, company_id: UUID | None, named: Named) -> UUID | None:
        if company_id is None or named.account is None:
            return None
        return self._accounts.get((company_id, named.account))

    def _companies_of(self, named: Named) -> set[UUID]:
        """The companies that its account may be of."""
        owners = {self._companies[named.company]} if named.company is not None else set()
        boleto = self._boleto_asked(named)
        means = {each.invoice_id for each in boleto.among(self._boletos)} if boleto else set()
        if named.invoice_id is not None:
            means.add(named.invoice_id)
        found = (self._invoice_of(each) for each in means)
        owners |= {each.company_id for each in found if each is not None}
        return {each for each in owners if each is not None}


def _by_invoice(named: Named, boletos: Sequence[NumberedBoleto]) -> _Means | Unknown:
    """A boleto that is not ours may stand beside an invoice of ours, one of another debt may not."""
    assert named.invoice_id is not None
    same = [
        each
        for each in boletos
        if each.invoice_id == named.invoice_id and named.instalment in (None, each.instalment)
    ]
    if boletos and not same:
        return "contradictory"
    boleto = same[-1] if same else None
    return _Means(named.invoice_id, named.instalment or (boleto.instalment if boleto else None), boleto)


def _several(boletos: Sequence[NumberedBoleto]) -> bool:
    """Whether they are of more than one debt: an instalment may have had several, one after the other."""
    return len(boletos) > 1 and len({(each.invoice_id, each.instalment) for each in boletos}) > 1


def _first_open(invoice: Invoice) -> int:
    """The first instalment that something is owed of; once all are settled, the last."""
    owed = (each.number for each in invoice.instalments if invoice.open_principal(each) > 0)
    return next(owed, invoice.instalments[-1].number)


def _asked(named: Named) -> BoletoAsked | None:
    try:
        return asked(named)
    except BarcodeInvalidError:
        return None


def _names_boleto(named: Named) -> bool:
    return bool(named.linha_digitavel or named.barcode or named.nosso_numero)


def _company_keys(text: str) -> list[Key]:
    keys = [(Lookup.COMPANY_CODE, code_key(text))]
    with suppress(CnpjInvalidError):
        keys.append((Lookup.COMPANY_CNPJ, parse_cnpj(text)))
    return keys


def _first(found: Mapping[Key, UUID], keys: Sequence[Key]) -> UUID | None:
    return next((found[key] for key in keys if key in found), None)
