"""Settlement: a receipt from outside, received once and reversed once, in any order and however often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple, TypedDict, assert_never
from uuid import UUID

from domain.kernel import Aggregate, Header, first, projector, trusted
from domain.settlement.errors import (
    SettlementContradictedError,
    SettlementElsewhereError,
    SettlementInFutureError,
    SettlementNotPlacedError,
    SettlementPlacedError,
    SettlementReversedError,
)
from domain.settlement.events import (
    Named,
    PayerSaid,
    SettlementApplied,
    SettlementEvent,
    SettlementIdentified,
    SettlementReleased,
    SettlementReversed,
    SettlementUnidentified,
    SettlementVoided,
    Unknown,
)
from domain.values.ids import settlement_id, settlement_payment_id
from domain.values.payment import PaymentMethod
from domain.values.text import required_text

REASON_LENGTH = 300


class Told(TypedDict):
    """What the other system says of a receipt, in the form in which it is recorded."""

    source: str
    reference: str
    amount: Decimal
    paid_on: date
    credited_on: date | None
    method: PaymentMethod | None
    named: Named


class Place(NamedTuple):
    """The debt that a receipt pays, and where the money is."""

    company_id: UUID
    invoice_id: UUID
    instalment: int
    customer_id: UUID
    account_id: UUID


@dataclass(frozen=True, slots=True)
class Paid:
    """The payment of an invoice that a receipt is."""

    payment_id: UUID
    invoice_id: UUID
    instalment: int


class Settlement(Aggregate):
    """`told` is None until the receipt itself arrives; `paid` while it pays nothing.

    `known_company_id` and `known_account_id` are what the receipt itself makes known of where the money is;
    company and account are those of the debt while it pays one.
    """

    source: str
    reference: str
    told: Told | None
    account_id: UUID | None = None
    known_company_id: UUID | None = None
    known_account_id: UUID | None = None
    paid: Paid | None = None
    releases: int = 0
    reversed_amount: Decimal | None = None
    is_reversed: bool = False

    @property
    def waits(self) -> bool:
        """Whether it waits for somebody to say whose debt it is."""
        return self.told is not None and self.paid is None and not self.is_reversed

    @property
    def payment_id(self) -> UUID:
        """How the invoice is to know the payment that this receipt becomes next."""
        return settlement_payment_id(self.id, self.releases)

    @staticmethod
    def apply(
        id: UUID,
        told: Told,
        place: Place,
        found_by: Literal["invoice", "boleto"],
        excess: Decimal,
        now: datetime,
        today: date,
    ) -> SettlementApplied:
        """A receipt that nobody told before, and whose debt is known."""
        require_past(told, today)
        return trusted(
            SettlementApplied,
            **first(id, now, place.company_id),
            **told,
            payment_id=id,
            invoice_id=place.invoice_id,
            instalment=place.instalment,
            customer_id=place.customer_id,
            account_id=place.account_id,
            excess=excess,
            found_by=found_by,
        )

    @staticmethod
    def hold(
        id: UUID,
        told: Told,
        company_id: UUID | None,
        account_id: UUID | None,
        why: Unknown,
        payer: PayerSaid | None,
        now: datetime,
        today: date,
    ) -> SettlementUnidentified:
        """A receipt that nobody told before, and that waits to be identified."""
        require_past(told, today)
        return SettlementUnidentified(
            **first(id, now, company_id), **told, account_id=account_id, why=why, payer=payer
        )

    @staticmethod
    def reverse_first(
        source: str,
        reference: str,
        amount: Decimal | None,
        reversed_on: date | None,
        reason: str,
        now: datetime,
    ) -> SettlementReversed:
        """The reversal of a receipt that nobody told yet."""
        return SettlementReversed(
            **first(settlement_id(source, reference), now),
            source=source,
            reference=reference,
            amount=amount,
            reversed_on=reversed_on,
            reason=required_text(reason, "reason", REASON_LENGTH),
        )

    def arrive(
        self, told: Told, company_id: UUID | None, account_id: UUID | None, now: datetime, today: date
    ) -> SettlementVoided | None:
        """The receipt is told again, or after its reversal. Raises SettlementContradictedError.

        None if it is known. What was taken back before it came is void, and pays nothing.
        """
        if self.told is not None:
            self._require_same(told, self.told)
            return None
        if self.reversed_amount not in (None, told["amount"]):
            raise self._contradicted(["amount"])
        require_past(told, today)
        header: Header = {**self.following(now), "company_id": company_id}
        return SettlementVoided(**header, **told, account_id=account_id)

    def identify(
        self, place: Place, by: Literal["person", "invoice", "boleto"], excess: Decimal, now: datetime
    ) -> SettlementIdentified:
        """Say whose debt it pays. A receipt of a known company pays debts of that company only."""
        self.require_open(place)
        header: Header = {**self.following(now), "company_id": place.company_id}
        return SettlementIdentified(
            **header,
            payment_id=self.payment_id,
            invoice_id=place.invoice_id,
            instalment=place.instalment,
            customer_id=place.customer_id,
            account_id=place.account_id,
            excess=excess,
            by=by,
        )

    def require_open(self, place: Place) -> Told:
        """What was told of it, where it waits and may pay this debt; raises why not."""
        self._require_kept()
        if self.paid is not None:
            raise SettlementPlacedError(invoice_id=self.paid.invoice_id, instalment=self.paid.instalment)
        if self.company_id not in (None, place.company_id):
            raise SettlementElsewhereError(invoice_id=place.invoice_id)
        assert self.told is not None, "what was not taken back was told"
        return self.told

    def release(self, reason: str, now: datetime) -> SettlementReleased:
        """It was the wrong debt: wait to be identified again."""
        self._require_kept()
        if self.paid is None:
            raise SettlementNotPlacedError
        return SettlementReleased(
            **self.following(now),
            payment_id=self.paid.payment_id,
            invoice_id=self.paid.invoice_id,
            instalment=self.paid.instalment,
            reason=required_text(reason, "reason", REASON_LENGTH),
        )

    def reverse(
        self, amount: Decimal | None, reversed_on: date | None, reason: str, now: datetime
    ) -> SettlementReversed | None:
        """The money was taken back, whole. None if that is known. Raises SettlementContradictedError for
        another amount than the receipt's: a part cannot be taken back."""
        known = self.told["amount"] if self.told is not None else self.reversed_amount
        if amount is not None and known not in (None, amount):
            raise self._contradicted(["amount"])
        if self.is_reversed:
            return None
        return SettlementReversed(
            **self.following(now),
            source=self.source,
            reference=self.reference,
            amount=amount,
            reversed_on=reversed_on,
            reason=required_text(reason, "reason", REASON_LENGTH),
        )

    def _require_kept(self) -> None:
        if self.is_reversed:
            raise SettlementReversedError(settlement_id=self.id)

    def _require_same(self, told: Told, before: Told) -> None:
        """A teller may say more or less of it the next time; only another value is another receipt."""
        was = dict(before)
        differing = [name for name, value in told.items() if _contradicts(value, was[name])]
        if differing:
            raise self._contradicted(differing)

    def _contradicted(self, fields: list[str]) -> SettlementContradictedError:
        return SettlementContradictedError(
            f"receipt {self.reference} of {self.source} was told before with other content:"
            f" {', '.join(fields)}",
            settlement_id=self.id,
            fields=fields,
        )


def _contradicts(value: object, before: object) -> bool:
    if isinstance(value, Named) and isinstance(before, Named):
        return any(_contradicts(part, getattr(before, name)) for name, part in value)
    return value is not None and before is not None and value != before


def require_past(told: Told, today: date) -> None:
    """Raise SettlementInFutureError for money that is said to be paid after today."""
    if told["paid_on"] > today:
        raise SettlementInFutureError(paid_on=told["paid_on"], today=today)


def evolve(settlement: Settlement | None, event: SettlementEvent) -> Settlement:
    """The state one fact later."""
    if settlement is None:
        assert isinstance(event, SettlementApplied | SettlementUnidentified | SettlementReversed)
        return _begun(event)
    match event:
        case SettlementIdentified():
            paid = Paid(event.payment_id, event.invoice_id, event.instalment)
            return settlement.moved(
                event, paid=paid, company_id=event.company_id, account_id=event.account_id
            )
        case SettlementReleased():
            return settlement.moved(
                event,
                paid=None,
                releases=settlement.releases + 1,
                company_id=settlement.known_company_id,
                account_id=settlement.known_account_id,
            )
        case SettlementReversed():
            return settlement.moved(event, is_reversed=True)
        case SettlementVoided():
            return settlement.moved(
                event,
                told=_told(event),
                company_id=event.company_id,
                account_id=event.account_id,
                known_company_id=event.company_id,
                known_account_id=event.account_id,
            )
        case SettlementApplied() | SettlementUnidentified():
            raise AssertionError("a receipt arrives once")
        case _:
            assert_never(event)


def _begun(event: SettlementApplied | SettlementUnidentified | SettlementReversed) -> Settlement:
    match event:
        case SettlementReversed():
            return _known(event, told=None, is_reversed=True, reversed_amount=event.amount)
        case SettlementApplied():
            paid = Paid(event.payment_id, event.invoice_id, event.instalment)
            by_number = event.found_by == "boleto"
            return _known(
                event,
                told=_told(event),
                account_id=event.account_id,
                paid=paid,
                known_company_id=event.company_id,
                known_account_id=event.account_id if by_number or event.named.account else None,
            )
        case SettlementUnidentified():
            return _known(
                event,
                told=_told(event),
                account_id=event.account_id,
                known_company_id=event.company_id,
                known_account_id=event.account_id,
            )
        case _:
            assert_never(event)


def _known(event: SettlementApplied | SettlementUnidentified | SettlementReversed, **more: Any) -> Settlement:
    return Settlement(
        id=event.originator_id,
        version=event.originator_version,
        company_id=event.company_id,
        source=event.source,
        reference=event.reference,
        **more,
    )


def _told(event: SettlementApplied | SettlementUnidentified | SettlementVoided) -> Told:
    return Told(
        source=event.source,
        reference=event.reference,
        amount=event.amount,
        paid_on=event.paid_on,
        credited_on=event.credited_on,
        method=event.method,
        named=event.named,
    )


project = projector(evolve)
