"""A little of everything on the listing: billed, failed, pending, cancelled, paid, odd names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from application.access import SYSTEM
from application.accounts import AccountForm
from application.customers import CustomerForm
from application.ids import new_id
from domain.values.payment import PaymentMethod
from tests.application.world import CNPJS
from tests.application.world import World as Organisation

LONG_NAME = "Associação dos Proprietários e Moradores do Condomínio Residencial Parque das Águas Claras"


@dataclass(frozen=True)
class Portfolio:
    """The invoices by what became of them, and a second company that some may not see."""

    billed: UUID
    failed: UUID
    pending: list[UUID]
    value_pending: UUID
    cancelled: UUID
    paid: UUID
    other_company: UUID
    foreign: UUID
    contract: UUID


def fill(organisation: Organisation) -> Portfolio:
    """Sign contracts, all due on 10 March 2026 and later, and bill some of their invoices."""
    commands = organisation.commands
    organisation.customers.append(
        commands.customers.register(
            SYSTEM, CustomerForm(code="LONGO", kind="organisation", name=LONG_NAME, document=CNPJS[2])
        ).id
    )
    organisation.customers.append(
        commands.customers.register(
            SYSTEM, CustomerForm(code="SEMDOC", kind="person", name="João D’Ávila & Cia <Filhos>")
        ).id
    )
    uncoded = organisation.item(organisation.uncoded, "1234567.89")
    billed = organisation.sign("A-001", 0)
    failed = organisation.sign("A-002", 1, items=(uncoded,))
    pending = organisation.sign("A-003", 4, department="Comercial", notes="Reajuste combinado por telefone")
    value_pending = organisation.sign("A-004", 3, variable=True)
    cancelled = organisation.sign("A-005", 0)
    paid = organisation.sign("A-006", 1, payment_method=PaymentMethod.BANK_TRANSFER, nfse="none")
    no_document = organisation.sign("A-007", 5, payment_method=PaymentMethod.BANK_TRANSFER)
    commands.invoices.bill_now(SYSTEM, [billed[0], failed[0], paid[0]])
    commands.invoices.cancel(SYSTEM, cancelled[0], "contrato encerrado", frees_period=False)
    commands.invoices.pay(
        SYSTEM, paid[0], 1, payment_id=new_id(), paid_on=date(2026, 3, 2), amount=Decimal("150.00")
    )
    other = organisation.add_company("BETA", CNPJS[1])
    commands.accounts.register(
        SYSTEM, AccountForm(company_id=other, code="CX", name="Caixa da Beta", kind="cash")
    )
    return Portfolio(
        billed=billed[0],
        failed=failed[0],
        pending=[pending[0], no_document[0]],
        value_pending=value_pending[0],
        cancelled=cancelled[0],
        paid=paid[0],
        other_company=other,
        foreign=_foreign_invoice(organisation, other),
        contract=_contract_of(organisation, billed[0]),
    )


def _foreign_invoice(organisation: Organisation, company: UUID) -> UUID:
    """One of the other company, for a customer of its own."""
    commands = organisation.commands
    account = organisation.add_account(company, "BB", pix_key=None)
    customer = organisation.add_customer("ALHEIO", "86288366757")
    form = organisation.form(
        "B-001",
        payment_method=PaymentMethod.BANK_TRANSFER,
        account_id=account,
        nfse="none",
        items=(organisation.item().model_copy(update={"service_id": None}),),
    ).model_copy(update={"company_id": company, "customer_id": customer})
    return organisation.invoices_of(commands.contracts.sign(SYSTEM, form).id)[0]


def _contract_of(organisation: Organisation, invoice_id: UUID) -> UUID:
    contract_id = organisation.invoice(invoice_id).contract_id
    assert contract_id is not None
    return contract_id
